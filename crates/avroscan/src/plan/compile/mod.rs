//! From resolved schemas and projection to a plan.

mod skip;
mod union;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema};

use super::projection::Wanted;
use super::{
    DecodePlan, Projection, RecordPlan, Recursion, Shape, Sizes, Skip, Step, StoredDecimal,
    TooDeep, ValuePlan,
};
use crate::arrow_type::{self, ROOT_COLUMN};
use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::{Limit, Limits};
use crate::resolve::{How, Leaf, MAX_DEPTH, Resolved, Sources, Value, ValueId, mismatch};
use crate::schema::{Field, Kind, NodeId, Types};
use crate::stack;

pub(super) fn compile(
    resolved: Arc<Resolved>,
    projection: &Projection,
    unroll: usize,
    limits: &Limits,
) -> Result<DecodePlan> {
    let mut compiler = Compiler {
        resolved: &resolved,
        types: resolved.types(),
        unroll,
        projection_order: false,
        open: Vec::new(),
        skipping: Vec::new(),
        recursive: Vec::new(),
        symbols: HashMap::new(),
        smallest: BTreeMap::new(),
        depth: 0,
        deepest: 0,
        nodes_left: limits.schema_nodes,
        limits,
    };
    let wanted = Wanted::of(projection);
    let (row, flatten) = compiler.root(&wanted)?;
    let fields = match kept_fields(&row) {
        row if flatten => match row.first().map(|row| row.data_type()) {
            Some(DataType::Struct(fields)) => fields.clone(),
            _ => Fields::empty(),
        },
        fields => fields,
    };
    let (fields, too_deep) = bearable(&fields, limits.levels());
    Ok(DecodePlan {
        schema: Arc::new(Schema::new(fields)),
        row,
        flatten,
        recursion: Recursion {
            skips: compiler.recursive,
            smallest: compiler.smallest.into_iter().collect(),
        },
        depth: compiler.deepest,
        too_deep,
        headers_suffice: matches!(wanted, Wanted::Paths(paths) if paths.is_empty()),
        filter: None,
    })
}

/// The columns, those that nest more than so many levels as null; and the first of these.
fn bearable(columns: &Fields, most: usize) -> (Fields, Option<TooDeep>) {
    let mut too_deep = None;
    let columns = columns.iter().map(|column| {
        let levels = arrow_type::levels(column.data_type());
        if levels <= most {
            return column.clone();
        }
        too_deep.get_or_insert_with(|| TooDeep {
            column: column.name().clone(),
            levels,
            most,
        });
        Arc::new(ArrowField::new(column.name(), DataType::Null, true))
    });
    (columns.collect(), too_deep)
}

/// Whether a root is a record, or a union of one and null: what has columns.
fn has_columns(types: &Types, root: NodeId) -> bool {
    let is_record = |id: &NodeId| matches!(types.node(*id).kind, Kind::Record(_));
    let is_null = |id: &NodeId| matches!(types.node(*id).kind, Kind::Null);
    match &types.node(root).kind {
        Kind::Record(_) => true,
        Kind::Union(branches) => match &**branches {
            [only] => is_record(only),
            [a, b] => (is_null(a) && is_record(b)) || (is_record(a) && is_null(b)),
            _ => false,
        },
        _ => false,
    }
}

/// The fields of a record's result, in their order.
fn kept_fields(record: &RecordPlan) -> Fields {
    let kept: Vec<ArrowField> = record
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Keep { name, value } => Some(value.field(name)),
            Step::Skip(_) => None,
        })
        .collect();
    let fields = record.order.iter().filter_map(|&index| kept.get(index));
    fields.cloned().collect()
}

struct Compiler<'a> {
    resolved: &'a Arc<Resolved>,
    types: &'a Types,
    unroll: usize,
    /// Whether the next record's fields come in the order of the projection: the columns do, the
    /// fields of a struct have the order of the schema.
    projection_order: bool,
    /// The records to read that are being compiled, outermost first: meeting one again is
    /// recursion.
    open: Vec<NodeId>,
    /// The named types of the file whose skips are being compiled, likewise.
    skipping: Vec<NodeId>,
    /// Skips of recursive types, and the type of each.
    recursive: Vec<(NodeId, Skip)>,
    /// The symbols of the enums to read: one array an enum, which whatever puts columns of it together
    /// takes for what it is, one dictionary.
    symbols: HashMap<NodeId, ArrayRef>,
    /// Types of items of arrays and values of maps that are skipped, and what each takes at least.
    smallest: BTreeMap<NodeId, usize>,
    depth: usize,
    /// The greatest `depth` so far.
    deepest: usize,
    nodes_left: usize,
    limits: &'a Limits,
}

