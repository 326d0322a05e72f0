//! Bytes that are already there.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Source, range_len};
use crate::error::Result;

/// A file in memory. Reads share its bytes instead of copying them.
#[derive(Clone)]
pub struct MemorySource {
    location: Arc<str>,
    bytes: Bytes,
}

impl MemorySource {
    /// A file of these bytes, which errors call `location`.
    pub fn new(location: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        Self {
            location: location.into(),
            bytes: bytes.into(),
        }
    }
}

impl std::fmt::Debug for MemorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemorySource")
            .field("location", &self.location)
            .field("size", &self.bytes.len())
            .finish()
    }
}

#[async_trait]
impl Source for MemorySource {
    fn location(&self) -> &Arc<str> {
        &self.location
    }

    /// All of it: a slice costs nothing.
    fn request_bytes(&self) -> u64 {
        self.probe_bytes()
    }

    fn probe_bytes(&self) -> u64 {
        (self.bytes.len() as u64).max(1)
    }

    async fn size(&self) -> Result<u64> {
        Ok(self.bytes.len() as u64)
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let len = range_len(&range, self.bytes.len() as u64, &self.location)?;
        // The range lies within a length that is a `usize`.
        let start = range.start as usize;
        Ok(self.bytes.slice(start..start + len))
    }
}
