//! Damaged blocks are left out whole, and nothing else is.

use std::ops::Range;

use super::*;
use crate::error::{ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::plan::Projection;
use crate::scan::{BadBlock, OnError, ReadReport, SkipBudget};
use crate::split::Split;

/// Blocks of 128 bytes: a bit of a block's size leads to the end of the next block.
fn equal_blocks() -> Vec<u8> {
    let file = blocks(&[1; 3], "\"string\"", &text(&[b'x'; 106]));
    assert_eq!((file.len() - first_block(&file)) % 128, 0);
    file
}

pub(super) fn first_block(file: &[u8]) -> usize {
    let marker = file.windows(16).position(|window| window == SYNC);
    marker.expect("a header") + 16
}

/// The bytes of each block, and its rows.
fn extents(file: &[u8], sizes: &[usize]) -> Vec<(Range<usize>, Vec<i64>)> {
    let mut start = first_block(file);
    let mut first = 0;
    let extent = |&rows: &usize| {
        let marker = file[start..].windows(16).position(|window| window == SYNC);
        let end = start + marker.expect("a marker") + 16;
        let ids = (first..first + rows as i64).collect();
        let extent = (start..end, ids);
        (start, first) = (end, first + rows as i64);
        extent
    };
    sizes.iter().map(extent).collect()
}

pub(super) struct Skipped {
    pub(super) ids: Vec<i64>,
    pub(super) report: ReadReport,
    pub(super) error: Option<Error>,
}

pub(super) fn skipping() -> ScanOptions {
    ScanOptions::default().with_on_error(OnError::Skip)
}

/// Reads the file in so many splits, each on its own.
fn read_split(file: &[u8], options: &ScanOptions, splits: usize) -> Skipped {
    read_splits(file, options, &Split::evenly(file.len() as u64, splits))
}

/// Reads the file in splits that end at these offsets, and one more.
pub(super) fn read_cuts(file: &[u8], options: &ScanOptions, cuts: &[usize]) -> Skipped {
    let ends = cuts.iter().map(|cut| *cut as u64);
    let starts = std::iter::once(0).chain(ends.clone());
    let splits = starts.zip(ends.chain([u64::MAX]));
    let splits: Vec<_> = splits.map(|(start, end)| Split::new(start, end)).collect();
    read_splits(file, options, &splits)
}

fn read_splits(file: &[u8], options: &ScanOptions, splits: &[Split]) -> Skipped {
    let report = ReadReport::default();
    let options = options.clone().with_report(report.clone());
    let scan = Scan::from_sources_blocking(vec![memory(file.to_vec())], options).unwrap();
    let mut batches = Vec::new();
    let mut error = None;
    for &split in splits {
        for batch in scan.reader_of([(0, split)]).unwrap() {
            match batch {
                Ok(batch) => batches.push(batch),
                Err(e) => error = Some(e),
            }
        }
    }
    Skipped {
        ids: ids(&batches),
        report,
        error,
    }
}

/// What one reading skips, after all others have skipped the same.
fn read_all_ways(file: &[u8], splits: &[usize]) -> Skipped {
    let skipped = read_split(file, &skipping().with_workers(1), 1);
    for &splits in splits {
        for workers in [1, 3] {
            for batch_size in [2, 100_000] {
                let options = skipping().with_workers(workers).with_batch_size(batch_size);
                let other = read_split(file, &options, splits);
                let how = format!("{workers} workers, {splits} splits, batches of {batch_size}");
                assert_eq!(other.ids, skipped.ids, "{how}");
                assert_eq!(other.report.entries(), skipped.report.entries(), "{how}");
                assert_eq!(other.report.bad_blocks(), skipped.report.bad_blocks());
                assert_eq!(other.report.bytes_skipped(), skipped.report.bytes_skipped());
                assert_eq!(other.report.rows_lost(), skipped.report.rows_lost());
            }
        }
    }
    skipped
}

#[test]
fn a_flipped_bit_costs_no_row_of_another_block() {
    let sizes = [3, 1, 4, 0, 5, 2];
    for (file, sizes) in [(strings(&sizes), &sizes[..]), (equal_blocks(), &[1; 3][..])] {
        let extents = extents(&file, sizes);
        for (number, (bytes, lost)) in extents.iter().enumerate() {
            let before = extents[..number].iter().flat_map(|(_, ids)| ids.clone());
            let before: Vec<i64> = before.collect();
            let after = extents[number + 1..]
                .iter()
                .flat_map(|(_, ids)| ids.clone());
            let after: Vec<i64> = after.collect();
            for at in bytes.clone() {
                for bit in 0..8 {
                    let mut damaged = file.clone();
                    damaged[at] ^= 1 << bit;
                    let found = read_all_ways(&damaged, &[[1, 2, 7, 40][(at + bit) % 4]]);
                    let what = format!("bit {bit} of byte {at} in {bytes:?}");
                    assert!(found.error.is_none(), "{what}: {:?}", found.error);
                    assert!(found.ids.starts_with(&before), "{what}: {:?}", found.ids);
                    assert!(found.ids.ends_with(&after), "{what}: {:?}", found.ids);
                    let entries = found.report.entries();
                    let [entry] = &entries[..] else {
                        // A value can become another one, and the format does not tell.
                        assert!(entries.is_empty(), "{what}: {entries:?}");
                        let rows = before.len() + lost.len() + after.len();
                        assert_eq!(found.ids.len(), rows, "{what}");
                        continue;
                    };
                    assert_eq!(found.ids, [&before[..], &after[..]].concat(), "{what}");
                    assert_eq!(entry.offset, bytes.start as u64, "{what}: {entry:?}");
                    assert_eq!(entry.bytes, bytes.len() as u64, "{what}: {entry:?}");
                    assert_eq!(entry.block, Some(number as u64), "{what}");
                    if bytes.end - at <= 16 {
                        assert_eq!(entry.rows_lost, Some(lost.len() as u64), "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_off_loses_its_last_block_alone() {
    let sizes = [3, 1, 4, 2];
    let file = strings(&sizes);
    let extents = extents(&file, &sizes);
    for length in first_block(&file)..file.len() {
        let found = read_all_ways(&file[..length], &[1, 3, 20]);
        assert!(found.error.is_none(), "cut at {length}: {:?}", found.error);
        let mut whole = extents.iter().filter(|(bytes, _)| bytes.end <= length);
        let ids: Vec<i64> = whole.clone().flat_map(|(_, ids)| ids.clone()).collect();
        assert_eq!(found.ids, ids, "cut at {length}");
        let end = whole
            .next_back()
            .map_or(first_block(&file), |(bytes, _)| bytes.end);
        let entries = found.report.entries();
        if end == length {
            assert!(entries.is_empty(), "cut at {length}: {entries:?}");
            continue;
        }
        let [entry] = &entries[..] else {
            panic!("cut at {length}: {entries:?}")
        };
        assert_eq!(entry.kind, ErrorKind::Truncated);
        assert_eq!(
            (entry.offset, entry.bytes),
            (end as u64, (length - end) as u64)
        );
        assert_eq!(entry.rows_lost, None);
    }
}

#[test]
fn damage_that_spans_splits_is_one_entry() {
    let sizes = [3; 30];
    let mut file = strings(&sizes);
    let extents = extents(&file, &sizes);
    let (from, to) = (extents[4].0.start, extents[21].0.start);
    // Markers among it, none of them before a good block but the last.
    for (at, byte) in file[from..to - 16].iter_mut().enumerate() {
        if at % 59 > 20 {
            *byte = 0xff;
        }
    }
    let found = read_all_ways(&file, &[1, 2, 9, 100]);
    let ids: Vec<i64> = (0..90).filter(|id| !(12..63).contains(id)).collect();
    assert_eq!(found.ids, ids);
    let entries = found.report.entries();
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0].block, Some(4));
    assert_eq!(entries[0].offset, from as u64);
    assert_eq!(entries[0].bytes, (to - from) as u64);
    assert_eq!(found.report.bytes_skipped(), (to - from) as u64);
}

#[test]
fn damage_inside_of_damage_is_the_same_for_any_splits() {
    let mut file = blocks(&[1; 9], "\"string\"", &text(&[b'x'; 106]));
    let start = |number: usize| first_block(&file) + number * 128;
    assert_eq!(start(9), file.len());
    let (outer, inner) = (start(1), start(4));
    // A size that leads to the end of block 6, and among the blocks there one that cannot be.
    assert_eq!(file[outer + 1..outer + 3], [0xda, 0x01]);
    file[outer + 2] = 0x0b;
    file[inner] = 0x01;
    let found = read_all_ways(&file, &[1, 2, 3, 5, 8, 13, 60, 400]);
    assert_eq!(found.ids, [0, 2, 3, 5, 6, 7, 8]);
    let entries = found.report.entries();
    let places = entries
        .iter()
        .map(|entry| (entry.block, entry.offset, entry.bytes));
    let expected = [(Some(1), outer as u64, 128), (Some(4), inner as u64, 128)];
    assert_eq!(places.collect::<Vec<_>>(), expected);
}

/// Every second block of these holds a byte too many.
fn every_second_bad(rows: usize, blocks: usize) -> Vec<u8> {
    let mut file = header("\"string\"");
    for number in 0..blocks {
        let mut data = super::rows(number * rows, rows, &text(b"x"));
        if number % 2 == 1 {
            data.push(0);
        }
        file.extend(block(rows, &data));
    }
    file
}

#[test]
fn a_report_counts_all_and_describes_the_first_thousand() {
    let file = every_second_bad(2, 3000);
    let found = read_all_ways(&file, &[1, 5]);
    assert_eq!(found.ids.len(), 3000);
    assert_eq!(found.report.bad_blocks(), 1500);
    assert_eq!(found.report.rows_lost(), 3000);
    let entries = found.report.entries();
    assert_eq!(entries.len(), 1000);
    assert!(entries.is_sorted_by_key(|entry| entry.offset));
    let BadBlock {
        file,
        block,
        declared_rows,
        rows_lost,
        kind,
        field,
        ..
    } = &entries[999];
    assert_eq!((&**file, *block), ("memory.avro", Some(1999)));
    assert_eq!((*declared_rows, *rows_lost), (Some(2), Some(2)));
    assert_eq!((*kind, field), (ErrorKind::BlockLength, &None));
}

#[test]
fn blocks_are_numbered_once_the_splits_before_are_read() {
    let file = every_second_bad(2, 30);
    let options = skipping();
    let scan = Scan::from_sources_blocking(vec![memory(file.clone())], options.clone()).unwrap();
    let splits = Split::evenly(file.len() as u64, 4);
    let read = |number: usize| scan.reader_of([(0, splits[number])]).unwrap();
    let numbers = || {
        let entries = options.report.entries();
        let numbers = entries.iter().map(|entry| entry.block);
        numbers.collect::<Vec<_>>()
    };
    read(3).for_each(drop);
    read(1).for_each(drop);
    assert!(numbers().len() >= 6);
    assert!(numbers().iter().all(Option::is_none));
    // A split that is given up does not tell how many blocks it has.
    drop(read(0));
    read(2).for_each(drop);
    assert!(numbers().len() >= 9);
    assert!(numbers().iter().all(Option::is_none));
    read(0).for_each(drop);
    assert!(numbers().iter().all(Option::is_some));

    let again = ReadReport::default();
    let scan = scan
        .with_options(options.clone().with_report(again.clone()))
        .unwrap();
    for split in [2, 0, 3, 1] {
        let reader = scan.reader_of([(0, splits[split])]);
        reader.unwrap().for_each(drop);
    }
    let numbers: Vec<_> = again.entries().iter().map(|entry| entry.block).collect();
    assert_eq!(
        numbers,
        (0..15).map(|n| Some(2 * n + 1)).collect::<Vec<_>>()
    );
}

#[test]
fn rows_that_are_wanted_come_from_good_blocks() {
    let file = every_second_bad(2, 30);
    for workers in [1, 4] {
        for batch_size in [1, 3, 1000] {
            let options = skipping().with_workers(workers).with_batch_size(batch_size);
            let found = read_split(&file, &options.clone().with_n_rows(9), 1);
            assert_eq!(found.ids, [0, 1, 4, 5, 8, 9, 12, 13, 16]);
            // Nothing but the number of the rows: of those that can be read.
            let options = options.with_projection(Projection::none());
            let (batches, error) = read(&[&file], &options);
            assert!(error.is_none());
            assert_eq!(sizes(&batches).iter().sum::<usize>(), 30);
            assert_eq!(options.report.bad_blocks(), 15);
        }
    }
}

#[test]
fn a_batch_of_many_blocks_leaves_the_bad_ones_out() {
    let file = every_second_bad(5, 9);
    let (batches, _) = read(&[&file], &skipping().with_workers(1));
    assert_eq!(sizes(&batches), [25]);
}

#[test]
fn a_budget_that_is_used_up_ends_the_scan() {
    let file = every_second_bad(2, 30);
    let bad = read_split(&file, &skipping(), 1).report;
    let bytes = bad.bytes_skipped();
    let part = bytes as f64 / file.len() as f64;
    let none = SkipBudget::default();
    for (budget, enough) in [
        (none.with_blocks(15), true),
        (none.with_blocks(14), false),
        (none.with_blocks(0), false),
        (none.with_bytes(bytes), true),
        (none.with_bytes(bytes - 1), false),
        (none.with_fraction(part), true),
        (none.with_fraction(part - 0.001), false),
        (none.with_fraction(1.0), true),
    ] {
        for (workers, splits) in [(1, 1), (3, 1), (1, 6)] {
            let options = skipping().with_workers(workers).with_skip_budget(budget);
            let found = read_split(&file, &options, splits);
            let kind = found.error.as_ref().map(Error::kind);
            let expected = (!enough).then_some(ErrorKind::SkipBudget);
            assert_eq!(
                kind, expected,
                "{budget:?}, {workers} workers, {splits} splits"
            );
        }
    }
    let budget = none.with_fraction(1.5);
    let scan = Scan::from_sources_blocking(vec![memory(file)], skipping().with_skip_budget(budget));
    assert_eq!(scan.unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn what_is_no_damage_is_never_skipped() {
    let file = strings(&[3, 3, 3]);
    let limits = Limits {
        block_bytes: 20,
        ..Limits::default()
    };
    let (_, error) = read(&[&file], &skipping().with_limits(limits));
    assert_eq!(error.unwrap().kind(), ErrorKind::Limit(Limit::BlockBytes));
    let limits = Limits {
        batch_bytes: 10,
        ..Limits::default()
    };
    let options = skipping().with_limits(limits);
    let (_, error) = read(&[&file], &options);
    assert_eq!(error.unwrap().kind(), ErrorKind::Limit(Limit::BatchBytes));
    assert_eq!(options.report.bad_blocks(), 0);
    let cut = Scan::from_sources_blocking(vec![memory(file[..20].to_vec())], skipping());
    let kind = cut.map(|_| ()).map_err(|error| error.kind());
    assert_eq!(kind, Err(ErrorKind::Truncated) as Result<(), _>);
}

#[test]
fn damage_is_searched_once() {
    // Every second block says that it is much larger than it is.
    let mut file = header("\"string\"");
    for number in 0..2000 {
        let data = super::rows(number * 2, 2, &text(b"some text"));
        let mut bytes = block(2, &data);
        if number % 2 == 1 {
            bytes = [long(2), long(20_000), data, SYNC.to_vec()].concat();
        }
        file.extend(bytes);
    }
    let options = skipping().with_workers(1);
    let (batches, error) = read(&[&file], &options);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids(&batches).len(), 2000);
    assert_eq!(options.report.bad_blocks(), 1000);
    // The header is in the first small read, and is fetched once more.
    let bytes = options.progress.bytes_read();
    assert!(bytes <= file.len() as u64 * 2, "{bytes} of {}", file.len());
}
