//! Says whether record batches hold what an Avro file holds.
//!
//! Both sides are brought to the same *normal* JSON, a row at a time: the file's side from its
//! physical values and its schema ([`expected_rows`]), the batches' side from their arrays
//! ([`batch_rows`]). The types are compared apart from the values, with a mapping of its own
//! ([`arrow_schema`]); that done, a number is compared as a number whatever unit it has.
//!
//! Normal JSON: bytes are `{"$bytes": hex}`; NaN, the infinities and minus zero are
//! `{"$float": name}`; maps are lists of `[key, value]`; decimals are the text of their unscaled
//! integer; dates, times and timestamps are numbers in their unit; a nullable union is its value.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{self as types, DataType, Field, Fields, TimeUnit};
use serde_json::{Value as Json, json};

use crate::schema::{Logical, Schema, Type};
use crate::slow;

/// The rows of a sound file, all columns.
pub fn expected_rows(file: &[u8]) -> Vec<Json> {
    let file = slow::File::open(file).expect("the file is sound");
    let schema = Schema::parse(&file.schema).expect("the schema is sound");
    let rows = file.rows().expect("the rows are sound");
    rows.iter().map(|value| row(&schema, value)).collect()
}

/// The row that a value of the root is: a root that is no record is the one column `value`.
pub fn row(schema: &Schema, value: &Json) -> Json {
    match schema.ty {
        Type::Record(_) => normal(schema, value),
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
            .map(|(name, field)| (name.clone(), normal(field, &value[name])))
            .collect(),
        Type::Array(items) => array(value)
            .iter()
            .map(|item| normal(items, item))
            .collect(),
        Type::Map(values) => entries(value)
            .into_iter()
            .map(|(k, v)| json!([k, normal(values, &v)]))
            .collect(),
        Type::Again(name, definitions) => {
            let schema = Schema::again(name, definitions).expect("a sound schema");
            json!(plain(&schema, value).to_string())
        }
        Type::Bytes | Type::Fixed(_) => bytes(schema.logical, value),
        Type::String if schema.logical == Some(Logical::Uuid) => {
            json!(value.as_str().expect("text").to_lowercase())
        }
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
        Type::Map(_) | Type::Record(_) | Type::Again(..) => value.is_object(),
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
            .map(|(name, field)| (name.clone(), plain(field, &value[name])))
            .collect(),
        Type::Array(items) => array(value).iter().map(|item| plain(items, item)).collect(),
        Type::Map(values) => entries(value)
            .into_iter()
            .map(|(key, v)| (key.as_str().expect("a key").to_owned(), plain(values, &v)))
            .collect(),
        Type::Again(name, definitions) => plain(
            &Schema::again(name, definitions).expect("a sound schema"),
            value,
        ),
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
        Some(Logical::Decimal { .. }) => {
            let negative = hex.as_bytes().first().is_some_and(|digit| *digit >= b'8');
            let padding = if negative { "f" } else { "0" };
            let sign_extended = padding.repeat(64usize.saturating_sub(hex.len())) + hex;
            let tail = &sign_extended[sign_extended.len() - 64..];
            let half = |range| u128::from_str_radix(&tail[range], 16).expect("hex");
            let number = types::i256::from_parts(half(32..64), half(0..32) as i128);
            json!(number.to_string())
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

/// The Arrow schema of a file; a root that is no record is the one column `value`.
pub fn arrow_schema(schema: &Schema) -> types::Schema {
    match &schema.ty {
        Type::Record(fields) => types::Schema::new(arrow_fields(fields)),
        _ => types::Schema::new(vec![arrow_field("value", schema)]),
    }
}

fn arrow_fields(fields: &[(String, Schema)]) -> Fields {
    fields
        .iter()
        .map(|(name, schema)| arrow_field(name, schema))
        .collect()
}

fn arrow_field(name: &str, schema: &Schema) -> Field {
    let nullable = match &schema.ty {
        Type::Null => true,
        Type::Union(branches) => {
            schema.non_null().is_some() || branches.iter().any(|b| b.ty == Type::Null)
        }
        _ => false,
    };
    Field::new(
        name,
        arrow_type(schema.non_null().unwrap_or(schema)),
        nullable,
    )
}

fn arrow_type(schema: &Schema) -> DataType {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond};
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    match (&schema.ty, schema.logical) {
        (_, Some(Logical::Decimal { precision, scale })) if precision <= 38 => {
            DataType::Decimal128(precision, scale)
        }
        (_, Some(Logical::Decimal { precision, scale })) => DataType::Decimal256(precision, scale),
        (_, Some(Logical::Duration)) => DataType::Interval(types::IntervalUnit::MonthDayNano),
        (_, Some(Logical::Uuid)) => DataType::Utf8View,
        (_, Some(Logical::Date)) => DataType::Date32,
        (_, Some(Logical::TimeMillis)) => DataType::Time32(Millisecond),
        (_, Some(Logical::TimeMicros)) => DataType::Time64(Microsecond),
        (_, Some(Logical::TimestampMillis)) => utc(Millisecond),
        (_, Some(Logical::TimestampMicros)) => utc(Microsecond),
        (_, Some(Logical::TimestampNanos)) => utc(Nanosecond),
        (_, Some(Logical::LocalTimestampMillis)) => DataType::Timestamp(Millisecond, None),
        (_, Some(Logical::LocalTimestampMicros)) => DataType::Timestamp(Microsecond, None),
        (_, Some(Logical::LocalTimestampNanos)) => DataType::Timestamp(Nanosecond, None),
        (Type::Null, None) => DataType::Null,
        (Type::Boolean, None) => DataType::Boolean,
        (Type::Int, None) => DataType::Int32,
        (Type::Long, None) => DataType::Int64,
        (Type::Float, None) => DataType::Float32,
        (Type::Double, None) => DataType::Float64,
        (Type::Bytes, None) => DataType::BinaryView,
        (Type::String, None) => DataType::Utf8View,
        (Type::Fixed(0), None) => DataType::Binary,
        (Type::Fixed(size), None) => DataType::FixedSizeBinary(*size as i32),
        (Type::Enum(_), None) => {
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
        }
        (Type::Array(items), None) => DataType::List(Arc::new(arrow_field("item", items))),
        (Type::Map(values), None) => {
            let entries = Fields::from(vec![
                Field::new("key", DataType::Utf8View, false),
                arrow_field("value", values),
            ]);
            let entries = Field::new("entries", DataType::Struct(entries), false);
            DataType::Map(Arc::new(entries), false)
        }
        (Type::Record(fields), None) => DataType::Struct(arrow_fields(fields)),
        (Type::Union(branches), None) => {
            let fields = schema.branch_names().into_iter().zip(branches);
            let fields = fields
                .filter_map(|(name, branch)| Some(arrow_field(&name?, branch).with_nullable(true)));
            DataType::Struct(fields.collect())
        }
        (Type::Again(..), None) => DataType::Utf8View,
    }
}

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
        let (_, field) = fields
            .iter()
            .find(|(n, _)| n == name)
            .expect("a path that exists");
        ((*name).to_owned(), narrow(field, &tails(paths, name)))
    });
    Schema {
        ty: Type::Record(kept.collect()),
        logical: None,
        name: None,
    }
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

