//! The memory of a query follows its pieces, whatever the blocks are like, and not the file.

use std::sync::Arc;

use ::polars::prelude::*;
use avroscan::{Limits, Source};
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{collect, memory};

/// Of dense blocks: so many rows of 32 bytes, which are a few dozen bytes as stored.
const ROWS: usize = 100_000;
const ROW_BYTES: usize = 32;
const BLOCKS: usize = 150;

/// Blocks of one long row: zeros, of which a few hundred bytes are left as stored.
const TEXT_BYTES: usize = 8 << 20;

/// Most bytes of a piece of several blocks.
const PIECE: usize = 2 * TEXT_BYTES;

const NUMBERS: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":"long"},
    {"name":"c","type":"double"},{"name":"d","type":"double"}]}"#;
const TEXT: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"a","type":"long"},{"name":"b","type":"bytes"}]}"#;

fn blocks(schema: &str, blocks: &[(usize, Vec<u8>, usize)]) -> Arc<dyn Source> {
    let mut file = raw::file_with_codec(schema, "zstandard");
    for (rows, body, times) in blocks {
        let stored = Codec::Zstandard.compress(body);
        for _ in 0..*times {
            file = file.block(*rows as i64, &stored);
        }
    }
    memory(file.finish())
}

/// Rows of zeros: two bytes and two doubles.
fn numbers(rows: usize, times: usize) -> (usize, Vec<u8>, usize) {
    (rows, vec![0; rows * 18], times)
}

fn text(length: usize, times: usize) -> (usize, Vec<u8>, usize) {
    (1, [vec![0], raw::bytes(vec![0; length])].concat(), times)
}

/// A piece takes a quarter of what a batch may take: two of the long rows.
fn args() -> ScanArgsAvro {
    let mut limits = Limits::default();
    limits.batch_bytes = 4 * PIECE;
    ScanArgsAvro::default().with_limits(limits)
}

/// A name, files, their rows, and the bytes of a piece of them.
type Case = (&'static str, Vec<Arc<dyn Source>>, usize, usize);

/// Files whose first blocks are unlike the rest, their rows, and the bytes of a piece of them.
fn files() -> Vec<Case> {
    let dense = ROWS * BLOCKS;
    let piece = ROWS * ROW_BYTES;
    let of = |first| vec![blocks(NUMBERS, &[first, numbers(ROWS, BLOCKS)])];
    let tiny_files = (0..100).map(|_| blocks(NUMBERS, &[numbers(1, 1)]));
    let tiny_files = tiny_files.chain([blocks(NUMBERS, &[numbers(ROWS, BLOCKS)])]);
    vec![
        ("one row", of(numbers(1, 1)), 1 + dense, piece),
        ("no rows", of(numbers(0, 20)), dense, piece),
        (
            "many small blocks",
            of(numbers(3, 3_000)),
            9_000 + dense,
            piece,
        ),
        (
            "more blocks than are looked at",
            of(numbers(1, 6_000)),
            6_000 + dense,
            piece,
        ),
        ("many small files", tiny_files.collect(), 100 + dense, piece),
        (
            "long text",
            vec![blocks(TEXT, &[text(1, 1), text(TEXT_BYTES, 100)])],
            101,
            PIECE,
        ),
        (
            "long text after short",
            vec![blocks(TEXT, &[text(10, 500), text(TEXT_BYTES, 100)])],
            600,
            PIECE,
        ),
    ]
}

#[test]
fn memory_follows_pieces_on_the_streaming_engine() {
    run_alone("polars::memory::streaming_in_a_process_of_its_own");
}

#[test]
fn streaming_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    type Query<'a> = &'a dyn Fn(LazyFrame) -> Option<DataFrame>;
    let queries: [(&str, Query<'_>); 3] = [
        ("collect_with_engine", &|scan| {
            let query = scan.select([col("b").count()]);
            Some(collect(query, Engine::Streaming).unwrap())
        }),
        ("collect_streaming", &|scan| {
            let query = scan.filter(col("a").eq(lit(0))).select([col("b").count()]);
            Some(query.collect_streaming().unwrap())
        }),
        ("sink_parquet", &|scan| {
            let options = ParquetWriteOptions::default();
            scan.select([col("a"), lit(1).alias("b")])
                .sink_parquet(&path, options)
                .unwrap();
            None
        }),
    ];
    for (name, sources, rows, piece) in files() {
        for (how, query) in queries {
            let watch = Watch::start();
            let scan = scan_avro(sources.clone(), args()).unwrap();
            if let Some(found) = query(scan) {
                let found = found.column("b").unwrap().u32().unwrap().get(0);
                assert_eq!(found, Some(rows as u32), "{name}, {how}");
            }
            let at_once = watch.at_once();
            assert!(at_once <= most(piece), "{name}, {how}: {at_once} bytes");
        }
    }
}

/// For each thread what the engine has in hand, and the blocks and the columns being decoded.
fn most(piece: usize) -> usize {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    (48 << 20) + threads * 8 * piece
}

/// The engine in memory holds all rows that the scan gives, but no more than these.
#[test]
fn memory_follows_the_rows_on_the_engine_in_memory() {
    run_alone("polars::memory::the_engine_in_memory_in_a_process_of_its_own");
}

#[test]
fn the_engine_in_memory_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    for (name, sources, rows, piece) in files() {
        let watch = Watch::start();
        let scan = scan_avro(sources, args()).unwrap();
        let found = collect(scan.select([col("a").sum()]), Engine::InMemory).unwrap();
        assert_eq!(found.height(), 1);
        let at_once = watch.at_once();
        assert!(at_once <= rows * 2 * 8 + most(piece), "{name}: {at_once}");
    }
}

#[test]
fn memory_follows_batches_in_the_iterator() {
    run_alone("polars::memory::the_iterator_in_a_process_of_its_own");
}

#[test]
fn the_iterator_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    for (name, sources, rows, piece) in files() {
        let watch = Watch::start();
        let reader = AvroReader::open(sources, args()).unwrap();
        let read: usize = reader.map(|frame| frame.unwrap().height()).sum();
        assert_eq!(read, rows, "{name}");
        let at_once = watch.at_once();
        assert!(at_once <= most(piece), "{name}: {at_once} bytes");
    }
}
