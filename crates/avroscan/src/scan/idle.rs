//! Workers between two streams.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::plan::DecodePlan;
use crate::scan::AvroFile;
use crate::scan::job::Worker;

/// What the streams of a scan leave to those that come after them: decompressors, and columns with
/// their memory. To make them anew costs as much as some blocks.
///
/// It is kept for as long as one of these streams is alive. Streams take from it what was made for
/// the same [`DecodePlan`], so those of one file are to share their plan.
#[derive(Debug, Default)]
pub struct IdleWorkers(Mutex<Weak<Idle>>);

/// The workers that no stream has.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<Worker>>);

impl IdleWorkers {
    /// The share of one stream.
    pub(super) fn share(&self) -> Arc<Idle> {
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let idle = Arc::default();
            *shared = Arc::downgrade(&idle);
            idle
        })
    }
}

impl Idle {
    /// A worker for a file like this one, if there is one.
    pub(super) fn take(&self, file: &AvroFile, plan: &Arc<DecodePlan>) -> Option<Worker> {
        let mut workers = self.workers();
        match workers.iter().rposition(|worker| worker.suits(file, plan)) {
            Some(index) => Some(workers.swap_remove(index)),
            None => {
                // One that suits no more makes room: there are never more than there were streams.
                workers.pop();
                None
            }
        }
    }

    /// Takes back workers, unless they were stopped in the middle of a block.
    pub(super) fn put(&self, workers: impl IntoIterator<Item = Worker>) {
        let free = workers.into_iter().filter(Worker::is_free);
        self.workers().extend(free);
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Idle").field(&self.workers().len()).finish()
    }
}
