//! From schema and projection to a plan.

mod skip;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema};

use super::projection::Wanted;
use super::{
    BranchPlan, DecodePlan, NullBranch, Projection, RecordPlan, Shape, Sizes, Skip, Step,
    UnionPlan, ValuePlan,
};
use crate::arrow_type::{self, ROOT_COLUMN};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::schema::{AvroSchema, Field, Kind, Node, NodeId};

/// Deepest nesting of types once references are expanded: the stack of the smallest thread takes
/// several times this, when a plan is made and when it is carried out.
const MAX_DEPTH: usize = 512;

pub(super) fn compile(
    schema: &AvroSchema,
    projection: &Projection,
    limits: &Limits,
) -> Result<DecodePlan> {
    let mut compiler = Compiler {
        schema,
        open: Vec::new(),
        skipping: Vec::new(),
        recursive: Vec::new(),
        shared: None,
        depth: 0,
        nodes_left: limits.schema_nodes,
        limits,
    };
    let wanted = Wanted::of(projection);
    let root = schema.root();
    let nullable_record = nullable_record(schema, root);
    let (row, order) = match (&schema.node(root).kind, nullable_record) {
        (Kind::Record(fields), _) => compiler.inside(root, |this| this.record(fields, &wanted))?,
        (_, Some((record, nulls))) => compiler.root_union(record, nulls, &wanted)?,
        _ => {
            let field = Field {
                name: ROOT_COLUMN.to_owned(),
                node: root,
            };
            compiler.record(std::slice::from_ref(&field), &wanted)?
        }
    };
    let kept: Vec<ArrowField> = match row.steps.as_slice() {
        [Step::Keep { value, .. }] if nullable_record.is_some() => nullable_fields(value),
        _ => kept_fields(&row).collect(),
    };
    let fields: Fields = order
        .iter()
        .filter_map(|&index| kept.get(index).cloned())
        .collect();
    Ok(DecodePlan {
        schema: Arc::new(Schema::new(fields)),
        row,
        flatten: nullable_record.is_some(),
        output: order,
        recursive: compiler
            .recursive
            .into_iter()
            .map(|(_, skip)| skip)
            .collect(),
        headers_suffice: matches!(wanted, Wanted::Paths(paths) if paths.is_empty()),
    })
}

/// The record of a union of one record and null.
fn nullable_record(schema: &AvroSchema, root: NodeId) -> Option<(NodeId, NullBranch)> {
    let Kind::Union(branches) = &schema.node(root).kind else {
        return None;
    };
    let is_null = |id: NodeId| matches!(schema.node(id).kind, Kind::Null);
    let (id, nulls) = match **branches {
        [only] => (only, NullBranch::Never),
        [first, second] if is_null(first) => (second, NullBranch::First),
        [first, second] if is_null(second) => (first, NullBranch::Second),
        _ => return None,
    };
    matches!(schema.node(id).kind, Kind::Record(_)).then_some((id, nulls))
}

/// The columns of a root that is a nullable record: its fields, each nullable.
fn nullable_fields(value: &ValuePlan) -> Vec<ArrowField> {
    match &value.data_type {
        DataType::Struct(fields) => fields
            .iter()
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect(),
        _ => Vec::new(),
    }
}

fn kept_fields(record: &RecordPlan) -> impl Iterator<Item = ArrowField> {
    record.steps.iter().filter_map(|step| match step {
        Step::Keep { name, value } => Some(value.field(name)),
        Step::Skip(_) => None,
    })
}

struct Compiler<'a> {
    schema: &'a AvroSchema,
    /// The named types that are being compiled, outermost first: meeting one again is recursion.
    open: Vec<NodeId>,
    /// The named types whose skips are being compiled, likewise.
    skipping: Vec<NodeId>,
    /// Skips of recursive types, and the type of each.
    recursive: Vec<(NodeId, Skip)>,
    /// The schema for what is read value by value; made when first needed.
    shared: Option<Arc<AvroSchema>>,
    depth: usize,
    nodes_left: usize,
    limits: &'a Limits,
}

