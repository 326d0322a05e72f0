//! The same files through every engine: what Polars and DataFusion make of them is brought to the
//! judge's rows on ways of their own, with the types that follow from the judge's schema.

mod datafusion;
mod polars;
mod random;

use std::path::{Path, PathBuf};

use ::polars::prelude as pl;
use avroscan::{ErrorKind, ScanOptions};
use avroscan_tests::judge;
use avroscan_tests::schema::{Field, Schema, Type};
use serde_json::Value as Json;

/// A way to read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Polars, frame by frame.
    PolarsFrames,
    /// A lazy scan in memory.
    PolarsInMemory,
    /// A lazy scan on the streaming engine.
    PolarsStreaming,
    /// A table of DataFusion, read in one partition.
    DataFusion,
    /// A table of DataFusion, read in several partitions.
    DataFusionParallel,
}

impl Engine {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::PolarsFrames,
        Self::PolarsInMemory,
        Self::PolarsStreaming,
        Self::DataFusion,
        Self::DataFusionParallel,
    ];

    /// Whether the first error of a file is the one that is told, not one further on that another
    /// thread met earlier.
    pub(crate) fn keeps_first_error(self) -> bool {
        !matches!(self, Self::PolarsStreaming | Self::DataFusionParallel)
    }

    /// Whether it hands out the rows before an error.
    fn is_stepwise(self) -> bool {
        matches!(self, Self::PolarsFrames | Self::DataFusion)
    }
}

/// What a file, or several, must give.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// The files' paths, in order.
    pub(crate) files: &'a [String],
    /// How they are read. DataFusion has no projections but those of its queries.
    pub(crate) options: &'a ScanOptions,
    /// What the columns are: the root as it is read, with its projection.
    pub(crate) schema: &'a Schema,
    /// The rows in normal form, those before an error.
    pub(crate) rows: &'a [Json],
    /// The error after the rows.
    pub(crate) error: Option<ErrorKind>,
}

/// What an engine gave: rows in normal form, then the error, if there was one.
#[derive(Debug, Default)]
struct Answer {
    rows: Vec<Json>,
    error: Option<Failure>,
}

/// An error of an engine.
#[derive(Debug)]
pub(crate) struct Failure {
    /// As the user reads it.
    pub(crate) text: String,
    /// The core's kind, where the engine lets it through.
    pub(crate) kind: Option<ErrorKind>,
}

/// The engines, and a folder for the files that they read.
pub(crate) struct Engines {
    datafusion: datafusion::Sessions,
    folder: tempfile::TempDir,
}