fn narrow(schema: &Schema, paths: &[Option<&str>]) -> Schema {
    let Some(paths) = paths.iter().copied().collect::<Option<Vec<&str>>>() else {
        return schema.clone();
    };
    let wrapped: Vec<_> = paths.iter().map(|path| Some(*path)).collect();
    let ty = match &schema.ty {
        Type::Record(fields) => {
            let kept = fields.iter().filter_map(|(name, field)| {
                let tails = tails(&paths, name);
                (!tails.is_empty()).then(|| (name.clone(), narrow(field, &tails)))
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
    Schema {
        ty,
        logical: schema.logical,
        name: schema.name.clone(),
    }
}

/// The rows of a batch in normal form.
pub fn batch_rows(batch: &RecordBatch) -> Vec<Json> {
    // A batch without columns has rows all the same.
    let columns = batch.columns().iter().zip(batch.schema_ref().fields());
    let columns: Vec<_> = columns
        .map(|(column, field)| (field.name().clone(), column))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .map(|(name, c)| (name.clone(), cell(c, row)))
                .collect()
        })
        .collect()
}

/// One value of an array in normal form.
pub fn cell(array: &dyn Array, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    macro_rules! number {
        ($type:ty) => {
            json!(array.as_primitive::<$type>().value(row))
        };
    }
    match array.data_type() {
        DataType::Null => Json::Null,
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int32 => number!(types::Int32Type),
        DataType::Int64 => number!(types::Int64Type),
        DataType::Float32 => float(array.as_primitive::<types::Float32Type>().value(row).into()),
        DataType::Float64 => float(array.as_primitive::<types::Float64Type>().value(row)),
        DataType::Date32 => number!(types::Date32Type),
        DataType::Time32(TimeUnit::Millisecond) => number!(types::Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => number!(types::Time64MicrosecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => number!(types::TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => number!(types::TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => number!(types::TimestampNanosecondType),
        DataType::Decimal128(..) => {
            json!(
                array
                    .as_primitive::<types::Decimal128Type>()
                    .value(row)
                    .to_string()
            )
        }
        DataType::Decimal256(..) => {
            let decimals = array.as_primitive::<types::Decimal256Type>();
            json!(decimals.value(row).to_string())
        }
        DataType::Interval(_) => {
            let intervals = array.as_primitive::<types::IntervalMonthDayNanoType>();
            let interval = intervals.value(row);
            json!([
                interval.months,
                interval.days,
                interval.nanoseconds / 1_000_000
            ])
        }
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::BinaryView => slow::hex(array.as_binary_view().value(row)),
        DataType::Binary => slow::hex(array.as_binary::<i32>().value(row)),
        DataType::FixedSizeBinary(_) => slow::hex(array.as_fixed_size_binary().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<types::Int32Type>();
            let key = dictionary.keys().value(row);
            cell(
                dictionary.values(),
                usize::try_from(key).expect("a key of the dictionary"),
            )
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|i| cell(&items, i)).collect()
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            (0..entries.len())
                .map(|i| json!([cell(keys, i), cell(values, i)]))
                .collect()
        }
        DataType::Struct(_) => fields(array.as_struct(), row),
        other => panic!("not judged: a column of type {other}"),
    }
}

fn fields(record: &StructArray, row: usize) -> Json {
    let columns = record.columns().iter().zip(record.fields());
    columns
        .map(|(column, field)| (field.name().clone(), cell(column, row)))
        .collect()
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
