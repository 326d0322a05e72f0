//! Batch sizes, splits and chunks never change a row or the order.

use std::sync::Arc;

use arrow::compute::concat_batches;
use avroscan::{
    ErrorKind, Limits, Progress, Scan, ScanOptions, Source, Split, StorageOptions, block_on,
    count_rows,
};
use avroscan_tests::data::{mix, orders};
use avroscan_tests::raw::{self, MARKER};
use avroscan_tests::write::Codec;
use avroscan_tests::{judge, slow};
use serde_json::json;

use crate::read::{Opened, Watched, batches, memory, outcome};

/// 50 blocks, small enough to be cut at every byte.
fn fifty_blocks(codec: Codec) -> Vec<u8> {
    let file = orders::file(100, 2, codec);
    assert_eq!(slow::File::open(&file).unwrap().blocks.len(), 50);
    file
}

#[test]
fn every_batch_size_gives_the_same_rows_in_order() {
    for codec in Codec::ALL {
        let file = fifty_blocks(codec);
        let expected = judge::expected_rows(&file);
        assert_eq!(expected.len(), 100);
        for batch_size in [1, 7, 1_000, 10_000_000] {
            let options = ScanOptions::default().with_batch_size(batch_size);
            let batches = batches(&file, &options);
            let (last, full) = batches.split_last().expect("there are rows");
            // Whole blocks of two rows, or one that is cut.
            let size = (batch_size / 2 * 2).max(1);
            for batch in full {
                assert_eq!(batch.num_rows(), size, "{codec:?}");
            }
            assert!(last.num_rows() <= batch_size);
            let rows: Vec<_> = batches.iter().flat_map(judge::batch_rows).collect();
            judge::same_rows(&rows, &expected).unwrap_or_else(|e| panic!("{codec:?} {e}"));
        }
    }
}

#[test]
fn a_cut_at_every_byte_loses_and_doubles_nothing() {
    for codec in Codec::ALL {
        let file = fifty_blocks(codec);
        let length = file.len() as u64;
        // The cheap columns: what is tested is where blocks begin.
        let columns = avroscan::Projection::columns(["id", "note"]);
        let options = ScanOptions::default().with_projection(columns);
        let opened = Opened::new(memory(file), &options).unwrap();
        let all = opened.splits([Split::all()]);
        assert_eq!(all.num_rows(), 100);
        // Where blocks begin has nothing to do with the codec: one of them shows every byte, the
        // others show that they are no exception. The last two take long to start with a block.
        let step = match codec {
            Codec::Null => 1,
            Codec::Deflate | Codec::Snappy | Codec::Zstandard => 7,
            Codec::Bzip2 | Codec::Xz => 41,
        };
        for k in (0..=length + 1).step_by(step) {
            let halves = opened.splits([Split::new(0, k), Split::new(k, length.max(k))]);
            assert!(halves == all, "{codec:?} cut at {k}");
        }
    }
}

#[test]
fn counts_of_the_two_sides_of_every_byte_add_up() {
    let file = fifty_blocks(Codec::Null);
    let blocks = slow::File::open(&file).unwrap().blocks;
    let opened = Opened::new(memory(file.clone()), &ScanOptions::default()).unwrap();
    let (limits, progress) = (Limits::default(), Progress::default());
    let count = |split| block_on(count_rows(&opened.file, split, &limits, &progress)).unwrap();
    for k in 0..=file.len() {
        let before: u64 = blocks
            .iter()
            .filter(|block| block.start < k)
            .map(|b| b.rows as u64)
            .sum();
        assert_eq!(count(Split::new(0, k as u64)), before, "before {k}");
        assert_eq!(
            count(Split::new(k as u64, u64::MAX)),
            100 - before,
            "from {k}"
        );
    }
}

#[test]
fn random_splits_tile_the_file() {
    for codec in Codec::ALL {
        let file = fifty_blocks(codec);
        let length = file.len() as u64;
        let opened = Opened::new(memory(file), &ScanOptions::default()).unwrap();
        let all = opened.splits([Split::all()]);
        for seed in 0..40 {
            let parts = 1 + mix(seed, 1) % 120;
            let mut cuts: Vec<u64> = (0..parts).map(|i| mix(seed, 2 + i) % length).collect();
            cuts.extend([0, length]);
            cuts.sort_unstable();
            let splits = cuts.windows(2).map(|pair| Split::new(pair[0], pair[1]));
            assert!(opened.splits(splits) == all, "{codec:?}, seed {seed}");
        }
        for parts in [1, 2, 3, 8, 51, 1_000] {
            let splits = Split::evenly(length, parts);
            assert!(opened.splits(splits) == all, "{codec:?}, {parts} parts");
        }
    }
}

#[test]
fn sources_of_any_chunk_size_give_the_same_rows() {
    for codec in Codec::ALL {
        let file = fifty_blocks(codec);
        let expected = judge::expected_rows(&file);
        for chunk in [1, 7, 4096] {
            let source = Watched::new(file.clone(), chunk, chunk);
            let outcome = outcome(source.clone(), &ScanOptions::default());
            assert!(
                outcome.error.is_none(),
                "{codec:?} {chunk}: {:?}",
                outcome.error
            );
            judge::same_rows(&outcome.rows(), &expected)
                .unwrap_or_else(|e| panic!("{codec:?}, chunks of {chunk}: {e}"));
        }
    }
}

