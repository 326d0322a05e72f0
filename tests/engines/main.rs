//! The integration tests of the front ends of Polars and DataFusion: one binary, one module a subject.

mod conformance;
mod datafusion;
mod polars;
mod producers;
mod side_by_side;
mod types;

use avroscan_tests::allocation::Counting;
use avroscan_tests::read;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
