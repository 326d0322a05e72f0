//! The same values as other readers find.

use std::collections::HashSet;

use apache_avro::Reader;
use apache_avro::error::Details;
use apache_avro::types::Value;
use serde_json::{Value as Json, json};

use super::input;
use super::seen::options;
use crate::read::{Opened, memory, outcome};
use crate::schema::{Logical, Schema, Type};
use crate::{judge, raw, slow};

/// What is read without an error has the rows that the slow decoder of the tests finds, and those
/// that `apache-avro` does, and the types of the judge.
pub fn peer(data: &[u8]) {
    let file = input::file(data);
    let outcome = outcome(memory(file.to_vec()), &options());
    if outcome.error.is_some() {
        return;
    }
    let mut slow = slow::File::open(&file).expect("the frames are sound");
    let schema = Schema::parse(&slow.schema).unwrap_or_else(|_| {
        // An odd one: what is said to be the same must be sound, and have the values of the file.
        let opened = Opened::new(memory(file.to_vec()), &options()).expect("it was opened before");
        slow.schema = opened.file.header().schema.json().to_owned();
        Schema::parse(&slow.schema).expect("the schema is sound")
    });
    let physical = slow.rows().expect("the rows are sound");
    // The maps of `apache-avro` hold each key once, in any order, and so does JSON: where a type contains
    // itself, the judge writes its maps as that.
    if physical.iter().any(has_key_twice) {
        return;
    }
    let expected: Vec<Json> = physical
        .iter()
        .map(|row| judge::row(&schema, row))
        .collect();
    judge::same_rows(&outcome.rows(), &expected).unwrap_or_else(|error| panic!("{error}"));
    for batch in &outcome.batches {
        assert_eq!(*batch.schema(), judge::arrow_schema(&schema));
    }
    // It takes a block without rows for the end.
    if slow.blocks.iter().any(|block| block.rows == 0) {
        return;
    }
    let Some(theirs) = apache_rows(&file, &schema) else {
        return;
    };
    let rows = |rows: &[Json]| -> Vec<Json> {
        let rows = rows.iter().map(sorted);
        rows.map(|row| judge::row(&schema, &row)).collect()
    };
    judge::same_rows(&rows(&physical), &rows(&theirs))
        .unwrap_or_else(|error| panic!("apache-avro has others: {error}"));
}

/// The rows that `apache-avro` reads, as physical JSON; `None` where it is known to fail.
fn apache_rows(file: &[u8], schema: &Schema) -> Option<Vec<Json>> {
    // It knows fewer names, defaults and unions than there are.
    let reader = Reader::new(file).ok()?;
    let rows: Result<Vec<Value>, _> = reader.collect();
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) if is_of_logical_type(error.details()) => return None,
        Err(error) => panic!("apache-avro does not read it: {error}"),
    };
    rows.iter().map(|row| physical(schema, row)).collect()
}

/// Whether a value is fine and only its logical type is not: text that is no UUID is text here, and
/// big-decimals inside of a type that contains itself are bytes.
fn is_of_logical_type(error: &Details) -> bool {
    matches!(
        error,
        Details::ConvertStrToUuid(_)
            | Details::BigDecimalLen(_)
            | Details::BigDecimalScale
            // Of the number in a big-decimal as well.
            | Details::ReadDouble(_)
    )
}

/// A value of `apache-avro` as physical JSON.
fn physical(schema: &Schema, value: &Value) -> Option<Json> {
    Some(match (&schema.ty, value) {
        (Type::Again(again), value) => physical(again.spelled(), value)?,
        (Type::Union(branches), Value::Union(branch, value)) => {
            let inner = branches.get(*branch as usize)?;
            json!({ "$union": [branch, physical(inner, value)?] })
        }
        (Type::Record(fields), Value::Record(values)) => {
            let values = fields.iter().zip(values).map(|(field, (name, value))| {
                assert_eq!(field.name, *name);
                Some((name.clone(), physical(&field.schema, value)?))
            });
            values.collect::<Option<Json>>()?
        }
        (Type::Array(items), Value::Array(values)) => {
            let values = values.iter().map(|value| physical(items, value));
            values.collect::<Option<Json>>()?
        }
        (Type::Map(values), Value::Map(entries)) => {
            let entries = entries
                .iter()
                .map(|(key, value)| Some(json!([key, physical(values, value)?])));
            json!({ "$map": entries.collect::<Option<Vec<_>>>()? })
        }
        (_, Value::Null) => Json::Null,
        (_, Value::Boolean(value)) => json!(value),
        (_, Value::Int(value) | Value::Date(value) | Value::TimeMillis(value)) => json!(value),
        (
            _,
            Value::Long(value)
            | Value::TimeMicros(value)
            | Value::TimestampMillis(value)
            | Value::TimestampMicros(value)
            | Value::TimestampNanos(value)
            | Value::LocalTimestampMillis(value)
            | Value::LocalTimestampMicros(value)
            | Value::LocalTimestampNanos(value),
        ) => json!(value),
        (_, Value::Float(value)) => slow::float((*value).into()),
        (_, Value::Double(value)) => slow::float(*value),
        (_, Value::String(text) | Value::Enum(_, text)) => json!(text),
        (_, Value::Bytes(bytes) | Value::Fixed(_, bytes)) => slow::hex(bytes),
        (_, Value::Decimal(decimal)) => slow::hex(&Vec::<u8>::try_from(decimal).ok()?),
        (_, Value::BigDecimal(decimal)) => {
            let (unscaled, scale) = decimal.as_bigint_and_exponent();
            let unscaled = raw::bytes(unscaled.to_signed_bytes_be());
            slow::hex(&[unscaled, raw::long(scale)].concat())
        }
        (_, Value::Duration(duration)) => slow::hex(&<[u8; 12]>::from(*duration)),
        (Type::String, Value::Uuid(uuid)) => json!(uuid.to_string()),
        (_, Value::Uuid(uuid)) => slow::hex(uuid.as_bytes()),
        (ty, value) => panic!(
            "{value:?} of {ty:?} ({:?})",
            schema.logical.map(|_: Logical| ())
        ),
    })
}

/// Whether a map in it has a key twice.
fn has_key_twice(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(has_key_twice),
        Json::Object(fields) => {
            let mut keys = HashSet::new();
            let entries = fields.get("$map").and_then(Json::as_array);
            let mut entries = entries.into_iter().flatten();
            entries.any(|entry| !keys.insert(&entry[0])) || fields.values().any(has_key_twice)
        }
        _ => false,
    }
}

/// The same physical value with the entries of its maps in the order of their keys, and UUIDs spelled
/// in one way: its UUIDs are numbers and not the text of the file.
fn sorted(value: &Json) -> Json {
    match value {
        Json::String(text) => {
            let digits = text
                .trim_start_matches("urn:uuid:")
                .replace(['-', '{', '}'], "");
            let is_uuid = digits.len() == 32 && digits.bytes().all(|c| c.is_ascii_hexdigit());
            match is_uuid {
                true => json!(digits.to_ascii_lowercase()),
                false => value.clone(),
            }
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let mut value = sorted(value);
                if let (true, Json::Array(entries)) = (name == "$map", &mut value) {
                    entries.sort_by_key(|entry| entry[0].to_string());
                }
                (name.clone(), value)
            });
            fields.collect()
        }
        other => other.clone(),
    }
}
