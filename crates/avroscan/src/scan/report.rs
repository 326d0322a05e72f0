//! What a scan passed over: damaged blocks, and bytes that belong to no row.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decode::LeftOver;
use crate::error::{Error, ErrorKind, Result};
use crate::scan::{AvroFile, Progress};
use crate::split::Split;

/// Most bad blocks that a report describes. All of them are counted.
const MOST_ENTRIES: usize = 1000;

/// What a scan does with a block that is damaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnError {
    /// The scan ends with the error, after the rows of the blocks before it.
    #[default]
    Fail,
    /// The scan leaves the whole block out, says so in its [`ReadReport`], and goes on with the
    /// next good one.
    ///
    /// Only damaged blocks are skipped. An error of the header, the schema, the codec, of reading or
    /// of a limit ends the scan all the same.
    Skip,
}

/// How much may be skipped before the scan ends with an error of kind
/// [`SkipBudget`](ErrorKind::SkipBudget). Default: any number of blocks.
///
/// It bounds what the [`ReadReport`] has counted: of several scans with the same report, what all of
/// them have skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct SkipBudget {
    /// Most bad blocks.
    pub blocks: Option<u64>,
    /// Most bytes of bad blocks, as stored.
    pub bytes: Option<u64>,
    /// Most bytes of bad blocks as a part of the file that they are in, from 0 to 1.
    pub fraction: Option<f64>,
}

impl SkipBudget {
    /// The same budget with at most so many bad blocks.
    #[must_use]
    pub fn with_blocks(mut self, blocks: impl Into<Option<u64>>) -> Self {
        self.blocks = blocks.into();
        self
    }

    /// The same budget with at most so many bytes of bad blocks.
    #[must_use]
    pub fn with_bytes(mut self, bytes: impl Into<Option<u64>>) -> Self {
        self.bytes = bytes.into();
        self
    }

    /// The same budget with at most such a part of any file in bad blocks.
    #[must_use]
    pub fn with_fraction(mut self, fraction: impl Into<Option<f64>>) -> Self {
        self.fraction = fraction.into();
        self
    }

    /// Refuses a budget that cannot be.
    pub(crate) fn check(&self) -> Result<()> {
        match self.fraction {
            Some(fraction) if !(0.0..=1.0).contains(&fraction) => Err(Error::new(
                ErrorKind::Usage,
                format!("the fraction of a skip budget is {fraction}, expected 0 to 1"),
            )),
            _ => Ok(()),
        }
    }
}

/// A damaged block, or a damaged part of a file in which no block could be made out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadBlock {
    /// The file's path or URL.
    pub file: Arc<str>,
    /// Number of the block, counted from 0 at the start of the file; a damaged part of the file counts
    /// as one block. Of a reading in splits it is known once the splits before have been read to
    /// their ends, with the same [`ReadReport`].
    pub block: Option<u64>,
    /// Where it begins in the file.
    pub offset: u64,
    /// Bytes that were skipped: up to the next good block or the end of the file.
    pub bytes: u64,
    /// Rows that the block declares, if its header can be read. Where the header is damaged too, this
    /// number means nothing.
    pub declared_rows: Option<u64>,
    /// Rows that were lost, where that is known: where the block's beginning and end are certain.
    pub rows_lost: Option<u64>,
    /// What is wrong with it.
    pub kind: ErrorKind,
    /// The field with the value that cannot be, for example `orders[].price`.
    pub field: Option<String>,
    /// The sentence of the error that a strict scan would have ended with.
    pub message: String,
}

impl BadBlock {
    pub(crate) fn new(file: &Arc<str>, offset: u64, bytes: u64, error: &Error) -> Self {
        Self {
            file: file.clone(),
            block: None,
            offset,
            bytes,
            declared_rows: None,
            rows_lost: None,
            kind: error.kind(),
            field: error.place().field.clone(),
            message: error.sentence(),
        }
    }

    pub(crate) fn with_rows(mut self, declared: Option<u64>, lost: Option<u64>) -> Self {
        self.declared_rows = declared;
        self.rows_lost = lost;
        self
    }
}

/// A part of a file that is read from its beginning to its end: a split.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stretch {
    file: Arc<str>,
    /// 0 where the file's first block is its first as well.
    pub(super) start: u64,
    /// None where nothing of the file comes behind it.
    end: Option<u64>,
}