#[test]
fn splits_of_a_source_of_tiny_chunks_tile_the_file() {
    let file = fifty_blocks(Codec::Null);
    let length = file.len() as u64;
    for chunk in [1, 7] {
        let source: Arc<dyn Source> = Watched::new(file.clone(), chunk, chunk);
        let opened = Opened::new(source, &ScanOptions::default()).unwrap();
        let all = opened.splits([Split::all()]);
        for k in (0..length).step_by(97) {
            let halves = opened.splits([Split::new(0, k), Split::new(k, length)]);
            assert!(halves == all, "chunks of {chunk}, cut at {k}");
        }
    }
}

/// Markers where none is meant: in the metadata, and in the values, at the end of a block too.
fn full_of_markers() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"bytes"}]}"#;
    let metadata: &[(&str, &[u8])] = &[
        ("avro.schema", schema.as_bytes()),
        ("marker", &MARKER),
        ("again", &MARKER),
    ];
    let mut file = raw::Header::new().entries(metadata).end();
    let values: [&[u8]; 5] = [
        &MARKER,
        b"plain",
        &[MARKER, MARKER].concat(),
        // The beginning of a marker before the real one.
        &MARKER[..7],
        // What looks like the header of a block of two rows and twenty bytes.
        &[&MARKER[..], &[4, 40, 1, 2, 3, 4, 5]].concat(),
    ];
    for value in values {
        file = file
            .block(1, &raw::bytes(value))
            .block(2, &[raw::bytes(value), vec![0]].concat());
    }
    file.finish()
}

#[test]
fn a_marker_inside_data_and_metadata_is_no_marker() {
    let file = full_of_markers();
    let expected = judge::expected_rows(&file);
    assert_eq!(expected[1], json!({ "a": slow::hex(&MARKER) }));
    let length = file.len() as u64;
    let opened = Opened::new(memory(file), &ScanOptions::default()).unwrap();
    let all = opened.splits([Split::all()]);
    judge::same_rows(&judge::batch_rows(&all), &expected).unwrap();
    for k in 0..=length {
        let halves = opened.splits([Split::new(0, k), Split::new(k, length)]);
        assert!(halves == all, "cut at {k}");
    }
}

#[test]
fn rows_are_limited_exactly() {
    let file = fifty_blocks(Codec::Null);
    let expected = judge::expected_rows(&file);
    for n in [0, 1, 2, 3, 99, 100, 101] {
        for batch_size in [1, 7, 1_000] {
            let options = ScanOptions::default()
                .with_batch_size(batch_size)
                .with_n_rows(n);
            let rows: Vec<_> = batches(&file, &options)
                .iter()
                .flat_map(judge::batch_rows)
                .collect();
            let expected = &expected[..expected.len().min(n as usize)];
            judge::same_rows(&rows, expected).unwrap_or_else(|e| panic!("{n} rows: {e}"));
        }
    }
}

#[test]
fn a_batch_size_of_zero_and_no_workers_are_refused() {
    for options in [
        ScanOptions::default().with_batch_size(0),
        ScanOptions::default().with_workers(0),
    ] {
        let error = outcome(memory(fifty_blocks(Codec::Null)), &options)
            .error
            .unwrap();
        assert_eq!(error.kind(), avroscan::ErrorKind::Usage);
    }
}

#[test]
fn several_files_are_read_one_after_the_other() {
    let sources = || {
        vec![
            memory(orders::file(5, 2, Codec::Null)),
            memory(orders::file(3, 2, Codec::Xz)),
        ]
    };
    let scan = Scan::from_sources_blocking(sources(), ScanOptions::default()).unwrap();
    let batches: Vec<_> = scan.reader().unwrap().collect::<Result<_, _>>().unwrap();
    let all = concat_batches(&scan.schema(), &batches).unwrap();
    let expected = judge::expected_rows(&orders::file(5, 2, Codec::Null));
    judge::same_rows(
        &judge::batch_rows(&all),
        &[&expected[..], &expected[..3]].concat(),
    )
    .unwrap();
    assert_eq!(scan.count_rows_blocking().unwrap(), 8);
}

#[test]
fn a_large_local_file_is_counted_in_parts() {
    let block = raw::file(r#""int""#).block(2_000, &[2; 2_000]).finish();
    let header = raw::file(r#""int""#).finish().len();
    let blocks = 6_000;
    let mut file = block[..header].to_vec();
    for _ in 0..blocks {
        file.extend(&block[header..]);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.avro");
    let count = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap();
        let options = ScanOptions::default();
        let scan = Scan::open_blocking(&[path], &StorageOptions::new(), options).unwrap();
        scan.count_rows_blocking()
    };
    assert_eq!(count(&file).unwrap(), blocks * 2_000);

    let cut = count(&file[..file.len() - 1]).unwrap_err();
    assert_eq!(cut.kind(), ErrorKind::Truncated, "{cut}");
    for part in 1..8 {
        let marker = header + (block.len() - header) * (blocks as usize * part / 8) - 3;
        let mut damaged = file.clone();
        damaged[marker] ^= 1;
        let error = count(&damaged).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SyncMarker, "{part}: {error}");
    }
}
