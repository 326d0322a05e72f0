//! Random defaults for the fields that want one.

use serde_json::{Map, Value as Json, json};

use crate::random::{self, Rng};
use crate::schema::{Field, Schema, Type};
use crate::{resolve, slow};

/// What stands for a default that is still to be made.
pub(super) const WANTED: &str = "\0wanted";

/// How often a value is drawn anew that another branch of its union lays claim to.
const ATTEMPTS: usize = 20;

/// Makes all defaults that are wanted in a schema.
pub(super) fn fill(json: &mut Json, rng: &mut Rng) {
    let schema = Schema::parse(&json.to_string()).expect("a sound schema");
    walk(json, &schema, rng);
}

/// Goes through the definitions, which are spelled out in the JSON where they are in the tree.
fn walk(json: &mut Json, schema: &Schema, rng: &mut Rng) {
    match &schema.ty {
        Type::Array(items) => walk(&mut json["items"], items, rng),
        Type::Map(values) => walk(&mut json["values"], values, rng),
        Type::Union(schemas) => {
            let branches = json.as_array_mut().expect("a union is a list");
            for (branch, schema) in branches.iter_mut().zip(schemas) {
                walk(branch, schema, rng);
            }
        }
        Type::Record(schemas) if json.is_object() => {
            let fields = json["fields"].as_array_mut().expect("a record has fields");
            for (field, schema) in fields.iter_mut().zip(schemas) {
                walk(&mut field["type"], &schema.schema, rng);
                if field["default"] == WANTED {
                    field["default"] = default(&schema.schema, rng);
                }
            }
        }
        _ => {}
    }
}

fn default(schema: &Schema, rng: &mut Rng) -> Json {
    for _ in 0..ATTEMPTS {
        let value = random::value(schema, rng);
        let json = as_default(schema, &value);
        // The value of one branch may be another branch's first, and nothing to that.
        let read = resolve::default(schema, &json);
        if read.is_some_and(|value| resolve::value(schema, schema, &value).is_ok()) {
            return shortened(schema, json, rng);
        }
    }
    Json::Null
}

/// A physical value as a default is written.
fn as_default(schema: &Schema, value: &Json) -> Json {
    match &schema.ty {
        Type::Float | Type::Double if value.is_object() => json!(0.5),
        Type::Bytes | Type::Fixed(_) => {
            let bytes = slow::unhex(value).into_iter();
            json!(bytes.map(char::from).collect::<String>())
        }
        Type::Array(items) => {
            let list = value.as_array().expect("an array").iter();
            list.map(|item| as_default(items, item)).collect()
        }
        Type::Map(values) => {
            let entries = value["$map"].as_array().expect("a map").iter();
            let key = |entry: &Json| entry[0].as_str().expect("a key").to_owned();
            let entries = entries.map(|entry| (key(entry), as_default(values, &entry[1])));
            Json::Object(entries.collect())
        }
        Type::Record(fields) => {
            let field = |field: &Field| {
                let value = as_default(&field.schema, &value[&field.name]);
                (field.name.clone(), value)
            };
            fields.iter().map(field).collect()
        }
        Type::Union(branches) => {
            let branch = value["$union"][0].as_u64().expect("a branch") as usize;
            as_default(&branches[branch], &value["$union"][1])
        }
        Type::Again(again) => as_default(again.spelled(), value),
        _ => value.clone(),
    }
}

/// Leaves out of a record's default what has a default of its own; nothing that could lead back
/// to the record.
fn shortened(schema: &Schema, json: Json, rng: &mut Rng) -> Json {
    let (Type::Record(fields), Json::Object(object)) = (&schema.ty, &json) else {
        return json;
    };
    let may_go = |name: &str| {
        fields.iter().any(|field| {
            let inner = &field.schema.ty;
            let is_leaf = !matches!(
                inner,
                Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Union(_) | Type::Again(_)
            );
            field.name == name && field.default.is_some() && is_leaf
        })
    };
    let entries = object.iter();
    let kept = entries.filter(|(name, _)| !(may_go(name) && rng.one_in(2)));
    Json::Object(
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, _>>(),
    )
}
