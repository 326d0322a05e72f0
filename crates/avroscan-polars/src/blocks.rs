//! What is known about the blocks of a scan before any of them is decoded.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use avroscan::{AvroFile, BlockInfo, BlockWalk, Scan, ScanOptions, Split, within};
use futures::future::join_all;

use crate::work_list::Part;

/// Most blocks whose headers are read one after the other: some milliseconds where the files are local.
const WALKED: usize = 4096;

/// Where reading means waiting: so many blocks, or as many as begin in so many bytes, since small
/// blocks share a request.
const WALKED_REMOTE: usize = 8;
const WALKED_REMOTE_BYTES: u64 = 128 << 10;

/// Most files that are walked.
const FILES_WALKED: usize = 64;

/// In how many places blocks are looked for in what was not walked.
const PROBES: u64 = 16;
const PROBES_REMOTE: u64 = 8;

/// How far a block is looked for in such a place: a multiple of the largest block that was walked.
const PROBE_BLOCKS: u64 = 4;
const PROBE_BYTES: Range<u64> = 16 << 10..512 << 10;

/// How long such a look may take: a store that does not answer is no obstacle to a plan. What is found
/// decides about memory, not about rows.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most ranges in which what was not walked is cut.
const UNKNOWN_RANGES: u64 = 1 << 16;

/// Most bytes as stored of a piece of more than one block.
const PIECE_BYTES: u64 = 16 << 20;

/// A range of a file that is not cut further: one block, or about one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) part: Part,
    /// The share of a full piece that it makes up.
    pub(crate) weight: f64,
}

/// How much a piece has at most, unless a single block has more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Full {
    pub(crate) rows: u64,
    /// Bytes of the decoded rows.
    pub(crate) decoded: u64,
}

/// What is known about the blocks.
struct Known<'a> {
    scan: &'a Scan,
    full: Full,
    /// Of each file: the blocks at its beginning, and where the rest begins.
    walked: Vec<(Vec<BlockInfo>, u64)>,
    /// Blocks in the rest, here and there.
    probed: Vec<(usize, BlockInfo)>,
    /// Bytes of the fixed-width parts of a row.
    row_bytes: u64,
    /// How many times its stored size a block takes when it is decompressed.
    expansion: f64,
}

/// The units of a scan, in the order of the files and their bytes. Reads headers of blocks, and
/// decompresses the beginning of a few.
pub(crate) async fn units(scan: &Scan, full: Full, in_hand: usize) -> Vec<Unit> {
    let mut known = Known {
        scan,
        full,
        walked: Vec::new(),
        probed: Vec::new(),
        row_bytes: row_bytes(scan),
        expansion: 1.0,
    };
    known.walk().await;
    known.probe().await;
    // Where a piece is a block in any case, it does not matter how large blocks become.
    if known.number_of_blocks() > in_hand {
        known.expand().await;
    }
    known.units()
}

fn row_bytes(scan: &Scan) -> u64 {
    let schema = scan.files().first().map(|file| &file.header().schema);
    let plan = schema.and_then(|schema| scan.options().plan(schema).ok());
    plan.map_or(0, |plan| plan.row_bytes() as u64)
}

/// Whether to read a little is quick: of a local file, and in memory, where a little is all of it.
fn is_local(file: &AvroFile) -> bool {
    let source = file.source();
    let is_memory = source.requests_at_once() == 1 && source.probe_bytes() >= file.size();
    is_memory || source.read_now(0..0).is_some()
}

fn walk(file: &Arc<AvroFile>, split: Split, options: &ScanOptions) -> BlockWalk {
    file.walk(split, &options.limits, &options.progress)
}

