//! The batches of one file, or one range of it, as the scan hands them out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use avroscan::BatchStream;
use datafusion::common::Result;
use futures::Stream;
use futures::StreamExt;

use crate::error::external;
use crate::file_plan::FilePlan;
use crate::metrics::RangeMetrics;

/// After so many batches without a row that passes the filter, other tasks get their turn.
const EMPTY_BATCHES_PER_TURN: u32 = 8;

/// Decodes, filters and projects one batch per poll, on the thread that polls.
pub(crate) struct RangeStream {
    batches: BatchStream,
    plan: FilePlan,
    metrics: RangeMetrics,
}

impl RangeStream {
    pub(crate) fn new(batches: BatchStream, plan: FilePlan, metrics: RangeMetrics) -> Self {
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
        for _ in 0..EMPTY_BATCHES_PER_TURN {
            let next = self.batches.poll_next_unpin(context);
            self.metrics.update();
            let Some(batch) = ready!(next) else {
                return Poll::Ready(None);
            };
            let decoded = batch.map_err(external)?;
            let batch = self.plan.apply(&decoded)?;
            self.metrics
                .add_pruned(decoded.num_rows() - batch.num_rows());
            if batch.num_rows() > 0 {
                return Poll::Ready(Some(Ok(batch)));
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
