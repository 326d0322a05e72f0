//! The integration tests of the core: one binary, one module a subject. It links no query engine.

mod allocation;
mod cancellation;
mod corpus;
mod evolution;
mod faults;
mod filters;
mod flips;
mod fuzz;
mod hostile;
mod leftover;
mod odd_schemas;
mod projections;
mod readahead;
mod reliability;
mod roundtrip;
mod rows;
mod s3;
mod sample;
mod splits;
mod truncation;
mod types;
mod workers;

use avroscan_tests::allocation::Counting;
use avroscan_tests::read;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
