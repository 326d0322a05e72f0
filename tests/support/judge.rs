//! Says whether record batches hold what an Avro file holds.
//!
//! Both sides are brought to the same *normal* JSON, a row at a time: the file's side from its
//! physical values and its schema ([`expected_rows`]), the batches' side from their arrays
//! ([`batch_rows`]). The types are compared apart from the values, with a mapping of its own
//! ([`arrow_schema`]); that done, a number is compared as a number whatever unit it has.
//!
//! Normal JSON: bytes are `{"$bytes": hex}`; NaN, the infinities and minus zero are
//! `{"$float": name}`; maps are lists of `[key, value]`; decimals are the text of their unscaled
//! integer, or of their exact value where no Arrow decimal holds it; dates, times and timestamps
//! are numbers in their unit; a nullable union is its value.

mod cells;
mod columns;
mod project;

use num_bigint::BigInt;
use serde_json::{Value as Json, json};

use crate::schema::{Logical, Schema, Type};
use crate::{decimal, slow};
pub use cells::{batch_rows, cell};
pub use columns::arrow_schema;
pub use project::project;

/// The rows of a sound file, all columns.
pub fn expected_rows(file: &[u8]) -> Vec<Json> {
    let file = slow::File::open(file).expect("the file is sound");
    let schema = Schema::parse(&file.schema).expect("the schema is sound");
    let rows = file.rows().expect("the rows are sound");
    rows.iter().map(|value| row(&schema, value)).collect()
}

/// The row that a value of the root is: the fields of a record, also of one that may be null; any
/// other root is the one column `value`.
pub fn row(schema: &Schema, value: &Json) -> Json {
    match (&schema.ty, columns::nullable_record(schema)) {
        (Type::Record(_), _) => normal(schema, value),
        (_, Some(fields)) => match normal(schema, value) {
            Json::Null => fields
                .iter()
                .map(|f| (f.name.clone(), Json::Null))
                .collect(),
            row => row,
        },
        _ => json!({ "value": normal(schema, value) }),
    }
}

