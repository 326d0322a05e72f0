//! The verbs of the streaming engine: what they say, write and hand out, and what they do not read.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ::polars::prelude::*;
use avroscan::{Progress, Source};
use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::data::{kinds, orders, simple};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{memory, rows};
use crate::read::Watched;

const BLOCKS: u64 = 1_000;
const ROWS_PER_BLOCK: usize = 100;
const ROWS: u64 = BLOCKS * ROWS_PER_BLOCK as u64;

/// A scan of a thousand blocks, in pieces of about two blocks, and what watches it.
fn thousand_blocks() -> (LazyFrame, Progress, Arc<Watched>) {
    let source = Watched::new(simple::file(ROWS, ROWS_PER_BLOCK, Codec::Null), 4096, 4096);
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(2 * ROWS_PER_BLOCK)
        .with_progress(progress.clone());
    let shared: Arc<dyn Source> = source.clone();
    (scan_avro(shared, args).unwrap(), progress, source)
}

/// How many blocks are a few: threads that have begun a piece of the file finish it.
fn few() -> u64 {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    (40 + 8 * threads).min(BLOCKS / 2)
}

fn ids(frame: &DataFrame) -> Vec<i64> {
    let ids = frame.column("id").unwrap().i64().unwrap();
    ids.into_no_null_iter().collect()
}

#[test]
fn explain_shows_columns_predicate_and_limit_at_the_scan() {
    let (scan, progress, _) = thousand_blocks();
    let query = scan
        .filter(col("score").gt(lit(0.5)))
        .select([col("id"), col("name")])
        .limit(10);
    let plan = query.explain_streaming().unwrap();
    let line = plan.lines().find(|line| line.contains("AVRO SCAN"));
    let line = line.unwrap_or_else(|| panic!("{plan}"));
    assert!(line.contains("[memory.avro]"), "{plan}");
    assert!(line.contains("COLUMNS: 3/5: "), "{plan}");
    assert!(line.contains(r#"FILTER: col("score") > 0.5"#), "{plan}");
    assert!(line.contains("LIMIT: 10"), "{plan}");
    let above = plan.lines().take_while(|other| *other != line);
    assert!(above.clone().count() > 0, "{plan}");
    assert!(
        above.into_iter().all(|line| !line.contains("FILTER")),
        "{plan}"
    );
    assert_eq!(progress.rows(), 0, "nothing is read to explain");
}

#[test]
fn numbered_rows_are_filtered_above_the_scan_and_a_slice_ends_in_it() {
    let (scan, ..) = thousand_blocks();
    let scan_line = |query: LazyFrame| {
        let plan = query.explain_streaming().unwrap();
        let line = plan.lines().find(|line| line.contains("AVRO SCAN"));
        line.unwrap_or_else(|| panic!("{plan}")).to_owned()
    };
    let numbered = scan.clone().with_row_index("row", None);
    let line = scan_line(numbered.filter(col("id").gt(lit(1))));
    assert!(!line.contains("FILTER"), "{line}");
    // The rows in front of a slice are read.
    let line = scan_line(scan.slice(20, 5));
    assert!(line.contains("LIMIT: 25"), "{line}");
}

/// A file in whose rows the column `b` is text where `a` is even, and no text where it is odd:
/// whoever decodes it there fails.
fn text_where_even(rows: i64) -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"b","type":"string"},{"name":"a","type":"long"},
        {"name":"c","type":{"type":"record","name":"C","fields":[{"name":"d","type":"string"}]}}]}"#;
    let text = |a: i64| match a % 2 {
        0 => raw::bytes("text"),
        _ => raw::bytes([0xff, 0xfe]),
    };
    let row = |a: i64| [text(a), raw::long(a), text(a)].concat();
    let mut file = raw::file(schema);
    for start in (0..rows).step_by(50) {
        let rows = start..rows.min(start + 50);
        file = file.block(
            rows.end - rows.start,
            &rows.flat_map(row).collect::<Vec<_>>(),
        );
    }
    file.finish()
}

