//! Jobs in the order of their blocks: begun in it, and handed out in it, whoever ends first.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::RecordBatch;

use crate::error::{Error, Result};
use crate::plan::DecodePlan;
use crate::scan::feed::Fed;
use crate::scan::idle::Idle;
use crate::scan::job::{Job, Worker};
use crate::scan::read_ahead::InHand;
use crate::scan::report::{Found, Stretch};
use crate::scan::{AvroFile, BadBlock, OnError, ScanOptions};
use crate::source::runtime::{self, Task};

/// What has been read and not handed out.
///
/// With one worker, each block is decoded as it comes, by whoever polls. With more, a job goes to
/// another thread once its group is complete; while all workers are busy, one more group is read.
pub(super) struct Turns {
    turns: VecDeque<Turn>,
    idle: Vec<Worker>,
    /// Where workers come from and go to.
    shared: Arc<Idle>,
    /// Rows that are still wanted.
    rows_left: u64,
    /// Blocks of the part that are before the first turn.
    blocks_before: u64,
    /// Comes before anything else: more was skipped than may be.
    failed: Option<Error>,
    options: ScanOptions,
}

struct Turn {
    work: Work,
    /// A damaged block that was skipped, where its part begins, and the size of its file.
    bad: Option<(BadBlock, u64, u64)>,
    /// The parts that end with it.
    ends: Vec<Stretch>,
    /// Bytes of the files to report as done.
    done: u64,
    /// Bytes that it holds as stored, and up to where in the file.
    bytes: u64,
    end: u64,
    in_hand: Option<InHand>,
}

enum Work {
    /// Waits for blocks, for a worker or for its batch to be taken.
    Here(Box<Job>),
    /// In another thread.
    Away(Task<Box<Job>>),
    /// Nothing to be done.
    Ready(Option<Result<RecordBatch>>),
}

impl Turn {
    fn new(work: Work) -> Self {
        Self {
            work,
            bad: None,
            ends: Vec::new(),
            done: 0,
            bytes: 0,
            end: 0,
            in_hand: None,
        }
    }

    fn has_worker(&self) -> bool {
        match &self.work {
            Work::Here(job) => job.worker.is_some(),
            Work::Away(_) => true,
            Work::Ready(_) => false,
        }
    }

    fn is_over(&self) -> bool {
        match &self.work {
            Work::Here(job) => job.is_over(),
            Work::Away(_) => false,
            Work::Ready(item) => item.is_none(),
        }
    }

    /// Whether blocks are still to come, and wanted now.
    fn is_open(&self) -> bool {
        matches!(&self.work, Work::Here(job) if !job.is_closed() && !job.is_ready())
    }

    /// Counts what was done and skipped; so many blocks of the part are before it.
    fn report(&mut self, options: &ScanOptions, before: u64) -> Result<()> {
        if let Some((mut block, start, file_size)) = self.bad.take() {
            block.block = Some(before);
            let mut skipped = Found::default();
            skipped.add(block, start);
            skipped.count(&options.progress);
            options
                .report
                .add(skipped, &options.skip_budget, file_size)?;
        }
        match &mut self.work {
            Work::Here(job) => job.report(options, before),
            Work::Away(_) | Work::Ready(_) => Ok(()),
        }
    }

    /// How many blocks it is.
    fn blocks(&self) -> u64 {
        match &self.work {
            Work::Here(job) => job.met(),
            Work::Away(_) => 0,
            Work::Ready(_) => u64::from(self.bad.is_some()),
        }
    }

    /// All of its bytes are used up.
    fn used(&self) {
        if let Some(in_hand) = &self.in_hand {
            in_hand.used(self.end);
        }
    }
}

