//! A file of two gigabytes into a Parquet file: how long it takes, and the most memory, beside what
//! the documentation says of a query on Polars' streaming engine: in each thread a stream of
//! batches with its read-ahead, a few batches between the steps, and the row groups that the sink
//! encodes, as many as there are threads and four more.
//!
//! Each sink is a process of its own.

use avroscan_tests::write::Codec;
use serde_json::{Value, json};

use super::memory::{BYTES, largest_block, megabytes};
use crate::answer::Answer;
use crate::bench::Bench;
use crate::data_set::{self, SIMPLE, STRINGS};
use crate::files::AvroFile;
use crate::readers::{avroscan, engines};
use crate::{Result, failure, process};

/// The first argument of the process that sinks.
pub(crate) const CHILD: &str = "--sink-and-say-how-much-memory";

/// As the scan has it, unless it is told otherwise.
const BATCH_ROWS: u64 = 100_000;
const BATCH_BYTES: u64 = 16 << 20;
/// As the sink of Polars has it.
const ROW_GROUP_ROWS: u64 = 122_880;
const FEW: u64 = 4;
/// They take a minute and more.
const MOST_RUNS: usize = 3;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    println!("\n### 2 GB into Parquet\n");
    println!("| file | reader | fastest s | median s | peak MB | formula MB |");
    println!("| --- | --- | ---: | ---: | ---: | ---: |");
    for set in [&SIMPLE, &STRINGS] {
        if !bench.wants(&format!("{} {}", set.name, Codec::Null.name())) {
            continue;
        }
        let one = bench.files.get(set, Codec::Null)?;
        let formula = formula(&one)?;
        let file = bench.files.repeated(set, Codec::Null, BYTES)?;
        let path = bench.files.scratch("sink.parquet");
        let names = engines::parquet(&file, &path)?;
        let names: Vec<String> = names.into_iter().map(|reader| reader.name).collect();
        let mut runs: Vec<Vec<Value>> = names.iter().map(|_| Vec::new()).collect();
        for _ in 0..bench.args.runs.min(MOST_RUNS) {
            for (name, runs) in names.iter().zip(&mut runs) {
                if !name.contains(&bench.args.reader) {
                    continue;
                }
                eprintln!("sink: {}, {name}", file.name);
                let (rows, output) = (file.answer.rows.to_string(), path.to_string_lossy());
                let args = [CHILD, name, set.name, file.path_text(), &rows, &output];
                runs.push(process::child(&args)?);
            }
        }
        for (name, runs) in names.iter().zip(&runs) {
            let sorted = |key: &str| {
                let value = |run: &Value| run.get(key).and_then(Value::as_f64);
                let mut values: Vec<f64> = runs.iter().filter_map(value).collect();
                values.sort_by(f64::total_cmp);
                values
            };
            let (times, peaks) = (sorted("ms"), sorted("peak"));
            let (Some(fastest), Some(peak)) = (times.first(), peaks.last()) else {
                continue;
            };
            let (median, peak) = (times[times.len() / 2], *peak as u64);
            let ours = name == "avroscan, Polars streaming";
            println!(
                "| {} | {name} | {:.1} | {:.1} | {} | {} |",
                file.name,
                fastest / 1e3,
                median / 1e3,
                megabytes(peak),
                if ours {
                    megabytes(formula)
                } else {
                    String::new()
                },
            );
            bench.record(&json!({
                "case": "sink",
                "file": file.name,
                "reader": name,
                "ms": median,
                "fastest_ms": fastest,
                "peak": peak,
                "formula": ours.then_some(formula),
            }))?;
        }
        std::fs::remove_file(&path)?;
    }
    println!();
    Ok(())
}

/// What a sink of this file's blocks may take.
fn formula(file: &AvroFile) -> Result<u64> {
    let options = avroscan::workers(1);
    let ahead = options.buffer_bytes as u64;
    let (mut rows, mut bytes) = (0, 0);
    for batch in avroscan::open(file.path_text(), options)?.reader()? {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        bytes += batch.get_array_memory_size() as u64;
    }
    let row = bytes.div_ceil(rows.max(1));
    let stored_row = file.size()?.div_ceil(rows.max(1)).max(1);
    let batch = row * BATCH_ROWS.min(BATCH_BYTES / stored_row);
    let block = largest_block(file)?;
    let threads = avroscan::default_workers() as u64;
    let stream = 2 * block + batch + ahead;
    Ok(threads * (stream + FEW * batch) + (threads + 4) * ROW_GROUP_ROWS * row)
}

/// What the other process does.
pub(crate) fn child(args: &[String]) -> Result<()> {
    let [reader, set, path, rows, output] = args else {
        return Err(failure(
            "a reader, a kind, a path, its rows and another path",
        ));
    };
    let set = data_set::named(set).ok_or_else(|| failure("no such kind"))?;
    let answer = Answer::rows(rows.parse()?);
    let file = AvroFile {
        name: set.name.to_owned(),
        path: path.into(),
        probe: set.probe,
        answer,
    };
    let readers = engines::parquet(&file, output.as_ref())?;
    let mut readers = readers.into_iter().filter(|found| found.name == *reader);
    let mut reader = readers.next().ok_or_else(|| failure("no such reader"))?;
    let run = reader.run(answer)?;
    let said = json!({"ms": run.milliseconds, "peak": process::peak_memory()});
    println!("{said}");
    Ok(())
}
