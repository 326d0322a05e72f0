//! Runs of one plan, told apart.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Most runs that are known. What takes a piece for a run older than these joins the oldest of them.
const MOST: usize = 64;

/// Tells the runs of a plan apart, for an engine that runs one plan many times, even at the same time,
/// and does not say which run it asks for.
///
/// A plan consists of pieces, and each run takes each piece at most once. So who takes a piece for the
/// second time belongs to another run than who took it first. Pieces of runs at the same time may be
/// counted to each other's run, but none of these has a piece twice. So a limit of a run, such as a
/// [`SkipBudget`](crate::SkipBudget), is never exceeded where a run over all pieces does not exceed it;
/// and where the pieces of one run exceed it, one of them is told so.
///
/// ```
/// use avroscan::Runs;
///
/// let runs = Runs::default();
/// let mut number = 0;
/// let mut run_of = |piece| {
///     runs.of(piece, || {
///         number += 1;
///         number
///     })
/// };
/// assert_eq!([run_of(0), run_of(1), run_of(0), run_of(1)], [1, 1, 2, 2]);
/// ```
#[derive(Debug)]
pub struct Runs<T>(Mutex<Known<T>>);

#[derive(Debug)]
struct Known<T> {
    /// How many runs have taken each piece.
    taken: Vec<u64>,
    /// What belongs to each run, from this number on.
    first: u64,
    runs: VecDeque<T>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self(Mutex::new(Known {
            taken: Vec::new(),
            first: 0,
            runs: VecDeque::new(),
        }))
    }
}

impl<T: Clone> Runs<T> {
    /// What belongs to the run that takes this piece now. If this is the first piece of a run, `new`
    /// makes it.
    pub fn of(&self, piece: usize, new: impl FnOnce() -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { taken, first, runs } = &mut *known;
        if taken.len() <= piece {
            taken.resize(piece + 1, 0);
        }
        let Some(times) = taken.get_mut(piece) else {
            return new();
        };
        let run = (*times).max(*first);
        *times = run + 1;
        // Never further: a run takes its first piece before another takes that piece again.
        if let Some(run) = usize::try_from(run - *first)
            .ok()
            .and_then(|at| runs.get(at))
        {
            return run.clone();
        }
        let run = new();
        runs.push_back(run.clone());
        if runs.len() > MOST {
            runs.pop_front();
            *first += 1;
        }
        run
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn no_run_takes_a_piece_twice() {
        let (runs, made) = (Runs::default(), Cell::new(0));
        let run_of = |piece| {
            runs.of(piece, || {
                made.set(made.get() + 1);
                made.get()
            })
        };
        // Two at the same time, one that ends early, and one after all of them.
        let pieces = [0, 0, 1, 2, 1, 3, 2, 3, 0, 1, 0, 1, 2, 3];
        let found = pieces.map(run_of);
        assert_eq!(found, [1, 2, 1, 1, 2, 1, 2, 2, 3, 3, 4, 4, 3, 3]);
        assert_eq!(made.get(), 4);
    }

    #[test]
    fn few_runs_are_kept() {
        let runs = Runs::default();
        for run in 0..1000 {
            assert_eq!(runs.of(7, || run), run);
        }
        assert_eq!(runs.0.lock().unwrap().runs.len(), MOST);
        assert_eq!(
            runs.of(3, || 0),
            1000 - MOST as i32,
            "the oldest that is known"
        );
    }
}