impl<'a> Compiler<'a> {
    /// Compiles something one level further in.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.nodes_left = self.nodes_left.checked_sub(1).ok_or_else(|| {
            let most = self.limits.schema_nodes;
            Error::new(
                ErrorKind::Limit(Limit::SchemaNodes),
                format!("the schema expands to more than schema_nodes = {most} types"),
            )
        })?;
        if self.depth == MAX_DEPTH {
            let what = format!("the schema nests deeper than {MAX_DEPTH} types");
            return Err(Error::new(ErrorKind::Limit(Limit::SchemaDepth), what));
        }
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let result = stack::at_level(|| inner(self));
        self.depth -= 1;
        result
    }

    /// The plan of a row, and whether it is one value whose fields are the columns.
    fn root(&mut self, wanted: &Wanted<'_>) -> Result<(RecordPlan, bool)> {
        let id = self.resolved.root();
        let root = self.resolved.value(id);
        self.projection_order = has_columns(self.types, root.reader);
        if !self.projection_order {
            let field = Field::new(ROOT_COLUMN, root.reader);
            let row = self.one_field(&field, root, id, wanted)?;
            return Ok((row, false));
        }
        if let (How::Record(sources), Kind::Record(_)) =
            (&root.how, &self.types.node(root.reader).kind)
        {
            let row = self.inside(root, |this| this.record(root, sources, wanted))?;
            return Ok((row, false));
        }
        let value = self.value(id, wanted)?;
        let sizes = value.sizes;
        let name = Arc::from("");
        let row = RecordPlan {
            steps: vec![Step::Keep { name, value }],
            order: vec![0],
            sizes,
        };
        Ok((row, true))
    }

    /// The row of a root that has no columns of its own.
    fn one_field(
        &mut self,
        field: &Field,
        root: &Value,
        id: ValueId,
        wanted: &Wanted<'_>,
    ) -> Result<RecordPlan> {
        let (mut wanted, order) = wanted.in_fields(std::slice::from_ref(field))?;
        let in_field = |error: Error| error.in_field(&field.name);
        let (step, sizes) = match wanted.pop().flatten() {
            Some(wanted) => {
                let value = self.value(id, &wanted).map_err(in_field)?;
                let (name, sizes) = (Arc::from(field.name.as_str()), value.sizes);
                (Step::Keep { name, value }, sizes)
            }
            None => {
                let (skip, encoded) = self.skip(root.writer).map_err(in_field)?;
                (Step::Skip(skip), Sizes::encoded(encoded))
            }
        };
        Ok(RecordPlan {
            steps: vec![step],
            order,
            sizes,
        })
    }

    /// Compiles the plan of something inside the record that `value` becomes.
    fn inside<T>(
        &mut self,
        value: &Value,
        inner: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.open.push(value.reader);
        let result = self.deeper(inner);
        self.open.pop();
        result
    }

    /// The plan of a record: what is read in the order of the file, then what is not in the file.
    fn record(
        &mut self,
        value: &Value,
        sources: &Sources,
        wanted: &Wanted<'_>,
    ) -> Result<RecordPlan> {
        let (Kind::Record(written), Kind::Record(read)) = (
            &self.types.node(value.writer).kind,
            &self.types.node(value.reader).kind,
        ) else {
            return Err(internal(
                "the plan of a record is made of a type that is none",
            ));
        };
        let (mut wanted, projected) = wanted.in_fields(read)?;
        let by_projection = std::mem::take(&mut self.projection_order);
        let mut row = RowBuilder::default();
        for (field, reader) in written.iter().zip(&sources.written) {
            let kept = reader.ok().and_then(|number| {
                let wanted = wanted.get_mut(number)?.take()?;
                Some((number, wanted, sources.read.get(number)?, read.get(number)?))
            });
            match kept {
                Some((number, wanted, source, field)) => {
                    let value = self
                        .value(source.value, &wanted)
                        .map_err(|e| e.in_field(&field.name))?;
                    row.keep(number, &field.name, value);
                }
                None => {
                    let skip = self.skip(field.node);
                    row.skip(skip.map_err(|e| e.in_field(&field.name))?);
                }
            }
        }
        let missing = sources.read.iter().zip(read).enumerate();
        for (number, (source, field)) in missing.filter(|(_, (source, _))| source.field.is_none()) {
            if let Some(wanted) = wanted.get_mut(number).and_then(Option::take) {
                let value = self
                    .value(source.value, &wanted)
                    .map_err(|e| e.in_field(&field.name))?;
                row.keep(number, &field.name, value);
            }
        }
        Ok(row.finish(by_projection.then_some(&projected)))
    }

    fn value(&mut self, id: ValueId, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let resolved = self.resolved;
        let value = resolved.value(id);
        match &value.how {
            How::Union(branches) => self.deeper(|this| this.union(value, branches, wanted)),
            How::Constant { value, bytes } => self.deeper(|this| {
                let value = this.value(*value, wanted)?;
                // What a byte becomes at most: a view, or the offset and the fields of an item.
                let items = bytes.len().saturating_mul(VIEW);
                let decoded = value.sizes.decoded.saturating_add(items);
                Ok(ValuePlan {
                    nulls: None,
                    data_type: value.data_type.clone(),
                    nullable: value.nullable,
                    sizes: Sizes {
                        encoded: 0,
                        decoded,
                    },
                    shape: Shape::Constant {
                        value: Box::new(value),
                        bytes: bytes.clone(),
                    },
                })
            }),
            How::Record(sources) => {
                let times = self.open.iter().filter(|open| **open == value.reader);
                if times.count() > self.unroll {
                    return self.json(id, wanted);
                }
                self.inside(value, |this| {
                    let record = this.record(value, sources, wanted)?;
                    let sizes = record.sizes;
                    let data_type = DataType::Struct(kept_fields(&record));
                    Ok(plain(Shape::Record(record), data_type, sizes))
                })
            }
            How::Array(items) => self.deeper(|this| {
                let item = this.value(*items, wanted).map_err(Error::in_items)?;
                let field = arrow_type::list_item(item.data_type.clone(), item.nullable);
                let data_type = DataType::List(field.clone());
                let item = Box::new(item);
                Ok(plain(Shape::List { item, field }, data_type, ITEMS))
            }),
            How::Map(values) => self.deeper(|this| {
                let value = this.value(*values, wanted).map_err(Error::in_items)?;
                let field = arrow_type::map_entries(value.data_type.clone(), value.nullable);
                let data_type = DataType::Map(field.clone(), false);
                let value = Box::new(value);
                Ok(plain(Shape::Map { value, field }, data_type, ITEMS))
            }),
            How::Leaf(leaf) => self.deeper(|this| this.leaf(value, leaf, wanted)),
            How::Mismatch(reason) => Err(mismatch(reason)),
        }
    }

    /// A type without inner types.
    fn leaf(&mut self, value: &Value, leaf: &Leaf, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let (written, read) = (self.resolved.writer(value), self.resolved.reader(value));
        wanted.must_be_all(read.kind.name())?;
        let (mut shape, data_type) = arrow_type::leaf(read)?;
        if let Shape::Enum { symbols, .. } = &mut shape {
            let shared = self.symbols.entry(value.reader);
            *symbols = shared.or_insert_with(|| symbols.clone()).clone();
        }
        let decoded = decoded_width(&shape);
        let shape = match leaf {
            Leaf::SymbolText => match &written.kind {
                Kind::Enum(written) => Shape::SymbolText(written.symbols.clone().into()),
                _ => return Err(internal("text of symbols is made of a type that has none")),
            },
            Leaf::Same => shape,
            Leaf::Promoted(promotion) => Shape::Promoted(*promotion),
            Leaf::Rescaled(rescale) => Shape::Rescaled(*rescale),
            Leaf::Symbols(numbers) => shape.with_numbers(numbers),
            Leaf::Decimal { size, shift } => shape.with_stored(StoredDecimal {
                size: *size,
                shift: *shift,
            }),
        };
        let sizes = Sizes {
            encoded: encoded_width(&written.kind),
            decoded,
        };
        let nullable = matches!(shape, Shape::Null);
        Ok(ValuePlan {
            nullable,
            ..plain(shape, data_type, sizes)
        })
    }

    /// A type inside of itself: text where the columns would have no end.
    fn json(&mut self, id: ValueId, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        wanted.must_be_all("recursive")?;
        self.resolved.check(id)?;
        // What nests in text is no level of the columns around it.
        let depth = std::mem::take(&mut self.depth);
        let skip = self.skip(self.resolved.value(id).writer);
        self.depth = depth;
        let (_, encoded) = skip?;
        let shape = Shape::Json {
            resolved: self.resolved.clone(),
            value: id,
        };
        let sizes = Sizes {
            encoded: at_least_one(encoded),
            decoded: VIEW,
        };
        Ok(plain(shape, DataType::Utf8View, sizes))
    }
}

