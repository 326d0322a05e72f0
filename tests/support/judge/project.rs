//! Projections of a schema.

use crate::resolve;
use crate::schema::{Field, Schema, Type};

/// What is left of a record when only `paths` are wanted: its columns in the order in which the
/// paths first name them, nested fields in their own order.
///
/// Names in `paths` hold no dots of their own.
pub fn project(schema: &Schema, paths: &[&str]) -> Schema {
    let Type::Record(fields) = &schema.ty else {
        panic!("not judged: a root that is no record")
    };
    let mut names: Vec<&str> = Vec::new();
    for path in paths {
        let name = path.split('.').next().expect("a path has a first name");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let kept = names.iter().map(|name| {
        let field = fields.iter().find(|field| field.name == *name);
        narrow_field(field.expect("a path that exists"), &tails(paths, name))
    });
    schema.with(Type::Record(kept.collect()))
}

/// The rests of the paths that start with this name; `None` for a path that ends there.
fn tails<'a>(paths: &[&'a str], name: &str) -> Vec<Option<&'a str>> {
    paths
        .iter()
        .filter_map(|path| match path.strip_prefix(name)? {
            "" => Some(None),
            rest => rest.strip_prefix('.').map(Some),
        })
        .collect()
}

fn narrow_field(field: &Field, paths: &[Option<&str>]) -> Field {
    // A default has to be one of the whole type, whatever is wanted of it.
    let default = field.default.as_ref();
    let default = default.filter(|json| resolve::default(&field.schema, json).is_some());
    Field {
        schema: narrow(&field.schema, paths),
        default: default.cloned(),
        ..field.clone()
    }
}

fn narrow(schema: &Schema, paths: &[Option<&str>]) -> Schema {
    let Some(paths) = paths.iter().copied().collect::<Option<Vec<&str>>>() else {
        return schema.clone();
    };
    let wrapped: Vec<_> = paths.iter().map(|path| Some(*path)).collect();
    let ty = match &schema.ty {
        Type::Record(fields) => {
            let kept = fields.iter().filter_map(|field| {
                let tails = tails(&paths, &field.name);
                (!tails.is_empty()).then(|| narrow_field(field, &tails))
            });
            Type::Record(kept.collect())
        }
        Type::Array(items) => Type::Array(Box::new(narrow(items, &wrapped))),
        Type::Map(values) => Type::Map(Box::new(narrow(values, &wrapped))),
        Type::Union(branches) => {
            let narrowed = branches.iter().map(|branch| match branch.ty {
                Type::Null => branch.clone(),
                _ => narrow(branch, &wrapped),
            });
            Type::Union(narrowed.collect())
        }
        _ => schema.ty.clone(),
    };
    schema.with(ty)
}
