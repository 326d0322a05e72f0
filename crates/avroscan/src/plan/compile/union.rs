//! Unions: one type and null, several types as a struct, and those that are a union in only one of
//! the two schemas.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField};

use super::{Compiler, plain};
use crate::error::Result;
use crate::plan::projection::Wanted;
use crate::plan::{
    NullBranch, Route, Routes, SelectPlan, Shape, Sizes, UnionField, UnionPlan, ValuePlan,
};
use crate::resolve::{Branches, Target, Value};
use crate::schema::{Field, Kind, NodeId, Types};

/// What the reader makes of a union.
enum Form<'a> {
    /// One of its branches, or the type itself where it is no union; null where that is nullable.
    One { branch: usize, nullable: bool },
    /// A struct of these branches.
    Several(&'a [NodeId]),
}

impl<'a> Form<'a> {
    fn of(types: &'a Types, reader: NodeId) -> Self {
        let is_null = |id: NodeId| matches!(types.node(id).kind, Kind::Null);
        let Kind::Union(branches) = &types.node(reader).kind else {
            return Self::One {
                branch: 0,
                nullable: false,
            };
        };
        let nullable = |branch| Self::One {
            branch,
            nullable: true,
        };
        match **branches {
            [_] => nullable(0),
            [first, second] if is_null(first) && !is_null(second) => nullable(1),
            [first, second] if is_null(second) && !is_null(first) => nullable(0),
            _ => Self::Several(branches),
        }
    }
}

impl Compiler<'_> {
    pub(super) fn union(
        &mut self,
        value: &Value,
        branches: &Branches,
        wanted: &Wanted<'_>,
    ) -> Result<ValuePlan> {
        match Form::of(self.types, value.reader) {
            Form::One { branch, nullable } => {
                let plan = self.one(branches, branch, wanted)?;
                Ok(if nullable { plan.or_null() } else { plan })
            }
            Form::Several(list) => self.several(value, branches, list, wanted),
        }
    }

    /// Values of one type, or null.
    fn one(&mut self, branches: &Branches, one: usize, wanted: &Wanted<'_>) -> Result<ValuePlan> {
        let mut ways = Vec::new();
        let mut routes = Vec::new();
        // Of a root: each way has the fields in the same order.
        let projection_order = std::mem::take(&mut self.projection_order);
        for target in &branches.targets {
            routes.push(match target {
                Target::Branch { branch, value } if *branch == one => {
                    self.projection_order = projection_order;
                    ways.push(self.value(*value, wanted)?);
                    let way = ways.len() - 1;
                    Route::Keep { field: 0, way }
                }
                Target::Branch { .. } => Route::Null,
                Target::Refused(reason) => Route::Refuse(Arc::from(reason.as_str())),
            });
        }
        if ways.is_empty() {
            let unused = branches.unused.iter().find(|(branch, _)| *branch == one);
            if let Some((_, value)) = unused {
                self.projection_order = projection_order;
                ways.push(self.value(*value, wanted)?);
            }
        }
        let nulls = match (branches.tagged, routes.as_slice()) {
            (false, _) => None,
            (true, [Route::Keep { .. }]) => Some(NullBranch::Never),
            (true, [Route::Null, Route::Keep { .. }]) => Some(NullBranch::First),
            (true, [Route::Keep { .. }, Route::Null]) => Some(NullBranch::Second),
            (true, _) => return Ok(Self::select(routes, ways)),
        };
        let Some(mut plan) = ways.pop() else {
            return Ok(Self::select(routes, ways));
        };
        plan.sizes.encoded = match nulls {
            None => plan.sizes.encoded,
            Some(NullBranch::Never) => plan.sizes.encoded.saturating_add(1),
            Some(NullBranch::First | NullBranch::Second) => 1,
        };
        // A value that is null in itself (`["null"]` and the like) keeps the branch it has.
        plan.nulls = nulls;
        Ok(plan)
    }

    fn select(routes: Vec<Route>, ways: Vec<ValuePlan>) -> ValuePlan {
        let smallest = |route: &Route| match route {
            Route::Keep { way, .. } => ways.get(*way).map_or(0, |way| way.sizes.encoded),
            _ => 0,
        };
        let smallest = routes.iter().map(smallest).min().unwrap_or(0);
        let decoded = ways.iter().map(|way| way.sizes.decoded);
        let sizes = Sizes {
            encoded: smallest.saturating_add(1),
            // A row of one way, and where it is.
            decoded: decoded.max().unwrap_or(0).saturating_add(16),
        };
        let data_type = ways
            .first()
            .map_or(DataType::Null, |way| way.data_type.clone());
        let nullable = ways.iter().any(|way| way.nullable);
        let routes = Routes {
            tagged: true,
            branches: routes,
        };
        let shape = Shape::Select(SelectPlan { routes, ways });
        ValuePlan {
            nullable,
            ..plain(shape, data_type, sizes)
        }
    }

    /// Any other union: a struct with a nullable field for each branch that is not null.
    fn several(
        &mut self,
        value: &Value,
        branches: &Branches,
        list: &[NodeId],
        wanted: &Wanted<'_>,
    ) -> Result<ValuePlan> {
        let types = self.types;
        let named = branch_fields(types, list);
        let (named_wanted, _) = wanted.in_fields(&named)?;
        // For each branch of the reader's: its name, what is wanted of it, and its field.
        let mut names = named.iter().zip(named_wanted);
        let mut fields = Vec::new();
        let mut readers = Vec::new();
        for &id in list {
            let named = (!is_null(types, id)).then(|| names.next()).flatten();
            readers.push(named.map(|(field, wanted)| {
                let name = field.name.as_str();
                let number = wanted.is_some().then(|| {
                    let ways = Vec::new();
                    let name = Arc::from(name);
                    fields.push(UnionField { name, ways });
                    fields.len() - 1
                });
                (name, number.zip(wanted))
            }));
        }
        let nullable = readers.iter().any(Option::is_none);
        let mut sizes = Sizes {
            encoded: usize::MAX,
            decoded: 0,
        };
        let mut routes = Vec::new();
        for (index, target) in branches.targets.iter().enumerate() {
            let written = match &types.node(value.writer).kind {
                Kind::Union(written) => written.get(index).copied(),
                _ => Some(value.writer),
            };
            let (route, encoded) = match target {
                Target::Refused(reason) => (Route::Refuse(Arc::from(reason.as_str())), 0),
                Target::Branch { branch, value } => match readers.get(*branch) {
                    Some(Some((name, Some((number, wanted))))) => {
                        let way = self.value(*value, wanted).map_err(|e| e.in_field(name))?;
                        let encoded = way.sizes.encoded;
                        let way = add_way(&mut fields, *number, way);
                        let field = *number;
                        (Route::Keep { field, way }, encoded)
                    }
                    Some(Some((name, None))) => {
                        let skip = written.map(|id| self.skip(id)).transpose();
                        match skip.map_err(|e| e.in_field(name))? {
                            Some((skip, encoded)) => (Route::Skip(skip), encoded),
                            None => (Route::Null, 0),
                        }
                    }
                    _ => (Route::Null, 0),
                },
            };
            sizes.encoded = sizes.encoded.min(encoded);
            routes.push(route);
        }
        for (branch, value) in &branches.unused {
            if let Some(Some((name, Some((number, wanted))))) = readers.get(*branch) {
                let way = self.value(*value, wanted).map_err(|e| e.in_field(name))?;
                add_way(&mut fields, *number, way);
            }
        }
        let tag = usize::from(branches.tagged);
        sizes.encoded = match sizes.encoded {
            usize::MAX => 1,
            smallest => smallest.saturating_add(tag),
        };
        let mut arrow_fields = Vec::new();
        for UnionField { name, ways } in &fields {
            let way = ways.first();
            let data_type = way.map_or(DataType::Null, |way| way.data_type.clone());
            arrow_fields.push(ArrowField::new(&**name, data_type, true));
            let decoded = ways.iter().map(|way| way.sizes.decoded).max().unwrap_or(0);
            sizes.decoded = sizes.decoded.saturating_add(decoded);
        }
        let routes = Routes {
            tagged: branches.tagged,
            branches: routes,
        };
        let union = UnionPlan {
            routes,
            fields,
            nullable,
        };
        let data_type = DataType::Struct(arrow_fields.into());
        Ok(ValuePlan {
            nullable,
            ..plain(Shape::Union(union), data_type, sizes)
        })
    }
}

