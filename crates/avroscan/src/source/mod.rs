//! Where bytes come from: files, memory and object stores behind one trait.
//!
//! ```text
//! "data/*.avro"  "s3://bucket/key"  ..     what a user types
//!        │ find_sources
//!        ▼
//! FileSource   MemorySource   ObjectSource     one per file
//!        │ Source::read(range)
//!        ▼
//!      Bytes
//! ```
//!
//! Every read is bounded: a range in, exactly its bytes out, or an error. Nothing here knows what
//! the bytes mean. Waiting happens on a small runtime of this crate's own, so sources work
//! the same under any executor, and under none.

mod buffers;
pub mod conformance;
mod file;
mod find;
mod local;
mod memory;
mod object;
mod patience;
mod pattern;
mod remote;
pub(crate) mod runtime;
mod store;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::file::FileSource;
pub use self::find::find_sources;
pub use self::memory::MemorySource;
pub use self::object::ObjectSource;
pub use self::patience::Patience;
pub use self::runtime::within;
pub use self::store::{StorageOptions, open_store};
use crate::error::{Error, ErrorKind, Result};

/// The bytes of one file, which does not change while it is read.
///
/// Its methods may be awaited from any runtime or none, and by several readers at the same time.
/// A dropped future stops its read. [`conformance::check`] tests an implementation.
#[async_trait]
pub trait Source: Send + Sync + std::fmt::Debug {
    /// The path or URL, as shown in errors and in columns of file names.
    fn location(&self) -> &Arc<str>;

    /// How many bytes a sequential reader best asks for at once. Never 0.
    fn request_bytes(&self) -> u64;

    /// How many such requests a sequential reader best has under way at the same time. 1 unless a
    /// source says more: where an answer takes its time, others can be waited for meanwhile.
    fn requests_at_once(&self) -> usize {
        1
    }

    /// How many bytes a reader that looks only for a header best asks for. Never 0.
    fn probe_bytes(&self) -> u64;

    /// The number of bytes. Known after the first call, and the same ever after.
    async fn size(&self) -> Result<u64>;

    /// Exactly these bytes.
    ///
    /// What is there when it is first asked for is read by whoever decodes it. From the first read
    /// on that has to be waited for, the next ones are fetched in the background.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Io`] if the range does not lie within the [size](Self::size), if the file
    ///   became shorter or another one, and when reading fails
    /// - [`ErrorKind::NotFound`] if there is no such object, where that shows only now
    async fn read(&self, range: Range<u64>) -> Result<Bytes>;

    /// The same, on this thread, which may block: for many small reads of a local file. `None`
    /// where reading means waiting for others, and unless a source says how.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    fn read_now(&self, range: Range<u64>) -> Option<Result<Bytes>> {
        let _ = range;
        None
    }
}

/// The bytes of a file end before its [size](Source::size). An error of reading and not damage:
/// somebody changes the file, so nothing is known about its blocks, and none may be skipped.
#[cold]
pub(crate) fn became_shorter() -> Error {
    Error::new(ErrorKind::Io, "the file became shorter while it was read")
}

/// The length of a range that lies within a file of this size.
fn range_len(range: &Range<u64>, size: u64, location: &Arc<str>) -> Result<usize> {
    let len = range
        .end
        .checked_sub(range.start)
        .filter(|_| range.end <= size);
    len.and_then(|len| usize::try_from(len).ok())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Io,
                format!(
                    "cannot read the bytes {}..{} of a file of {size} bytes",
                    range.start, range.end
                ),
            )
            .in_file(location)
        })
}
