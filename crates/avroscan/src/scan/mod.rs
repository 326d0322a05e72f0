//! Scans: sources and options in, record batches out.
//!
//! One machine reads ([`Feed`](feed::Feed)), some decode ([`Job`](job::Job)), and [`BatchStream`]
//! joins them. The blocking [`BatchReader`] drives the same stream.
//!
//! ```text
//! files -> Feed -> groups of blocks -> Job, in another thread -\
//!                                  \-> Job, in another thread --+-> batches, in order
//! ```

mod blocks;
mod check;
mod counted;
mod dataset;
mod feed;
mod file;
mod idle;
mod inner;
mod job;
mod large;
mod options;
mod progress;
mod read_ahead;
mod reader;
mod report;
mod runs;
mod start;
mod steps;
mod stream;
mod summary;
mod turns;
mod walk;

pub use check::{BlockCheck, CheckedBlock};
pub use counted::count_rows;
pub use dataset::Scan;
pub use file::AvroFile;
pub use idle::IdleWorkers;
pub use options::{LeftoverBytes, ScanOptions, SchemaMode};
pub use progress::Progress;
pub use reader::{BatchReader, block_on};
pub use report::{BadBlock, OnError, ReadReport, SkipBudget};
pub use runs::Runs;
pub use stream::BatchStream;
pub use summary::FileSummary;
pub use walk::{BlockInfo, BlockWalk};

#[cfg(test)]
mod tests;