impl Engines {
    pub(crate) fn new() -> Self {
        Self {
            datafusion: datafusion::Sessions::new(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Puts a file where the engines find it. A name stands for the same bytes all the time:
    /// engines remember files.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        text(&path)
    }

    /// The engine gives what the case says, as columns of the right types: the rows, or the error.
    pub(crate) fn check(&self, engine: Engine, case: &Case<'_>) -> Result<Option<Failure>, String> {
        self.compare(engine, case, None)
    }

    /// A query for these fields of the case's columns gives them, named `c0`, `c1` and so on.
    pub(crate) fn check_fields(
        &self,
        engine: Engine,
        case: &Case<'_>,
        paths: &[Vec<String>],
    ) -> Result<Option<Failure>, String> {
        let name = |index| format!("c{index}");
        let columns = paths.iter().enumerate();
        let schema = columns
            .clone()
            .map(|(index, path)| Field::of(name(index), field(case.schema, path)));
        let schema = Schema::of(Type::Record(schema.collect()));
        let value = |row: &Json, path: &[String]| {
            path.iter()
                .fold(row.clone(), |value, name| value[name].clone())
        };
        let rows = case.rows.iter().map(|row| {
            let fields = columns.clone();
            fields
                .map(|(index, path)| (name(index), value(row, path)))
                .collect()
        });
        let rows: Vec<Json> = rows.collect();
        let selected = Case {
            schema: &schema,
            rows: &rows,
            ..*case
        };
        self.compare(engine, &selected, Some(paths))
            .map_err(|error| format!("{paths:?}: {error}"))
    }

    fn compare(
        &self,
        engine: Engine,
        case: &Case<'_>,
        paths: Option<&[Vec<String>]>,
    ) -> Result<Option<Failure>, String> {
        let compared = self.read(engine, case, paths).and_then(|answer| {
            if let Some(difference) = unlike(engine, case, answer.error.as_ref()) {
                return Err(difference);
            }
            match engine {
                _ if case.error.is_some() && !engine.is_stepwise() => {}
                Engine::DataFusionParallel => {
                    judge::same_rows(&sorted(&answer.rows), &sorted(case.rows))?;
                }
                _ => judge::same_rows(&answer.rows, case.rows)?,
            }
            Ok(answer.error)
        });
        compared.map_err(|error| format!("{engine:?}: {error}"))
    }

    /// What the engine makes of the case's files: all columns, or these fields of them. An error
    /// if the types are wrong.
    fn read(
        &self,
        engine: Engine,
        case: &Case<'_>,
        paths: Option<&[Vec<String>]>,
    ) -> Result<Answer, String> {
        match engine {
            Engine::PolarsFrames => polars::frames(case),
            Engine::PolarsInMemory => polars::query(case, pl::Engine::InMemory, paths),
            Engine::PolarsStreaming => polars::query(case, pl::Engine::Streaming, paths),
            Engine::DataFusion => self.datafusion.query(case, false, paths),
            Engine::DataFusionParallel => self.datafusion.query(case, true, paths),
        }
    }
}

/// What is wrong with an error, or with there being none.
fn unlike(engine: Engine, case: &Case<'_>, failure: Option<&Failure>) -> Option<String> {
    let (failure, kind) = match (failure, case.error) {
        (None, None) => return None,
        (Some(failure), Some(kind)) => (failure, kind),
        (failure, kind) => return Some(format!("{failure:?} instead of {kind:?}")),
    };
    let is_named = case.files.iter().any(|file| failure.text.contains(file));
    let is_other = failure.kind.is_some_and(|found| found != kind);
    (!is_named || is_other && engine.keeps_first_error())
        .then(|| format!("{failure:?} instead of {kind:?} in {:?}", case.files))
}

/// The path as text.
pub(crate) fn text(path: &Path) -> String {
    let path: PathBuf = path.canonicalize().unwrap();
    path.into_os_string().into_string().unwrap()
}

/// The columns of rows with this root: a root that is no record is the one column `value`.
fn columns(schema: &Schema) -> Vec<(&str, &Schema)> {
    match &schema.ty {
        Type::Record(fields) => fields.iter().map(|f| (&*f.name, &f.schema)).collect(),
        _ => vec![("value", schema)],
    }
}

/// What the field at this path is, nullable where a record on the way to it is.
fn field(schema: &Schema, path: &[String]) -> Schema {
    let Some((name, rest)) = path.split_first() else {
        return schema.clone();
    };
    let inner = schema.non_null().unwrap_or(schema);
    let Type::Record(fields) = &inner.ty else {
        panic!("{path:?} goes on where there are no fields")
    };
    let found = fields.iter().find(|found| found.name == *name).unwrap();
    let found = field(&found.schema, rest);
    // A record that may be null is a union here.
    let Type::Union(_) = schema.ty else {
        return found;
    };
    let null = || Schema::of(Type::Null);
    match &found.ty {
        _ if is_nullable(&found) => found,
        Type::Union(branches) => {
            let branches = branches.iter().cloned().chain([null()]);
            Schema::of(Type::Union(branches.collect()))
        }
        _ => Schema::of(Type::Union(vec![null(), found])),
    }
}

/// Whether a column of this type may have nulls.
fn is_nullable(schema: &Schema) -> bool {
    match &schema.ty {
        Type::Union(branches) => {
            schema.non_null().is_some() || branches.iter().any(|branch| branch.ty == Type::Null)
        }
        ty => *ty == Type::Null,
    }
}

fn sorted(rows: &[Json]) -> Vec<Json> {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(Json::to_string);
    rows
}
