//! What of a query a scan does itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::predicate::Predicate;

/// A filter, a limit, and files that are not read. By default none of them.
#[derive(Clone, Default)]
pub(crate) struct Pushed {
    predicate: Option<Predicate>,
    /// Whether each of the files is read.
    files: Option<Vec<bool>>,
    limit: Option<Limit>,
}

/// How many rows are enough.
#[derive(Clone)]
struct Limit {
    rows: u64,
    found: Arc<Mutex<Found>>,
}

/// Rows found in the first pieces, as far as all of these are done.
#[derive(Default)]
struct Found {
    pieces: u64,
    rows: u64,
    /// Rows of pieces that come after one that is not done.
    later: BTreeMap<u64, u64>,
}

impl Pushed {
    /// Keeps the rows of which this is true.
    pub(crate) fn with_predicate(mut self, predicate: Predicate) -> Self {
        self.predicate = Some(predicate);
        self
    }

    /// Reads these files alone.
    pub(crate) fn with_files(mut self, files: Vec<bool>) -> Self {
        self.files = Some(files);
        self
    }

    /// Stops where there are so many rows of those that are kept. There may be more of them:
    /// pieces are read at the same time.
    pub(crate) fn with_limit(mut self, rows: u64) -> Self {
        self.limit = Some(Limit {
            rows,
            found: Arc::default(),
        });
        self
    }

    /// The filter of rows.
    pub(crate) fn predicate(&self) -> Option<&Predicate> {
        self.predicate.as_ref()
    }

    /// How many rows are enough, of a piece as of all.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.limit.as_ref().map(|limit| limit.rows)
    }

    /// Whether the file of this number is read.
    pub(crate) fn reads_file(&self, number: usize) -> bool {
        let files = self.files.as_ref();
        files.is_none_or(|files| files.get(number).is_some_and(|read| *read))
    }

    /// Whether the first pieces have as many rows as are wanted, so that no other has to be read.
    pub(crate) fn is_satisfied(&self) -> bool {
        let limit = self.limit.as_ref();
        limit.is_some_and(|limit| limit.found().rows >= limit.rows)
    }

    /// Says that the piece of this number is done, and how many rows it had.
    pub(crate) fn done(&self, piece: u64, rows: u64) {
        let Some(limit) = &self.limit else {
            return;
        };
        let mut found = limit.found();
        if piece >= found.pieces {
            found.later.insert(piece, rows);
        }
        loop {
            let next = found.pieces;
            let Some(rows) = found.later.remove(&next) else {
                break;
            };
            found.rows = found.rows.saturating_add(rows);
            found.pieces += 1;
        }
    }
}

impl Limit {
    fn found(&self) -> MutexGuard<'_, Found> {
        // What is counted is in order at all times.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_reached_by_the_first_pieces_alone() {
        let pushed = Pushed::default().with_limit(10);
        pushed.done(2, 100);
        assert!(!pushed.is_satisfied(), "pieces 0 and 1 come first");
        pushed.done(0, 4);
        pushed.done(0, 4);
        assert!(!pushed.is_satisfied(), "a piece counts once");
        pushed.done(1, 6);
        assert!(pushed.is_satisfied());
        assert_eq!(pushed.limit(), Some(10));
    }

    #[test]
    fn nothing_is_enough_without_a_limit() {
        let pushed = Pushed::default();
        pushed.done(0, u64::MAX);
        assert!(!pushed.is_satisfied());
        assert!(pushed.reads_file(7));
        assert!(!pushed.with_files(vec![true]).reads_file(1));
    }
}
