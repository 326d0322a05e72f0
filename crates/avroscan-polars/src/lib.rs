//! Scans Apache Avro files as Polars `LazyFrame`s and `DataFrame`s.
//!
//! ```
//! use avroscan_polars::{ScanArgsAvro, scan_avro};
//! use polars::prelude::*;
//!
//! let orders = scan_avro("../../docs/data/orders.avro", ScanArgsAvro::default())?;
//! let count = orders.select([len()]).collect()?;
//! # assert_eq!(count.shape(), (1, 1));
//! # Ok::<_, PolarsError>(())
//! ```
//!
//! [`scan_avro`] makes a node of a query that both engines of Polars know how to run, [`read_avro`]
//! a frame, [`AvroReader`] one frame after the other; [`read_avro_schema`], [`read_avro_metadata`] and
//! [`count_rows`] look at the headers alone. The verbs of [`StreamingExt`] run a query so that its
//! filters and limits are part of the scan. What they read is anything that converts into [`AvroSources`], how
//! they read it is said by [`ScanArgsAvro`].
//!
//! The core does the reading; here is what turns its Arrow batches into frames, sharing their
//! memory, and what makes a source of it that Polars can plan with.

mod ahead;
mod args;
mod blocks;
mod convert;
mod error;
mod file_columns;
mod fuse;
mod metadata;
mod node;
mod predicate;
mod pushed;
mod reader;
mod scan;
mod sources;
mod streaming;
mod table;
mod work_list;

pub use args::ScanArgsAvro;
pub use metadata::{AvroMetadata, read_avro_metadata};
pub use reader::AvroReader;
pub use scan::{count_rows, read_avro, read_avro_schema, scan_avro};
pub use sources::AvroSources;
pub use streaming::StreamingExt;

/// The guide pages, whose code runs as tests of this crate.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/polars.md")]
    mod polars {}
    #[doc = include_str!("../../../docs/streaming.md")]
    mod streaming {}
}
