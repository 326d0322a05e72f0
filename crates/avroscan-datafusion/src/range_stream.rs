//! The batches of one file, or one range of it, as the scan hands them out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use avroscan::BatchStream;
use datafusion::common::Result;
use futures::Stream;
use futures::StreamExt;

use crate::error::external;
use crate::file_plan::FilePlan;
use crate::metrics::RangeMetrics;

/// Decodes and projects one batch per poll, on the thread that polls.
pub(crate) struct RangeStream {
    batches: BatchStream,
    plan: Arc<FilePlan>,
    metrics: RangeMetrics,
}

impl RangeStream {
    pub(crate) fn new(batches: BatchStream, plan: Arc<FilePlan>, metrics: RangeMetrics) -> Self {
        Self {
            batches,
            plan,
            metrics,
        }
    }
}

impl Stream for RangeStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.batches.poll_next_unpin(context);
        self.metrics.update();
        let Some(batch) = ready!(next) else {
            return Poll::Ready(None);
        };
        let batch = batch.map_err(external)?;
        Poll::Ready(Some(self.plan.apply(&batch)))
    }
}
