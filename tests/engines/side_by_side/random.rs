//! Random files, reader schemas, projections and queries through every engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use avroscan::{AvroSchema, ErrorKind, Projection, ScanOptions};
use avroscan_tests::random::{self, Rng, to_apache};
use avroscan_tests::resolve::{self, Problem};
use avroscan_tests::schema::{Schema, Type};
use avroscan_tests::write::{self, Codec};
use avroscan_tests::{evolve, judge, slow};
use serde_json::Value as Json;

use super::{Case, Engine, Engines};

/// How many schemas, over all tests of this file.
const CASES: u64 = 2_000;

/// The cases are dealt out to so many tests, which run side by side.
const TESTS: u64 = 4;

#[test]
fn random_files_through_the_engines_1() {
    deal(0);
}

#[test]
fn random_files_through_the_engines_2() {
    deal(1);
}

#[test]
fn random_files_through_the_engines_3() {
    deal(2);
}

#[test]
fn random_files_through_the_engines_4() {
    deal(3);
}

fn deal(first: u64) {
    let engines = Engines::new();
    for seed in (first..CASES).step_by(TESTS as usize) {
        let result = catch_unwind(AssertUnwindSafe(|| check(&engines, seed)));
        let error = match result {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error,
            Err(_) => "it panicked, see above".to_owned(),
        };
        let (writers, reader) = schemas(&mut Rng::new(seed));
        let reader = reader.unwrap_or_default();
        panic!("the failing seed is {seed}: {error}\nwriters {writers:#?}\nreader {reader}");
    }
}

