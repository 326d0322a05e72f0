//! The verbs of `StreamingExt`: what of a query happens in the scan, and what does not.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::polars::prelude::*;
use avroscan::Progress;
use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::data::simple;
use avroscan_tests::write::Codec;

use super::{ENGINES, collect, memory};

const BLOCKS: u64 = 400;
const ROWS_PER_BLOCK: u64 = 100;
const ROWS: u64 = BLOCKS * ROWS_PER_BLOCK;

/// A scan of a file of many blocks, and a counter of what is read of it.
fn many_blocks() -> (LazyFrame, Progress) {
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(1_000)
        .with_progress(progress.clone());
    let file = simple::file(ROWS, ROWS_PER_BLOCK as usize, Codec::Null);
    (scan_avro(memory(file), args).unwrap(), progress)
}

/// The result through the verb, with which both engines agree.
#[track_caller]
fn streamed(query: &LazyFrame) -> DataFrame {
    let found = query.clone().collect_streaming().unwrap();
    for engine in ENGINES {
        let expected = collect(query.clone(), engine).unwrap();
        assert!(
            found.equals_missing(&expected),
            "verb: {found}\n{engine:?}: {expected}\n{}",
            query.explain_streaming().unwrap()
        );
    }
    found
}

/// What the only scan of a query says of itself.
#[track_caller]
fn scan_of(query: &LazyFrame) -> String {
    let plan = query.explain_streaming().unwrap();
    let mut scans = plan.lines().filter(|line| line.contains("AVRO SCAN"));
    let scan = scans.next().unwrap_or_else(|| panic!("no scan in {plan}"));
    assert!(scans.next().is_none(), "{plan}");
    let (_, says) = scan.split_once("] ").expect("a scan names its file");
    says.to_owned()
}

#[test]
fn a_filter_a_choice_of_columns_and_a_limit_reach_the_scan() {
    let (scan, _) = many_blocks();
    let query = scan
        .filter(col("id").gt(lit(5)))
        .select([col("name")])
        .limit(3);
    assert_eq!(
        scan_of(&query),
        "COLUMNS: 2/5: name, id; FILTER: col(\"id\") > 5; LIMIT: 3"
    );
    let plan = query.explain_streaming().unwrap();
    assert!(plan.contains("SLICE"), "{plan}");
    assert!(!plan.contains("FILTER ["), "{plan}");
    assert_eq!(streamed(&query).height(), 3);
}

#[test]
fn nothing_but_the_filters_columns_is_decoded_of_rows_that_it_drops() {
    let (scan, progress) = many_blocks();
    let query = scan.filter(col("id").lt(lit(250)));
    let found = query.collect_streaming().unwrap();
    assert_eq!(found.shape(), (250, 5));
    assert_eq!((progress.rows(), progress.rows_pruned()), (250, ROWS - 250));
    assert_eq!(progress.blocks(), BLOCKS);
}

#[test]
fn a_limit_after_a_filter_stops_the_reading() {
    let (scan, progress) = many_blocks();
    let query = scan.filter((col("id") % lit(50)).eq(lit(7))).limit(4);
    let found = query.collect_streaming().unwrap();
    let ids: Vec<_> = found
        .column("id")
        .unwrap()
        .i64()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(ids, [7, 57, 107, 157]);
    assert!(progress.blocks() < BLOCKS / 2, "{progress:?}");
}

#[test]
fn what_looks_at_other_rows_stays_above_the_scan() {
    let (scan, _) = many_blocks();
    let mean = col("id").gt(col("id").mean());
    let both = mean.clone().and(col("id").lt(lit(ROWS as i64 - 10)));
    for (query, rows) in [
        (scan.clone().filter(mean), ROWS / 2),
        (scan.clone().filter(both), ROWS / 2 - 10),
        (
            scan.clone().filter(col("id").cum_sum(false).lt(lit(100))),
            14,
        ),
        (scan.clone().limit(50).filter(col("id").gt(lit(40))), 9),
    ] {
        assert!(!scan_of(&query).contains("FILTER"), "{}", scan_of(&query));
        assert_eq!(streamed(&query).height() as u64, rows);
    }
    let query = scan.limit(50).filter(col("id").gt(lit(40)));
    assert!(scan_of(&query).ends_with("; LIMIT: 50"));
}

#[test]
fn each_scan_of_a_query_has_its_own_filter() {
    let (scan, progress) = many_blocks();
    let few = scan.clone().filter(col("id").lt(lit(30)));
    let others = scan.filter(col("id").gt_eq(lit(ROWS as i64 - 20)));
    let both = concat([few.clone(), others], UnionArgs::default()).unwrap();
    assert_eq!(streamed(&both).height(), 50);

    let before = (progress.rows(), progress.rows_pruned());
    assert_eq!(both.collect_streaming().unwrap().height(), 50);
    let after = (progress.rows(), progress.rows_pruned());
    assert_eq!(
        (after.0 - before.0, after.1 - before.1),
        (50, 2 * ROWS - 50)
    );

    let on = [col("id")];
    let joined = few
        .clone()
        .join(few, on.clone(), on, JoinArgs::new(JoinType::Inner));
    let joined = joined.sort(["id"], SortMultipleOptions::default());
    assert_eq!(streamed(&joined).height(), 30);
}

