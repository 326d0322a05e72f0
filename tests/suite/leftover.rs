//! Bytes after the last row of a block.

use avroscan::{
    AvroFile, CheckedBlock, ErrorKind, LeftoverBytes, OnError, Projection, ReadReport, ScanOptions,
    Split, block_on,
};
use avroscan_tests::raw::{self, MARKER};
use avroscan_tests::write::Codec;
use serde_json::{Value as Json, json};

use crate::filters::Modulo;
use crate::read::{Opened, Outcome, Watched, memory, outcome};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":"string"}]}"#;

fn row(a: i64) -> Vec<u8> {
    [raw::long(a), raw::bytes("text")].concat()
}

/// Blocks of 1, 10 and 0 rows, of which the last two have 3 and 5 bytes more, and one that is sound.
fn file(codec: Codec) -> Vec<u8> {
    let rows = |from: i64, to: i64| (from..to).flat_map(row).collect::<Vec<u8>>();
    let with = |mut rows: Vec<u8>, more: &[u8]| {
        rows.extend_from_slice(more);
        codec.compress(&rows)
    };
    raw::file_with_codec(SCHEMA, codec.name())
        .block(1, &with(rows(0, 1), &[]))
        .block(10, &with(rows(1, 11), &[2, 4, 6]))
        .block(0, &with(Vec::new(), &[0; 5]))
        .block(2, &with(rows(11, 13), &[]))
        .finish()
}

fn ignoring() -> ScanOptions {
    ScanOptions::default().with_leftover_bytes(LeftoverBytes::Ignore)
}

fn column_a(outcome: &Outcome) -> Vec<Json> {
    outcome.rows().iter().map(|row| row["a"].clone()).collect()
}

/// The numbers of the report.
fn counted(options: &ScanOptions) -> (u64, u64, u64) {
    let report = &options.report;
    (
        report.leftover_blocks(),
        report.leftover_bytes(),
        report.bad_blocks(),
    )
}

#[test]
fn bytes_left_over_are_an_error_unless_they_are_to_be_ignored() {
    let all: Vec<Json> = (0..13).map(|a| json!(a)).collect();
    for codec in Codec::ALL {
        let file = file(codec);
        let strict = outcome(memory(file.clone()), &ScanOptions::default());
        assert_eq!(
            strict.error.as_ref().unwrap().kind(),
            ErrorKind::BlockLength
        );
        assert_eq!(column_a(&strict), all[..1]);
        for batch_size in [1, 3, 4, 100] {
            for workers in [1, 3] {
                let options = || ignoring().with_batch_size(batch_size).with_workers(workers);
                let sources = [
                    memory(file.clone()) as std::sync::Arc<dyn avroscan::Source>,
                    Watched::new(file.clone(), 7, 7),
                ];
                for source in sources {
                    let options = options();
                    let outcome = outcome(source, &options);
                    assert!(outcome.error.is_none(), "{:?}", outcome.error);
                    assert_eq!(column_a(&outcome), all);
                    assert_eq!(counted(&options), (2, 8, 0), "{codec:?}, {batch_size}");
                }
            }
        }
    }
}

#[test]
fn a_filter_a_projection_and_splits_count_the_same() {
    let file = file(Codec::Deflate);
    let part = Projection::columns(["b"]);
    let filtered = ignoring().with_filter(Modulo::of("a", 2, usize::MAX));
    for (name, options, rows) in [
        ("one column", ignoring().with_projection(part.clone()), 13),
        ("a filter", filtered.clone(), 7),
        (
            "a filter and no column",
            filtered.clone().with_projection(Projection::none()),
            7,
        ),
        (
            "a filter that keeps nothing",
            ignoring().with_filter(Modulo::of("a", 1000, usize::MAX)),
            1,
        ),
        (
            "no column, skipping",
            ignoring()
                .with_projection(Projection::none())
                .with_on_error(OnError::Skip),
            13,
        ),
        ("skipping", ignoring().with_on_error(OnError::Skip), 13),
    ] {
        // Each case begins with an empty report.
        let options = options.with_report(ReadReport::default());
        let outcome = outcome(memory(file.clone()), &options);
        assert!(outcome.error.is_none(), "{name}: {:?}", outcome.error);
        assert_eq!(outcome.num_rows(), rows, "{name}");
        if options.projection != Projection::none() || options.filter.is_some() {
            assert_eq!(counted(&options), (2, 8, 0), "{name}");
        }
    }
    for parts in 1..10 {
        let options = ignoring();
        let opened = Opened::new(memory(file.clone()), &options).unwrap();
        let batch = opened.splits(Split::evenly(file.len() as u64, parts));
        assert_eq!(batch.num_rows(), 13);
        assert_eq!(counted(&options), (2, 8, 0), "{parts} parts");
    }
    let of_both = ReadReport::default();
    let options = ignoring().with_report(of_both.part());
    outcome(memory(file), &options);
    assert_eq!(
        (of_both.leftover_blocks(), of_both.leftover_bytes()),
        (2, 8)
    );
}

