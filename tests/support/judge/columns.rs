//! The types of columns, from the table in the documentation.

use std::sync::Arc;

use arrow::datatypes::{self as types, DataType, Field, Fields, TimeUnit};

use crate::schema::{Field as AvroField, Logical, Schema, Type};

/// The Arrow schema of a file: the fields of a record, also of one that may be null; any other root
/// is the one column `value`.
pub fn arrow_schema(schema: &Schema) -> types::Schema {
    match (&schema.ty, nullable_record(schema)) {
        (Type::Record(fields), _) => types::Schema::new(arrow_fields(fields)),
        (_, Some(fields)) => {
            let fields = arrow_fields(fields);
            let fields = fields.iter().map(|field| or_null(field.as_ref().clone()));
            types::Schema::new(fields.collect::<Fields>())
        }
        _ => types::Schema::new(vec![arrow_field("value", schema)]),
    }
}

/// The fields of a record that may be null.
pub(super) fn nullable_record(schema: &Schema) -> Option<&[AvroField]> {
    match &schema.non_null()?.ty {
        Type::Record(fields) => Some(fields),
        _ => None,
    }
}

fn arrow_fields(fields: &[AvroField]) -> Fields {
    fields
        .iter()
        .map(|field| arrow_field(&field.name, &field.schema))
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
    let field = Field::new(
        name,
        arrow_type(schema.non_null().unwrap_or(schema)),
        nullable,
    );
    if nullable { or_null(field) } else { field }
}

/// A field that can be null: if it is a record, so can all its fields.
fn or_null(field: Field) -> Field {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| or_null(field.as_ref().clone()));
            DataType::Struct(fields.collect())
        }
        other => other.clone(),
    };
    field.with_data_type(data_type).with_nullable(true)
}

fn arrow_type(schema: &Schema) -> DataType {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond};
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    match (&schema.ty, schema.logical) {
        (_, Some(Logical::Decimal { precision, scale })) if precision <= 38 => {
            DataType::Decimal128(precision, scale)
        }
        (_, Some(Logical::Decimal { precision, scale })) if precision <= 76 => {
            DataType::Decimal256(precision, scale)
        }
        (_, Some(Logical::Decimal { .. } | Logical::BigDecimal)) => DataType::Utf8View,
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
            let fields =
                fields.filter_map(|(name, branch)| Some(or_null(arrow_field(&name?, branch))));
            DataType::Struct(fields.collect())
        }
        (Type::Again(_), None) => DataType::Utf8View,
    }
}
