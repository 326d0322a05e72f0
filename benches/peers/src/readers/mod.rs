//! One file a reader.

pub(crate) mod apache;
pub(crate) mod arrow_avro;
pub(crate) mod avroscan;
#[cfg(feature = "engines")]
pub(crate) mod datafusion;
#[cfg(feature = "engines")]
pub(crate) mod engines;
#[cfg(feature = "engines")]
mod polars;
