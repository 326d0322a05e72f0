//! Files and ranges of files whose reading begins before a partition takes them.
//!
//! DataFusion opens what a partition reads next when the partition is done with what it has. In an
//! object store it would wait then for an answer each time, for many small objects longer than it
//! decodes. All partitions take from one list, in its order, so what comes next is known: whoever
//! opens something begins to open a little of what follows, for whoever will take it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arrow::array::RecordBatch;
use avroscan::ReadReport;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::{DataFusionError, Result, internal_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use object_store::path::Path;
use tokio::runtime::Handle;

use crate::file_plans::FilePlans;

/// Bytes of what is begun and not taken yet: one request to an object store.
const MOST_BYTES: u64 = 8 << 20;

/// Small files that are begun for each partition and not taken yet.
const SMALL_FILES_EACH: usize = 8;

pub(crate) type Batches = BoxStream<'static, Result<RecordBatch>>;

/// What the partitions of a scan read.
#[derive(Debug)]
pub(crate) struct Listed {
    files: Vec<PartitionedFile>,
    places: HashMap<Key, usize>,
    partitions: usize,
    batch_size: usize,
}

/// One execution of a scan. Others of the same plan have their own, also at the same time.
#[derive(Debug)]
pub(crate) struct Run {
    /// What is left out of damaged files: a part of the table's report, with the whole skip budget.
    report: ReadReport,
    /// As long as a partition is read.
    ahead: Mutex<Weak<Ahead>>,
}

/// How much of what one execution reads has begun.
#[derive(Debug)]
pub(crate) struct Ahead {
    listed: Arc<Listed>,
    begun: Mutex<Begun>,
    /// What was made once for all ranges of a file.
    plans: Arc<FilePlans>,
}

/// A file, and the bytes of it.
type Key = (Path, u64, u64);

#[derive(Debug, Default)]
struct Begun {
    /// Which have been begun or taken.
    seen: Vec<bool>,
    waiting: HashMap<usize, Opening>,
    bytes: u64,
}

/// A range or file that is being opened. Ends with its handle.
pub(crate) struct Opening {
    /// What has not begun, for whoever is first.
    open: Arc<Mutex<Option<Open>>>,
    /// `None` where it was not the first.
    task: SpawnedTask<Option<Result<Batches>>>,
    bytes: u64,
}

type Open = BoxFuture<'static, Result<Batches>>;

impl Listed {
    /// For a scan of all of this, in batches of at most so many rows.
    pub(crate) fn new(config: &FileScanConfig, batch_size: usize) -> Self {
        let files: Vec<PartitionedFile> = files(config).cloned().collect();
        let places: HashMap<Key, usize> = files.iter().map(key).zip(0..).collect();
        // Where one is listed twice, nothing says which of the two is taken.
        let files = match places.len() == files.len() {
            true => files,
            false => Vec::new(),
        };
        Self {
            files,
            places,
            partitions: config.file_groups.len(),
            batch_size,
        }
    }

    /// Whether this is for such a scan.
    pub(crate) fn is_of(&self, config: &FileScanConfig, batch_size: usize) -> bool {
        let same = self.partitions == config.file_groups.len() && self.batch_size == batch_size;
        same && self.files.iter().map(key).eq(files(config).map(key))
    }
}

impl Run {
    /// A new execution, whose report is a part of this one.
    pub(crate) fn of(report: &ReadReport) -> Arc<Self> {
        let (report, ahead) = (report.part(), Mutex::default());
        Arc::new(Self { report, ahead })
    }

    pub(crate) fn report(&self) -> ReadReport {
        self.report.clone()
    }

    /// What has begun of these files, which are those of the execution.
    pub(crate) fn ahead(&self, listed: &Arc<Listed>) -> Arc<Ahead> {
        let mut shared = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let ahead = Arc::new(Ahead::new(Arc::clone(listed)));
            *shared = Arc::downgrade(&ahead);
            ahead
        })
    }
}

impl Ahead {
    fn new(listed: Arc<Listed>) -> Self {
        Self {
            begun: Mutex::new(Begun {
                seen: vec![false; listed.files.len()],
                ..Begun::default()
            }),
            listed,
            plans: Arc::default(),
        }
    }

    pub(crate) fn plans(&self) -> Arc<FilePlans> {
        Arc::clone(&self.plans)
    }

    /// What was begun of this file or range, which is taken now.
    pub(crate) fn take(&self, file: &PartitionedFile) -> Option<Opening> {
        let place = *self.listed.places.get(&key(file))?;
        let mut begun = self.begun();
        *begun.seen.get_mut(place)? = true;
        let opening = begun.waiting.remove(&place)?;
        begun.bytes -= opening.bytes;
        Some(opening)
    }

    /// Begins what follows this file or range, as far as it is wanted and as there is room for it.
    pub(crate) fn begin_after<F>(
        &self,
        file: &PartitionedFile,
        wants: impl Fn(&PartitionedFile) -> bool,
        open: impl Fn(PartitionedFile) -> F,
    ) where
        F: Future<Output = Result<Batches>> + Send + 'static,
    {
        // Whoever polls a scan outside of a runtime does without.
        if Handle::try_current().is_err() {
            return;
        }
        let Listed {
            files,
            places,
            partitions,
            ..
        } = &*self.listed;
        let Some(place) = places.get(&key(file)) else {
            return;
        };
        let mut begun = self.begun();
        for (place, file) in files.iter().enumerate().skip(place + 1) {
            if begun.seen.get(place) == Some(&true) {
                continue;
            }
            let bytes = length(file);
            if !wants(file) || !begun.has_room_for(bytes, *partitions) {
                return;
            }
            let opening = Opening::spawn(open(file.clone()), bytes);
            begun.waiting.insert(place, opening);
            begun.bytes += bytes;
            if let Some(seen) = begun.seen.get_mut(place) {
                *seen = true;
            }
        }
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// One for each partition, or more where they are small.
    fn has_room_for(&self, bytes: u64, partitions: usize) -> bool {
        let waiting = self.waiting.len();
        let small = self.bytes.saturating_add(bytes) <= MOST_BYTES;
        waiting < partitions || (small && waiting < partitions.saturating_mul(SMALL_FILES_EACH))
    }
}

impl Opening {
    fn spawn(open: impl Future<Output = Result<Batches>> + Send + 'static, bytes: u64) -> Self {
        let open: Arc<Mutex<Option<Open>>> = Arc::new(Mutex::new(Some(open.boxed())));
        let later = Arc::clone(&open);
        let task = SpawnedTask::spawn(async move {
            let open = take_open(&later)?;
            Some(open.await)
        });
        Self { open, task, bytes }
    }

    /// What comes of it. A runtime whose threads are busy may not have begun, and would not until
    /// one of them waits: then it is done here.
    pub(crate) async fn opened(self) -> Result<Batches> {
        if let Some(open) = take_open(&self.open) {
            return open.await;
        }
        let opened = self.task.join_unwind().await;
        let opened = opened.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?;
        opened.unwrap_or_else(|| internal_err!("a file that is being opened was opened twice"))
    }
}

fn take_open(open: &Mutex<Option<Open>>) -> Option<Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

fn files(config: &FileScanConfig) -> impl Iterator<Item = &PartitionedFile> {
    config.file_groups.iter().flat_map(FileGroup::iter)
}

fn key(file: &PartitionedFile) -> Key {
    let (start, end) = file.range();
    (file.object_meta.location.clone(), start, end)
}

fn length(file: &PartitionedFile) -> u64 {
    let (start, end) = file.range();
    end.saturating_sub(start)
}
