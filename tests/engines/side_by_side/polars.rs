//! Polars: from files to frames, and from frames to the judge's rows.

use ::polars::prelude::*;
use avroscan_polars::{AvroReader, ScanArgsAvro, scan_avro};
use avroscan_tests::schema::{Logical, Schema as Avro, Type};
use avroscan_tests::slow;
use serde_json::{Value as Json, json};

use super::{Answer, Case, Failure, columns};

/// Reads frame by frame.
pub(super) fn frames(case: &Case<'_>) -> Result<Answer, String> {
    let reader = match AvroReader::open(case.files, args(case)) {
        Ok(reader) => reader,
        Err(error) => return Ok(failed(&error)),
    };
    let mut all = DataFrame::empty_with_schema(reader.schema());
    let mut answer = Answer::default();
    for frame in reader {
        match frame {
            Ok(frame) if frame.height() > case.options.batch_size => {
                return Err(format!("a frame of {} rows", frame.height()));
            }
            Ok(frame) => {
                all.vstack_mut(&frame).map_err(|error| error.to_string())?;
            }
            Err(error) => answer.error = failed(&error).error,
        }
    }
    answer.rows = rows(&all, case.schema)?;
    Ok(answer)
}

/// Reads all columns, or these fields of them as `c0`, `c1` and so on.
pub(super) fn query(
    case: &Case<'_>,
    engine: Engine,
    paths: Option<&[Vec<String>]>,
) -> Result<Answer, String> {
    let query = || {
        let mut scan = scan_avro(case.files, args(case))?;
        if let Some(paths) = paths {
            scan = scan.select(paths.iter().enumerate().map(field).collect::<Vec<_>>());
        }
        // The plan is the same on both engines.
        let schema = match engine {
            Engine::InMemory => Some(scan.collect_schema()?),
            _ => None,
        };
        let frame = scan.collect_with_engine(engine)?.unwrap_single();
        Ok((schema, frame))
    };
    match query() {
        Err(error) => Ok(failed(&error)),
        Ok((schema, frame)) => {
            if let Some(schema) = schema {
                same_schema(&schema, case.schema)?;
            }
            let rows = rows(&frame, case.schema)?;
            Ok(Answer { rows, error: None })
        }
    }
}

fn args(case: &Case<'_>) -> ScanArgsAvro {
    ScanArgsAvro {
        options: case.options.clone(),
        ..Default::default()
    }
}

fn field((index, path): (usize, &Vec<String>)) -> Expr {
    let (column, fields) = path.split_first().expect("a path has a first name");
    let column = col(column.as_str());
    let field = fields
        .iter()
        .fold(column, |field, name| field.struct_().field_by_name(name));
    field.alias(format!("c{index}"))
}

fn failed(error: &PolarsError) -> Answer {
    let text = error.to_string();
    Answer {
        rows: Vec::new(),
        error: Some(Failure { text, kind: None }),
    }
}

fn same_schema(found: &Schema, root: &Avro) -> Result<(), String> {
    let expected = columns(root)
        .into_iter()
        .map(|(name, ty)| Field::new(name.into(), dtype(ty)));
    let expected: Schema = expected.collect();
    match *found == expected {
        true => Ok(()),
        false => Err(format!("{found:?} instead of {expected:?}")),
    }
}

