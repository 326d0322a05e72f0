//! Files of the Avro, Arrow and fastavro projects, beside this checkout in `../shared/conformance`:
//! where they are there, they are read as an independent reader reads them, by the core and through
//! every engine.

mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avroscan::{Error, ErrorKind, FileSource, ScanOptions, Split};
use avroscan_tests::schema::{Schema, Type};
use avroscan_tests::{judge, slow};
use serde_json::Value as Json;

use self::files::{FILES, UNREAD};
use crate::read::{Opened, Outcome, Watched, outcome};
use crate::side_by_side::{self as engines, Case, Engine, Engines, Failure};

/// What comes of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expect {
    /// So many rows, all as expected.
    Reads(usize),
    /// So many rows, then this error.
    Fails(usize, ErrorKind),
}
use Expect::{Fails, Reads};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance")
}

/// Whether the files are there. Says so where they are not.
fn present() -> bool {
    let present = folder().join("expected/index.json").is_file();
    if !present {
        eprintln!("skipped: {} is not there", folder().display());
    }
    present
}

#[test]
fn every_file_is_in_the_table() {
    if !present() {
        return;
    }
    let mut found = BTreeSet::new();
    for suite in ["apache-avro", "arrow-testing", "fastavro"] {
        for entry in std::fs::read_dir(folder().join(suite)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.contains(".avro") {
                found.insert(format!("{suite}/{name}"));
            }
        }
    }
    let listed: BTreeSet<String> = FILES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed.len(), FILES.len(), "a file is listed twice");
    assert_eq!(found, listed);
}

#[test]
fn what_the_independent_reader_cannot_read_is_known() {
    if !present() {
        return;
    }
    let expected = |file: &str, end: &str| folder().join("expected").join(format!("{file}.{end}"));
    for (file, _) in FILES {
        let unread = UNREAD.iter().any(|(unread, _)| unread == file);
        assert_eq!(expected(file, "error").is_file(), unread, "{file}");
        assert_eq!(expected(file, "jsonl").is_file(), !unread, "{file}");
    }
}

#[test]
fn every_file_has_its_outcome_in_the_core() {
    for_every_file(|file| {
        let source = FileSource::new(&file.path).map_err(|error| error.to_string())?;
        let options = ScanOptions::default();
        file.compare(&outcome(Arc::new(source), &options))?;
        let watched = Watched::new(file.bytes.clone(), 1, 1);
        file.compare(&outcome(watched, &options.with_batch_size(1)))
            .map_err(|error| format!("a row at a time: {error}"))
    });
}

#[test]
fn every_file_has_its_outcome_in_polars() {
    let engines = Engines::new();
    for_every_file(|file| {
        file.through(&engines, Engine::PolarsFrames)?;
        file.through(&engines, Engine::PolarsInMemory)?;
        file.through(&engines, Engine::PolarsStreaming)
    });
}

#[test]
fn every_file_has_its_outcome_in_datafusion() {
    let engines = Engines::new();
    for_every_file(|file| {
        file.through(&engines, Engine::DataFusion)?;
        file.through(&engines, Engine::DataFusionParallel)
    });
}

fn for_every_file(check: impl Fn(&File) -> Result<(), String>) {
    if !present() {
        return;
    }
    let check = |(name, expect): &(&str, Expect)| {
        let checked = File::new(name, *expect).and_then(|file| check(&file));
        checked.err().map(|error| format!("{name}: {error}"))
    };
    let wrong: Vec<String> = FILES.iter().filter_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A file with what it must give.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    expect: Expect,
    schema: Schema,
    /// In normal form, those before an error.
    rows: Vec<Json>,
}

impl File {
    fn new(name: &str, expect: Expect) -> Result<Self, String> {
        let path = folder().join(name);
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let sound = match expect {
            Reads(_) => Some(&bytes[..]),
            Fails(..) => sound_part(&bytes),
        };
        let (schema, rows) = match sound {
            None => (Schema::of(Type::Null), Vec::new()),
            Some(sound) => {
                let schema = Schema::parse(&slow::File::open(sound)?.schema)?;
                let rows = expected_rows(name, sound, &schema)?;
                (schema, rows)
            }
        };
        let (Reads(count) | Fails(count, _)) = expect;
        match rows.len() == count {
            true => Ok(Self {
                path,
                bytes,
                expect,
                schema,
                rows,
            }),
            false => Err(format!("the judge has {} rows, not {count}", rows.len())),
        }
    }

