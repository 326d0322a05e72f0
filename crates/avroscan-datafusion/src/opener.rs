//! Opens one file, or one range of it, for a partition of a scan.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use avroscan::{AvroFile, BatchStream, Progress, ScanOptions, Split};
use datafusion::common::{Result, exec_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener};
use datafusion::execution::object_store::ObjectStoreUrl;
use futures::{FutureExt, StreamExt, stream};
use object_store::ObjectStore;

use crate::ahead::{Ahead, Batches, Listed, Run};
use crate::dynamic_filters;
use crate::error::external;
use crate::file_cache::FileCache;
use crate::file_plan::FilePlan;
use crate::file_plans::FilePlans;
use crate::headers::Headers;
use crate::metrics::{RangeMetrics, ScanMetrics};
use crate::query::Query;
use crate::range_stream::RangeStream;

/// Rows of a batch where fewer are wanted: a filter may drop most of them.
const LEAST_BATCH: usize = 1024;

/// Opens the files of one partition of a scan, and begins to open what comes next.
pub(crate) struct AvroOpener {
    ranges: RangeOpener,
    listed: Arc<Listed>,
    /// The execution that opens the partition, where files do not tell theirs.
    run_of_partition: Box<dyn Fn() -> Arc<Run> + Send + Sync>,
    /// What opens the files of the execution, once the first of them is opened.
    opening: OnceLock<(RangeOpener, Arc<Ahead>)>,
}

impl AvroOpener {
    pub(crate) fn new(
        ranges: RangeOpener,
        listed: Arc<Listed>,
        run_of_partition: Box<dyn Fn() -> Arc<Run> + Send + Sync>,
    ) -> Self {
        Self {
            ranges,
            listed,
            run_of_partition,
            opening: OnceLock::new(),
        }
    }

    fn opening_of(&self, file: &PartitionedFile) -> (RangeOpener, Arc<Ahead>) {
        let new = || {
            let run = match file.extension::<Arc<Run>>() {
                Some(run) => Arc::clone(run),
                None => (self.run_of_partition)(),
            };
            let ahead = run.ahead(&self.listed);
            let mut ranges = self.ranges.clone();
            ranges.plans = ahead.plans();
            ranges.options.report = run.report();
            (ranges, ahead)
        };
        self.opening.get_or_init(new).clone()
    }
}

/// Opens one file, or one range of it.
#[derive(Debug, Clone)]
pub(crate) struct RangeOpener {
    pub(crate) query: Arc<Query>,
    pub(crate) options: ScanOptions,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) store_url: ObjectStoreUrl,
    pub(crate) files: FileCache,
    pub(crate) headers: Headers,
    pub(crate) metrics: ScanMetrics,
    pub(crate) plans: Arc<FilePlans>,
    /// Most rows that anyone wants from this partition.
    pub(crate) limit: Option<usize>,
}

impl FileOpener for AvroOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let (ranges, ahead) = self.opening_of(&file);
        let begun = ahead.take(&file);
        Ok(async move {
            let wants = |next: &PartitionedFile| ranges.wants_next(&file, next);
            ahead.begin_after(&file, wants, |next| ranges.clone().open(next));
            let batches = match begun {
                Some(opening) => opening.opened().await,
                None => ranges.open(file).await,
            }?;
            let_others_begin().await;
            Ok(batches)
        }
        .boxed())
    }
}

/// Whatever waited for this file, or was begun meanwhile, comes next in this thread, and no other
/// can take it over. A range may be read to its end without waiting once: so this one goes to the end
/// of the queue, from where others take it if they are idle.
async fn let_others_begin() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl RangeOpener {
    /// Whether to open the next file or range before its turn, when this one has come to its own.
    fn wants_next(&self, file: &PartitionedFile, next: &PartitionedFile) -> bool {
        if self.limit.is_some() || self.options.buffer_blocks == 0 {
            return false;
        }
        // What is found out while the query runs may rule out other files.
        let predicate = self.query.predicate.as_ref();
        let is_settled = !predicate.is_some_and(dynamic_filters::may_change);
        is_settled || file.object_meta.location == next.object_meta.location
    }

    async fn open(self, file: PartitionedFile) -> Result<Batches> {
        let split = split(&file)?;
        let exprs = self.query.for_file(&file)?;
        let columns = self.query.table_schema.file_schema();
        if exprs.rule_out_the_file(columns, self.query.bounds) {
            return Ok(stream::empty().boxed());
        }
        let mut options = self.options.clone().with_progress(Progress::default());
        let metrics = RangeMetrics::new(self.metrics.clone(), options.progress.clone());
        let avro = self
            .open_file(&file, &options.progress)
            .await
            .map_err(external)?;
        let plan = || FilePlan::new(&self.query, exprs, &avro, &options);
        let plan = self.plans.plan(&file, &avro, plan)?;
        if let Some(limit) = self.limit {
            options.n_rows = Some(limit as u64);
            // Blocks that are read for one batch are read all at once.
            options.batch_size = options.batch_size.min(limit.max(LEAST_BATCH));
        }
        let decode = Arc::clone(plan.decode());
        let workers = &self.plans.workers;
        let batches = BatchStream::new(avro, decode, split, &options, workers);
        let mut batches = batches.map_err(external)?;
        // It may be a while before its turn comes.
        batches.begin();
        let counts = plan.counts();
        let mut batches = Box::pin(RangeStream::new(batches, plan, metrics).peekable());
        if counts {
            // It takes a walk over headers, many of them while others are read.
            batches.as_mut().peek().await;
        }
        Ok(batches)
    }

    async fn open_file(
        &self,
        file: &PartitionedFile,
        progress: &Progress,
    ) -> avroscan::Result<Arc<AvroFile>> {
        let open = || {
            // Not the cache of files, which keeps the future.
            let (headers, store) = (self.headers.clone(), Arc::clone(&self.store));
            let (url, meta) = (self.store_url.clone(), file.object_meta.clone());
            let (limits, progress) = (self.options.limits.clone(), progress.clone());
            let open = async move {
                let url = Some(&url);
                headers.open(&store, &meta, url, &limits, &progress).await
            };
            open.boxed()
        };
        match file.range {
            None => open().await,
            Some(_) => self.files.open(&file.object_meta, open).await,
        }
    }
}

fn split(file: &PartitionedFile) -> Result<Split> {
    let Some(range) = &file.range else {
        return Ok(Split::all());
    };
    match (u64::try_from(range.start), u64::try_from(range.end)) {
        (Ok(start), Ok(end)) => Ok(Split::new(start, end)),
        _ => exec_err!(
            "{} cannot be read from {} to {}",
            file.path(),
            range.start,
            range.end
        ),
    }
}
