//! The object container file (specification: "Object Container Files").
//!
//! ```text
//! file    "Obj" 1 | metadata: map of bytes | sync marker, 16 bytes | block | block | ..
//! block   rows: long | size: long | size bytes, compressed | sync marker
//! ```
//!
//! Nothing here does I/O. Each machine is fed bytes and says what it needs next: [`Step`].

mod block;
mod header;
mod queue;
mod resync;
mod sync;

pub(crate) use block::{BlockHeader, RawBlock};
pub use header::Header;
pub(crate) use header::{MAGIC, parse_header};
pub(crate) use queue::ByteQueue;
pub(crate) use resync::{Resync, Resynced};
pub(crate) use sync::{SyncFound, SyncSearch};

/// Length of the sync marker, in bytes.
pub(crate) const SYNC_LENGTH: usize = 16;

/// What a machine says when it is asked to go on.
#[derive(Debug)]
pub(crate) enum Step<T> {
    /// At least so many more bytes, after those it has been given.
    Need(usize),
    Ready(T),
}

#[cfg(test)]
mod tests;
