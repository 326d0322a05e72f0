//! Which fields of a file some expressions read.

use std::sync::Arc;

use arrow::datatypes::{DataType, Fields, Schema};
use avroscan::Projection;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::functions::core::getfield::GetFieldFunc;
use datafusion::physical_expr::expressions::{Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

/// Paths from a column down to a struct's field, none of them inside another.
///
/// `s['a']['b'] > x` reads `s.a.b` and `x`. A field inside an array or a map is not a path of its
/// own: which item is meant is known only while evaluating, so the array or map is read whole.
#[derive(Debug, Default)]
pub(crate) struct FieldPaths {
    paths: Vec<Vec<String>>,
}

impl FieldPaths {
    /// Whole columns.
    pub(crate) fn of_columns<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let paths = names.map(|name| vec![name.to_owned()]).collect();
        Self { paths }
    }

    /// Adds what `expr` reads of a file with this schema.
    pub(crate) fn add(&mut self, expr: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<()> {
        expr.apply(|node| {
            Ok(match field_path(node, schema) {
                Some(path) => {
                    self.insert(path.names);
                    TreeNodeRecursion::Jump
                }
                None => TreeNodeRecursion::Continue,
            })
        })?;
        Ok(())
    }

    fn insert(&mut self, path: Vec<String>) {
        if self.paths.iter().any(|wider| path.starts_with(wider)) {
            return;
        }
        // The first narrower path's place stays: it decides the order of the decoded columns.
        let narrower = |other: &Vec<String>| other.starts_with(&path);
        let place = self
            .paths
            .iter()
            .position(narrower)
            .unwrap_or(self.paths.len());
        self.paths.retain(|other| !narrower(other));
        self.paths.insert(place, path);
    }

    /// The paths as a projection of the core.
    pub(crate) fn projection(&self) -> Projection {
        Projection::columns(self.paths.iter().map(|path| path.join(".")))
    }

    /// Whether nothing is read.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The paths, in the order in which they were first met.
    pub(crate) fn paths(&self) -> &[Vec<String>] {
        &self.paths
    }
}

struct FieldPath<'a> {
    names: Vec<String>,
    /// The type at the end of the path. None where the path cannot go deeper: behind an array or a
    /// map, and where a neighbour's name holds a dot, so that a dotted path could mean either.
    data_type: Option<&'a DataType>,
}

/// The path, when `expr` is a column or struct fields of a column, named by literals.
fn field_path<'a>(expr: &Arc<dyn PhysicalExpr>, schema: &'a Schema) -> Option<FieldPath<'a>> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        let data_type = schema.field_with_name(column.name()).ok()?.data_type();
        return Some(FieldPath {
            names: vec![column.name().to_owned()],
            data_type: (!has_dots(schema.fields())).then_some(data_type),
        });
    }
    let function = ScalarFunctionExpr::try_downcast_func::<GetFieldFunc>(expr.as_ref())?;
    let (base, keys) = function.args().split_first()?;
    let mut path = field_path(base, schema)?;
    for key in keys {
        let key = key.downcast_ref::<Literal>()?;
        let fields = match path.data_type {
            Some(DataType::Struct(fields)) if !has_dots(fields) => fields,
            _ => {
                path.data_type = None;
                continue;
            }
        };
        let name = key.value().try_as_str().flatten()?;
        let field = fields.iter().find(|field| field.name() == name)?;
        path.names.push(name.to_owned());
        path.data_type = Some(field.data_type());
    }
    Some(path)
}

fn has_dots(fields: &Fields) -> bool {
    fields.iter().any(|field| field.name().contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(insertions: &[&str]) -> Vec<String> {
        let mut paths = FieldPaths::default();
        for path in insertions {
            paths.insert(path.split('.').map(str::to_owned).collect());
        }
        paths.paths().iter().map(|path| path.join(".")).collect()
    }

    #[test]
    fn a_path_swallows_those_inside_it() {
        assert_eq!(paths(&["a", "b", "a"]), ["a", "b"]);
        assert_eq!(paths(&["s.a", "s.b", "s.a"]), ["s.a", "s.b"]);
        assert_eq!(paths(&["s", "s.a"]), ["s"]);
        assert_eq!(paths(&["s.a", "x", "s.b.c", "s"]), ["s", "x"]);
        assert_eq!(paths(&["s.a", "sa"]), ["s.a", "sa"]);
    }
}