#[test]
fn a_query_without_an_avro_file_runs_too() {
    let frame = df!("x" => [1, 2, 3]).unwrap();
    let query = frame.lazy().filter(col("x").gt(lit(1)));
    assert_eq!(streamed(&query).height(), 2);
}

#[test]
fn an_error_of_the_filter_is_the_error_of_the_query() {
    let (scan, _) = many_blocks();
    let query = scan.filter(col("name").strict_cast(DataType::Int64).gt(lit(1)));
    let error = query.collect_streaming().unwrap_err().to_string();
    assert!(
        error.contains("conversion from `str` to `i64` failed"),
        "{error}"
    );
}

/// A directory with the rows of two years, and of one that is not known.
fn years() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (year, rows) in [
        ("2023", 300),
        ("2024", 200),
        ("__HIVE_DEFAULT_PARTITION__", 100),
    ] {
        let folder = folder.path().join(format!("year={year}/kind=a%20b"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("part.avro"),
            simple::file(rows, 50, Codec::Snappy),
        )
        .unwrap();
    }
    folder
}

#[test]
fn files_whose_directory_is_filtered_out_are_not_read() {
    let folder = years();
    let progress = Progress::default();
    let args = ScanArgsAvro::default().with_progress(progress.clone());
    let scan = scan_avro(folder.path(), args).unwrap();
    let query = scan
        .clone()
        .filter(col("year").eq(lit(2024)).and(col("id").gt_eq(lit(150))));
    assert_eq!(
        scan_of(&query),
        "COLUMNS: 7/7: id, name, score, active, count, year, kind; \
         FILTER: col(\"id\") >= 150; FILES: 1/3: col(\"year\") == 2024"
    );
    let found = query.clone().collect_streaming().unwrap();
    assert_eq!(found.height(), 50);
    assert_eq!(progress.rows_pruned(), 150);
    assert_eq!(progress.blocks(), 4, "those of one file");
    streamed(&query);

    let query = scan.filter(col("year").cast(DataType::Int64).gt(col("id") + lit(2022)));
    assert!(!scan_of(&query).contains("FILES"), "both kinds of columns");
    assert_eq!(streamed(&query).height(), 1 + 2);
}

#[test]
fn columns_of_directories_have_the_types_of_their_values() {
    let folder = years();
    let scan = |args| scan_avro(folder.path(), args).unwrap();
    let all = streamed(&scan(ScanArgsAvro::default()).select([col("year"), col("kind")]));
    assert_eq!(all.dtypes(), [DataType::Int64, DataType::String]);
    let years = all.column("year").unwrap();
    assert_eq!((years.null_count(), all.height()), (100, 600));
    let kind = all.column("kind").unwrap().str().unwrap();
    assert_eq!(kind.get(0), Some("a b"));

    let text = Schema::from_iter([
        ("year".into(), DataType::String),
        ("kind".into(), DataType::String),
    ]);
    let as_text = scan(ScanArgsAvro::default().with_hive_schema(text)).select([col("year")]);
    assert_eq!(streamed(&as_text).dtypes(), [DataType::String]);
    let mut without = scan(ScanArgsAvro::default().with_hive_partitioning(false));
    assert_eq!(without.collect_schema().unwrap().len(), 5);
}

#[test]
fn batches_come_in_order_until_the_function_breaks() {
    let (scan, progress) = many_blocks();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    let query = scan.select([col("id")]);
    query
        .clone()
        .for_each_batch(move |frame| {
            let first = frame.column("id")?.i64()?.get(0);
            let before = counter.fetch_add(frame.height(), Ordering::Relaxed);
            assert_eq!(first, Some(before as i64));
            Ok(match before > 2_000 {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        })
        .unwrap();
    let seen = seen.load(Ordering::Relaxed);
    assert!((2_000..ROWS as usize).contains(&seen), "{seen}");
    assert!(progress.blocks() < BLOCKS, "{progress:?}");

    let error = query
        .for_each_batch(|_| polars_bail!(ComputeError: "enough of this"))
        .unwrap_err();
    assert!(error.to_string().contains("enough of this"), "{error}");
}

#[test]
fn sinks_write_what_the_query_gives() {
    let (scan, _) = many_blocks();
    let folder = tempfile::tempdir().unwrap();
    let query = scan.filter(col("id").lt(lit(700)));
    let expected = streamed(&query);
    let at = |name: &str| folder.path().join(name);
    let read = |name: &str| fs::File::open(at(name)).unwrap();

    let query = || query.clone();
    query()
        .sink_parquet(at("rows.parquet"), ParquetWriteOptions::default())
        .unwrap();
    let found = ParquetReader::new(read("rows.parquet")).finish().unwrap();
    assert!(found.equals_missing(&expected));

    query()
        .sink_ipc(at("rows.arrow"), IpcWriterOptions::default())
        .unwrap();
    let found = IpcReader::new(read("rows.arrow")).finish().unwrap();
    assert!(found.equals_missing(&expected));

    query()
        .sink_csv(at("rows.csv"), CsvWriterOptions::default())
        .unwrap();
    let text = fs::read_to_string(at("rows.csv")).unwrap();
    assert_eq!(text.lines().count(), 701);
    assert!(
        text.starts_with("id,name,score,active,count\n0,"),
        "{}",
        &text[..80]
    );

    let missing =
        query().sink_parquet(at("no/such/folder.parquet"), ParquetWriteOptions::default());
    assert!(missing.is_err());
}