#[test]
fn blocks_are_checked_by_the_same_rule() {
    let check = |options: &ScanOptions| {
        block_on(async {
            let source = memory(file(Codec::Snappy));
            let file = AvroFile::open(source, &options.limits, &options.progress).await?;
            let mut blocks = file.check(options).await?;
            let mut good = Vec::new();
            while let Some(block) = blocks.next().await? {
                good.push(matches!(block, CheckedBlock::Good(_)));
            }
            Ok::<_, avroscan::Error>(good)
        })
    };
    assert_eq!(
        check(&ScanOptions::default()).unwrap(),
        [true, false, false, true]
    );
    let options = ignoring();
    assert_eq!(check(&options).unwrap(), [true; 4]);
    assert_eq!(counted(&options), (2, 8, 0));
}

#[test]
fn a_large_block_counts_once_however_it_is_read() {
    // Larger than what is decoded at once, and than what is taken apart.
    let text = raw::bytes("x".repeat(100));
    let rows = 170_000;
    let mut body: Vec<u8> = (0..rows)
        .flat_map(|a| [raw::long(a), text.clone()].concat())
        .collect();
    body.extend_from_slice(&[1; 77]);
    let file = raw::file(SCHEMA)
        .block(rows, &body)
        .block(1, &row(1))
        .finish();
    for workers in [1, 2, 4] {
        for filter in [false, true] {
            let mut options = ignoring().with_workers(workers).with_batch_size(10_000);
            if filter {
                options = options.with_filter(Modulo::of("a", 1, usize::MAX));
            }
            let outcome = outcome(memory(file.clone()), &options);
            assert!(outcome.error.is_none(), "{:?}", outcome.error);
            assert_eq!(outcome.num_rows() as i64, rows + 1);
            assert_eq!(
                counted(&options),
                (1, 77, 0),
                "{workers} workers, filter: {filter}"
            );
        }
        let strict = ScanOptions::default()
            .with_workers(workers)
            .with_batch_size(10_000);
        let outcome = outcome(memory(file.clone()), &strict);
        assert_eq!(outcome.error.unwrap().kind(), ErrorKind::BlockLength);
        assert_eq!(outcome.batches.len(), 0);
    }
}

#[test]
fn other_blocks_are_not_bytes_left_over() {
    // The size of the second block lies: it ends at the marker of the third.
    let third = [raw::long(1), raw::long(6), row(3)].concat();
    let lying = [row(2), MARKER.to_vec(), third].concat();
    let file = raw::file(SCHEMA)
        .block(1, &row(1))
        .block(1, &lying)
        .block(1, &row(4))
        .finish();
    let options = ignoring();
    let strict = outcome(memory(file.clone()), &options);
    assert_eq!(
        strict.error.as_ref().unwrap().kind(),
        ErrorKind::BlockLength
    );
    assert_eq!(column_a(&strict), [json!(1)]);
    let options = ignoring().with_on_error(OnError::Skip);
    let skipped = outcome(memory(file), &options);
    assert_eq!(column_a(&skipped), [json!(1), json!(3), json!(4)]);
    assert_eq!(counted(&options), (0, 0, 1));
}
