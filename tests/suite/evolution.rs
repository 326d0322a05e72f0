//! Files are read with random later schemas as the specification's schema resolution says, which
//! the judge applies a value at a time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use avroscan::{AvroSchema, ErrorKind, Projection, ScanOptions, Source};
use avroscan_tests::random::{self, Rng, to_apache};
use avroscan_tests::resolve::{self, Problem};
use avroscan_tests::schema::{Schema, Type};
use avroscan_tests::write::{self, Codec};
use avroscan_tests::{evolve, judge, slow};
use serde_json::Value as Json;

use crate::read::{Outcome, Watched, memory, outcome};

/// How many pairs of schemas, over all tests of this file; each is read in several ways.
const CASES: u64 = 1_200;

/// The cases are dealt out to so many tests, which run side by side.
const TESTS: usize = 4;

#[test]
fn random_files_are_read_with_later_schemas_1() {
    deal(0);
}

#[test]
fn random_files_are_read_with_later_schemas_2() {
    deal(1);
}

#[test]
fn random_files_are_read_with_later_schemas_3() {
    deal(2);
}

#[test]
fn random_files_are_read_with_later_schemas_4() {
    deal(3);
}

fn deal(first: usize) {
    for seed in random::seeds(CASES).skip(first).step_by(TESTS) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(seed))) {
            let (writer, reader) = schemas(&mut Rng::new(seed));
            eprintln!("the failing seed is {seed}:\nwriter {writer}\nreader {reader}");
            resume_unwind(panic);
        }
    }
}

fn schemas(rng: &mut Rng) -> (String, String) {
    let writer = match rng.one_in(8) {
        true => random::root(rng),
        false => random::schema(rng),
    };
    let reader = match rng.one_in(5) {
        true => evolve::stranger(&writer, rng),
        false => evolve::reader(&writer, rng),
    };
    (writer, reader)
}

fn check(seed: u64) {
    let rng = &mut Rng::new(seed);
    let (theirs, ours) = schemas(rng);
    let writer = Schema::parse(&theirs).unwrap();
    let reader = Schema::parse(&ours).unwrap();
    let parsed: AvroSchema = ours.parse().unwrap();
    let options = ScanOptions::default()
        .with_reader_schema(Arc::new(parsed))
        .with_batch_size(*rng.pick(&[1, 2, 7, 1_000]));

    let file = file(&theirs, &writer, &reader, rng);
    let blocks = slow::blocks(&file);
    compare(memory(file.clone()), &writer, &reader, &blocks, &options);
    let is_record = matches!(reader.ty, Type::Record(_));
    for _ in 0..if is_record { 3 } else { 0 } {
        let paths = random::paths(&reader, rng);
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let columns = Projection::columns(paths.iter().copied());
        let options = options.clone().with_projection(columns);
        let reader = judge::project(&reader, &paths);
        compare(memory(file.clone()), &writer, &reader, &blocks, &options);
    }
    let chunk = *rng.pick(&[1, 7, 100]);
    let source = Watched::new(file, chunk, chunk);
    compare(source, &writer, &reader, &blocks, &options);
}

/// A file of the writer's schema. Most files hold only what the reader can take.
fn file(text: &str, writer: &Schema, reader: &Schema, rng: &mut Rng) -> Vec<u8> {
    let row_count = *rng.pick(&[0, 1, 2, 9, 40]);
    let is_sound = !rng.one_in(4);
    let rows = (0..4 * row_count).map(|_| random::value(writer, rng));
    let is_sound = is_sound && resolve::check(writer, reader).is_ok();
    let rows = rows.filter(|row| !is_sound || resolve::value(writer, reader, row).is_ok());
    let rows: Vec<Json> = rows.take(row_count).collect();
    let values = rows.iter().map(|row| to_apache(writer, row));
    write::values(
        text,
        values,
        *rng.pick(&Codec::ALL),
        *rng.pick(&[1, 3, 1_000]),
    )
}

fn compare(
    source: Arc<dyn Source>,
    writer: &Schema,
    reader: &Schema,
    blocks: &[Vec<Json>],
    options: &ScanOptions,
) {
    let projection = &options.projection;
    let outcome = outcome(source, options);
    if let Err(reason) = resolve::check(writer, reader) {
        let kind = outcome.error.as_ref().map(avroscan::Error::kind);
        let refused = kind == Some(ErrorKind::SchemaMismatch) && outcome.batches.is_empty();
        assert!(
            refused,
            "{projection:?}: {:?} although {reason}",
            outcome.error
        );
        return;
    }
    let (expected, problem) = resolve::rows(writer, reader, blocks);
    same_problem(&outcome, problem.as_ref())
        .and_then(|()| judge::same_rows(&outcome.rows(), &expected))
        .unwrap_or_else(|difference| panic!("{projection:?}: {difference}"));
    for batch in &outcome.batches {
        assert_eq!(*batch.schema(), judge::arrow_schema(reader));
        assert!(batch.num_rows() <= options.batch_size);
        for column in batch.columns() {
            let valid = column.to_data().validate_full();
            valid.expect("arrays as Arrow wants them");
        }
    }
}

fn same_problem(outcome: &Outcome, expected: Option<&Problem>) -> Result<(), String> {
    let kind = expected.map(|problem| match problem {
        Problem::Unknown(_) => ErrorKind::SchemaMismatch,
        Problem::Value(_) => ErrorKind::Value,
        Problem::Utf8 => ErrorKind::Utf8,
    });
    if outcome.error.as_ref().map(avroscan::Error::kind) == kind {
        return Ok(());
    }
    Err(format!("{:?} instead of {expected:?}", outcome.error))
}
