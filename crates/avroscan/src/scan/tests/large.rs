//! Blocks that are taken apart while they are read.

use std::io::Write;

use super::*;
use crate::codec::Codec;
use crate::codec::LARGE_BYTES;
use crate::error::ErrorKind;
use crate::limits::{Limit, Limits};
use crate::plan::Projection;
use crate::wire::testing::{long, text};

/// Text that hardly compresses, different in each row.
fn value(id: usize) -> Vec<u8> {
    let mut state = id as u64 + 1;
    let letters = (0..40).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b' ' + (state % 90) as u8
    });
    text(&letters.collect::<Vec<u8>>())
}

/// Rows of numbers and such text that take more than a block which is read as a whole.
fn many_rows(first: usize) -> (usize, Vec<u8>) {
    let mut data = Vec::new();
    let mut rows = 0;
    while data.len() <= LARGE_BYTES + LARGE_BYTES / 2 {
        let id = first + rows;
        data.extend(long(id as i64));
        data.extend(value(id));
        rows += 1;
    }
    (rows, data)
}

fn compress(codec: Codec, data: &[u8]) -> Vec<u8> {
    match codec {
        Codec::Null => data.to_vec(),
        Codec::Deflate => {
            let mut encoder =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Codec::Snappy => {
            let mut block = snap::raw::Encoder::new().compress_vec(data).unwrap();
            block.extend(crc32fast::hash(data).to_be_bytes());
            block
        }
        Codec::Zstandard => zstd::bulk::compress(data, 1).unwrap(),
        Codec::Bzip2 => {
            let mut encoder =
                ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Codec::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
    }
}

fn file_of(codec: Codec, blocks: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let schema = br#"{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"v","type":"string"}]}"#;
    let mut file = b"Obj\x01".to_vec();
    file.extend(long(2));
    file.extend(text(b"avro.schema"));
    file.extend(text(schema));
    file.extend(text(b"avro.codec"));
    file.extend(text(codec.name().as_bytes()));
    file.extend(long(0));
    file.extend(SYNC);
    for (rows, data) in blocks {
        file.extend(block(*rows, &compress(codec, data)));
    }
    file
}

fn options(workers: usize, batch_size: usize) -> ScanOptions {
    let limits = Limits {
        // Parts are a quarter of this, at most.
        batch_bytes: LARGE_BYTES,
        ..Limits::default()
    };
    ScanOptions::default()
        .with_workers(workers)
        .with_batch_size(batch_size)
        .with_limits(limits)
}

/// A small block, a large one and a small one: so many rows.
fn three_blocks(codec: Codec) -> (usize, Vec<u8>) {
    let (rows, data) = many_rows(3);
    let small = |first, count: usize| {
        let row = |id: usize| [long(id as i64), value(id)].concat();
        (count, (first..first + count).flat_map(row).collect())
    };
    let blocks = [small(0, 3), (rows, data), small(rows + 3, 4)];
    (rows + 7, file_of(codec, &blocks))
}

#[test]
fn all_rows_of_a_large_block_come_in_order_with_every_codec() {
    for codec in [
        Codec::Null,
        Codec::Deflate,
        Codec::Snappy,
        Codec::Zstandard,
        Codec::Bzip2,
        Codec::Xz,
    ] {
        let (rows, file) = three_blocks(codec);
        for workers in [1, 4] {
            let options = options(workers, 5_000);
            let (batches, error) = read(&[&file], &options);
            assert!(error.is_none(), "{codec}: {error:?}");
            assert!(ids(&batches) == all_ids(rows), "{codec}, {workers} workers");
            assert!(sizes(&batches).iter().all(|rows| *rows <= 5_000));
            let progress = &options.progress;
            assert_eq!(progress.rows(), rows as u64);
            assert_eq!(progress.blocks(), 3);
            assert_eq!(progress.bytes_done(), file.len() as u64);
        }
    }
}

#[test]
fn the_values_are_those_of_the_rows() {
    let (_, file) = three_blocks(Codec::Null);
    let (batches, _) = read(&[&file], &options(2, 5_000));
    for batch in &batches {
        let values = batch.column(1).as_string_view();
        for (id, value_of) in ids(std::slice::from_ref(batch)).into_iter().zip(values) {
            let expected = value(id as usize);
            assert_eq!(value_of.map(str::as_bytes), expected.get(1..), "row {id}");
        }
    }
}

#[test]
fn some_columns_and_some_rows_of_a_large_block() {
    let (rows, file) = three_blocks(Codec::Zstandard);
    for workers in [1, 3] {
        let projected = options(workers, 3_000).with_projection(Projection::columns(["id"]));
        let (batches, error) = read(&[&file], &projected);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(ids(&batches), all_ids(rows));
        let first = options(workers, 3_000).with_n_rows(10);
        assert_eq!(ids(&read(&[&file], &first).0), all_ids(10));
    }
}

/// What a reading comes to: rows, and the error in full.
fn outcome(file: &Vec<u8>, options: &ScanOptions) -> (usize, Option<(ErrorKind, String)>) {
    let (batches, error) = read(&[file], options);
    let rows = ids(&batches);
    assert_eq!(rows, all_ids(rows.len()));
    (
        rows.len(),
        error.map(|error| (error.kind(), error.to_string())),
    )
}

#[test]
fn no_row_of_a_damaged_large_block_is_handed_out() {
    let (rows, mut data) = many_rows(3);
    let damaged = |rows: usize, data: Vec<u8>| {
        let before = (
            3,
            (0..3)
                .flat_map(|id| [long(id), text(b"x")].concat())
                .collect(),
        );
        file_of(Codec::Null, &[before, (rows, data)])
    };
    let good = damaged(rows, data.clone());
    let mut files = vec![
        (
            "a row too few",
            ErrorKind::BlockLength,
            damaged(rows - 1, data.clone()),
        ),
        (
            "a row too many",
            ErrorKind::BlockLength,
            damaged(rows + 1, data.clone()),
        ),
        (
            "rows that cannot be",
            ErrorKind::BlockLength,
            damaged(data.len(), data.clone()),
        ),
    ];
    let mut marker = good.clone();
    *marker.last_mut().unwrap() ^= 1;
    files.push(("no marker", ErrorKind::SyncMarker, marker));
    let mut cut = good;
    cut.pop();
    files.push(("an end in the marker", ErrorKind::Truncated, cut));
    // The length of the last text, and one letter of the first: 40 letters and their length.
    let last = data.len() - 41;
    data[last] = 1;
    files.push((
        "a bad length",
        ErrorKind::Length,
        damaged(rows, data.clone()),
    ));
    data[last] = 80;
    data[20] = 0xff;
    files.push(("bad text", ErrorKind::Utf8, damaged(rows, data)));
    for (what, kind, file) in files {
        let expected = outcome(&file, &options(1, 5_000));
        assert_eq!(expected.0, 3, "{what}");
        assert_eq!(
            expected.1.as_ref().map(|(kind, _)| *kind),
            Some(kind),
            "{what}"
        );
        assert_eq!(outcome(&file, &options(4, 5_000)), expected, "{what}");
        // Read as one batch, the block is not taken apart by one worker.
        let whole = outcome(&file, &options(1, usize::MAX));
        assert_eq!(whole, expected, "{what}");
    }
}

#[test]
fn a_large_block_that_does_not_decompress_is_an_error() {
    for codec in [
        Codec::Deflate,
        Codec::Snappy,
        Codec::Zstandard,
        Codec::Bzip2,
        Codec::Xz,
    ] {
        let (rows, data) = many_rows(0);
        let stored = compress(codec, &data);
        let with = |stored: &[u8]| {
            let mut file = file_of(codec, &[]);
            file.extend(block(rows, stored));
            file
        };
        let mut garbage = stored.clone();
        garbage.extend([1, 2, 3, 4, 5]);
        let cut = stored.get(..stored.len() - 5).unwrap();
        let mut flipped = stored.clone();
        let middle = flipped.len() / 2;
        flipped[middle..middle + 100]
            .iter_mut()
            .for_each(|byte| *byte ^= 0x55);
        for file in [with(&garbage), with(cut), with(&flipped)] {
            for workers in [1, 2] {
                let (rows, error) = outcome(&file, &options(workers, 5_000));
                assert_eq!(rows, 0, "{codec}");
                let (kind, message) = error.expect("it is damaged");
                let whole = outcome(&file, &options(1, usize::MAX)).1;
                assert_eq!(
                    Some(kind),
                    whole.map(|(kind, _)| kind),
                    "{codec}: {message}"
                );
            }
        }
        let mut small = options(2, 5_000);
        small.limits.decompressed_bytes = LARGE_BYTES;
        let (_, error) = outcome(&with(&stored), &small);
        assert_eq!(
            error.map(|(kind, _)| kind),
            Some(ErrorKind::Limit(Limit::DecompressedBytes)),
            "{codec}"
        );
    }
}

#[test]
fn what_is_left_of_a_zlib_checksum_is_checked() {
    let (rows, data) = many_rows(0);
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&data).unwrap();
    let stream = encoder.finish().unwrap();
    let mut stored = stream[2..stream.len() - 1].to_vec();
    let with = |stored: &[u8]| {
        let mut file = file_of(Codec::Deflate, &[]);
        file.extend(block(rows, stored));
        file
    };
    assert_eq!(outcome(&with(&stored), &options(2, 5_000)), (rows, None));
    *stored.last_mut().unwrap() ^= 1;
    let (_, error) = outcome(&with(&stored), &options(2, 5_000));
    assert_eq!(error.map(|(kind, _)| kind), Some(ErrorKind::Compression));
}

#[test]
fn one_row_as_large_as_a_block() {
    let length = LARGE_BYTES * 2;
    let row = [long(0), text(&vec![b'x'; length])].concat();
    for workers in [1, 2] {
        let file = file_of(Codec::Null, &[(1, row.clone())]);
        let options = options(workers, 10).with_limits(Limits::default());
        let (batches, error) = read(&[&file], &options);
        assert!(error.is_none(), "{error:?}");
        assert_eq!(sizes(&batches), [1]);
        let value = batches[0].column(1).as_string_view().value(0);
        assert_eq!(value.len(), length);
    }
}