#[test]
fn rows_that_fail_the_filter_are_not_decoded_further() {
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(100)
        .with_progress(progress.clone());
    let scan = scan_avro(memory(text_where_even(1_000)), args).unwrap();
    let even = scan
        .clone()
        .filter((col("a") % lit(2)).eq(lit(0)))
        .collect_streaming()
        .unwrap();
    let numbers: Vec<i64> = (0..1_000).step_by(2).collect();
    assert_eq!(even.get_column_names(), ["b", "a", "c"]);
    assert!(
        even.select(["a"])
            .unwrap()
            .equals(&df!("a" => numbers).unwrap())
    );
    assert_eq!((progress.rows(), progress.rows_pruned()), (500, 500));

    // The other way around, to know that the columns are what it says.
    for query in [
        scan.clone(),
        scan.clone().filter((col("a") % lit(2)).eq(lit(1))),
        scan.filter(col("b").eq(lit("text"))).select([col("a")]),
    ] {
        let error = query.collect_streaming().unwrap_err().to_string();
        assert!(
            error.contains("memory.avro") && error.contains("field `b`"),
            "{error}"
        );
    }
}

#[test]
fn several_filters_and_those_on_fields_are_in_the_scan() {
    let file = kinds::file(0..500, 20, Codec::Deflate);
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(40)
        .with_progress(progress.clone());
    let scan = scan_avro(memory(file.clone()), args).unwrap();
    let query = |lf: LazyFrame| {
        lf.filter(col("flag"))
            .filter(
                col("place")
                    .struct_()
                    .field_by_name("city")
                    .eq(lit("Kyoto")),
            )
            .filter(col("tags").list().len().gt(lit(0)))
            .select([col("id"), col("owner"), col("name").alias("who")])
    };
    let expected = query(rows(file).lazy()).collect().unwrap();
    let found = query(scan).collect_streaming().unwrap();
    assert!(
        found.equals_missing(&expected),
        "{found}\nexpected {expected}"
    );
    assert!(found.height() > 5, "{found}");
    let kept = found.height() as u64;
    assert_eq!(
        (progress.rows(), progress.rows_pruned()),
        (kept, 500 - kept)
    );
}

#[test]
fn a_head_stops_the_reading() {
    let (scan, progress, source) = thousand_blocks();
    let found = scan.limit(5).collect_streaming().unwrap();
    assert_eq!(ids(&found), [0, 1, 2, 3, 4]);
    assert!((1..few()).contains(&progress.blocks()), "{progress:?}");
    assert_reads_little(&progress, &source);
}

#[test]
fn a_head_after_a_filter_stops_the_reading() {
    let (scan, progress, source) = thousand_blocks();
    let found = scan
        .filter((col("id") % lit(1_000)).eq(lit(999)))
        .limit(3)
        .select([col("id")])
        .collect_streaming()
        .unwrap();
    assert_eq!(ids(&found), [999, 1_999, 2_999]);
    // 30 blocks have these rows.
    assert!(
        (30..30 + few()).contains(&progress.blocks()),
        "{progress:?}"
    );
    assert_reads_little(&progress, &source);
}

#[test]
fn a_slice_stops_the_reading_after_its_end() {
    let (scan, progress, source) = thousand_blocks();
    let found = scan.slice(2_000, 3).collect_streaming().unwrap();
    assert_eq!(ids(&found), [2_000, 2_001, 2_002]);
    assert!(
        (20..20 + few()).contains(&progress.blocks()),
        "{progress:?}"
    );
    assert_reads_little(&progress, &source);
}

#[track_caller]
fn assert_reads_little(progress: &Progress, source: &Watched) {
    assert_eq!(progress.bytes_read(), source.bytes());
    let length = avroscan::block_on(source.size()).unwrap();
    assert!(
        source.bytes() < length / 2,
        "{} of {length}",
        source.bytes()
    );
}

#[test]
fn a_break_stops_the_reading() {
    let (scan, progress, source) = thousand_blocks();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    scan.for_each_batch(move |frame| {
        assert!(frame.height() > 0);
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(ControlFlow::Break(()))
    })
    .unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!((1..few()).contains(&progress.blocks()), "{progress:?}");
    assert_reads_little(&progress, &source);
}