/// The type of a column, from the table of types in the documentation.
fn dtype(schema: &Avro) -> DataType {
    let schema = schema.non_null().unwrap_or(schema);
    let utc = |unit| DataType::Datetime(unit, Some(TimeZone::UTC));
    let local = |unit| DataType::Datetime(unit, None);
    let list = |items| DataType::List(Box::new(items));
    match (&schema.ty, schema.logical) {
        (_, Some(Logical::Decimal { precision, scale })) if precision <= 38 => {
            DataType::Decimal(precision.into(), scale as usize)
        }
        (_, Some(Logical::Decimal { .. } | Logical::BigDecimal | Logical::Uuid)) => {
            DataType::String
        }
        (_, Some(Logical::Duration)) => {
            let number = |name: &str| Field::new(name.into(), DataType::UInt32);
            DataType::Struct(["months", "days", "milliseconds"].map(number).to_vec())
        }
        (_, Some(Logical::Date)) => DataType::Date,
        (_, Some(Logical::TimeMillis | Logical::TimeMicros)) => DataType::Time,
        (_, Some(Logical::TimestampMillis)) => utc(TimeUnit::Milliseconds),
        (_, Some(Logical::TimestampMicros)) => utc(TimeUnit::Microseconds),
        (_, Some(Logical::TimestampNanos)) => utc(TimeUnit::Nanoseconds),
        (_, Some(Logical::LocalTimestampMillis)) => local(TimeUnit::Milliseconds),
        (_, Some(Logical::LocalTimestampMicros)) => local(TimeUnit::Microseconds),
        (_, Some(Logical::LocalTimestampNanos)) => local(TimeUnit::Nanoseconds),
        (Type::Null, None) => DataType::Null,
        (Type::Boolean, None) => DataType::Boolean,
        (Type::Int, None) => DataType::Int32,
        (Type::Long, None) => DataType::Int64,
        (Type::Float, None) => DataType::Float32,
        (Type::Double, None) => DataType::Float64,
        (Type::Bytes | Type::Fixed(_), None) => DataType::Binary,
        (Type::String | Type::Again(_), None) => DataType::String,
        (Type::Enum(symbols), None) => {
            let symbols = FrozenCategories::new(symbols.iter().map(String::as_str));
            DataType::from_frozen_categories(symbols.expect("symbols are unique"))
        }
        (Type::Array(items), None) => list(dtype(items)),
        (Type::Map(values), None) => list(DataType::Struct(vec![
            Field::new("key".into(), DataType::String),
            Field::new("value".into(), dtype(values)),
        ])),
        (Type::Record(_) | Type::Union(_), None) => {
            let fields = fields(schema).into_iter();
            let fields = fields.map(|(name, ty)| Field::new(name.into(), dtype(ty)));
            DataType::Struct(fields.collect())
        }
    }
}

/// The fields of the struct that a record or a union of several types is.
fn fields(schema: &Avro) -> Vec<(String, &Avro)> {
    match &schema.ty {
        Type::Union(branches) => {
            let names = schema.branch_names().into_iter();
            let named = names.zip(branches);
            named.filter_map(|(name, ty)| Some((name?, ty))).collect()
        }
        _ => columns(schema)
            .into_iter()
            .map(|(name, ty)| (name.to_owned(), ty))
            .collect(),
    }
}

/// The rows of a frame in normal form.
fn rows(frame: &DataFrame, root: &Avro) -> Result<Vec<Json>, String> {
    same_schema(frame.schema(), root)?;
    let columns = columns(root).into_iter().zip(frame.columns());
    let columns = columns
        .map(|((name, ty), column)| (name.to_owned(), values(column.as_materialized_series(), ty)));
    Ok(objects(frame.height(), columns.collect()))
}

/// So many objects of these columns.
fn objects(count: usize, mut columns: Vec<(String, Vec<Json>)>) -> Vec<Json> {
    for (name, values) in &columns {
        assert_eq!(values.len(), count, "the length of `{name}`");
    }
    let row = |row: usize| {
        let fields = columns.iter_mut();
        fields
            .map(|(name, values)| (name.clone(), values[row].take()))
            .collect()
    };
    (0..count).map(row).collect()
}

