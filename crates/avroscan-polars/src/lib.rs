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
//! a frame, [`AvroReader`] one frame after the other; [`read_avro_schema`] and [`read_avro_metadata`]
//! look at the headers alone. What they read is anything that converts into [`AvroSources`], how
//! they read it is said by [`ScanArgsAvro`].
//!
//! The core does the reading; here is what turns its Arrow batches into frames, sharing their
//! memory, and what makes a source of it that Polars can plan with.

mod args;
mod convert;
mod error;
mod metadata;
mod node;
mod reader;
mod scan;
mod sources;
mod work_list;

pub use args::ScanArgsAvro;
pub use metadata::{AvroMetadata, read_avro_metadata};
pub use reader::AvroReader;
pub use scan::{read_avro, read_avro_schema, scan_avro};
pub use sources::AvroSources;

/// The guide pages, whose code runs as tests of this crate.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/polars.md")]
    mod polars {}
    #[doc = include_str!("../../../docs/streaming.md")]
    mod streaming {}
}
