//! Polars, over this project's scan and with its own reader.

use std::fs::File;
use std::hint::black_box;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
use polars::io::avro::AvroReader;
use polars::prelude::*;

use super::engines::Query;
use crate::answer::{Answer, Probe, Rows};
use crate::files::AvroFile;
use crate::{Result, failure};

impl Rows for DataFrame {
    fn rows(&self) -> u64 {
        self.height() as u64
    }

    fn sum(&self, path: &[&str]) -> i64 {
        let column = at(self, path).expect("the column is there");
        let column = column.to_physical_repr();
        let numbers = column.i64().expect("a long");
        // The sum that Polars has may refuse to overflow.
        if numbers.null_count() > 0 {
            return numbers.iter().flatten().fold(0, i64::wrapping_add);
        }
        let chunks = numbers.downcast_iter();
        chunks
            .flat_map(|chunk| chunk.values().iter())
            .fold(0, |sum, number| sum.wrapping_add(*number))
    }

    fn text_bytes(&self, path: &[&str]) -> u64 {
        let column = at(self, path).expect("the column is there");
        let texts = column.str().expect("text");
        texts.iter().flatten().map(|text| text.len() as u64).sum()
    }
}

fn at(frame: &DataFrame, path: &[&str]) -> PolarsResult<Series> {
    let (first, rest) = path.split_first().expect("a path has a name");
    let column = frame.column(first)?.as_materialized_series().clone();
    rest.iter()
        .try_fold(column, |record, name| record.struct_()?.field_by_name(name))
}

/// This project's scan, and what the query does with it.
pub(crate) fn scan(file: &AvroFile, query: Query) -> Result<LazyFrame> {
    Ok(refine(
        scan_avro(file.path_text(), ScanArgsAvro::default())?,
        query,
    ))
}

fn refine(frame: LazyFrame, query: Query) -> LazyFrame {
    match query {
        Query::All => frame,
        Query::Columns(columns) => {
            let columns: Vec<Expr> = columns.iter().map(|name| col(*name)).collect();
            frame.select(columns)
        }
        Query::Filter {
            column,
            thousandths,
        } => frame.filter(keeps(column, thousandths)),
    }
}

fn keeps(column: &str, thousandths: i64) -> Expr {
    (col(column) % lit(1_000i64)).lt(lit(thousandths))
}

/// Runs a query on the streaming engine and lets go of each frame.
pub(crate) fn stream(frame: LazyFrame, probe: Probe) -> Result<Answer> {
    let sum = Arc::new(Mutex::new(Answer::default()));
    let adding = sum.clone();
    let add = PlanCallback::new(move |frame: DataFrame| {
        let answer = Answer::of(&probe, &black_box(frame));
        let mut sum = adding.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = *sum + answer;
        Ok(false)
    });
    frame.sink_batches(add, true, None)?.collect_streaming()?;
    let sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(*sum)
}

/// Runs a query into one frame.
pub(crate) fn collect(frame: LazyFrame, engine: Engine, probe: &Probe) -> Result<Answer> {
    let frame = match engine {
        Engine::Streaming => frame.collect_streaming()?,
        _ => frame.collect_with_engine(engine)?.unwrap_single(),
    };
    Ok(Answer::of(probe, &black_box(frame)))
}

/// The number of rows.
pub(crate) fn count(file: &AvroFile) -> Result<Answer> {
    let frame = scan(file, Query::All)?.select([len().cast(DataType::Int64)]);
    let frame = frame.collect_streaming()?;
    let rows = frame.columns().first().map(|column| column.i64());
    let rows = rows.ok_or_else(|| failure("no column"))??.get(0);
    Ok(Answer::rows(rows.unwrap_or(0) as u64))
}

/// This project's frames one by one.
pub(crate) fn frames(file: &AvroFile) -> Result<Answer> {
    let mut answer = Answer::default();
    for frame in avroscan_polars::AvroReader::open(file.path_text(), ScanArgsAvro::default())? {
        answer = answer + Answer::of(&file.probe, &black_box(frame?));
    }
    Ok(answer)
}

/// This project's frames one by one, each filtered once it is decoded.
pub(crate) fn frames_then_filter(
    file: &AvroFile,
    column: &str,
    thousandths: i64,
) -> Result<Answer> {
    let mut answer = Answer::default();
    for frame in avroscan_polars::AvroReader::open(file.path_text(), ScanArgsAvro::default())? {
        let kept = frame?.lazy().filter(keeps(column, thousandths)).collect()?;
        answer = answer + Answer::of(&file.probe, &black_box(kept));
    }
    Ok(answer)
}

/// Polars' own reader, which has no scan and makes one frame.
pub(crate) fn own(file: &AvroFile, query: Query) -> Result<DataFrame> {
    let reader = own_reader(&file.path)?;
    Ok(match query {
        Query::All => reader.finish()?,
        Query::Columns(columns) => {
            let columns = columns.iter().map(|name| (*name).to_owned()).collect();
            reader.with_columns(Some(columns)).finish()?
        }
        Query::Filter { .. } => refine(reader.finish()?.lazy(), query).collect()?,
    })
}

/// The first rows with Polars' own reader.
pub(crate) fn own_first(file: &AvroFile, rows: u64) -> Result<DataFrame> {
    let reader = own_reader(&file.path)?.with_n_rows(Some(rows as usize));
    Ok(reader.finish()?)
}

/// With requests as large as those of the others.
fn own_reader(path: &Path) -> Result<AvroReader<BufReader<File>>> {
    let file = BufReader::with_capacity(1 << 20, File::open(path)?);
    Ok(AvroReader::new(file).set_rechunk(false))
}

/// Sinks a query into a Parquet file.
pub(crate) fn to_parquet(frame: LazyFrame, path: &Path) -> Result<()> {
    Ok(frame.sink_parquet(path, ParquetWriteOptions::default())?)
}

/// Writes a frame into a Parquet file.
pub(crate) fn frame_to_parquet(mut frame: DataFrame, path: &Path) -> Result<()> {
    ParquetWriter::new(File::create(path)?).finish(&mut frame)?;
    Ok(())
}

/// The number of rows that the footer of a Parquet file says it has.
pub(crate) fn parquet_rows(path: &Path) -> Result<u64> {
    let mut reader = ParquetReader::new(File::open(path)?);
    Ok(reader.get_metadata()?.num_rows as u64)
}