fn is_null(types: &Types, id: NodeId) -> bool {
    matches!(types.node(id).kind, Kind::Null)
}

/// Adds a way to read a field, and returns its number.
fn add_way(fields: &mut [UnionField], field: usize, way: ValuePlan) -> usize {
    let Some(field) = fields.get_mut(field) else {
        return 0;
    };
    field.ways.push(way.or_null());
    field.ways.len() - 1
}

/// A field for each branch that is not null: named by its type, by the short name of a named type,
/// or by the full name where two short names collide.
fn branch_fields(types: &Types, branches: &[NodeId]) -> Vec<Field> {
    let full_name = |id: NodeId| {
        let node = types.node(id);
        let name = node.name.as_ref().filter(|name| !name.is_empty());
        name.map_or_else(|| node.kind.name().to_owned(), String::clone)
    };
    let short_name = |id: NodeId| {
        let full = full_name(id);
        match full.rsplit_once('.') {
            Some((_, short)) if !short.is_empty() => short.to_owned(),
            _ => full,
        }
    };
    let values: Vec<NodeId> = branches
        .iter()
        .copied()
        .filter(|&id| !is_null(types, id))
        .collect();
    let mut times: HashMap<String, usize> = HashMap::new();
    for &id in &values {
        *times.entry(short_name(id)).or_default() += 1;
    }
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut field = |id| {
        let short = short_name(id);
        let alone = times.get(&short) == Some(&1);
        let name = if alone { short } else { full_name(id) };
        Field::new(&without_repeat(name, &mut taken), id)
    };
    values.into_iter().map(&mut field).collect()
}

/// The name, or if it is taken the name with a number behind it: unions of files may have two branches
/// of one type, and a struct has its fields by name.
fn without_repeat(name: String, taken: &mut HashMap<String, usize>) -> String {
    let mut free = name.clone();
    while taken.contains_key(&free) {
        let times = taken.entry(name.clone()).or_insert(1);
        *times += 1;
        free = format!("{name}_{times}");
    }
    taken.insert(free.clone(), 1);
    free
}
