//! Batches behind Arrow's C stream.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow::compute::{can_cast_types, cast};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use avroscan::{Error, ErrorKind, Progress, Result};
use pyo3::prelude::*;

use crate::rows::Rows;
use crate::wait;

/// A scan for a consumer that is not Python.
pub(crate) struct Reader {
    pub(crate) rows: Rows,
    pub(crate) schema: SchemaRef,
    /// Whether Python is called while this waits: by a file object, or for `progress`.
    pub(crate) needs_python: bool,
    pub(crate) callback: Option<Py<PyAny>>,
    pub(crate) progress: Progress,
}

impl Reader {
    fn wait(&mut self) -> Option<Result<RecordBatch>> {
        if !self.needs_python {
            return wait::wait_without_python(|context| self.rows.poll_next(context));
        }
        // Some consumers hold the interpreter's lock while they wait here, and what they wait for
        // needs it.
        let waited = Python::try_attach(|py| {
            let next = wait::wait(py, |context| self.rows.poll_next(context));
            let next = next.unwrap_or_else(|raised| Some(Err(failed(raised))));
            if let (Some(Ok(_)), Some(callback)) = (&next, &self.callback) {
                let done = (self.progress.bytes_done(), self.progress.bytes_total());
                if let Err(raised) = callback.call1(py, done) {
                    return Some(Err(failed(raised)));
                }
            }
            next
        });
        waited.unwrap_or_else(|| {
            let what = "the interpreter is ending";
            Some(Err(Error::new(ErrorKind::Io, what)))
        })
    }
}

fn failed(raised: PyErr) -> Error {
    Error::new(ErrorKind::Io, "Python raised").with_source(raised)
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.wait()?;
        Some(
            batch
                .map_err(ArrowError::from)
                .and_then(|batch| retype(&batch, &self.schema)),
        )
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// The schema that a consumer gets who asked for another: what was asked for where that is a matter
/// of casting, and what there is elsewhere.
pub(crate) fn negotiate(schema: &SchemaRef, requested: Option<&Schema>) -> SchemaRef {
    let Some(requested) = requested else {
        return schema.clone();
    };
    if requested.fields().len() != schema.fields().len() {
        return schema.clone();
    }
    let field = |(have, want): (&FieldRef, &FieldRef)| {
        let possible =
            have.name() == want.name() && can_cast_types(have.data_type(), want.data_type());
        match possible {
            true => Arc::new(Field::clone(have).with_data_type(want.data_type().clone())),
            false => have.clone(),
        }
    };
    let fields: Fields = schema
        .fields()
        .iter()
        .zip(requested.fields())
        .map(field)
        .collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The schema with large offsets instead of views, at every depth: what all of pyarrow computes with.
pub(crate) fn without_views(schema: &Schema) -> Schema {
    fn retyped(data_type: &DataType) -> DataType {
        let child = |field: &FieldRef| {
            let data_type = retyped(field.data_type());
            Arc::new(Field::clone(field).with_data_type(data_type))
        };
        match data_type {
            DataType::Utf8View => DataType::LargeUtf8,
            DataType::BinaryView => DataType::LargeBinary,
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(child).collect()),
            DataType::List(field) => DataType::List(child(field)),
            DataType::Map(field, sorted) => DataType::Map(child(field), *sorted),
            other => other.clone(),
        }
    }
    let fields = schema
        .fields()
        .iter()
        .map(|field| Arc::new(Field::clone(field).with_data_type(retyped(field.data_type()))));
    Schema::new(fields.collect::<Fields>())
}

fn retype(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(
        |(column, field)| match column.data_type() == field.data_type() {
            true => Ok(column.clone()),
            false => cast(column, field.data_type()),
        },
    );
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options)
}
