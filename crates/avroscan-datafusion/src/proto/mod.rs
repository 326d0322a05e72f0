//! Plans that travel: codecs for engines that send plans to other processes.
//!
//! ```text
//! DataSourceExec ──► PackedScan ──► bytes ──► DataSourceExec      AvroPhysicalCodec
//!  of an AvroSource   what DataFusion          of an equal
//!                     has no words for         AvroSource
//!
//! AvroTable ──► bytes ──► AvroTable                               AvroLogicalCodec
//! ```

mod columns;
mod logical;
mod message;
mod options;
mod physical;
mod scan;
mod table;

pub use logical::AvroLogicalCodec;
pub use physical::AvroPhysicalCodec;
pub(crate) use scan::PackedScan;