/// A physical value in normal form. Fields that `schema` does not have are left out.
pub fn normal(schema: &Schema, value: &Json) -> Json {
    let (value, branch) = match &value["$union"] {
        Json::Null => (value, None),
        branch => (&branch[1], branch[0].as_u64()),
    };
    match &schema.ty {
        Type::Union(_) if value.is_null() => Json::Null,
        Type::Union(branches) => match (schema.non_null(), branch) {
            (Some(other), _) => normal(other, value),
            (None, Some(branch)) => {
                let names = schema.branch_names();
                if names[branch as usize].is_none() {
                    return Json::Null;
                }
                let fields = names.iter().zip(branches).enumerate();
                fields
                    .filter_map(|(index, (name, field))| {
                        let filled = index == branch as usize;
                        let value = if filled {
                            normal(field, value)
                        } else {
                            Json::Null
                        };
                        Some((name.clone()?, value))
                    })
                    .collect()
            }
            (None, None) => {
                let branch = branches.iter().position(|branch| fits(branch, value));
                let branch = branch.expect("a branch that the value fits");
                normal(schema, &json!({ "$union": [branch, value] }))
            }
        },
        Type::Record(fields) => fields
            .iter()
            .map(|field| {
                (
                    field.name.clone(),
                    normal(&field.schema, &value[&field.name]),
                )
            })
            .collect(),
        Type::Array(items) => array(value)
            .iter()
            .map(|item| normal(items, item))
            .collect(),
        Type::Map(values) => entries(value)
            .into_iter()
            .map(|(k, v)| json!([k, normal(values, &v)]))
            .collect(),
        Type::Again(again) => json!(plain(again.spelled(), value).to_string()),
        Type::Bytes | Type::Fixed(_) => bytes(schema.logical, value),
        Type::Float | Type::Double => match value.as_f64() {
            // A decimal text of a float is not always read back as the same double.
            Some(number) if schema.ty == Type::Float => float((number as f32).into()),
            Some(number) => float(number),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Whether a physical value can be of this type, where its union does not tell.
pub fn fits(schema: &Schema, value: &Json) -> bool {
    match schema.ty {
        Type::Null => value.is_null(),
        Type::Boolean => value.is_boolean(),
        Type::Int | Type::Long => value.is_i64(),
        Type::Float | Type::Double => value.is_f64(),
        Type::String | Type::Enum(_) => value.is_string(),
        Type::Array(_) => value.is_array(),
        Type::Bytes | Type::Fixed(_) => value["$bytes"].is_string(),
        Type::Map(_) | Type::Record(_) | Type::Again(_) => value.is_object(),
        Type::Union(_) => false,
    }
}

/// A physical value as plain JSON, the way a type inside of itself is written.
pub fn plain(schema: &Schema, value: &Json) -> Json {
    match &schema.ty {
        Type::Union(branches) => {
            let (branch, value) = match &value["$union"] {
                Json::Null => (
                    branches.iter().position(|branch| fits(branch, value)),
                    value,
                ),
                branch => (branch[0].as_u64().map(|index| index as usize), &branch[1]),
            };
            plain(&branches[branch.expect("a branch")], value)
        }
        Type::Record(fields) => fields
            .iter()
            .map(|field| {
                (
                    field.name.clone(),
                    plain(&field.schema, &value[&field.name]),
                )
            })
            .collect(),
        Type::Array(items) => array(value).iter().map(|item| plain(items, item)).collect(),
        Type::Map(values) => entries(value)
            .into_iter()
            .map(|(key, v)| (key.as_str().expect("a key").to_owned(), plain(values, &v)))
            .collect(),
        Type::Again(again) => plain(again.spelled(), value),
        Type::Bytes | Type::Fixed(_) => value["$bytes"].clone(),
        Type::Float | Type::Double => match value["$float"].as_str() {
            Some("nan") => json!("NaN"),
            Some("inf") => json!("Infinity"),
            Some(_) => json!("-Infinity"),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn array(value: &Json) -> &[Json] {
    value.as_array().expect("an array")
}

/// A map as the slow decoder gives it, or as a plain object.
fn entries(value: &Json) -> Vec<(Json, Json)> {
    match &value["$map"] {
        Json::Array(pairs) => pairs.iter().map(|p| (p[0].clone(), p[1].clone())).collect(),
        _ => {
            let object = value.as_object().expect("a map");
            object.iter().map(|(k, v)| (json!(k), v.clone())).collect()
        }
    }
}

fn bytes(logical: Option<Logical>, value: &Json) -> Json {
    let hex = value["$bytes"].as_str().expect("bytes");
    match logical {
        Some(Logical::Decimal { precision, scale }) => {
            let number = BigInt::from_signed_bytes_be(&slow::unhex(value));
            match precision {
                0..=76 => json!(number.to_string()),
                _ => json!(decimal::text(&number, scale.into())),
            }
        }
        Some(Logical::BigDecimal) => {
            let (number, scale) = decimal::big(&slow::unhex(value)).expect("a big-decimal");
            json!(decimal::text(&number, scale))
        }
        Some(Logical::Duration) => {
            let byte = |i: usize| u32::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex");
            let number = |at: usize| (0..4).rev().fold(0, |n, i| n << 8 | byte(at + i));
            json!([number(0), number(4), number(8)])
        }
        Some(Logical::Uuid) => {
            let at = |range: std::ops::Range<usize>| &hex[range];
            json!([at(0..8), at(8..12), at(12..16), at(16..20), at(20..32)].join("-"))
        }
        _ => value.clone(),
    }
}

fn float(value: f64) -> Json {
    match value {
        v if v == 0.0 && v.is_sign_negative() => json!({ "$float": "-0" }),
        v => slow::float(v),
    }
}

/// Compares rows and says where the first difference is.
pub fn same_rows(found: &[Json], expected: &[Json]) -> Result<(), String> {
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        if found != expected {
            return Err(format!("row {row}:\n   found {found}\nexpected {expected}"));
        }
    }
    if found.len() == expected.len() {
        return Ok(());
    }
    Err(format!(
        "{} rows instead of {}",
        found.len(),
        expected.len()
    ))
}