impl Known<'_> {
    /// Walks over the blocks at the beginning of the files; of remote ones, of the first alone.
    async fn walk(&mut self) {
        let mut left = WALKED;
        for (number, file) in self.scan.files().iter().enumerate() {
            let first = file.header().length;
            let (mut blocks, mut end): (Vec<BlockInfo>, _) = (Vec::new(), first);
            let (is_local, options) = (is_local(file), self.scan.options());
            let mut walk = walk(file, Split::all(), options);
            let walked = if is_local { FILES_WALKED } else { 1 };
            while number < walked && left > 0 {
                let is_enough = blocks.len() >= WALKED_REMOTE && end - first >= WALKED_REMOTE_BYTES;
                if is_enough && !is_local {
                    break;
                }
                // Whoever reads a block whose header cannot be says so.
                let Ok(Some(block)) = walk.next().await else {
                    break;
                };
                left -= 1;
                end = block.end;
                blocks.push(block);
            }
            self.walked.push((blocks, end));
        }
    }

    /// Looks for blocks in what was not walked, evenly spread over its bytes.
    async fn probe(&mut self) {
        let scan = self.scan;
        let files = scan.files();
        let rests = self.walked.iter().zip(files);
        let rests = rests.map(|((_, end), file)| *end..file.size());
        let rests: Vec<Range<u64>> = rests.collect();
        let bytes: u64 = rests
            .iter()
            .map(|rest| rest.end.saturating_sub(rest.start))
            .sum();
        let probes = match files.first().is_some_and(|file| is_local(file)) {
            true => PROBES,
            false => PROBES_REMOTE,
        };
        let largest = self.walked.iter().flat_map(|(blocks, _)| blocks);
        let largest = largest.map(|block| block.end - block.offset).max();
        let length = largest.unwrap_or(0).saturating_mul(PROBE_BLOCKS);
        let length = length.clamp(PROBE_BYTES.start, PROBE_BYTES.end);
        let places = (0..probes).filter_map(|number| place(&rests, bytes / probes * number));
        let look = places.filter_map(|(number, offset)| {
            let split = Split::new(offset, offset.saturating_add(length));
            let mut walk = walk(files.get(number)?, split, scan.options());
            Some(within(PATIENCE, async move {
                while let Ok(Some(block)) = walk.next().await {
                    if block.rows > 0 {
                        return Some((number, block));
                    }
                }
                None
            }))
        });
        let found = join_all(look).await.into_iter().flatten();
        self.probed = found.flatten().collect();
    }

    fn blocks(&self) -> impl Iterator<Item = (usize, BlockInfo)> {
        let walked = self.walked.iter().enumerate();
        let walked = walked.flat_map(|(file, (blocks, _))| blocks.iter().map(move |b| (file, *b)));
        walked.chain(self.probed.iter().copied())
    }

    fn number_of_blocks(&self) -> usize {
        let unknown = match self.probed.is_empty() {
            true => 0,
            false => usize::MAX / 2,
        };
        unknown
            + self
                .walked
                .iter()
                .map(|(blocks, _)| blocks.len())
                .sum::<usize>()
    }

    /// Looks how far blocks are compressed: the one with most rows for its bytes, the smallest, the
    /// largest, and one from the middle.
    async fn expand(&mut self) {
        let blocks: Vec<_> = self.blocks().filter(|(_, block)| block.rows > 0).collect();
        let dense = |block: &BlockInfo| block.rows as f64 / (block.bytes + 1) as f64;
        let chosen = [
            blocks
                .iter()
                .max_by(|a, b| dense(&a.1).total_cmp(&dense(&b.1))),
            blocks.iter().min_by_key(|(_, block)| block.bytes),
            blocks.iter().max_by_key(|(_, block)| block.bytes),
            blocks.get(blocks.len() / 2),
        ];
        let look = chosen.into_iter().flatten().filter_map(|(number, block)| {
            let file = self.scan.files().get(*number)?.clone();
            let (block, progress) = (*block, self.scan.options().progress.clone());
            let look = async move { file.expansion(&block, &progress).await.ok().flatten() };
            Some(within(PATIENCE, look))
        });
        let found = join_all(look).await.into_iter().flatten().flatten();
        self.expansion = found.fold(1.0, f64::max);
    }

    fn weight(&self, block: &BlockInfo) -> f64 {
        let share = |part: f64, full: u64| part / full.max(1) as f64;
        let most = self.scan.options().limits.decompressed_bytes as f64;
        let decompressed = (block.bytes as f64 * self.expansion).min(most);
        let decoded = decompressed + block.rows as f64 * self.row_bytes as f64;
        share(block.rows as f64, self.full.rows)
            .max(share(decoded, self.full.decoded))
            .max(share((block.end - block.offset) as f64, PIECE_BYTES))
    }

    /// The mean size of blocks: of those that were probed, if there are any.
    fn typical_bytes(&self) -> Option<u64> {
        let walked = self.walked.iter().map(|(blocks, _)| blocks.len()).sum();
        let passed = if self.probed.is_empty() { 0 } else { walked };
        let sizes = self.blocks().skip(passed);
        let sizes: Vec<u64> = sizes.map(|(_, block)| block.end - block.offset).collect();
        sizes.iter().sum::<u64>().checked_div(sizes.len() as u64)
    }

    fn units(&self) -> Vec<Unit> {
        let mut units = Vec::new();
        let bytes = |block: &BlockInfo| block.end - block.offset;
        let densities = self
            .blocks()
            .map(|(_, block)| self.weight(&block) / bytes(&block) as f64);
        let density = densities.fold(1.0 / PIECE_BYTES as f64, f64::max);
        let typical = self.typical_bytes().unwrap_or(PIECE_BYTES);
        for (number, ((blocks, rest), file)) in
            self.walked.iter().zip(self.scan.files()).enumerate()
        {
            for block in blocks {
                units.push(Unit {
                    part: (number, Split::new(block.offset, block.end)),
                    weight: self.weight(block),
                });
            }
            let rest = *rest..file.size();
            let left = rest.end.saturating_sub(rest.start);
            let length = typical.max(left / UNKNOWN_RANGES).max(1);
            units.extend(ranges(rest, length, blocks.is_empty()).map(|split| Unit {
                part: (number, split),
                weight: (split.end - split.start) as f64 * density,
            }));
        }
        units
    }
}