fn check(engines: &Engines, seed: u64) -> Result<(), String> {
    let rng = &mut Rng::new(seed);
    let (writers, ours) = schemas(rng);
    let reader = Schema::parse(ours.as_ref().unwrap_or(&writers[0]))?;
    let mut files = Vec::new();
    let mut paths = Vec::new();
    for (number, writer) in writers.iter().enumerate() {
        let (file, bytes) = File::write(writer, &reader, rng)?;
        files.push(file);
        paths.push(engines.write(&format!("{seed}-{number}.avro"), &bytes));
    }
    let parsed = ours.map(|json| json.parse::<AvroSchema>().map(Arc::new));
    let options = ScanOptions::default()
        .with_reader_schema(parsed.transpose().map_err(|error| error.to_string())?)
        .with_batch_size(*rng.pick(&[1, 2, 7, 1_000]));

    let (rows, error) = resolved(&files, &reader);
    let all = Case {
        files: &paths,
        options: &options,
        schema: &reader,
        rows: &rows,
        error,
    };
    for engine in Engine::ALL {
        engines.check(engine, &all)?;
    }

    match rng.one_in(2) {
        true => check_projections(engines, &all, &files, rng)?,
        // A query may pass over what is an error elsewhere.
        false if all.error.is_some() => {}
        false => {
            let engine = *rng.pick(&[Engine::DataFusion, Engine::DataFusionParallel]);
            engines.check_fields(engine, &all, &fields(&reader, rng))?;
        }
    }
    for path in &paths {
        std::fs::remove_file(path).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Some of the columns, by the options of the scan, and queries over what is left by them.
fn check_projections(
    engines: &Engines,
    all: &Case<'_>,
    files: &[File],
    rng: &mut Rng,
) -> Result<(), String> {
    let polars = [Engine::PolarsInMemory, Engine::PolarsStreaming];
    let columns = random::paths(all.schema, rng);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let projected = judge::project(all.schema, &columns);
    let projection = Projection::columns(columns.iter().copied());
    let (rows, error) = resolved(files, &projected);
    let some = Case {
        options: &all.options.clone().with_projection(projection),
        schema: &projected,
        rows: &rows,
        error,
        ..*all
    };
    engines
        .check(*rng.pick(&polars), &some)
        .map_err(|error| format!("{columns:?}: {error}"))?;
    if some.error.is_none() {
        engines.check_fields(*rng.pick(&polars), &some, &fields(&projected, rng))?;
    }
    Ok(())
}

/// The schemas of one file, or of two, and for every other scan the one that they are read with.
fn schemas(rng: &mut Rng) -> (Vec<String>, Option<String>) {
    let first = schema(rng);
    let reader = rng.one_in(2).then(|| evolve::reader(&first, rng));
    let second = rng
        .one_in(4)
        .then(|| bare(reader.as_ref().unwrap_or(&first)));
    ([first].into_iter().chain(second).collect(), reader)
}

/// A schema without what is there for readers.
fn bare(schema: &str) -> String {
    fn strip(json: &mut Json) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(strip),
            Json::Object(object) => {
                object.remove("default");
                object.remove("aliases");
                object.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut schema = serde_json::from_str(schema).expect("a schema is JSON");
    strip(&mut schema);
    schema.to_string()
}

/// What a file holds.
struct File {
    writer: Schema,
    /// The physical rows, block by block.
    blocks: Vec<Vec<Json>>,
}

impl File {
    /// A file of this schema, and its bytes. Most files hold only what the reader can take.
    fn write(text: &str, reader: &Schema, rng: &mut Rng) -> Result<(Self, Vec<u8>), String> {
        let writer = Schema::parse(text)?;
        let row_count = *rng.pick(&[0, 1, 2, 5, 9, 30]);
        let is_sound = !rng.one_in(4);
        let rows = (0..2 * row_count).map(|_| random::value(&writer, rng));
        let rows = rows.filter(|row| !is_sound || resolve::value(&writer, reader, row).is_ok());
        let rows: Vec<Json> = rows.take(row_count).collect();
        let values = rows.iter().map(|row| to_apache(&writer, row));
        let codec = match rng.one_in(4) {
            true => *rng.pick(&Codec::ALL),
            false => Codec::Null,
        };
        let bytes = write::values(text, values, codec, *rng.pick(&[1, 3, 1_000]));
        let blocks = slow::blocks(&bytes);
        Ok((Self { writer, blocks }, bytes))
    }
}

/// The rows before the first block with a problem, and the error that it is.
fn resolved(files: &[File], reader: &Schema) -> (Vec<Json>, Option<ErrorKind>) {
    let mut rows = Vec::new();
    for File { writer, blocks } in files {
        let (before, problem) = resolve::rows(writer, reader, blocks);
        rows.extend(before);
        if let Some(problem) = problem {
            let kind = match problem {
                Problem::Unknown(_) => ErrorKind::SchemaMismatch,
                Problem::Value(_) => ErrorKind::Value,
                Problem::Utf8 => ErrorKind::Utf8,
            };
            return (rows, Some(kind));
        }
    }
    (rows, None)
}

/// A random schema, most often of few columns: what engines do for a column takes them far longer
/// than what they do for a value.
fn schema(rng: &mut Rng) -> String {
    let mut schema: Json = serde_json::from_str(&random::schema(rng)).expect("a schema is JSON");
    if let Some(fields) = schema["fields"].as_array_mut()
        && !rng.one_in(8)
    {
        // The first ones: a field refers to types that are defined before it.
        fields.truncate(1 + rng.below(3));
    }
    schema.to_string()
}

/// A random choice of fields that can be reached through records alone.
fn fields(schema: &Schema, rng: &mut Rng) -> Vec<Vec<String>> {
    let paths = random::paths(schema, rng);
    let paths = paths.iter().map(|path| {
        let mut here = schema;
        let reached = path.split('.').map_while(|name| {
            let Type::Record(fields) = &here.non_null().unwrap_or(here).ty else {
                return None;
            };
            let field = fields.iter().find(|field| field.name == name)?;
            here = &field.schema;
            Some(field.name.clone())
        });
        reached.collect()
    });
    paths.collect()
}
