//! A list of queries, each over Avro files and over the same rows as frames in memory: on both
//! engines and through the verbs, with common parts of a query found or not, over one file, several, and objects of a
//! store.

mod columns;
mod filters;
mod groups;
mod joins;
mod nested;
mod slices;

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use ::polars::prelude::*;
use avroscan::{ObjectSource, Source};
use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::data::kinds;
use avroscan_tests::raw;
use avroscan_tests::s3::Server;
use avroscan_tests::write::Codec;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutPayload};

use super::memory;

/// A name, and a query over the rows of [`kinds`] and over [`labels`]. What it gives has an order.
type Query = (&'static str, fn(LazyFrame, LazyFrame) -> LazyFrame);

const LISTS: [&[Query]; 6] = [
    columns::QUERIES,
    filters::QUERIES,
    slices::QUERIES,
    groups::QUERIES,
    joins::QUERIES,
    nested::QUERIES,
];

/// How many rows there are.
const ROWS: u64 = 240;

fn by(column: &str) -> [Expr; 1] {
    [col(column)]
}

fn field(column: &str, name: &str) -> Expr {
    col(column).struct_().field_by_name(name)
}

fn descending() -> SortMultipleOptions {
    SortMultipleOptions::default().with_order_descending(true)
}

/// Another file, to join with: numbers that occur among the rows, one of them twice, and one that
/// does not.
fn labels() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"Label","fields":[
        {"name":"small","type":"int"},
        {"name":"label","type":"string"},
        {"name":"factor","type":"double"}]}"#;
    let row = |small: i64| {
        let label = format!("label {small}");
        let factor = small as f64 / 2.0 + 1.5;
        [
            raw::long(small),
            raw::bytes(label),
            factor.to_le_bytes().to_vec(),
        ]
        .concat()
    };
    let again = [
        raw::long(2),
        raw::bytes("label 2, again"),
        4f64.to_le_bytes().to_vec(),
    ]
    .concat();
    raw::file(schema)
        .block(2, &[row(-3), row(1)].concat())
        .block(3, &[row(2), again, row(100)].concat())
        .finish()
}

/// How a query is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    InMemory,
    Streaming,
    /// `collect_streaming`.
    Verb,
    /// `for_each_batch`.
    Batches,
}

impl Way {
    /// Each way of planning a query.
    const PLANS: [Self; 3] = [Self::InMemory, Self::Streaming, Self::Verb];

    fn run(self, query: LazyFrame) -> PolarsResult<DataFrame> {
        match self {
            Self::InMemory => super::collect(query, Engine::InMemory),
            Self::Streaming => super::collect(query, Engine::Streaming),
            Self::Verb => query.collect_streaming(),
            Self::Batches => batches(query),
        }
    }
}

