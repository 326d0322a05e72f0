//! Record batches of the core as frames of Polars.

mod ffi;
mod types;

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use avroscan::polars_profile;
use polars::prelude::*;

/// The Polars schema of batches like this one, which needs no rows.
///
/// # Errors
/// If a column has a type that Polars does not know.
pub(crate) fn schema(sample: &RecordBatch) -> PolarsResult<SchemaRef> {
    let mut schema = Schema::with_capacity(sample.num_columns());
    for (field, column) in sample.schema_ref().fields().iter().zip(sample.columns()) {
        let arrow = types::arrow_field(field.name(), &portable(column)?)?;
        schema.try_insert(field.name().into(), DataType::from_arrow_field(&arrow))?;
    }
    Ok(Arc::new(schema))
}

/// The batch as a frame of the same height with this [`schema`], sharing its buffers.
///
/// Enums of another file may have other symbols than those of the schema. They are matched by
/// name.
///
/// # Errors
/// If Polars refuses the values, or if a symbol is not in the schema.
pub(crate) fn frame(batch: &RecordBatch, schema: &Schema) -> PolarsResult<DataFrame> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for ((name, dtype), column) in schema.iter().zip(batch.columns()) {
        let series = ffi::series(name, &portable(column)?)?;
        let series = if series.dtype() == dtype {
            series
        } else {
            series.strict_cast(dtype)?
        };
        columns.push(series.into_column());
    }
    DataFrame::new(batch.num_rows(), columns)
}

/// The array with no type in it that Polars lacks.
fn portable(array: &ArrayRef) -> PolarsResult<ArrayRef> {
    polars_profile::portable(array).map_err(|error| polars_err!(ComputeError: "{error}"))
}
