//! The columns of a table, where they are not quite those of its files.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

/// The columns of a table over files with these columns: the same, but with the keys of maps as
/// Utf8 instead of Utf8View.
///
/// `m['key']` compares the keys with a Utf8 literal, and DataFusion does not bring the two types
/// together as it does for columns.
pub(crate) fn table_schema(file_schema: &SchemaRef) -> SchemaRef {
    let fields = file_schema.fields().iter().map(column);
    let schema = Schema::new(fields.collect::<Vec<_>>());
    Arc::new(schema.with_metadata(file_schema.metadata().clone()))
}

fn column(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Map(entries, sorted) => DataType::Map(text_keys(entries), *sorted),
        DataType::List(item) => DataType::List(column(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(column).collect()),
        _ => return Arc::clone(field),
    };
    with_type(field, data_type)
}

/// The entries of a map: a struct of key and value.
fn text_keys(entries: &FieldRef) -> FieldRef {
    match entries.data_type() {
        DataType::Struct(fields) => match fields.as_ref() {
            [key, value] => {
                let fields = [with_type(key, DataType::Utf8), column(value)];
                with_type(entries, DataType::Struct(fields.into_iter().collect()))
            }
            _ => Arc::clone(entries),
        },
        _ => Arc::clone(entries),
    }
}

fn with_type(field: &FieldRef, data_type: DataType) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(data_type))
}
