//! Scans: sources and options in, record batches out.
//!
//! One machine reads ([`BlockStream`](blocks::BlockStream)), one decodes
//! ([`Decoder`](crate::decode::Decoder)), and [`BatchStream`] joins them. The blocking
//! [`BatchReader`] drives the same stream.

mod blocks;
mod dataset;
mod file;
mod options;
mod progress;
mod read_ahead;
mod reader;
mod start;
mod stream;
mod summary;
mod walk;

pub use dataset::Scan;
pub use file::AvroFile;
pub use options::{ScanOptions, SchemaMode};
pub use progress::Progress;
pub use reader::{BatchReader, block_on};
pub use stream::BatchStream;
pub use summary::FileSummary;
pub use walk::{BlockInfo, BlockWalk, count_rows};
