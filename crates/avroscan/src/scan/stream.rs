//! The asynchronous way to record batches.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{self, BoxStream, Stream, StreamExt};

use crate::error::Result;
use crate::plan::DecodePlan;
use crate::scan::feed::{Fed, Feed, Part};
use crate::scan::turns::Turns;
use crate::scan::{AvroFile, IdleWorkers, ScanOptions};
use crate::split::Split;

/// After so many groups of blocks without a row that is wanted, other tasks get their turn.
const EMPTY_TURNS_PER_POLL: u32 = 8;

/// Record batches of one or more splits, one after the other, in file order.
///
/// Bytes are fetched in the background. Decompression and decoding happen in as many threads as
/// [`ScanOptions::workers`] says, ahead of whoever polls the stream by one batch a worker; with one
/// worker they happen where the stream is polled. Dropping the stream stops all of it. It needs no
/// runtime of any kind around it.
///
/// After an error, which comes after the rows of all blocks before the bad one, it ends.
pub struct BatchStream {
    schema: SchemaRef,
    /// What is to be decoded; `None` after its end.
    feed: Option<BoxStream<'static, Result<Fed>>>,
    turns: Turns,
}

impl BatchStream {
    /// The rows of the blocks that begin in `split` of `file`, which has the schema of `plan`. The
    /// streams of other splits, read the same way, may share the `workers`.
    ///
    /// # Errors
    /// [`Usage`](crate::ErrorKind::Usage) for options that cannot be.
    pub fn new(
        file: Arc<AvroFile>,
        plan: Arc<DecodePlan>,
        split: Split,
        options: &ScanOptions,
        workers: &IdleWorkers,
    ) -> Result<Self> {
        let schema = plan.arrow_schema().clone();
        Self::of_parts(schema, [Part { file, plan, split }], options, workers)
    }

    pub(super) fn of_parts(
        schema: SchemaRef,
        parts: impl IntoIterator<Item = Part>,
        options: &ScanOptions,
        workers: &IdleWorkers,
    ) -> Result<Self> {
        options.check()?;
        let parts: VecDeque<Part> = parts.into_iter().collect();
        let bytes = parts
            .iter()
            .map(|part| part.file.bytes_in(part.split))
            .sum();
        options.progress.add_bytes_total(bytes);
        let feed = Feed::new(parts, options.clone());
        let feed = stream::unfold(feed, |mut feed| async {
            let fed = feed.next().await.transpose()?;
            Some((fed, feed))
        });
        Ok(Self {
            schema,
            feed: Some(feed.boxed()),
            turns: Turns::new(options.clone(), workers.share()),
        })
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// Begins to fetch, for a stream that is not polled yet but will be: as far ahead as at any
    /// other time. Of what need not be waited for, it takes the first block.
    pub fn begin(&mut self) {
        if self.turns.is_empty() {
            // Whoever polls says whom to wake.
            self.feed(&mut Context::from_waker(Waker::noop()));
        }
    }

    /// Stops all that goes on for this stream.
    fn end(&mut self) {
        self.feed = None;
        self.turns.clear();
    }

    /// Keeps all workers busy with what has been read.
    fn work(&mut self, context: &mut Context<'_>) {
        loop {
            self.turns.advance(context);
            if !self.turns.wants_more() || !self.feed(context) {
                return;
            }
        }
    }

    /// Takes in what comes next, if it is there, and says whether it was.
    fn feed(&mut self, context: &mut Context<'_>) -> bool {
        let Some(feed) = &mut self.feed else {
            return false;
        };
        match feed.poll_next_unpin(context) {
            Poll::Pending => return false,
            Poll::Ready(Some(Ok(fed))) => self.turns.push(fed),
            Poll::Ready(Some(Err(error))) => {
                self.turns.fail(error);
                self.feed = None;
            }
            Poll::Ready(None) => self.feed = None,
        }
        true
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for _ in 0..EMPTY_TURNS_PER_POLL {
            if self.turns.are_enough() {
                self.end();
            }
            self.work(context);
            match self.turns.take() {
                Some(Ok(batch)) => {
                    if self.turns.are_enough() {
                        self.end();
                    } else if self.turns.are_elsewhere() {
                        // Whoever takes the batch is busy with it for a while.
                        self.work(context);
                    }
                    return Poll::Ready(Some(Ok(batch)));
                }
                Some(Err(error)) => {
                    self.end();
                    return Poll::Ready(Some(Err(error)));
                }
                // What is over made room for more.
                None if self.turns.retire() => {}
                None if self.feed.is_none() && self.turns.is_empty() => return Poll::Ready(None),
                None => return Poll::Pending,
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl std::fmt::Debug for BatchStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchStream")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
