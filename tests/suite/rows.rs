//! Blocks that cannot hold the rows that their headers declare: every way to be told a number of rows,
//! or to be handed rows, refuses them with one error.

use std::sync::Arc;

use avroscan::{
    AvroFile, CheckedBlock, Error, ErrorKind, Limit, OnError, Projection, Result, Scan,
    ScanOptions, Split, block_on, count_rows,
};
use avroscan_tests::overfull::{TOO_MANY, file, fitting, kinds};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::read::{Watched, memory};

/// What is said of an error: the same for all ways.
type Said = (ErrorKind, String, Option<u64>, Option<u64>);

fn said(error: &Error) -> Said {
    let place = error.place();
    (
        error.kind(),
        error.message().to_owned(),
        place.block,
        place.offset,
    )
}

type Way = (&'static str, fn(&[u8]) -> Result<u64>);

/// Every way to a number of rows that takes what the headers say.
const COUNTING: [Way; 8] = [
    ("count of a scan", |file| {
        Scan::from_sources_blocking(vec![memory(file.to_vec())], options())?.count_rows_blocking()
    }),
    ("count of a file", |file| {
        let file = open(file)?;
        let options = options();
        block_on(count_rows(
            &file,
            Split::all(),
            &options.limits,
            &options.progress,
        ))
    }),
    ("count in small reads", |file| {
        let source = Watched::new(file.to_vec(), 16, 16);
        Scan::from_sources_blocking(vec![source], options())?.count_rows_blocking()
    }),
    ("walk", |file| {
        let options = options();
        let mut walk = open(file)?.walk(Split::all(), &options.limits, &options.progress);
        let mut rows = 0;
        while let Some(block) = block_on(walk.next())? {
            rows += block.rows;
        }
        Ok(rows)
    }),
    ("no columns", |file| {
        read(file, options().with_projection(Projection::none()))
    }),
    ("no columns, three workers", |file| {
        let options = options().with_workers(3).with_batch_size(1000);
        read(file, options.with_projection(Projection::none()))
    }),
    ("no columns, some rows", |file| {
        let options = options().with_n_rows(1 << 60);
        read(file, options.with_projection(Projection::none()))
    }),
    ("no columns, a few rows", |file| {
        let options = options().with_n_rows(4);
        let rows = read(file, options.with_projection(Projection::none()))?;
        // What the other ways say, had it gone on.
        Ok(rows + 1)
    }),
];

/// Every way that looks at the rows.
const DECODING: [Way; 6] = [
    ("all columns", |file| read(file, options())),
    ("all columns, three workers", |file| {
        read(file, options().with_workers(3).with_batch_size(1000))
    }),
    ("all columns in small reads", |file| {
        let source = Watched::new(file.to_vec(), 16, 16);
        let reader = Scan::from_sources_blocking(vec![source], options())?.reader()?;
        sum(reader)
    }),
    ("summary", |file| {
        Ok(block_on(open(file)?.summarize(&options()))?.rows)
    }),
    ("check", |file| {
        let mut check = block_on(open(file)?.check(&options()))?;
        let mut rows = 0;
        while let Some(block) = block_on(check.next())? {
            match block {
                CheckedBlock::Good(block) => rows += block.rows,
                CheckedBlock::Bad(bad) => {
                    let number = bad.block.unwrap();
                    let error = Error::new(bad.kind, bad.message);
                    return Err(error.at_offset(bad.offset).in_block(number));
                }
                _ => {}
            }
        }
        Ok(rows)
    }),
    ("skip", |file| {
        let options = options().with_on_error(OnError::Skip);
        let rows = read(file, options.clone())?;
        match options.report.entries().pop() {
            None => Ok(rows),
            Some(bad) => {
                let error = Error::new(bad.kind, bad.message);
                Err(error.at_offset(bad.offset).in_block(bad.block.unwrap()))
            }
        }
    }),
];

fn options() -> ScanOptions {
    ScanOptions::default()
}

fn open(file: &[u8]) -> Result<Arc<AvroFile>> {
    let options = options();
    let source = memory(file.to_vec());
    block_on(AvroFile::open(source, &options.limits, &options.progress))
}

fn read(file: &[u8], options: ScanOptions) -> Result<u64> {
    sum(Scan::from_sources_blocking(vec![memory(file.to_vec())], options)?.reader()?)
}

fn sum(reader: avroscan::BatchReader) -> Result<u64> {
    reader.map(|batch| Ok(batch?.num_rows() as u64)).sum()
}

#[test]
fn every_way_refuses_a_block_that_cannot_hold_its_rows() {
    for kind in kinds() {
        for codec in Codec::ALL {
            for rows in TOO_MANY {
                let file = file(&kind, codec, rows);
                let mut expected = None;
                for (way, read) in COUNTING.into_iter().chain(DECODING) {
                    let name = format!("{way}, {codec:?}, {rows} rows of {}", kind.schema);
                    if way == "no columns, a few rows" && kind.row.is_empty() {
                        continue;
                    }
                    let error = read(&file).expect_err(&name);
                    let found = said(&error);
                    assert_eq!(*expected.get_or_insert(found.clone()), found, "{name}");
                }
                let (kind_of_error, _, block, offset) = expected.unwrap();
                let wanted = match kind.row.len() {
                    0 => ErrorKind::Limit(Limit::ZeroByteItems),
                    _ => ErrorKind::BlockLength,
                };
                assert_eq!((kind_of_error, block), (wanted, Some(1)));
                assert!(offset.is_some());
            }
        }
    }
}

#[test]
fn every_way_takes_as_many_rows_as_fit() {
    for kind in kinds() {
        for codec in Codec::ALL {
            let rows = fitting(&kind);
            let file = file(&kind, codec, rows);
            for (way, read) in COUNTING.into_iter().chain(DECODING) {
                let name = format!("{way}, {codec:?}, {}", kind.schema);
                let expected = match way {
                    "no columns, a few rows" => 5,
                    _ => rows as u64 + 2,
                };
                assert_eq!(read(&file).expect(&name), expected, "{name}");
            }
        }
    }
}

/// What a block holds once it is decompressed is not for a header to say; that it holds no rows of no
/// bytes beyond the limit is.
#[test]
fn one_row_too_many_is_refused_by_all_who_can_know() {
    for kind in kinds() {
        for codec in Codec::ALL {
            let no_bytes = kind.row.is_empty();
            let rows = fitting(&kind) + 1;
            let file = file(&kind, codec, rows);
            let counting = COUNTING
                .into_iter()
                .filter(|(way, _)| (no_bytes || codec == Codec::Null) && !way.contains("a few"));
            let mut expected = None;
            for (way, read) in DECODING.into_iter().chain(counting) {
                let name = format!("{way}, {codec:?}, {}", kind.schema);
                let found = said(&read(&file).expect_err(&name));
                assert_eq!(*expected.get_or_insert(found.clone()), found, "{name}");
            }
        }
    }
}

/// Millions of rows in a few bytes, as bzip2 and others can make them, are counted; as many as a block
/// of their bytes could hold but does not are not.
#[test]
fn rows_that_repeat_are_counted() {
    let rows = 1 << 18;
    for codec in [Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        let body = codec.compress(&vec![0; rows]);
        assert!(rows / body.len() > 1032, "{codec:?}: {} bytes", body.len());
        for more in [0, 1] {
            let file = raw::file_with_codec(r#""long""#, codec.name())
                .block((rows + more) as i64, &body)
                .finish();
            for (way, read) in COUNTING.into_iter().chain(DECODING) {
                match (read(&file), more) {
                    _ if way.contains("a few") || way.contains("three") => {}
                    (Ok(found), 0) => assert_eq!(found, rows as u64, "{way}, {codec:?}"),
                    (Err(error), 1) => assert_eq!(error.kind(), ErrorKind::BlockLength),
                    (result, _) => panic!("{way}, {codec:?}: {result:?}"),
                }
            }
        }
    }
}

/// More rows than can be counted, each block as a limit allows that someone set.
#[test]
fn a_sum_of_rows_that_is_too_large_is_an_error() {
    let mut options = options();
    options.limits.zero_byte_items = usize::MAX;
    let file = (0..3).fold(raw::file(r#""null""#), |file, _| file.block(i64::MAX, &[]));
    let file = file.finish();
    let scan = Scan::from_sources_blocking(vec![memory(file)], options.clone()).unwrap();
    let file = &scan.files()[0];
    let results = [
        scan.count_rows_blocking(),
        block_on(count_rows(
            file,
            Split::all(),
            &options.limits,
            &options.progress,
        )),
        block_on(file.summarize(&options)).map(|summary| summary.rows),
    ];
    let mut messages: Vec<_> = results
        .into_iter()
        .map(|result| result.unwrap_err().to_string())
        .collect();
    messages.dedup();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].contains("more than 2^64 - 1 rows"),
        "{messages:?}"
    );
}