/// Ranges of this length, and what is left: at least one if there `must` be.
fn ranges(all: Range<u64>, length: u64, must: bool) -> impl Iterator<Item = Split> {
    let mut start = all.start;
    let mut must = must;
    std::iter::from_fn(move || {
        if start >= all.end && !std::mem::take(&mut must) {
            return None;
        }
        must = false;
        let end = start.saturating_add(length).min(all.end).max(start);
        let split = Split::new(start, end);
        start = end;
        Some(split)
    })
}

/// The file and the offset in it of a byte of these ranges together.
fn place(ranges: &[Range<u64>], mut byte: u64) -> Option<(usize, u64)> {
    for (number, range) in ranges.iter().enumerate() {
        let length = range.end.saturating_sub(range.start);
        if byte < length {
            return Some((number, range.start + byte));
        }
        byte -= length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_what_there_is() {
        let of = |all: Range<u64>, length, must| -> Vec<_> {
            ranges(all, length, must)
                .map(|split| (split.start, split.end))
                .collect()
        };
        assert_eq!(of(3..10, 3, false), [(3, 6), (6, 9), (9, 10)]);
        assert_eq!(of(3..3, 3, false), []);
        assert_eq!(
            of(3..3, 3, true),
            [(3, 3)],
            "a file without blocks is looked at"
        );
        assert_eq!(of(3..9, 3, true), [(3, 6), (6, 9)]);
    }

    #[test]
    fn places_are_in_the_ranges() {
        let ranges = [10..20, 5..5, 0..3];
        let of = |byte| place(&ranges, byte);
        assert_eq!(of(0), Some((0, 10)));
        assert_eq!(of(9), Some((0, 19)));
        assert_eq!(of(10), Some((2, 0)));
        assert_eq!(of(13), None);
    }
}