#[test]
fn batches_are_small_and_in_order() {
    let (scan, ..) = thousand_blocks();
    let seen = Arc::new(Mutex::new((Vec::new(), 0)));
    let filled = seen.clone();
    scan.filter(col("id").gt_eq(lit(100)))
        .select([col("id")])
        .for_each_batch(move |frame| {
            let (all, largest) = &mut *filled.lock().unwrap();
            all.extend(ids(&frame));
            *largest = frame.height().max(*largest);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    let (all, largest) = &*seen.lock().unwrap();
    assert!(all.iter().copied().eq(100..ROWS as i64));
    // A piece of the file is about two blocks.
    assert!(*largest <= 4 * ROWS_PER_BLOCK, "{largest}");
}

/// A query of which something is in the scan, and its rows.
fn paid() -> (LazyFrame, DataFrame) {
    let file = orders::file(3_000, 70, Codec::Snappy);
    let query = |lf: LazyFrame| {
        lf.filter(col("status").eq(lit("PAID"))).select([
            col("id"),
            col("note"),
            col("placed_at"),
            col("weight"),
        ])
    };
    let expected = query(rows(file.clone()).lazy()).collect().unwrap();
    let args = ScanArgsAvro::default().with_batch_size(200);
    (query(scan_avro(memory(file), args).unwrap()), expected)
}

fn opened(path: &Path) -> std::fs::File {
    std::fs::File::open(path).unwrap()
}

#[test]
fn sinks_hold_the_rows_in_order() {
    let (query, expected) = paid();
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);

    let options = ParquetWriteOptions {
        row_group_size: Some(300),
        ..ParquetWriteOptions::default()
    };
    query
        .clone()
        .sink_parquet(path("a.parquet"), options)
        .unwrap();
    let found = ParquetReader::new(opened(&path("a.parquet")))
        .finish()
        .unwrap();
    assert!(found.equals_missing(&expected), "{found}");

    query
        .clone()
        .sink_ipc(path("a.arrow"), IpcWriterOptions::default())
        .unwrap();
    let found = IpcReader::new(opened(&path("a.arrow"))).finish().unwrap();
    assert!(found.equals_missing(&expected), "{found}");

    query
        .sink_csv(path("a.csv"), CsvWriterOptions::default())
        .unwrap();
    let found = std::fs::read_to_string(path("a.csv")).unwrap();
    let mut written = Vec::new();
    CsvWriter::new(&mut written)
        .finish(&mut expected.clone())
        .unwrap();
    assert_eq!(found, String::from_utf8(written).unwrap());
}

#[test]
fn a_sink_of_no_rows_has_the_columns() {
    let (query, expected) = paid();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.parquet");
    let none = query.filter(col("id").lt(lit(0)));
    none.sink_parquet(&path, ParquetWriteOptions::default())
        .unwrap();
    let found = ParquetReader::new(opened(&path)).finish().unwrap();
    assert_eq!(found.height(), 0);
    assert_eq!(found.schema(), expected.schema());
}

#[test]
fn damage_fails_every_verb_with_its_place() {
    let mut file = simple::file(2_000, 10, Codec::Deflate);
    file.truncate(file.len() - 1);
    let scan = scan_avro(memory(file), ScanArgsAvro::default().with_batch_size(50)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let errors = [
        scan.clone().collect_streaming().map(drop),
        scan.clone().select([len()]).collect_streaming().map(drop),
        scan.clone()
            .filter(col("id").lt(lit(5)))
            .collect_streaming()
            .map(drop),
        scan.clone()
            .sink_parquet(&path, ParquetWriteOptions::default()),
        scan.clone().sink_ipc(&path, IpcWriterOptions::default()),
        scan.clone().sink_csv(&path, CsvWriterOptions::default()),
        scan.for_each_batch(|_| Ok(ControlFlow::Continue(()))),
    ];
    for (number, error) in errors.into_iter().enumerate() {
        let error = error.expect_err("the file is damaged").to_string();
        assert!(
            error.contains("memory.avro") && error.contains("offset"),
            "{number}: {error}"
        );
    }
}

#[test]
fn a_query_can_be_run_again_and_by_several_threads() {
    let (scan, ..) = thousand_blocks();
    let query = scan.filter(col("id").gt(lit(49_990))).limit(4);
    let run = || {
        for _ in 0..3 {
            let found = query.clone().collect_streaming().unwrap();
            assert_eq!(ids(&found), [49_991, 49_992, 49_993, 49_994]);
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(run)));
    });
}
