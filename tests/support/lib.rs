//! What the integration tests, the benches and the sample generator share: writers of Avro files,
//! data whose every value can be computed, and the judge that says what a file holds.

pub mod allocation;
pub mod corpus;
pub mod data;
pub mod decimal;
pub mod deep;
pub mod evolve;
pub mod fuzz;
pub mod judge;
pub mod odd;
pub mod overfull;
pub mod queries;
pub mod random;
pub mod raw;
pub mod read;
pub mod resolve;
pub mod s3;
pub mod schema;
pub mod slow;
pub mod type_examples;
pub mod write;
