//! Apache Avro object container files as DataFusion tables.
//!
//! ```
//! use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
//! use datafusion::prelude::SessionContext;
//!
//! # async fn example() -> datafusion::error::Result<()> {
//! let ctx = SessionContext::new();
//! ctx.register_avro_table("orders", "data/orders.avro", AvroReadOptions::default()).await?;
//! ctx.sql("SELECT count(*) FROM orders WHERE amount > 10").await?.show().await?;
//!
//! // SQL alone: CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION 'data/'
//! ctx.enable_avroscan(AvroOptions::default())?;
//! # Ok(())
//! # }
//! ```
//!
//! The parts, in the order in which a query meets them:
//!
//! ```text
//! AvroSessionExt ──► AvroTable ──► AvroFormat ──► AvroSource ──► opener ──► batches
//!  registers          lists the     columns of     projection,    one        decoded by the core,
//!                     files         the files      filter, cuts   range      filtered, projected
//! ```
//!
//! The scan is a `DataSourceExec`, so all that DataFusion does for its own file formats is there:
//! directories and globs, partition columns, limits, orderings, metrics, dynamic filters and the
//! sharing of ranges between partitions.
//!
//! With the feature `proto` there are codecs with which plans over Avro files travel to other
//! processes, as engines like Ballista send them: `AvroPhysicalCodec` and `AvroLogicalCodec`. It is
//! not on by default, and brings `datafusion-proto`.

mod ahead;
mod dynamic_filters;
mod error;
mod factory;
mod field_paths;
mod file_cache;
mod file_plan;
mod file_plans;
mod file_source;
mod fit;
mod format;
mod headers;
mod listing;
mod location;
mod metadata;
mod metrics;
mod opener;
mod option_keys;
mod options;
#[cfg(feature = "proto")]
mod proto;
mod query;
mod range_stream;
mod read_options;
mod reader_schemas;
mod row_counts;
mod row_filter;
mod session;
mod settings;
mod source;
mod split;
mod table;
mod table_factory;
mod types;

pub use factory::AvroFormatFactory;
pub use format::AvroFormat;
pub use options::AvroOptions;
#[cfg(feature = "proto")]
pub use proto::{AvroLogicalCodec, AvroPhysicalCodec};
pub use read_options::AvroReadOptions;
pub use row_counts::RowCounts;
pub use session::AvroSessionExt;
pub use source::AvroSource;
pub use table::AvroTable;
pub use table_factory::AvroTableFactory;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/datafusion.md")]
struct Guide;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
