//! `avroscan count`: how many rows, from block headers alone unless damaged blocks are skipped.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use avroscan::{
    AvroFile, Limits, Progress, Projection, Scan, ScanOptions, Source, Split, block_on,
    find_sources, printable,
};
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};

use crate::args::StorageArgs;
use crate::failure::Failure;
use crate::output::standard_output;
use crate::progress::{Bar, Position};
use crate::skipped::{SkipArgs, tell};

/// How many files are counted at the same time. Counting waits for storage, it does not compute.
const FILES_AT_ONCE: usize = 16;

/// Count rows, from block headers alone
///
/// No block is decompressed or decoded, unless damaged ones are to be skipped: only then are the
/// counted rows known to be good to their ends. One file gives one number; several give a line for each,
/// and a last line with the total. The files may have different schemas.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan count events.avro
  avroscan count events/ 's3://bucket/2024/*.avro'")]
pub(crate) struct Count {
    /// Files, patterns, directories or URLs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    #[command(flatten)]
    skip: SkipArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

impl Count {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let counted = Arc::new(Counted::default());
        let bar = Bar::new({
            let counted = counted.clone();
            move || counted.position()
        });
        let options = self.skip.apply_to(ScanOptions::default());
        let counts = block_on(self.count(&counted, &options));
        drop(bar);
        let counts = counts?;

        let mut out = standard_output();
        if let [(_, rows)] = &counts[..] {
            writeln!(out, "{rows}")?;
        } else {
            for (file, rows) in &counts {
                writeln!(out, "{rows}\t{}", printable(file))?;
            }
            let total = counts
                .iter()
                .fold(0_u64, |total, (_, rows)| total.saturating_add(*rows));
            writeln!(out, "{total}\ttotal")?;
        }
        out.flush()?;
        tell(&options.report);
        Ok(())
    }

    /// Each file with its number of rows, in order.
    async fn count(
        &self,
        counted: &Counted,
        options: &ScanOptions,
    ) -> avroscan::Result<Vec<(Arc<str>, u64)>> {
        let sources = find_sources(&self.files, &self.storage.to_options()).await?;
        stream::iter(sources)
            .map(|source| async {
                if self.skip.skips() {
                    count_good(source, counted, options).await
                } else {
                    count_file(source, counted).await
                }
            })
            .buffered(FILES_AT_ONCE)
            .try_collect()
            .await
    }
}

async fn count_file(
    source: Arc<dyn Source>,
    counted: &Counted,
) -> avroscan::Result<(Arc<str>, u64)> {
    let (limits, progress) = (Limits::default(), Progress::default());
    let file = AvroFile::open(source, &limits, &progress).await?;
    counted.bytes_total.fetch_add(file.size(), Relaxed);
    let mut walk = file.walk(Split::all(), &limits, &progress);
    let (mut rows, mut done) = (0_u64, 0);
    while let Some(block) = walk.next().await? {
        rows = rows.saturating_add(block.rows);
        counted.rows.fetch_add(block.rows, Relaxed);
        counted.bytes_done.fetch_add(block.end - done, Relaxed);
        done = block.end;
    }
    counted.bytes_done.fetch_add(file.size() - done, Relaxed);
    Ok((file.location().clone(), rows))
}

/// Counts the rows of the blocks that can be decoded.
async fn count_good(
    source: Arc<dyn Source>,
    counted: &Counted,
    options: &ScanOptions,
) -> avroscan::Result<(Arc<str>, u64)> {
    let location = source.location().clone();
    let options = options.clone().with_projection(Projection::none());
    let scan = Scan::from_sources(vec![source], options).await?;
    let size = scan.files().iter().map(|file| file.size()).sum();
    counted.bytes_total.fetch_add(size, Relaxed);
    let mut batches = scan.stream()?;
    let mut rows = 0_u64;
    while let Some(batch) = batches.next().await {
        let more = batch?.num_rows() as u64;
        rows = rows.saturating_add(more);
        counted.rows.fetch_add(more, Relaxed);
    }
    counted.bytes_done.fetch_add(size, Relaxed);
    Ok((location, rows))
}

/// What has been counted so far, for the bar.
#[derive(Debug, Default)]
struct Counted {
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    rows: AtomicU64,
}

impl Counted {
    fn position(&self) -> Position {
        Position {
            bytes_done: self.bytes_done.load(Relaxed),
            bytes_total: self.bytes_total.load(Relaxed),
            rows: self.rows.load(Relaxed),
        }
    }
}