impl Turns {
    pub(super) fn new(options: ScanOptions, shared: Arc<Idle>) -> Self {
        Self {
            turns: VecDeque::new(),
            idle: Vec::new(),
            shared,
            rows_left: options.n_rows.unwrap_or(u64::MAX),
            blocks_before: 0,
            failed: None,
            options,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Whether no more rows are wanted.
    pub(super) fn are_enough(&self) -> bool {
        self.rows_left == 0
    }

    /// Whether jobs are done in other threads.
    pub(super) fn are_elsewhere(&self) -> bool {
        self.options.workers > 1
    }

    /// Whether the next thing read has its place.
    pub(super) fn wants_more(&self) -> bool {
        let Some(last) = self.turns.back() else {
            return true;
        };
        let most = match self.options.workers {
            1 => 1,
            workers => workers.saturating_add(1),
        };
        let bytes: u64 = self.turns.iter().map(|turn| turn.bytes).sum();
        last.is_open() || (self.turns.len() < most && bytes < self.options.buffer_bytes as u64)
    }

    /// Takes in what was read.
    pub(super) fn push(&mut self, fed: Fed) {
        match fed {
            Fed::Block(portion, group) => {
                if let Some(group) = group {
                    let in_hand = group.in_hand.clone();
                    let job = Job::new(group, &self.options);
                    let mut turn = Turn::new(Work::Here(Box::new(job)));
                    turn.in_hand = Some(in_hand);
                    self.turns.push_back(turn);
                }
                if let Some(turn) = self.turns.back_mut()
                    && let Work::Here(job) = &mut turn.work
                {
                    let header = &portion.block.header;
                    turn.bytes += header.size as u64;
                    turn.end = header.end();
                    job.push(portion);
                }
            }
            Fed::Close { done } => {
                if let Some(turn) = self.turns.back_mut()
                    && let Work::Here(job) = &mut turn.work
                {
                    turn.done += done;
                    job.close();
                }
            }
            Fed::Bad {
                block,
                start,
                file_size,
                in_hand,
                done,
            } => {
                let mut turn = Turn::new(Work::Ready(None));
                turn.end = block.offset.saturating_add(block.bytes);
                turn.bad = Some((block, start, file_size));
                turn.in_hand = Some(in_hand);
                turn.done = done;
                self.turns.push_back(turn);
            }
            Fed::Batch { batch, done } => {
                let mut turn = Turn::new(Work::Ready(Some(Ok(batch))));
                turn.done = done;
                self.turns.push_back(turn);
            }
            Fed::End { part, done } => match self.turns.back_mut() {
                Some(turn) => {
                    turn.done += done;
                    turn.ends.push(part);
                }
                None => {
                    self.options.progress.add_bytes_done(done);
                    self.end_part(part);
                }
            },
        }
    }

    /// After all that was read comes this error.
    pub(super) fn fail(&mut self, error: Error) {
        self.turns
            .push_back(Turn::new(Work::Ready(Some(Err(error)))));
    }

    /// Takes home what is done, and begins what can be begun.
    pub(super) fn advance(&mut self, context: &mut Context<'_>) {
        let inline = self.options.workers == 1;
        let mut busy = self.turns.iter().filter(|turn| turn.has_worker()).count();
        for turn in &mut self.turns {
            come_home(&mut turn.work, context);
            let Work::Here(job) = &mut turn.work else {
                continue;
            };
            if let Some(worker) = job.release() {
                self.idle.push(worker);
                busy -= 1;
            }
            if !job.can_run() || !(inline || job.is_closed()) {
                continue;
            }
            if job.worker.is_none() {
                if busy == self.options.workers {
                    continue;
                }
                let (file, plan) = (&job.file, &job.plan);
                let worker = hire(&mut self.idle, &self.shared, file, plan, &self.options);
                job.worker = Some(worker);
                busy += 1;
            }
            if inline {
                job.run();
                turn.used();
            } else {
                send_away(&mut turn.work);
                come_home(&mut turn.work, context);
            }
        }
    }

    /// The next batch or the error, if it is there.
    pub(super) fn take(&mut self) -> Option<Result<RecordBatch>> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let turn = self.turns.front_mut()?;
        let mut item = match &mut turn.work {
            Work::Here(job) => job.take(),
            Work::Away(_) => None,
            Work::Ready(item) => item.take(),
        }?;
        if let Work::Here(job) = &mut turn.work
            && let Err(error) = job.report(&self.options, self.blocks_before)
        {
            return Some(Err(error));
        }
        let progress = &self.options.progress;
        if let Ok(batch) = &mut item {
            let rows = self.rows_left.min(batch.num_rows() as u64);
            if rows < batch.num_rows() as u64 {
                *batch = batch.slice(0, rows as usize);
            }
            self.rows_left -= rows;
            progress.add_rows(rows);
            progress.add_bytes_done(std::mem::take(&mut turn.done));
        }
        self.retire();
        Some(item)
    }

    /// Removes the turns that are over, and says whether there were any.
    pub(super) fn retire(&mut self) -> bool {
        let before = self.turns.len();
        while self.failed.is_none()
            && let Some(mut turn) = self.turns.pop_front_if(|turn| turn.is_over())
        {
            turn.used();
            self.options.progress.add_bytes_done(turn.done);
            let blocks = turn.blocks();
            if let Err(error) = turn.report(&self.options, self.blocks_before) {
                self.failed = Some(error);
            }
            self.blocks_before += blocks;
            for part in turn.ends {
                self.end_part(part);
            }
            if let Work::Here(mut job) = turn.work {
                self.idle.extend(job.release());
            }
        }
        self.turns.len() < before
    }

    fn end_part(&mut self, part: Stretch) {
        let blocks = std::mem::take(&mut self.blocks_before);
        if self.options.on_error == OnError::Skip {
            self.options.report.end(part, blocks);
        }
    }

    /// Forgets all there is, and stops what has not begun.
    pub(super) fn clear(&mut self) {
        self.failed = None;
        for turn in self.turns.drain(..) {
            if let Work::Here(mut job) = turn.work {
                self.idle.extend(job.release());
            }
        }
        self.shared.put(self.idle.drain(..));
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A worker for a file like this one.
fn hire(
    idle: &mut Vec<Worker>,
    shared: &Idle,
    file: &AvroFile,
    plan: &Arc<DecodePlan>,
    options: &ScanOptions,
) -> Worker {
    let worker = match idle.iter().position(|worker| worker.suits(file, plan)) {
        Some(index) => Some(idle.swap_remove(index)),
        None => {
            // One that suits no more makes room.
            idle.pop();
            shared.take(file, plan)
        }
    };
    match worker {
        Some(worker) => worker.of_file(file, options),
        None => Worker::new(file, plan, options),
    }
}

fn send_away(work: &mut Work) {
    *work = match std::mem::replace(work, Work::Ready(None)) {
        Work::Here(mut job) => {
            let run = move || {
                job.run();
                job
            };
            match runtime::compute(run) {
                Ok(task) => Work::Away(task),
                Err(error) => Work::Ready(Some(Err(error))),
            }
        }
        other => other,
    };
}

fn come_home(work: &mut Work, context: &mut Context<'_>) {
    if let Work::Away(task) = work
        && let Poll::Ready(result) = Pin::new(task).poll(context)
    {
        *work = match result {
            Ok(job) => Work::Here(job),
            Err(error) => Work::Ready(Some(Err(error))),
        };
    }
}
