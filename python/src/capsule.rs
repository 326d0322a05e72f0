//! Arrow's PyCapsule interface: the only `unsafe` code of this crate.
//!
//! A capsule holds one of the structs of Arrow's C Data Interface. Whoever takes it moves the struct
//! out and leaves a released one behind; where nobody takes it, the capsule releases it.

use std::ffi::CStr;

use arrow::array::{Array, RecordBatch, RecordBatchReader, StructArray};
use arrow::datatypes::{DataType, Schema};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// `arrow_schema`: a struct with a child for each column.
pub(crate) fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = FFI_ArrowSchema::try_from(schema).map_err(refused)?;
    PyCapsule::new_with_value(py, exported, SCHEMA)
}

/// `arrow_schema` and `arrow_array` of a batch, as an array of structs.
pub(crate) fn array<'py>(
    py: Python<'py>,
    batch: RecordBatch,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let schema = schema(py, batch.schema_ref())?;
    let array = FFI_ArrowArray::new(&StructArray::from(batch).to_data());
    Ok((schema, PyCapsule::new_with_value(py, array, ARRAY)?))
}

/// `arrow_array_stream`.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    reader: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

/// The columns of an `arrow_schema` capsule.
pub(crate) fn requested_schema(capsule: &Bound<'_, PyAny>) -> PyResult<Schema> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(SCHEMA))?;
    // SAFETY: a capsule of this name holds an `ArrowSchema` of Arrow's C Data Interface, which lives
    // as long as the capsule and is not changed by looking at it.
    let requested = unsafe { pointer.cast::<FFI_ArrowSchema>().as_ref() };
    match DataType::try_from(requested).map_err(refused)? {
        DataType::Struct(fields) => Ok(Schema::new(fields)),
        other => Err(PyValueError::new_err(format!(
            "the requested schema is {other}, expected a struct with a field for each column"
        ))),
    }
}

/// The columns of an `arrow_array_stream` capsule, which is used up.
pub(crate) fn stream_schema(capsule: &Bound<'_, PyAny>) -> PyResult<Schema> {
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?;
    // SAFETY: a capsule of this name holds an `ArrowArrayStream` of Arrow's C Stream Interface. It
    // is moved out, which leaves a released one behind, as the interface has it.
    let stream = unsafe { ArrowArrayStreamReader::from_raw(pointer.cast().as_ptr()) };
    Ok(Schema::clone(&stream.map_err(refused)?.schema()))
}

fn refused(error: arrow::error::ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
