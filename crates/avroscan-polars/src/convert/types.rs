//! Arrow types of arrow-rs as types of Polars: the one place that decides the mapping.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType as SourceType, TimeUnit as SourceUnit};
use avroscan::polars_profile;
use polars::prelude::*;
use polars_arrow::datatypes::{
    ArrowDataType, DTYPE_ENUM_VALUES_NEW, Field as ArrowField, IntegerType, TimeUnit as ArrowUnit,
};

/// The field that describes `array` to Polars, at every level of nesting.
///
/// It takes the array, not its type alone: the symbols of an Avro enum are the values of a
/// dictionary array. Their names go into the metadata of the field, from where Polars takes them
/// for its own enum type. An array without rows has them all, so it serves to make a schema.
///
/// # Errors
/// If Polars has no such type.
pub(super) fn arrow_field(name: &str, array: &ArrayRef) -> PolarsResult<ArrowField> {
    let dtype = match array.data_type() {
        SourceType::Null => ArrowDataType::Null,
        SourceType::Boolean => ArrowDataType::Boolean,
        SourceType::Int32 => ArrowDataType::Int32,
        SourceType::UInt32 => ArrowDataType::UInt32,
        SourceType::Int64 => ArrowDataType::Int64,
        SourceType::Float32 => ArrowDataType::Float32,
        SourceType::Float64 => ArrowDataType::Float64,
        SourceType::Utf8 => ArrowDataType::Utf8,
        SourceType::Utf8View => ArrowDataType::Utf8View,
        SourceType::Binary => ArrowDataType::Binary,
        SourceType::BinaryView => ArrowDataType::BinaryView,
        SourceType::FixedSizeBinary(size) => {
            let size = usize::try_from(*size)
                .map_err(|_| polars_err!(ComputeError: "`{name}`: a fixed of {size} bytes"))?;
            ArrowDataType::FixedSizeBinary(size)
        }
        SourceType::Date32 => ArrowDataType::Date32,
        SourceType::Time32(unit) => ArrowDataType::Time32(time_unit(unit)),
        SourceType::Time64(unit) => ArrowDataType::Time64(time_unit(unit)),
        SourceType::Timestamp(unit, zone) => {
            ArrowDataType::Timestamp(time_unit(unit), zone.as_deref().map(PlSmallStr::from_str))
        }
        SourceType::Decimal128(precision, scale) => {
            let scale = usize::try_from(*scale)
                .map_err(|_| polars_err!(ComputeError: "`{name}`: a decimal of scale {scale}"))?;
            ArrowDataType::Decimal(usize::from(*precision), scale)
        }
        SourceType::List(_) => {
            let item = arrow_field("item", array.as_list::<i32>().values())?;
            ArrowDataType::List(Box::new(item))
        }
        SourceType::Map(_, sorted) => {
            let entries: ArrayRef = std::sync::Arc::new(array.as_map().entries().clone());
            let mut entries = arrow_field("entries", &entries)?;
            entries.is_nullable = false;
            ArrowDataType::Map(Box::new(entries), *sorted)
        }
        SourceType::Struct(fields) => ArrowDataType::Struct(
            fields
                .iter()
                .zip(array.as_struct().columns())
                .map(|(field, column)| arrow_field(field.name(), column))
                .collect::<PolarsResult<_>>()?,
        ),
        SourceType::Dictionary(keys, values)
            if **keys == SourceType::Int32 && **values == SourceType::Utf8 =>
        {
            ArrowDataType::Dictionary(IntegerType::Int32, Box::new(ArrowDataType::Utf8), false)
        }
        other => {
            polars_bail!(ComputeError: "`{name}`: Polars has no column type for Arrow's {other}")
        }
    };
    let mut field = ArrowField::new(name.into(), dtype, true);
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let symbols = dictionary.values().as_string::<i32>();
        let encoded = enum_values(symbols.iter().flatten())?;
        field = field.with_metadata(
            [(DTYPE_ENUM_VALUES_NEW.into(), encoded)]
                .into_iter()
                .collect(),
        );
    }
    Ok(field)
}

/// The symbols of an enum as Polars encodes them in a field's metadata: length, semicolon, name.
///
/// # Errors
/// If a symbol is there twice, of which no enum of Polars can be made.
fn enum_values<'a>(symbols: impl Iterator<Item = &'a str> + Clone) -> PolarsResult<PlSmallStr> {
    FrozenCategories::new(symbols.clone())?;
    Ok(polars_profile::enum_values(symbols).into())
}

fn time_unit(unit: &SourceUnit) -> ArrowUnit {
    match unit {
        SourceUnit::Second => ArrowUnit::Second,
        SourceUnit::Millisecond => ArrowUnit::Millisecond,
        SourceUnit::Microsecond => ArrowUnit::Microsecond,
        SourceUnit::Nanosecond => ArrowUnit::Nanosecond,
    }
}
