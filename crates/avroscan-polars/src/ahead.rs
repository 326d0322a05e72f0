//! Pieces of work whose bytes are fetched before a thread asks for their rows.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use avroscan::BatchReader;
use polars::prelude::PolarsResult;
use polars_core::runtime::RAYON;

/// The readers of pieces that come next. They have begun to fetch.
///
/// A store answers after some time, and a thread that waits for it decodes nothing. The engine asks
/// for pieces nearly in order, so while it decodes one for each thread, as many are on their way.
#[derive(Debug, Default)]
pub(crate) struct Ahead(Mutex<Begun>);

#[derive(Debug, Default)]
struct Begun {
    /// All pieces before this number have been begun.
    next: u64,
    readers: BTreeMap<u64, BatchReader>,
}

impl Ahead {
    /// The reader of a piece, begun before or made now by `open`, which makes none where a piece
    /// is not read or there are no more. Begins those of the pieces that follow.
    ///
    /// # Errors
    /// Those of `open`.
    pub(crate) fn take(
        &self,
        piece: u64,
        open: impl Fn(u64) -> PolarsResult<Option<BatchReader>>,
    ) -> PolarsResult<Option<BatchReader>> {
        let mut begun = self.begun();
        let reader = begun.readers.remove(&piece);
        let end = piece.saturating_add(RAYON.current_num_threads() as u64);
        for next in begun.next.max(piece.saturating_add(1))..=end {
            // What is wrong with a piece is said when its turn comes, if it does.
            if let Ok(Some(mut reader)) = open(next) {
                reader.begin();
                begun.readers.insert(next, reader);
            }
        }
        begun.next = begun.next.max(end.saturating_add(1));
        drop(begun);
        match reader {
            Some(reader) => Ok(Some(reader)),
            None => open(piece),
        }
    }

    /// Lets go of all that nobody asked for.
    pub(crate) fn stop(&self) {
        self.begun().readers.clear();
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        // Each reader is whole at all times.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