/// The steps of a record as they come together.
#[derive(Default)]
struct RowBuilder {
    steps: Vec<Step>,
    skips: Vec<Skip>,
    /// The kept fields: the number of each among those to read.
    kept: Vec<usize>,
    sizes: Sizes,
}

impl RowBuilder {
    fn keep(&mut self, number: usize, name: &str, value: ValuePlan) {
        self.flush();
        self.sizes = self.sizes.plus(value.sizes);
        self.kept.push(number);
        let name = Arc::from(name);
        self.steps.push(Step::Keep { name, value });
    }

    fn skip(&mut self, (skip, encoded): (Skip, usize)) {
        self.sizes = self.sizes.plus(Sizes::encoded(encoded));
        self.skips.push(skip);
    }

    /// Makes one step of the skips gathered so far.
    fn flush(&mut self) {
        if !self.skips.is_empty() {
            let skip = Skip::sequence(self.skips.drain(..));
            self.steps.push(Step::Skip(skip));
        }
    }

    /// The record, its fields in the order of `projected`, or of the schema to read.
    fn finish(mut self, projected: Option<&Vec<usize>>) -> RecordPlan {
        self.flush();
        let mut by_number: Vec<(usize, usize)> = self.kept.into_iter().zip(0..).collect();
        by_number.sort_unstable();
        let order = match projected {
            None => by_number.into_iter().map(|(_, index)| index).collect(),
            Some(projected) => projected
                .iter()
                .filter_map(|number| {
                    let found = by_number.binary_search_by_key(number, |(number, _)| *number);
                    by_number.get(found.ok()?).map(|(_, index)| *index)
                })
                .collect(),
        };
        RecordPlan {
            steps: self.steps,
            order,
            sizes: self.sizes,
        }
    }
}

