//! The type mapping: what each Avro type becomes in Arrow. Decided here and nowhere else.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{
    DECIMAL128_MAX_PRECISION, DECIMAL256_MAX_PRECISION, DataType, Field, FieldRef, Fields,
    IntervalUnit, TimeUnit,
};

use crate::error::{Error, ErrorKind, Result, internal};
use crate::limits::Limit;
use crate::plan::{Shape, StoredDecimal};
use crate::schema::{Kind, Logical, Node};
use crate::stack;

/// Name of the column that holds the values of a file whose root is not a record.
pub(crate) const ROOT_COLUMN: &str = "value";

/// How values of a type without inner types are read, and the Arrow type they become.
///
/// Arrays, maps, records and unions are put together by the plan, with [`list_item`] and
/// [`map_entries`].
pub(crate) fn leaf(node: &Node) -> Result<(Shape, DataType)> {
    let timestamp =
        |unit, zone: Option<&str>| (Shape::Long, DataType::Timestamp(unit, zone.map(Arc::from)));
    Ok(match (&node.kind, node.logical) {
        (_, Some(Logical::Date)) => (Shape::Int, DataType::Date32),
        (_, Some(Logical::TimeMillis)) => {
            (Shape::TimeMillis, DataType::Time32(TimeUnit::Millisecond))
        }
        (_, Some(Logical::TimeMicros)) => {
            (Shape::TimeMicros, DataType::Time64(TimeUnit::Microsecond))
        }
        (_, Some(Logical::TimestampMillis)) => timestamp(TimeUnit::Millisecond, Some("UTC")),
        (_, Some(Logical::TimestampMicros)) => timestamp(TimeUnit::Microsecond, Some("UTC")),
        (_, Some(Logical::TimestampNanos)) => timestamp(TimeUnit::Nanosecond, Some("UTC")),
        (_, Some(Logical::LocalTimestampMillis)) => timestamp(TimeUnit::Millisecond, None),
        (_, Some(Logical::LocalTimestampMicros)) => timestamp(TimeUnit::Microsecond, None),
        (_, Some(Logical::LocalTimestampNanos)) => timestamp(TimeUnit::Nanosecond, None),
        (kind, Some(Logical::Decimal { precision, scale })) => decimal(kind, precision, scale),
        (Kind::Fixed(_), Some(Logical::Uuid)) => (Shape::UuidFixed, DataType::Utf8View),
        (_, Some(Logical::BigDecimal)) => (Shape::BigDecimal, DataType::Utf8View),
        (_, Some(Logical::Duration)) => (
            Shape::Duration,
            DataType::Interval(IntervalUnit::MonthDayNano),
        ),
        (Kind::Null, _) => (Shape::Null, DataType::Null),
        (Kind::Boolean, _) => (Shape::Boolean, DataType::Boolean),
        (Kind::Int, _) => (Shape::Int, DataType::Int32),
        (Kind::Long, _) => (Shape::Long, DataType::Int64),
        (Kind::Float, _) => (Shape::Float, DataType::Float32),
        (Kind::Double, _) => (Shape::Double, DataType::Float64),
        (Kind::Bytes, _) => (Shape::Bytes, DataType::BinaryView),
        (Kind::String, _) => (Shape::String, DataType::Utf8View),
        // Arrow has no fixed-size binary of width 0 that keeps its length.
        (Kind::Fixed(0), _) => (Shape::FixedOfNoBytes, DataType::Binary),
        (Kind::Fixed(size), _) => {
            let width = i32::try_from(*size).map_err(|_| {
                Error::new(
                    ErrorKind::Limit(Limit::FixedBytes),
                    "a fixed is larger than 2 GiB",
                )
            })?;
            (Shape::Fixed(*size), DataType::FixedSizeBinary(width))
        }
        (Kind::Enum(symbols), _) => {
            let symbols: ArrayRef = Arc::new(StringArray::from_iter_values(&symbols.symbols));
            let numbers = None;
            (Shape::Enum { symbols, numbers }, dictionary())
        }
        (kind @ (Kind::Array(_) | Kind::Map(_) | Kind::Record(_) | Kind::Union(_)), _) => {
            let what = format!("the type {} has inner types", kind.name());
            return Err(internal(what));
        }
    })
}

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn decimal(kind: &Kind, precision: u32, scale: u32) -> (Shape, DataType) {
    let size = match kind {
        Kind::Fixed(size) => Some(*size),
        _ => None,
    };
    let stored = StoredDecimal { size, shift: 0 };
    let narrow = u8::try_from(precision).ok().zip(i8::try_from(scale).ok());
    match narrow {
        Some((precision, scale)) if precision <= DECIMAL128_MAX_PRECISION => (
            Shape::Decimal128 { stored, precision },
            DataType::Decimal128(precision, scale),
        ),
        Some((precision, scale)) if precision <= DECIMAL256_MAX_PRECISION => (
            Shape::Decimal256 { stored, precision },
            DataType::Decimal256(precision, scale),
        ),
        _ => (
            Shape::DecimalText {
                stored,
                precision,
                scale,
            },
            DataType::Utf8View,
        ),
    }
}

/// How many levels of types are inside each other: 1 for one without inner types, 2 more than its
/// values have for a map, which is a list of its entries.
pub(crate) fn levels(data_type: &DataType) -> usize {
    let inner = match data_type {
        DataType::List(inner) | DataType::Map(inner, _) => {
            stack::at_level(|| levels(inner.data_type()))
        }
        DataType::Struct(fields) => {
            let inner = fields.iter().map(|field| levels(field.data_type()));
            stack::at_level(|| inner.max().unwrap_or(0))
        }
        _ => 0,
    };
    1 + inner
}

/// The field of an array's items.
pub(crate) fn list_item(item: DataType, nullable: bool) -> FieldRef {
    Arc::new(Field::new("item", item, nullable))
}

/// The field of a map's entries.
pub(crate) fn map_entries(value: DataType, nullable: bool) -> FieldRef {
    let entries = Fields::from(vec![
        Field::new("key", DataType::Utf8View, false),
        Field::new("value", value, nullable),
    ]);
    Arc::new(Field::new("entries", DataType::Struct(entries), false))
}
