//! The engines as candidates: this project's adapters first, then what they are compared with.

use std::path::Path;
use std::rc::Rc;

use ::polars::prelude::Engine;
use avroscan::StorageOptions;

use super::avroscan::{default_options, default_workers, read_file};
use super::datafusion::{Session, Table};
use super::polars;
use crate::Result;
use crate::answer::Answer;
use crate::files::AvroFile;
use crate::measure::Candidate;

/// What is asked of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Query {
    /// All of it.
    All,
    /// These columns.
    Columns(&'static [&'static str]),
    /// The rows where this number, modulo 1,000, is below `thousandths`.
    Filter {
        column: &'static str,
        thousandths: i64,
    },
}

fn session() -> Result<Rc<Session>> {
    Session::new(default_workers()).map(Rc::new)
}

/// Whole files, each batch let go of. Polars' own reader has nothing but whole frames.
pub(crate) fn streamed(file: &AvroFile) -> Result<Vec<Candidate<'_>>> {
    let mut readers = vec![
        Candidate::new("avroscan core", || read_file(file, default_options())),
        Candidate::new("avroscan, Polars frames", || polars::frames(file)),
    ];
    readers.extend(queries(file, Query::All)?);
    Ok(readers)
}

/// Whole files, everything kept.
pub(crate) fn collected(file: &AvroFile) -> Result<Vec<Candidate<'_>>> {
    let session = session()?;
    let polars =
        |engine| move || polars::collect(polars::scan(file, Query::All)?, engine, &file.probe);
    let datafusion = |table| {
        let session = session.clone();
        move || session.collect(table, file, Query::All)
    };
    Ok(vec![
        Candidate::new("avroscan, Polars streaming", polars(Engine::Streaming)),
        Candidate::new("avroscan, Polars in memory", polars(Engine::InMemory)),
        Candidate::new("avroscan, DataFusion", datafusion(Table::Avroscan)),
        own(file, Query::All),
        Candidate::new("DataFusion's own", datafusion(Table::Native)),
    ])
}

/// A few columns.
pub(crate) fn projection<'a>(
    file: &'a AvroFile,
    columns: &'static [&'static str],
) -> Result<Vec<Candidate<'a>>> {
    queries(file, Query::Columns(columns))
}

/// Some rows; decoding all of them first for comparison.
pub(crate) fn filter<'a>(
    file: &'a AvroFile,
    column: &'static str,
    thousandths: i64,
) -> Result<Vec<Candidate<'a>>> {
    let query = Query::Filter {
        column,
        thousandths,
    };
    let session = session()?;
    let mut readers = queries(file, query)?;
    readers.push(Candidate::new(
        "avroscan, Polars, filter after",
        move || polars::frames_then_filter(file, column, thousandths),
    ));
    readers.push(Candidate::new(
        "avroscan, DataFusion, filter after",
        move || session.stream(Table::AvroscanFilteredAbove, file, query),
    ));
    Ok(readers)
}

fn queries(file: &AvroFile, query: Query) -> Result<Vec<Candidate<'_>>> {
    let session = session()?;
    let datafusion = |table| {
        let session = session.clone();
        move || session.stream(table, file, query)
    };
    Ok(vec![
        Candidate::new("avroscan, Polars streaming", move || {
            polars::stream(polars::scan(file, query)?, file.probe)
        }),
        Candidate::new("avroscan, DataFusion", datafusion(Table::Avroscan)),
        own(file, query),
        Candidate::new("DataFusion's own", datafusion(Table::Native)),
    ])
}

fn own(file: &AvroFile, query: Query) -> Candidate<'_> {
    Candidate::new("Polars' own", move || {
        let frame = polars::own(file, query)?;
        Ok(Answer::of(&file.probe, &std::hint::black_box(frame)))
    })
}

/// The number of rows. Polars' own reader could only read them all.
pub(crate) fn count(file: &AvroFile) -> Result<Vec<Candidate<'_>>> {
    let session = session()?;
    let datafusion = |table| {
        let session = session.clone();
        move || session.count(table, file)
    };
    Ok(vec![
        Candidate::new("avroscan, Polars streaming", || polars::count(file)),
        Candidate::new("avroscan, DataFusion", datafusion(Table::Avroscan)),
        Candidate::new("DataFusion's own", datafusion(Table::Native)).slow(),
    ])
}

/// The first rows. Of a file in several partitions a limit takes any rows: here it has one.
pub(crate) fn first(file: &AvroFile, rows: u64) -> Result<Vec<Candidate<'_>>> {
    let session = Session::new(1).map(Rc::new)?;
    let datafusion = |table| {
        let session = session.clone();
        move || session.first(table, file, rows)
    };
    Ok(vec![
        Candidate::new("avroscan, Polars streaming", move || {
            let frame = polars::scan(file, Query::All)?.limit(rows as u32);
            polars::collect(frame, Engine::Streaming, &file.probe)
        }),
        Candidate::new("avroscan, DataFusion", datafusion(Table::Avroscan)),
        Candidate::new("Polars' own", move || {
            let frame = polars::own_first(file, rows)?;
            Ok(Answer::of(&file.probe, &std::hint::black_box(frame)))
        }),
        Candidate::new("DataFusion's own", datafusion(Table::Native)),
    ])
}

/// DataFusion over an object of the bucket `s3://peers`, in a session that has not seen it before.
pub(crate) fn remote<'a>(
    object: &'a AvroFile,
    rows: Option<u64>,
    options: &'a StorageOptions,
) -> Vec<Candidate<'a>> {
    let read = |table| {
        move || {
            let session = Session::new(default_workers())?.with_bucket("s3://peers", options)?;
            match rows {
                Some(rows) => session.first(table, object, rows),
                None => session.stream(table, object, Query::All),
            }
        }
    };
    vec![
        Candidate::new("avroscan, DataFusion", read(Table::Avroscan)),
        Candidate::new("DataFusion's own", read(Table::Native)),
    ]
}

/// Into a Parquet file at this place. The answer is the number of rows in its footer.
pub(crate) fn parquet<'a>(file: &'a AvroFile, path: &'a Path) -> Result<Vec<Candidate<'a>>> {
    let session = session()?;
    let datafusion = |table| {
        let session = session.clone();
        move || {
            session.to_parquet(table, file, path)?;
            parquet_answer(path)
        }
    };
    Ok(vec![
        Candidate::new("avroscan, Polars streaming", move || {
            polars::to_parquet(polars::scan(file, Query::All)?, path)?;
            parquet_answer(path)
        }),
        Candidate::new("avroscan, DataFusion", datafusion(Table::Avroscan)),
        Candidate::new("Polars' own", move || {
            polars::frame_to_parquet(polars::own(file, Query::All)?, path)?;
            parquet_answer(path)
        }),
        Candidate::new("DataFusion's own", datafusion(Table::Native)),
    ])
}

/// The rows that the footer of the file says it has.
fn parquet_answer(path: &Path) -> Result<Answer> {
    polars::parquet_rows(path).map(Answer::rows)
}
