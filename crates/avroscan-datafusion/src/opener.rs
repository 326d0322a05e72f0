//! Opens one file, or one range of it, for a partition of a scan.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::Schema;
use avroscan::{AvroFile, BatchStream, Progress, ScanOptions, Split, count_rows};
use datafusion::common::{Result, exec_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener};
use datafusion::execution::object_store::ObjectStoreUrl;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt, stream};
use object_store::ObjectStore;

use crate::error::external;
use crate::file_cache::FileCache;
use crate::file_plan::FilePlan;
use crate::headers::Headers;
use crate::metrics::{RangeMetrics, ScanMetrics};
use crate::query::Query;
use crate::range_stream::RangeStream;

/// Rows of a batch where fewer are wanted: a filter may drop most of them.
const LEAST_BATCH: usize = 1024;

/// Opens the files of one partition of a scan.
#[derive(Debug, Clone)]
pub(crate) struct AvroOpener {
    pub(crate) query: Arc<Query>,
    pub(crate) options: ScanOptions,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) store_url: ObjectStoreUrl,
    pub(crate) files: FileCache,
    pub(crate) headers: Headers,
    pub(crate) metrics: ScanMetrics,
    /// Most rows that anyone wants from this partition.
    pub(crate) limit: Option<usize>,
}

impl FileOpener for AvroOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let split = split(&file)?;
        let opener = self.clone();
        Ok(async move { opener.open_split(file, split).await }.boxed())
    }
}

impl AvroOpener {
    async fn open_split(
        self,
        file: PartitionedFile,
        split: Split,
    ) -> Result<BoxStream<'static, Result<RecordBatch>>> {
        let exprs = self.query.for_file(&file)?;
        if exprs.rule_out_the_file(self.query.table_schema.file_schema()) {
            return Ok(stream::empty().boxed());
        }
        let mut options = self.options.clone().with_progress(Progress::default());
        let metrics = RangeMetrics::new(self.metrics.clone(), options.progress.clone());
        let avro = self
            .open_file(&file, &options.progress)
            .await
            .map_err(external)?;
        let plan = FilePlan::new(&self.query, exprs, &avro, &options)?;
        if plan.counts() && self.limit.is_none() {
            let rows = count_rows(&avro, split, &options.limits, &options.progress).await;
            let batches = counted(rows.map_err(external)?, options.batch_size);
            return Ok(batches.map(move |batch| plan.apply(&batch?)).boxed());
        }
        if let Some(limit) = self.limit {
            options.n_rows = Some(limit as u64);
            // Blocks that are read for one batch are read all at once.
            options.batch_size = options.batch_size.min(limit.max(LEAST_BATCH));
        }
        let decode = Arc::clone(plan.decode());
        let mut batches = BatchStream::new(avro, decode, split, &options).map_err(external)?;
        // The range before this one is still being decoded.
        batches.begin();
        Ok(RangeStream::new(batches, plan, metrics).boxed())
    }

    async fn open_file(
        &self,
        file: &PartitionedFile,
        progress: &Progress,
    ) -> avroscan::Result<Arc<AvroFile>> {
        let meta = &file.object_meta;
        let limits = &self.options.limits;
        let url = Some(&self.store_url);
        let open = async || {
            let headers = &self.headers;
            headers.open(&self.store, meta, url, limits, progress).await
        };
        match file.range {
            None => open().await,
            Some(_) => self.files.open(meta, open).await,
        }
    }
}

/// So many rows of which nothing but their number is wanted.
fn counted(rows: u64, batch_size: usize) -> impl Stream<Item = Result<RecordBatch>> {
    let lengths = std::iter::successors(Some(rows), move |left| {
        left.checked_sub(batch_size as u64).filter(|left| *left > 0)
    });
    stream::iter(lengths.filter(|left| *left > 0).map(move |left| {
        let length = left.min(batch_size as u64) as usize;
        let options = RecordBatchOptions::new().with_row_count(Some(length));
        let schema = Arc::new(Schema::empty());
        Ok(RecordBatch::try_new_with_options(
            schema,
            Vec::new(),
            &options,
        )?)
    }))
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