impl Stretch {
    pub(super) fn new(file: &AvroFile, split: Split) -> Self {
        let is_first = split.start <= file.header().length;
        Self {
            file: file.location().clone(),
            start: if is_first { 0 } else { split.start },
            end: Some(split.end).filter(|end| *end < file.size()),
        }
    }
}

/// A bad block and the stretch that it was found in, whose blocks its number counts.
#[derive(Debug, Clone)]
struct Entry {
    block: BadBlock,
    start: u64,
}

/// What was skipped, shared with whoever wants to know.
///
/// A clone is the same report. Several scans may share one: what they skip adds up. It does not
/// depend on the number of workers, and splits that cover a file report together what one reading of
/// it would. A scan that ends early, for an error or since no more rows are wanted, reports
/// what it skipped up to there.
#[derive(Clone, Default)]
pub struct ReadReport {
    found: Arc<Mutex<Found>>,
    /// The report that this one is a part of.
    whole: Option<Arc<ReadReport>>,
}

/// What has been skipped so far.
#[derive(Debug, Default, Clone)]
pub(super) struct Found {
    bad_blocks: u64,
    bytes: u64,
    rows_lost: u64,
    /// The first of them, in order.
    entries: Vec<Entry>,
    /// How many blocks there are in the stretches that were read to their ends.
    blocks_in: HashMap<Stretch, u64>,
    /// Blocks that were read with bytes after their last row.
    left_over: LeftOver,
    /// Bytes skipped of each file that has any.
    bytes_of: HashMap<Arc<str>, u64>,
}

impl Found {
    /// Takes in a bad block of the stretch that begins at `start`.
    pub(super) fn add(&mut self, block: BadBlock, start: u64) {
        self.bad_blocks += 1;
        self.bytes = self.bytes.saturating_add(block.bytes);
        self.rows_lost = self
            .rows_lost
            .saturating_add(block.rows_lost.unwrap_or_default());
        let of_file = self.bytes_of.entry(block.file.clone()).or_default();
        *of_file = of_file.saturating_add(block.bytes);
        self.enter(Entry { block, start });
    }

    /// Takes in blocks with bytes after their last row.
    pub(super) fn leave(&mut self, left_over: LeftOver) {
        self.left_over.add(left_over);
    }

    /// Adds these numbers to those of a scan.
    pub(super) fn count(&self, progress: &Progress) {
        progress.add_bad_blocks(self.bad_blocks);
        progress.add_rows_lost(self.rows_lost);
    }

    fn enter(&mut self, entry: Entry) {
        let place = (&*entry.block.file, entry.block.offset);
        let is_before = |other: &Entry| (&*other.block.file, other.block.offset) <= place;
        let at = self.entries.partition_point(is_before);
        if at < MOST_ENTRIES {
            self.entries.truncate(MOST_ENTRIES - 1);
            self.entries.insert(at, entry);
        }
    }

    fn append(&mut self, more: Self) {
        self.bad_blocks += more.bad_blocks;
        self.bytes = self.bytes.saturating_add(more.bytes);
        self.rows_lost = self.rows_lost.saturating_add(more.rows_lost);
        self.left_over.add(more.left_over);
        for (file, bytes) in more.bytes_of {
            let of_file = self.bytes_of.entry(file).or_default();
            *of_file = of_file.saturating_add(bytes);
        }
        for entry in more.entries {
            self.enter(entry);
        }
    }

    /// Counts the numbers of the entries from so many blocks on.
    pub(super) fn count_from(&mut self, blocks: u64) {
        for Entry { block, .. } in &mut self.entries {
            block.block = block.block.map(|number| number.saturating_add(blocks));
        }
    }

    /// How many blocks of each file there are before an offset, as far as stretches reach from its
    /// start without a gap.
    fn blocks_before(&self) -> HashMap<(&str, u64), u64> {
        let mut known = HashMap::new();
        let mut stretches: Vec<_> = self.blocks_in.iter().collect();
        stretches.sort_unstable_by_key(|(stretch, _)| (stretch.start, stretch.end));
        for (Stretch { file, start, end }, blocks) in stretches {
            let before = match start {
                0 => Some(0),
                _ => known.get(&(&**file, *start)).copied(),
            };
            if let (Some(before), Some(end)) = (before, end) {
                known.insert((&**file, *end), blocks.saturating_add(before));
            }
        }
        known
    }
}