/// All that `for_each_batch` hands out.
fn batches(mut query: LazyFrame) -> PolarsResult<DataFrame> {
    let schema = query.collect_schema()?;
    let all = Arc::new(Mutex::new(None::<DataFrame>));
    let filled = all.clone();
    query.for_each_batch(move |frame| {
        match &mut *filled.lock().unwrap() {
            Some(all) => drop(all.vstack_mut(&frame)?),
            none => *none = Some(frame),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let all = all.lock().unwrap().take();
    Ok(all.unwrap_or_else(|| DataFrame::empty_with_schema(&schema)))
}

/// Whether Polars looks for common parts of a query.
const FIND_COMMON_PARTS: [bool; 2] = [true, false];

/// Runs all queries over both scans in these ways, and compares.
#[track_caller]
fn assert_all_equal(rows: &LazyFrame, other: &LazyFrame, ways: &[Way], common_parts: &[bool]) {
    let frame = super::rows(kinds::file(0..ROWS, 1_000, Codec::Null)).lazy();
    let label_frame = super::rows(labels()).lazy();
    let mut wrong = Vec::new();
    for (name, query) in LISTS.into_iter().flatten() {
        let expected = query(frame.clone(), label_frame.clone()).collect();
        let expected = expected.unwrap_or_else(|error| panic!("{name}, a frame: {error}"));
        for way in ways {
            for common in common_parts {
                let query = query(rows.clone(), other.clone())
                    .with_comm_subplan_elim(*common)
                    .with_comm_subexpr_elim(*common);
                let difference = match way.run(query) {
                    Err(error) => error.to_string(),
                    Ok(found) => match difference(&found, &expected) {
                        None => continue,
                        Some(difference) => difference,
                    },
                };
                wrong.push(format!("{name}, {way:?}, {common}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n\n"));
}

fn difference(found: &DataFrame, expected: &DataFrame) -> Option<String> {
    if found.schema() != expected.schema() {
        return Some(format!("{:?}\nnot {:?}", found.schema(), expected.schema()));
    }
    (!found.equals_missing(expected)).then(|| format!("{found}\nnot {expected}"))
}

fn scan(files: Vec<Arc<dyn Source>>, rows: usize) -> LazyFrame {
    let args = ScanArgsAvro::default().with_batch_size(rows);
    scan_avro(files, args).unwrap()
}

/// The rows in three files of different sizes, one of them without rows.
fn three_files() -> [Vec<u8>; 3] {
    let file = |rows: Range<u64>, per_block, codec| kinds::file(rows, per_block, codec);
    [
        file(0..150, 40, Codec::Deflate),
        file(150..150, 1, Codec::Null),
        file(150..ROWS, 11, Codec::Zstandard),
    ]
}

#[test]
fn the_list_is_long_and_names_a_query_once() {
    let mut names: Vec<&str> = LISTS.into_iter().flatten().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 60, "{count}");
}

#[test]
fn over_one_file_of_small_blocks() {
    let file = memory(kinds::file(0..ROWS, 7, Codec::Snappy));
    let labels = scan(vec![memory(labels())], 100_000);
    assert_all_equal(
        &scan(vec![file], 100_000),
        &labels,
        &Way::PLANS,
        &FIND_COMMON_PARTS,
    );
}

#[test]
fn over_three_files_in_small_pieces() {
    let files = three_files().map(memory).to_vec();
    let labels = scan(vec![memory(labels())], 1);
    let ways = [&Way::PLANS[..], &[Way::Batches]].concat();
    assert_all_equal(&scan(files, 7), &labels, &ways, &[true]);
}

#[test]
fn over_objects_of_a_store() {
    let store = Arc::new(InMemory::new());
    let objects = three_files().into_iter().chain([labels()]).enumerate();
    let mut sources: Vec<Arc<dyn Source>> = objects
        .map(|(number, object)| {
            let path = object_store::path::Path::from(format!("{number}.avro"));
            avroscan::block_on(store.put(&path, PutPayload::from(object))).unwrap();
            let location = format!("memory:///{number}.avro");
            Arc::new(ObjectSource::new(store.clone(), path, location)) as Arc<dyn Source>
        })
        .collect();
    let labels = scan(sources.split_off(3), 100);
    assert_all_equal(&scan(sources, 50), &labels, &Way::PLANS, &[true]);
}

#[test]
fn over_objects_of_a_server() {
    let Some(server) = Server::start("queries") else {
        return;
    };
    // Requests take their time: few of them.
    let whole = kinds::file(0..ROWS, 100, Codec::Deflate);
    server.put("s3://queries/rows.avro", &whole);
    server.put("s3://queries/labels.avro", &labels());
    let scan = |url| {
        let args = ScanArgsAvro::default().with_storage_options(server.options());
        scan_avro(url, args).unwrap()
    };
    let labels = scan("s3://queries/labels.avro");
    let ways = [Way::Verb];
    assert_all_equal(&scan("s3://queries/rows.avro"), &labels, &ways, &[true]);
}
