//! The columns of a table, as messages have them: those of the files, then those of the directories.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, plan_datafusion_err, plan_err};
use datafusion::datasource::table_schema::TableSchema;

/// # Errors
/// When there are fewer columns, or one of a directory has a type that cannot be.
pub(super) fn table_schema(columns: &Schema, partition_columns: usize) -> Result<TableSchema> {
    let fields: Vec<FieldRef> = columns.fields().iter().cloned().collect();
    let of_files = fields.len().checked_sub(partition_columns);
    let Some((files, directories)) = of_files.and_then(|index| fields.split_at_checked(index))
    else {
        return Err(plan_datafusion_err!(
            "A plan over Avro files has {partition_columns} partition columns of {} columns",
            fields.len()
        ));
    };
    for field in directories {
        if let DataType::Dictionary(keys, _) = field.data_type()
            && !keys.is_dictionary_key_type()
        {
            return plan_err!("A plan over Avro files has the partition column {field}");
        }
    }
    let files = Schema::new(files.to_vec()).with_metadata(columns.metadata().clone());
    let schema = TableSchema::builder(Arc::new(files));
    let schema = schema.with_table_partition_cols(directories.to_vec());
    Ok(schema.build())
}
