//! A record batch for whoever takes Arrow's C structs.

use arrow::array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::capsule;

/// Rows as Arrow, which Polars, pyarrow and others take by the Arrow PyCapsule interface.
#[pyclass(frozen, module = "avroscan._native")]
pub(crate) struct Batch {
    batch: RecordBatch,
    /// Whether its types are those of the scan, with the same symbols in each enum.
    #[pyo3(get)]
    is_uniform: bool,
}

impl Batch {
    pub(crate) fn new(batch: RecordBatch, is_uniform: bool) -> Self {
        Self { batch, is_uniform }
    }
}

#[pymethods]
impl Batch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    #[getter]
    fn num_columns(&self) -> usize {
        self.batch.num_columns()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, self.batch.schema_ref())
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // The protocol lets a producer answer a request with what it has.
        let _ = requested_schema;
        capsule::array(py, self.batch.clone())
    }
}
