//! What an independent writer wrote is what is read, for random schemas, values and projections.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use avroscan::{Projection, ScanOptions};
use avroscan_tests::random::{self, Rng, to_apache};
use avroscan_tests::schema::{Schema, Type};
use avroscan_tests::write::{self, Codec};
use avroscan_tests::{judge, slow};
use serde_json::{Map, Value as Json};

use crate::read::{Watched, batches, outcome};

/// How many schemas, over all tests of this file; each is read in several ways.
const CASES: u64 = 2_000;

/// The cases are dealt out to so many tests, which run side by side.
const TESTS: usize = 4;

#[test]
fn random_files_are_read_as_they_were_written_1() {
    deal(0);
}

#[test]
fn random_files_are_read_as_they_were_written_2() {
    deal(1);
}

#[test]
fn random_files_are_read_as_they_were_written_3() {
    deal(2);
}

#[test]
fn random_files_are_read_as_they_were_written_4() {
    deal(3);
}

#[test]
fn random_roots_are_read_as_they_were_written() {
    for seed in random::seeds(CASES / 10) {
        attempt(seed, random::root);
    }
}

fn deal(first: usize) {
    for seed in random::seeds(CASES).skip(first).step_by(TESTS) {
        attempt(seed, random::schema);
    }
}

fn attempt(seed: u64, schema: impl Fn(&mut Rng) -> String) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(seed, &schema))) {
        let schema = schema(&mut Rng::new(seed));
        eprintln!("the failing seed is {seed}: {schema}");
        resume_unwind(panic);
    }
}

fn check(seed: u64, schema: impl Fn(&mut Rng) -> String) {
    let rng = &mut Rng::new(seed);
    let text = schema(rng);
    let schema = Schema::parse(&text).unwrap();
    let row_count = *rng.pick(&[0, 1, 2, 9, 40]);
    let written: Vec<Json> = (0..row_count)
        .map(|_| random::value(&schema, rng))
        .collect();
    let codec = *rng.pick(&Codec::ALL);
    let rows_per_block = *rng.pick(&[1, 3, 1_000]);
    let values = written.iter().map(|row| to_apache(&schema, row));
    let file = write::values(&text, values, codec, rows_per_block);

    // The judge reads what was written; the writer puts the entries of maps in an order of its own.
    let physical = slow::File::open(&file).unwrap().rows().unwrap();
    let judged: Vec<Json> = physical
        .iter()
        .map(|row| judge::normal(&schema, &sorted(row)))
        .collect();
    let expected: Vec<Json> = written
        .iter()
        .map(|row| judge::normal(&schema, &sorted(row)))
        .collect();
    judge::same_rows(&judged, &expected).unwrap();

    let batch_size = *rng.pick(&[1, 2, 7, 1_000]);
    let options = ScanOptions::default().with_batch_size(batch_size);
    compare(&file, &schema, &physical, &options);
    let is_record = matches!(schema.ty, Type::Record(_));
    for _ in 0..if is_record { 3 } else { 0 } {
        let paths = random::paths(&schema, rng);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let columns = Projection::columns(paths.iter().copied());
        let options = options.clone().with_projection(columns);
        compare(&file, &judge::project(&schema, &paths), &physical, &options);
    }
    let chunk = *rng.pick(&[1, 7, 100]);
    let outcome = outcome(Watched::new(file, chunk, chunk), &options);
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let expected: Vec<_> = physical
        .iter()
        .map(|row| judge::row(&schema, row))
        .collect();
    judge::same_rows(&outcome.rows(), &expected).unwrap();
}

fn compare(file: &[u8], schema: &Schema, physical: &[Json], options: &ScanOptions) {
    let expected: Vec<Json> = physical.iter().map(|row| judge::row(schema, row)).collect();
    let batches = batches(file, options);
    for batch in &batches {
        assert_eq!(*batch.schema(), judge::arrow_schema(schema));
        assert!(batch.num_rows() <= options.batch_size);
        for column in batch.columns() {
            column
                .to_data()
                .validate_full()
                .expect("arrays as Arrow wants them");
        }
    }
    let rows: Vec<Json> = batches.iter().flat_map(judge::batch_rows).collect();
    judge::same_rows(&rows, &expected).unwrap_or_else(|e| panic!("{:?}: {e}", options.projection));
}

/// The same physical value with the entries of its maps in the order of their keys.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(fields) => {
            let mut fields: Map<_, _> =
                fields.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            if let Some(Json::Array(entries)) = fields.get_mut("$map") {
                entries.sort_by_key(|entry| entry[0].as_str().map(str::to_owned));
            }
            Json::Object(fields)
        }
        other => other.clone(),
    }
}
