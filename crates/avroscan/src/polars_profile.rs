//! Arrow arrays as Polars takes them: what every front end for Polars needs, in Arrow's terms.
//!
//! Polars lacks two of the types that Avro files lead to, and panics where it meets them. An enum
//! crosses over as an enum only if its field's metadata lists the symbols, which a dictionary array
//! keeps with its values. Nothing here depends on Polars.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StringViewArray, StructArray, UInt32Array,
};
use arrow::datatypes::{
    DataType, Decimal256Type, Field, FieldRef, Fields, IntervalMonthDayNanoType, IntervalUnit,
};
use arrow::error::ArrowError;

/// Key in the metadata of a dictionary's field under which Polars finds the symbols of an enum.
pub const ENUM_VALUES: &str = "_PL_ENUM_VALUES2";

const NANOS_PER_MILLI: i64 = 1_000_000;

/// The array with no type in it that Polars lacks: a duration becomes a struct of its months, days
/// and milliseconds, a decimal of more than 38 digits its exact text. Other arrays are returned as
/// they are.
///
/// # Errors
/// None for arrays of this crate; those that Arrow reports for others.
pub fn portable(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if is_portable(array.data_type()) {
        return Ok(array.clone());
    }
    let nulls = array.nulls().cloned();
    Ok(match array.data_type() {
        DataType::Decimal256(..) => {
            let decimals = array.as_primitive::<Decimal256Type>();
            let text = |row| {
                decimals
                    .is_valid(row)
                    .then(|| decimals.value_as_string(row))
            };
            Arc::new((0..decimals.len()).map(text).collect::<StringViewArray>())
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => durations(array)?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().map(portable);
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let fields: Fields = fields
                .iter()
                .zip(&columns)
                .map(|(f, c)| retyped(f, c))
                .collect();
            Arc::new(StructArray::try_new_with_length(
                fields,
                columns,
                nulls,
                array.len(),
            )?)
        }
        DataType::List(field) => {
            let list = array.as_list::<i32>();
            let items = portable(list.values())?;
            let field = retyped(field, &items);
            Arc::new(ListArray::try_new(
                field,
                list.offsets().clone(),
                items,
                nulls,
            )?)
        }
        DataType::Map(field, sorted) => {
            let map = array.as_map();
            let entries: ArrayRef = Arc::new(map.entries().clone());
            let entries = portable(&entries)?;
            let field = retyped(field, &entries);
            let entries = entries.as_struct().clone();
            Arc::new(MapArray::try_new(
                field,
                map.offsets().clone(),
                entries,
                nulls,
                *sorted,
            )?)
        }
        _ => array.clone(),
    })
}

/// The symbols of an enum as Polars encodes them under [`ENUM_VALUES`]: for each its length in
/// bytes, a semicolon and its name.
pub fn enum_values<'a>(symbols: impl IntoIterator<Item = &'a str>) -> String {
    let mut encoded = String::new();
    for symbol in symbols {
        encoded.push_str(&format!("{};{symbol}", symbol.len()));
    }
    encoded
}

fn is_portable(data_type: &DataType) -> bool {
    match data_type {
        DataType::Decimal256(..) | DataType::Interval(_) => false,
        DataType::Struct(fields) => fields.iter().all(|field| is_portable(field.data_type())),
        DataType::List(field) | DataType::Map(field, _) => is_portable(field.data_type()),
        _ => true,
    }
}

fn retyped(field: &FieldRef, array: &ArrayRef) -> FieldRef {
    Arc::new(
        field
            .as_ref()
            .clone()
            .with_data_type(array.data_type().clone()),
    )
}

/// Months, days and milliseconds, each of which is a number of 32 bits in the file.
fn durations(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let intervals = array.as_primitive::<IntervalMonthDayNanoType>();
    let nulls = intervals.nulls();
    let column = |number: fn(i32, i32, i64) -> i64| -> ArrayRef {
        let numbers = intervals.values().iter().map(|interval| {
            let number = number(interval.months, interval.days, interval.nanoseconds);
            u32::try_from(number).unwrap_or_default()
        });
        Arc::new(UInt32Array::new(numbers.collect(), nulls.cloned()))
    };
    let columns = vec![
        column(|months, _, _| i64::from(months)),
        column(|_, days, _| i64::from(days)),
        column(|_, _, nanos| nanos / NANOS_PER_MILLI),
    ];
    let fields: Fields = ["months", "days", "milliseconds"]
        .into_iter()
        .map(|name| Field::new(name, DataType::UInt32, true))
        .collect();
    Ok(Arc::new(StructArray::try_new(
        fields,
        columns,
        nulls.cloned(),
    )?))
}