/// The values of a column in normal form.
fn values(series: &Series, schema: &Avro) -> Vec<Json> {
    let schema = schema.non_null().unwrap_or(schema);
    let series = series.rechunk();
    let mut found = match (&schema.ty, schema.logical) {
        (_, Some(Logical::Duration)) => {
            let numbers = series.struct_().expect("a struct").fields_as_series();
            let numbers: Vec<_> = numbers
                .iter()
                .map(|numbers| numbers.u32().expect("numbers"))
                .collect();
            let number = |row| numbers.iter().map(move |numbers| json!(numbers.get(row)));
            (0..series.len()).map(|row| number(row).collect()).collect()
        }
        (Type::Array(items), None) => lists(&series, |inner| values(inner, items)),
        (Type::Map(of), None) => lists(&series, |entries| {
            let entries = entries.struct_().expect("entries").fields_as_series();
            let keys = entries[0].str().expect("keys").iter().map(|key| json!(key));
            let values = values(&entries[1], of);
            keys.zip(values).map(|(k, v)| json!([k, v])).collect()
        }),
        (Type::Record(_) | Type::Union(_), None) => {
            let inner = series.struct_().expect("a struct").fields_as_series();
            let inner = fields(schema).into_iter().zip(&inner);
            let inner = inner.map(|((name, ty), field)| (name, values(field, ty)));
            objects(series.len(), inner.collect())
        }
        _ => series.iter().map(|value| leaf(&value, schema)).collect(),
    };
    // What is inside of a null struct or list is nobody's value.
    for (value, is_null) in found.iter_mut().zip(series.is_null().iter()) {
        if is_null == Some(true) {
            *value = Json::Null;
        }
    }
    found
}

/// The lists of a column of one chunk, whose items this function turns to JSON all at once.
fn lists(series: &Series, items: impl Fn(&Series) -> Vec<Json>) -> Vec<Json> {
    let lists = series.list().expect("lists");
    let offsets = lists.downcast_as_array().offsets().clone();
    let items = items(&lists.get_inner());
    let list = |range: &[i64]| json!(items[range[0] as usize..range[1] as usize]);
    offsets.as_slice().windows(2).map(list).collect()
}

fn leaf(value: &AnyValue<'_>, schema: &Avro) -> Json {
    let exactly = |nanos: i64, unit: i64| {
        assert_eq!(nanos % unit, 0, "a time that the file cannot hold");
        json!(nanos / unit)
    };
    match (value, schema.logical) {
        (AnyValue::Null, _) => Json::Null,
        (AnyValue::Boolean(value), None) => json!(value),
        (AnyValue::Int32(value), None) => json!(value),
        (AnyValue::Int64(value), None) => json!(value),
        (AnyValue::Float32(value), None) => float((*value).into()),
        (AnyValue::Float64(value), None) => float(*value),
        (AnyValue::Binary(value), None) => slow::hex(value),
        (AnyValue::String(text), Some(Logical::Decimal { precision, scale }))
            if precision <= 76 =>
        {
            json!(unscaled(text, scale as usize))
        }
        (AnyValue::String(value), _) => json!(value),
        (AnyValue::Enum(symbol, symbols), None) => json!(symbols.cat_to_str(*symbol)),
        (AnyValue::Date(days), _) => json!(days),
        (AnyValue::Time(nanos), Some(Logical::TimeMillis)) => exactly(*nanos, 1_000_000),
        (AnyValue::Time(nanos), Some(Logical::TimeMicros)) => exactly(*nanos, 1_000),
        (AnyValue::Datetime(value, ..), _) => json!(value),
        (AnyValue::Decimal(value, ..), _) => json!(value.to_string()),
        other => panic!("not judged: {other:?}"),
    }
}

fn float(value: f64) -> Json {
    match value {
        v if v == 0.0 && v.is_sign_negative() => json!({ "$float": "-0" }),
        v => slow::float(v),
    }
}

/// The integer that a decimal's text stands for: `-1.50` of scale 2 is -150.
fn unscaled(text: &str, scale: usize) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert_eq!(
        fraction.len(),
        scale,
        "the digits after the point of {text}"
    );
    let digits = format!("{whole}{fraction}");
    match digits.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    }
}
