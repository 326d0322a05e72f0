//! The integration tests of the workspace: one binary, one module a subject.

mod allocation;
mod conformance;
mod corpus;
mod datafusion;
mod engines;
mod evolution;
mod faults;
mod flips;
mod fuzz;
mod hostile;
mod polars;
mod producers;
mod projections;
mod readahead;
mod reliability;
mod roundtrip;
mod s3;
mod sample;
mod splits;
mod truncation;
mod types;
mod workers;

use avroscan_tests::read;
