//! Files as a whole, in pieces and with damage: blocks and what is around them.

use avroscan::{
    AvroFile, BadBlock, BlockInfo, CheckedBlock, OnError, Progress, Projection, ReadReport,
    ScanOptions, Split, block_on, count_rows,
};

use super::input;
use super::seen::{Seen, limits, options};
use crate::raw;
use crate::read::{Opened, Watched, memory};

/// Any bytes as a file, strictly: the size of batches and the number of workers change nothing, and
/// the rows are as many as the headers of the blocks say.
pub fn strict(data: &[u8]) {
    let file = input::file(data);
    let whole = Seen::of(&file, &options());
    let cut = options().with_batch_size(3).with_workers(2);
    whole.same(&Seen::of(&file, &cut));
    let none = options().with_projection(Projection::none());
    let counted = Seen::of(&file, &none);
    if whole.error.is_none() {
        assert!(counted.error.is_none(), "{:?}", counted.error);
        assert_eq!(whole.num_rows(), counted.num_rows());
        assert_eq!(headers(&file), Some(whole.num_rows() as u64));
    }
    assert!(counted.num_rows() >= whole.num_rows() || counted.is_limited());
}

/// What the headers of the blocks say.
fn headers(file: &[u8]) -> Option<u64> {
    let file = open(file)?;
    block_on(count_rows(
        &file,
        Split::all(),
        &limits(),
        &Progress::default(),
    ))
    .ok()
}

fn open(file: &[u8]) -> Option<std::sync::Arc<AvroFile>> {
    let source = memory(file.to_vec());
    block_on(AvroFile::open(source, &limits(), &Progress::default())).ok()
}

/// Options to skip what is bad, and what they report to.
fn skipping(options: ScanOptions) -> (ScanOptions, ReadReport) {
    let report = ReadReport::default();
    let options = options
        .with_on_error(OnError::Skip)
        .with_report(report.clone());
    (options, report)
}

/// The blocks of a file, good and bad, one after the other.
struct Checked {
    header: u64,
    good: Vec<BlockInfo>,
    bad: Vec<BadBlock>,
    /// Where each begins and ends, in order.
    places: Vec<(u64, u64)>,
}

/// Looks at all blocks; `None` if there is an error that is none of blocks.
fn check(file: &[u8]) -> Option<Checked> {
    let file = open(file)?;
    let mut blocks = block_on(file.check(&options())).ok()?;
    let mut checked = Checked {
        header: file.header().length,
        good: Vec::new(),
        bad: Vec::new(),
        places: Vec::new(),
    };
    while let Some(block) = block_on(blocks.next()).ok()? {
        match block {
            CheckedBlock::Good(block) => {
                checked.places.push((block.offset, block.end));
                checked.good.push(block);
            }
            CheckedBlock::Bad(block) => {
                let place = (block.offset, block.offset + block.bytes);
                checked.places.push(place);
                checked.bad.push(block);
            }
            _ => unreachable!("a block is good or bad"),
        }
    }
    Some(checked)
}

/// Damage costs the damaged blocks alone: every byte behind the header belongs to a good block or to
/// one range of the report, and the rows are those that a file of the good blocks has.
pub fn skip(data: &[u8]) {
    let file = input::file(data);
    let strict = Seen::of(&file, &options());
    let (skip, report) = skipping(options());
    let skipped = Seen::of(&file, &skip);
    strict.same_beginning(&skipped);
    if strict.error.is_none() {
        strict.same(&skipped);
        assert_eq!(report.bad_blocks(), 0);
    }
    let (side_by_side, second_report) = skipping(options().with_workers(3).with_batch_size(2));
    skipped.same(&Seen::of(&file, &side_by_side));

    let checked = check(&file);
    if !skipped.is_limited() {
        assert_eq!(report.entries(), second_report.entries());
        assert_eq!(checked.is_some(), skipped.error.is_none());
    }
    let (Some(checked), None) = (checked, &skipped.error) else {
        return;
    };
    assert_eq!(report.entries(), checked.bad);
    let mut end = checked.header;
    let mut sound = file[..end as usize].to_vec();
    for (from, to) in checked.places {
        assert_eq!(from, end, "a gap, or twice the same");
        assert!(from < to, "a block without bytes");
        end = to;
    }
    assert_eq!(end, file.len() as u64);
    for block in &checked.good {
        sound.extend(&file[block.offset as usize..block.end as usize]);
    }
    let good = Seen::of(&sound, &options());
    skipped.same(&good);
    let rows: u64 = checked.good.iter().map(|block| block.rows).sum();
    assert_eq!(skipped.num_rows() as u64, rows);
}