impl ValuePlan {
    /// The same value where it can be null.
    fn or_null(mut self) -> Self {
        self.become_nullable();
        self
    }

    /// A record that is null is null in all its fields, and so those are declared: engines take a
    /// field out of a record without asking whether the record was null.
    fn become_nullable(&mut self) {
        if std::mem::replace(&mut self.nullable, true) {
            return;
        }
        match &mut self.shape {
            Shape::Record(record) => {
                for step in &mut record.steps {
                    if let Step::Keep { value, .. } = step {
                        value.become_nullable();
                    }
                }
                self.data_type = DataType::Struct(kept_fields(record));
            }
            Shape::Constant { value, .. } => {
                value.become_nullable();
                self.data_type = value.data_type.clone();
            }
            Shape::Select(select) => {
                select.ways.iter_mut().for_each(Self::become_nullable);
                if let Some(way) = select.ways.first() {
                    self.data_type = way.data_type.clone();
                }
            }
            _ => {}
        }
    }
}

/// The plan of a value that is not a union of one type and null.
fn plain(shape: Shape, data_type: DataType, sizes: Sizes) -> ValuePlan {
    ValuePlan {
        nulls: None,
        shape,
        data_type,
        nullable: false,
        sizes,
    }
}

/// Fewest bytes in the file of a value of this type; all of them where they take the same.
fn encoded_width(kind: &Kind) -> usize {
    match kind {
        Kind::Null => 0,
        Kind::Float => 4,
        Kind::Double => 8,
        Kind::Fixed(size) => *size,
        _ => 1,
    }
}

/// Bytes of a view, and of an offset, in an array.
const VIEW: usize = 16;
const OFFSET: usize = 4;

/// An array or a map: the end of its items.
const ITEMS: Sizes = Sizes {
    encoded: 1,
    decoded: OFFSET,
};

/// Bytes in memory of a value of a type without inner types: of what all its values take.
fn decoded_width(shape: &Shape) -> usize {
    match shape {
        Shape::Boolean => 1,
        Shape::Int | Shape::TimeMillis | Shape::Float | Shape::Enum { .. } => 4,
        Shape::Long | Shape::TimeMicros | Shape::Double => 8,
        Shape::String | Shape::Bytes | Shape::DecimalText { .. } | Shape::BigDecimal => VIEW,
        Shape::Fixed(size) => *size,
        Shape::FixedOfNoBytes => OFFSET,
        Shape::Decimal128 { .. } | Shape::Duration => 16,
        Shape::Decimal256 { .. } => 32,
        Shape::UuidFixed => VIEW + 36,
        _ => 0,
    }
}

/// The least size of a recursive type is known only once it has been compiled; it cannot be 0,
/// because the way out of the recursion is a union, an array or a map.
fn at_least_one(encoded: usize) -> usize {
    if encoded == usize::MAX { 1 } else { encoded }
}
