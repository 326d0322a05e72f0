//! What arrays hold, in normal form.

use arrow::array::{Array, AsArray, RecordBatch, StructArray};
use arrow::datatypes::{self as types, DataType, TimeUnit};
use serde_json::{Value as Json, json};

use super::float;
use crate::slow;

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