/// Where bytes are cut into requests changes nothing. The last two bytes are the sizes of requests.
pub fn chunks(data: &[u8]) {
    let Some((data, &[first, others])) = data.split_last_chunk() else {
        return;
    };
    let file = input::file(data);
    // Thousands of requests take long and show nothing new.
    let least = file.len() as u64 / 200;
    let [first, others] = [first, others].map(|size| least + 1 + u64::from(size));
    let source = || Watched::new(file.to_vec(), others, first);

    let strict = options();
    Seen::of(&file, &strict).same(&Seen::of_source(source(), &strict));

    let (skip, report) = skipping(options());
    let (pieces, second_report) = skipping(options().with_buffer_blocks(first as usize % 3));
    let whole = Seen::of(&file, &skip);
    whole.same(&Seen::of_source(source(), &pieces));
    if !whole.is_limited() {
        assert_eq!(report.entries(), second_report.entries());
    }
}

/// Splits, cut anywhere, have together what the file has. The last four bytes say where they are cut.
pub fn splits(data: &[u8]) {
    let Some((data, &[a, b, c, d])) = data.split_last_chunk() else {
        return;
    };
    let file = input::file(data);
    if has_false_blocks(&file) {
        return;
    }
    let length = file.len() as u64;
    let cuts = [[a, b], [c, d]].map(|cut| u64::from(u16::from_le_bytes(cut)) % (length + 1));
    let [low, high] = [cuts[0].min(cuts[1]), cuts[0].max(cuts[1])];
    let splits = [
        Split::new(0, low),
        Split::new(low, high),
        Split::new(high, u64::MAX),
    ];
    let in_splits = |options: &ScanOptions| {
        let opened = Opened::new(memory(file.to_vec()), options).ok()?;
        Some(Seen::join(
            splits.map(|split| Seen::new(opened.split(split))),
        ))
    };
    let strict = options();
    let Some(parts) = in_splits(&strict) else {
        return;
    };
    let whole = Seen::of(&file, &strict);
    // Blocks are numbered from where a split begins.
    whole.same_but_for_blocks(&parts);

    let (skip, report) = skipping(options());
    let (skip_parts, report_of_parts) = skipping(options());
    let whole = Seen::of(&file, &skip);
    let Some(parts) = in_splits(&skip_parts) else {
        return;
    };
    whole.same_but_for_blocks(&parts);
    if whole.error.is_none() {
        assert_eq!(report.entries(), report_of_parts.entries());
    }
}

/// Whether what looks like a block, with markers around it, is none that a reading from the start
/// comes to. A split that begins there takes it for one: no writer puts markers into values.
pub(super) fn has_false_blocks(file: &[u8]) -> bool {
    let Some(checked) = check(file) else {
        return false;
    };
    let Some(sync) = open(file).map(|file| file.header().sync) else {
        return false;
    };
    let begins = |at: u64| checked.places.iter().any(|(from, _)| *from == at);
    let after = (0..file.len()).filter(|at| file[..*at].ends_with(&sync));
    after
        .filter(|at| is_block(&file[*at..], &sync))
        .any(|at| at as u64 >= checked.header && !begins(at as u64))
}

/// Whether a block begins here, and is followed by the marker.
fn is_block(bytes: &[u8], sync: &[u8; 16]) -> bool {
    let Some((rows, rest)) = raw::read_long(bytes) else {
        return false;
    };
    let Some((size, rest)) = raw::read_long(rest) else {
        return false;
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    rows >= 0 && rest.get(size..).is_some_and(|end| end.starts_with(sync))
}