impl ReadReport {
    /// An empty report that is a part of this one: what it counts, this one counts too.
    ///
    /// A [`SkipBudget`] bounds what the part has counted: so several scans can be told of in one
    /// report, and each have the whole budget.
    #[must_use]
    pub fn part(&self) -> Self {
        Self {
            found: Arc::default(),
            whole: Some(Arc::new(self.clone())),
        }
    }

    /// Bad blocks, each damaged part of a file counted once.
    pub fn bad_blocks(&self) -> u64 {
        self.found().bad_blocks
    }

    /// Bytes of the bad blocks as stored, with their headers and markers.
    pub fn bytes_skipped(&self) -> u64 {
        self.found().bytes
    }

    /// Rows of the bad blocks, of those blocks where it is known:
    /// [`BadBlock::rows_lost`].
    pub fn rows_lost(&self) -> u64 {
        self.found().rows_lost
    }

    /// Blocks that were read although bytes follow their last row:
    /// [`LeftoverBytes::Ignore`](crate::LeftoverBytes::Ignore).
    pub fn leftover_blocks(&self) -> u64 {
        self.found().left_over.blocks
    }

    /// The bytes after the last rows of these blocks, decompressed.
    pub fn leftover_bytes(&self) -> u64 {
        self.found().left_over.bytes
    }

    /// Counts blocks that were read although bytes follow their last row.
    pub(super) fn leave(&self, left_over: LeftOver) {
        if left_over == LeftOver::default() {
            return;
        }
        if let Some(whole) = &self.whole {
            whole.leave(left_over);
        }
        self.found().leave(left_over);
    }

    /// The first 1,000 bad blocks by file and offset.
    pub fn entries(&self) -> Vec<BadBlock> {
        let found = self.found();
        let before = found.blocks_before();
        let number = |entry: &Entry| {
            let before = match entry.start {
                0 => 0,
                start => *before.get(&(&*entry.block.file, start))?,
            };
            entry.block.block?.checked_add(before)
        };
        let block = |entry: &Entry| BadBlock {
            block: number(entry),
            ..entry.block.clone()
        };
        found.entries.iter().map(block).collect()
    }

    /// A stretch has been read to its end: it has so many blocks.
    pub(super) fn end(&self, stretch: Stretch, blocks: u64) {
        if stretch.end.is_none() {
            return;
        }
        if let Some(whole) = &self.whole {
            whole.end(stretch.clone(), blocks);
        }
        self.found().blocks_in.insert(stretch, blocks);
    }

    /// Takes in what was skipped of a file of this size.
    ///
    /// # Errors
    /// [`SkipBudget`](ErrorKind::SkipBudget) where that is more than the budget allows.
    pub(super) fn add(&self, more: Found, budget: &SkipBudget, file_size: u64) -> Result<()> {
        self.leave(more.left_over);
        let more = Found {
            left_over: LeftOver::default(),
            ..more
        };
        let Some(file) = more.bytes_of.keys().next().cloned() else {
            return Ok(());
        };
        if let Some(whole) = &self.whole {
            whole.add(more.clone(), &SkipBudget::default(), file_size)?;
        }
        let mut found = self.found();
        found.append(more);
        let exceeded = |what: String| {
            let what = format!("{what} of the skip budget");
            Err(Error::new(ErrorKind::SkipBudget, what).in_file(&file))
        };
        if let Some(most) = budget.blocks
            && found.bad_blocks > most
        {
            let blocks = found.bad_blocks;
            return exceeded(format!(
                "{blocks} bad blocks were skipped, more than blocks = {most}"
            ));
        }
        if let Some(most) = budget.bytes
            && found.bytes > most
        {
            let bytes = found.bytes;
            return exceeded(format!(
                "{bytes} bytes of bad blocks were skipped, more than bytes = {most}"
            ));
        }
        let of_file = found.bytes_of.get(&file).copied().unwrap_or_default();
        if let Some(most) = budget.fraction
            && of_file as f64 > most * file_size as f64
        {
            return exceeded(format!(
                "{of_file} of the file's {file_size} bytes were skipped, more than fraction = {most}"
            ));
        }
        Ok(())
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ReadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadReport")
            .field("bad_blocks", &self.bad_blocks())
            .field("bytes_skipped", &self.bytes_skipped())
            .field("rows_lost", &self.rows_lost())
            .field("leftover_blocks", &self.leftover_blocks())
            .finish_non_exhaustive()
    }
}
