//! Reads Apache Avro object container files into Arrow record batches, block by block.
//!
//! ```text
//!     schema JSON                          file bytes
//!         |                                    |
//!      schema                               source      file | object store | memory
//!         |                                    |
//!       plan  <- projection                 scan        splits, read-ahead
//!         |                                    |
//!         |                                container     header, blocks, markers: no I/O
//!         |                                    |
//!         |                                  codec
//!         +-------------> decode <-------------+
//!                            |
//!                         column
//!                            |
//!                       RecordBatch
//! ```
//!
//! [`Scan`] opens files and yields their rows, as a [`BatchStream`] or as a blocking
//! [`BatchReader`]:
//!
//! ```no_run
//! use avroscan::{Projection, Scan, ScanOptions, StorageOptions};
//!
//! let options = ScanOptions::default().with_projection(Projection::columns(["id", "user.email"]));
//! let scan = Scan::open_blocking(&["data/*.avro"], &StorageOptions::new(), options)?;
//! for batch in scan.reader()? {
//!     println!("{} rows", batch?.num_rows());
//! }
//! # Ok::<(), avroscan::Error>(())
//! ```
//!
//! Reading is strict: rows are complete and right, or there is an [`Error`] that says where. With
//! [`OnError::Skip`], damaged blocks are left out instead, whole, and listed in a [`ReadReport`].

mod arrow_type;
mod codec;
mod column;
mod container;
mod decode;
mod error;
mod limits;
mod plan;
pub mod polars_profile;
mod printable;
mod resolve;
mod scan;
mod schema;
pub mod source;
mod split;
mod stack;
mod trusted;
mod wire;

pub use codec::Codec;
pub use container::Header;
pub use error::{Error, ErrorKind, Place, Result};
pub use limits::{Limit, Limits};
pub use plan::{DecodePlan, Projection, RowFilter};
pub use printable::printable;
pub use scan::{
    AvroFile, BadBlock, BatchReader, BatchStream, BlockCheck, BlockInfo, BlockWalk, CheckedBlock,
    FileSummary, IdleWorkers, LeftoverBytes, OnError, Progress, ReadReport, Runs, Scan,
    ScanOptions, SchemaMode, SkipBudget, block_on, count_rows,
};
pub use schema::AvroSchema;
pub use source::{
    FileSource, MemorySource, ObjectSource, Source, StorageOptions, find_sources, open_store,
    within,
};
pub use split::Split;
