//! The native half of the Python package `avroscan`.
//!
//! ```text
//!   Python objects            _native                          avroscan
//!   paths, bytes, files  ->   sources                    ->    Source
//!   keywords             ->   options                    ->    ScanOptions
//!   pl.Expr as JSON      ->   predicate                  ->    RowFilter
//!                             files                      ->    Scan
//!   pl.DataFrame, ..     <-   capsule <- layout <- rows  <-    BatchStream
//! ```
//!
//! It knows Arrow and nothing of Polars: frames are made by Polars from Arrow's C structs. The
//! interpreter's lock is held to take arguments and to give results, and never while reading,
//! decompressing or decoding.

mod batch;
mod capsule;
mod errors;
mod file_columns;
mod files;
mod layout;
mod options;
mod predicate;
mod profile;
mod report;
mod rows;
mod sources;
mod stream;
mod wait;

use pyo3::prelude::*;

/// Batches are allocated and freed in large pieces all the time: glibc gives the pages back to the
/// system each time, and asks for them again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::batch::Batch;
    #[pymodule_export]
    use crate::files::{Files, open};
    #[pymodule_export]
    use crate::report::Report;
    #[pymodule_export]
    use crate::rows::Batches;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