impl<'a> Compiler<'a> {
    /// Compiles something one level further in.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.nodes_left = self.nodes_left.checked_sub(1).ok_or_else(|| {
            let most = self.limits.schema_nodes;
            Error::new(
                ErrorKind::Limit,
                format!("the schema expands to more than schema_nodes = {most} types"),
            )
        })?;
        if self.depth == MAX_DEPTH {
            let what = format!("the schema nests deeper than {MAX_DEPTH} types");
            return Err(Error::new(ErrorKind::Limit, what));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Compiles the plan of something inside the named type `id`.
    fn inside<T>(&mut self, id: NodeId, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.open.push(id);
        let result = self.deeper(inner);
        self.open.pop();
        result
    }

    /// A root that is a record or null: one struct, whose fields become the columns.
    fn root_union(
        &mut self,
        record: NodeId,
        nulls: NullBranch,
        wanted: &Wanted<'_>,
    ) -> Result<(RecordPlan, Vec<usize>)> {
        let order = match &self.schema.node(record).kind {
            Kind::Record(fields) => wanted.in_fields(fields)?.1,
            _ => Vec::new(),
        };
        let value = self.nullable(record, nulls, wanted)?;
        let mut kept_before = order.clone();
        kept_before.sort_unstable();
        let order = order
            .iter()
            .map(|index| kept_before.partition_point(|kept| kept < index))
            .collect();
        let sizes = value.sizes;
        Ok((
            RecordPlan {
                steps: vec![Step::Keep {
                    name: Arc::from(""),
                    value,
                }],
                sizes,
            },
            order,
        ))
    }

    /// The plan of a record, and the order in which the projection names the kept fields.
    fn record(
        &mut self,
        fields: &[Field],
        wanted: &Wanted<'_>,
    ) -> Result<(RecordPlan, Vec<usize>)> {
        let (wanted, order) = wanted.in_fields(fields)?;
        let mut steps = Vec::new();
        let mut skips = Vec::new();
        let mut sizes = Sizes::default();
        // For each field, how many kept ones come before it.
        let mut positions = Vec::new();
        let mut kept = 0;
        for (field, wanted) in fields.iter().zip(wanted) {
            positions.push(kept);
            match wanted {
                Some(wanted) => {
                    let value = self
                        .value(field.node, &wanted)
                        .map_err(|e| e.in_field(&field.name))?;
                    flush(&mut skips, &mut steps);
                    sizes = sizes.plus(value.sizes);
                    steps.push(Step::Keep {
                        name: Arc::from(field.name.as_str()),
                        value,
                    });
                    kept += 1;
                }
                None => {
                    let (skip, encoded) =
                        self.skip(field.node).map_err(|e| e.in_field(&field.name))?;
                    sizes = sizes.plus(Sizes {
                        encoded,
                        decoded: 0,
                    });
                    skips.push(skip);
                }
            }
        }
        flush(&mut skips, &mut steps);
        let order = order
            .iter()
            .filter_map(|&index| positions.get(index).copied())
            .collect();
        Ok((RecordPlan { steps, sizes }, order))
    }

    fn value(&mut self, id: NodeId, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        if self.open.contains(&id) {
            return self.json(id, wanted);
        }
        let node = self.schema.node(id);
        match &node.kind {
            Kind::Union(branches) => self.deeper(|this| this.union(branches, wanted)),
            Kind::Record(_) => self.inside(id, |this| this.plain(node, wanted)),
            _ => self.deeper(|this| this.plain(node, wanted)),
        }
    }

    /// A type inside of itself: text where the columns would have no end.
    fn json(&mut self, id: NodeId, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        wanted.must_be_all("recursive")?;
        let (_, encoded) = self.skip(id)?;
        let schema = self
            .shared
            .get_or_insert_with(|| Arc::new(self.schema.clone()))
            .clone();
        let recursive = self.recursive.iter().map(|(id, _)| *id).collect();
        let shape = Shape::Json {
            schema,
            node: id,
            recursive,
        };
        let sizes = Sizes {
            encoded: at_least_one(encoded),
            decoded: VIEW,
        };
        Ok(ValuePlan {
            nulls: None,
            shape,
            data_type: DataType::Utf8View,
            sizes,
        })
    }

    fn union(&mut self, branches: &'a [NodeId], wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let is_null = |id: &NodeId| matches!(self.schema.node(*id).kind, Kind::Null);
        match branches {
            [only] => self.nullable(*only, NullBranch::Never, wanted),
            [first, second] if is_null(first) && !is_null(second) => {
                self.nullable(*second, NullBranch::First, wanted)
            }
            [first, second] if is_null(second) && !is_null(first) => {
                self.nullable(*first, NullBranch::Second, wanted)
            }
            _ => self.branches(branches, wanted),
        }
    }

    /// A union of one type and null, in either order, or of one type alone.
    fn nullable(
        &mut self,
        branch: NodeId,
        nulls: NullBranch,
        wanted: &Wanted<'_>,
    ) -> Result<ValuePlan> {
        let mut value = self.value(branch, wanted)?;
        value.nulls = Some(nulls);
        value.sizes.encoded = match nulls {
            NullBranch::Never => value.sizes.encoded.saturating_add(1),
            NullBranch::First | NullBranch::Second => 1,
        };
        Ok(value)
    }

    /// Any other union: a struct with a nullable field for each branch that is not null.
    fn branches(&mut self, branches: &'a [NodeId], wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let fields = branch_fields(self.schema, branches);
        let (wanted, _) = wanted.in_fields(&fields)?;
        let mut wanted = wanted.into_iter();
        let mut names = fields.iter();
        let mut plans = Vec::new();
        let mut arrow_fields = Vec::new();
        let mut sizes = Sizes {
            encoded: usize::MAX,
            decoded: 0,
        };
        let mut nullable = false;
        for &id in branches {
            if matches!(self.schema.node(id).kind, Kind::Null) {
                nullable = true;
                sizes.encoded = 0;
                plans.push(BranchPlan::Null);
                continue;
            }
            let name = names.next().map_or("", |field| field.name.as_str());
            let in_branch = |error: Error| error.in_field(name);
            match wanted.next().flatten() {
                Some(wanted) => {
                    let value = self.value(id, &wanted).map_err(in_branch)?;
                    sizes.encoded = sizes.encoded.min(value.sizes.encoded);
                    sizes.decoded = sizes.decoded.saturating_add(value.sizes.decoded);
                    arrow_fields.push(ArrowField::new(name, value.data_type.clone(), true));
                    plans.push(BranchPlan::Keep {
                        name: Arc::from(name),
                        value,
                    });
                }
                None => {
                    let (skip, encoded) = self.skip(id).map_err(in_branch)?;
                    sizes.encoded = sizes.encoded.min(encoded);
                    plans.push(BranchPlan::Skip(skip));
                }
            }
        }
        // The index itself, and the smallest branch where that is known.
        sizes.encoded = match sizes.encoded {
            usize::MAX => 1,
            smallest => smallest.saturating_add(1),
        };
        let union = UnionPlan {
            branches: plans,
            nullable,
            sizes,
        };
        let data_type = DataType::Struct(arrow_fields.into());
        Ok(ValuePlan {
            nulls: None,
            shape: Shape::Union(union),
            data_type,
            sizes,
        })
    }

    fn plain(&mut self, node: &'a Node, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let (shape, data_type) = match &node.kind {
            Kind::Record(fields) => {
                let (record, _) = self.record(fields, wanted)?;
                let data_type = DataType::Struct(kept_fields(&record).collect());
                (Shape::Record(record), data_type)
            }
            Kind::Array(items) => {
                let item = self.value(*items, wanted).map_err(Error::in_items)?;
                let field = arrow_type::list_item(item.data_type.clone(), item.nullable());
                let data_type = DataType::List(field.clone());
                (
                    Shape::List {
                        item: Box::new(item),
                        field,
                    },
                    data_type,
                )
            }
            Kind::Map(values) => {
                let value = self.value(*values, wanted).map_err(Error::in_items)?;
                let field = arrow_type::map_entries(value.data_type.clone(), value.nullable());
                let data_type = DataType::Map(field.clone(), false);
                (
                    Shape::Map {
                        value: Box::new(value),
                        field,
                    },
                    data_type,
                )
            }
            kind => {
                wanted.must_be_all(kind.name())?;
                arrow_type::leaf(node)?
            }
        };
        let sizes = sizes(&shape, &node.kind);
        Ok(ValuePlan {
            nulls: None,
            shape,
            data_type,
            sizes,
        })
    }
}

