//! Buffers of past reads, to be filled again.
//!
//! To read a megabyte that the system has in its cache takes less time than to get fresh memory
//! for it. So the last few large buffers are remembered, and used again once nobody else holds
//! them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Sizes of buffers that are worth it. Smaller ones are cheap, larger ones would keep much memory.
const LEAST: usize = 128 << 10;
const MOST: usize = 1 << 20;

/// Most buffers that are remembered, in the whole process: about as many as some scans have under
/// way, and at most 16 MiB.
const BUFFERS: usize = 16;

static USED: Mutex<VecDeque<Bytes>> = Mutex::new(VecDeque::new());

fn used() -> MutexGuard<'static, VecDeque<Bytes>> {
    USED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So many bytes, to be overwritten. Their content means nothing.
pub(super) fn take(length: usize) -> Vec<u8> {
    if (LEAST..=MOST).contains(&length) {
        let mut used = used();
        // The one that was filled last is the most likely to be in a cache.
        let free = |bytes: &Bytes| bytes.len() == length && bytes.is_unique();
        let free = used.iter().rposition(free);
        if let Some(bytes) = free.and_then(|index| used.remove(index)) {
            let mut bytes = Vec::from(bytes);
            bytes.resize(length, 0);
            return bytes;
        }
    }
    vec![0; length]
}

/// What was read into such a buffer, which is remembered.
pub(super) fn lend(bytes: Vec<u8>) -> Bytes {
    let bytes = Bytes::from(bytes);
    if (LEAST..=MOST).contains(&bytes.len()) {
        let mut used = used();
        if used.len() == BUFFERS {
            used.pop_front();
        }
        used.push_back(bytes.clone());
    }
    bytes
}