    /// Compares with what the core gave.
    fn compare(&self, outcome: &Outcome) -> Result<(), String> {
        let found = match &outcome.error {
            None => Reads(outcome.num_rows()),
            Some(error) => Fails(outcome.num_rows(), error.kind()),
        };
        if found != self.expect {
            let error = &outcome.error;
            return Err(format!("{found:?} instead of {:?}: {error:?}", self.expect));
        }
        judge::same_rows(&outcome.rows(), &self.rows)?;
        let columns = judge::arrow_schema(&self.schema);
        match outcome.batches.iter().find(|b| *b.schema() != columns) {
            Some(batch) => Err(format!("{} instead of {columns}", batch.schema())),
            None => Ok(()),
        }
    }

    /// Compares with what an engine gives, with batches of any size.
    fn through(&self, engines: &Engines, engine: Engine) -> Result<(), String> {
        let files = [engines::text(&self.path)];
        for batch_size in [1_000, 3] {
            let case = Case {
                files: &files,
                options: &ScanOptions::default().with_batch_size(batch_size),
                schema: &self.schema,
                rows: &self.rows,
                error: match self.expect {
                    Reads(_) => None,
                    Fails(_, kind) => Some(kind),
                },
            };
            if let Some(failure) = engines.check(engine, &case)? {
                self.is_told(engine, &failure)?;
            }
        }
        Ok(())
    }

    /// The error of an engine says what the core's says.
    fn is_told(&self, engine: Engine, failure: &Failure) -> Result<(), String> {
        let mut faults = self.faults()?;
        if engine.keeps_first_error() {
            faults.truncate(1);
        }
        let file = engines::text(&self.path);
        let is_told = |fault| {
            let parts = place(&file, fault);
            parts.iter().all(|part| failure.text.contains(part))
        };
        match faults.iter().any(is_told) {
            true => Ok(()),
            false => Err(format!(
                "{engine:?}: {failure:?} instead of one of {faults:?}"
            )),
        }
    }

    /// The core's error, and those it has where it begins to read behind that one.
    fn faults(&self) -> Result<Vec<Error>, String> {
        let text = |error: Error| error.to_string();
        let source = Arc::new(FileSource::new(&self.path).map_err(text)?);
        let opened = match Opened::new(source, &ScanOptions::default()) {
            Ok(opened) => opened,
            Err(error) => return Ok(vec![error]),
        };
        let mut faults = Vec::new();
        let mut start = 0;
        while let Some(fault) = opened.split(Split::new(start, u64::MAX)).error {
            start = fault.place().offset.ok_or("an error without an offset")? + 1;
            faults.push(fault);
        }
        Ok(faults)
    }
}

/// What the text of an error has to say: what is wrong, with which file, and where in it.
fn place(file: &str, error: &Error) -> Vec<String> {
    let place = error.place();
    let mut parts = vec![file.to_owned(), error.message().to_owned()];
    parts.extend(place.offset.map(|offset| format!("offset {offset}")));
    parts.extend(place.field.as_ref().map(|field| format!("field `{field}`")));
    parts
}

/// As much of a damaged file as the slow decoder can read; `None` if that is nothing.
fn sound_part(bytes: &[u8]) -> Option<&[u8]> {
    let parts = (0..bytes.len()).rev().map(|end| &bytes[..end]);
    let is_sound = |part: &&[u8]| slow::File::open(part).and_then(|file| file.rows()).is_ok();
    parts.into_iter().find(is_sound)
}

/// The rows in normal form: as the independent reader has them, and where it has none, as the slow
/// decoder of the tests has them. Where both have them, they agree.
fn expected_rows(file: &str, bytes: &[u8], schema: &Schema) -> Result<Vec<Json>, String> {
    let judged = judge::expected_rows(bytes);
    if UNREAD.iter().any(|(unread, _)| *unread == file) {
        return Ok(judged);
    }
    let path = folder().join("expected").join(format!("{file}.jsonl"));
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let rows = text.lines().map(|line| {
        let value: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(judge::row(schema, &value))
    });
    let rows = rows.collect::<Result<Vec<_>, String>>()?;
    judge::same_rows(&judged, &rows).map_err(|error| format!("the judge errs: {error}"))?;
    Ok(rows)
}