/// Makes one step of the skips gathered so far.
fn flush(skips: &mut Vec<Skip>, steps: &mut Vec<Step>) {
    if !skips.is_empty() {
        steps.push(Step::Skip(Skip::sequence(skips.drain(..))));
    }
}

/// Bytes in the file of a type whose values all take the same.
fn encoded_width(kind: &Kind) -> usize {
    match kind {
        Kind::Boolean => 1,
        Kind::Float => 4,
        Kind::Double => 8,
        Kind::Fixed(size) => *size,
        _ => 0,
    }
}

/// Bytes of a view, and of an offset, in an array.
const VIEW: usize = 16;
const OFFSET: usize = 4;

fn sizes(shape: &Shape, kind: &Kind) -> Sizes {
    let of = |encoded, decoded| Sizes { encoded, decoded };
    match shape {
        Shape::Null => of(0, 0),
        Shape::Boolean => of(1, 1),
        Shape::Int | Shape::TimeMillis => of(1, 4),
        Shape::Long | Shape::TimeMicros => of(1, 8),
        Shape::Float => of(4, 4),
        Shape::Double => of(8, 8),
        Shape::String | Shape::Bytes => of(1, VIEW),
        Shape::Fixed(size) => of(*size, *size),
        Shape::FixedOfNoBytes => of(0, OFFSET),
        Shape::Enum(_) => of(1, 4),
        Shape::Decimal128 { .. } => of(encoded_width(kind).max(1), 16),
        Shape::Decimal256 { .. } => of(encoded_width(kind).max(1), 32),
        Shape::DecimalText { .. } => of(encoded_width(kind).max(1), VIEW),
        Shape::BigDecimal => of(1, VIEW),
        Shape::Duration => of(12, 16),
        Shape::Json { .. } => of(1, VIEW),
        Shape::UuidFixed => of(16, VIEW + 36),
        Shape::List { .. } | Shape::Map { .. } => of(1, OFFSET),
        Shape::Record(record) => record.sizes,
        Shape::Union(union) => union.sizes,
    }
}

/// The least size of a recursive type is known only once it has been compiled; it cannot be 0,
/// because the way out of the recursion is a union, an array or a map.
fn at_least_one(encoded: usize) -> usize {
    if encoded == usize::MAX { 1 } else { encoded }
}

/// A field for each branch that is not null: named by its type, by the short name of a named type,
/// or by the full name where two short names collide.
fn branch_fields(schema: &AvroSchema, branches: &[NodeId]) -> Vec<Field> {
    let full_name = |id: NodeId| {
        let node = schema.node(id);
        node.name
            .clone()
            .unwrap_or_else(|| node.kind.name().to_owned())
    };
    let short_name = |id: NodeId| {
        let full = full_name(id);
        full.rsplit_once('.')
            .map_or(full.clone(), |(_, short)| short.to_owned())
    };
    let is_null = |id: NodeId| matches!(schema.node(id).kind, Kind::Null);
    let values = || branches.iter().copied().filter(|&id| !is_null(id));
    values()
        .map(|id| {
            let short = short_name(id);
            let alone = values().filter(|&other| short_name(other) == short).count() == 1;
            let name = if alone { short } else { full_name(id) };
            Field { name, node: id }
        })
        .collect()
}
