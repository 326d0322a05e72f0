//! The engines, end to end: local files, on all cores.

use avroscan_tests::write::Codec;

use super::whole_files;
use crate::Result;
use crate::answer::Answer;
use crate::bench::Bench;
use crate::data_set::{COMPLEX, SIMPLE, STRINGS, WIDE};
use crate::readers::engines;
use crate::table::{Measure, Table};

/// Whole files, the consumer letting go of each batch.
pub(crate) fn streamed(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Whole files, batch by batch", "avroscan core");
    for (set, codec) in whole_files() {
        if let Some(file) = bench.file(set, codec)? {
            let readers = engines::streamed(&file)?;
            bench.race(&mut table, "streamed", &file.name, file.answer, readers)?;
        }
    }
    bench.finish(&table);
    Ok(())
}

/// Whole files into one frame.
pub(crate) fn collected(bench: &mut Bench) -> Result<()> {
    let title = "Whole files, collected into one frame";
    let mut table = Table::new(title, "avroscan, Polars streaming");
    for (set, codec) in whole_files() {
        if let Some(file) = bench.file(set, codec)? {
            let readers = engines::collected(&file)?;
            bench.race(&mut table, "collected", &file.name, file.answer, readers)?;
        }
    }
    bench.finish(&table);
    // Fresh memory is most of what collecting costs.
    println!("{}", table.to_markdown(Measure::PageFaults));
    Ok(())
}

/// Filters that keep one row in a thousand, one in ten, nine in ten.
pub(crate) fn filter(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Filters", "avroscan, Polars streaming");
    for (set, column) in [(&WIDE, "c10"), (&STRINGS, "id")] {
        let Some(file) = bench.file(set, Codec::Null)? else {
            continue;
        };
        for thousandths in [1, 100, 900] {
            let name = format!("{}, {} %", file.name, thousandths as f64 / 10.0);
            let keeps = |number: i64| number % 1_000 < thousandths;
            let expected = set.answer_where(file.answer.rows, keeps);
            let readers = engines::filter(&file, column, thousandths)?;
            bench.race(&mut table, "filter", &name, expected, readers)?;
        }
    }
    bench.finish(&table);
    Ok(())
}

/// Whole files into Parquet files.
pub(crate) fn parquet(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Into Parquet", "avroscan, Polars streaming");
    let path = bench.files.scratch("sink.parquet");
    for set in [&SIMPLE, &COMPLEX, &WIDE, &STRINGS] {
        if let Some(file) = bench.file(set, Codec::Null)? {
            let expected = Answer::rows(file.answer.rows);
            let readers = engines::parquet(&file, &path)?;
            bench.race(&mut table, "parquet", &file.name, expected, readers)?;
        }
    }
    bench.finish(&table);
    Ok(())
}
