//! The most memory that the read of a file of two gigabytes takes, beside what the documentation
//! says it takes: workers x (one stored block + one decompressed block + one batch) + the bytes
//! that are fetched ahead.
//!
//! Each read is a process of its own.

use ::avroscan::{AvroFile as Opened, FileSource, Limits, Progress, ScanOptions, Split, block_on};
use avroscan_tests::write::Codec;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bench::Bench;
use crate::data_set::{self, COMPLEX, SIMPLE};
use crate::files::AvroFile;
use crate::readers::avroscan;
use crate::{Result, failure, process};

/// The first argument of the process that reads.
pub(crate) const CHILD: &str = "--read-and-say-how-much-memory";

pub(super) const BYTES: u64 = 2_000_000_000;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    println!("\n### Peak memory of reading 2 GB, MB\n");
    println!(
        "| file | workers | measured | before the read | formula | rows of the largest batch |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (set, codec) in [(&SIMPLE, Codec::Null), (&COMPLEX, Codec::Snappy)] {
        let name = format!("{} {}", set.name, codec.name());
        if !bench.wants(&name) {
            continue;
        }
        let stored = largest_block(&bench.files.get(set, codec)?)?;
        let decompressed = largest_block(&bench.files.get(set, Codec::Null)?)?;
        let file = bench.files.repeated(set, codec, BYTES)?;
        for workers in [1, 8] {
            eprintln!("memory: {}, {workers} workers", file.name);
            let said = measure(&file, set.name, workers)?;
            let bytes = |key: &str| said.get(key).and_then(Value::as_u64).unwrap_or(0);
            let ahead = ScanOptions::default().buffer_bytes as u64;
            let formula = workers as u64 * (stored + decompressed + bytes("batch")) + ahead;
            println!(
                "| {} | {workers} | {} | {} | {} | {} |",
                file.name,
                megabytes(bytes("peak")),
                megabytes(bytes("before")),
                megabytes(formula),
                bytes("batch_rows"),
            );
            bench.record(&json!({
                "case": "memory",
                "file": file.name,
                "workers": workers,
                "peak": bytes("peak"),
                "before": bytes("before"),
                "formula": formula,
            }))?;
        }
    }
    println!();
    Ok(())
}

/// The bytes of the largest block as stored.
pub(super) fn largest_block(file: &AvroFile) -> Result<u64> {
    let (limits, progress) = (Limits::default(), Progress::default());
    let source = std::sync::Arc::new(FileSource::new(&file.path)?);
    let file = block_on(Opened::open(source, &limits, &progress))?;
    let mut walk = file.walk(Split::all(), &limits, &progress);
    let mut largest = 0;
    while let Some(block) = block_on(walk.next())? {
        largest = largest.max(block.bytes);
    }
    Ok(largest)
}

/// Reads the file in another process.
fn measure(file: &AvroFile, set: &str, workers: usize) -> Result<Value> {
    let said = process::child(&[CHILD, file.path_text(), set, &workers.to_string()])?;
    match said.get("answer").and_then(Answer::from_json) {
        Some(answer) if answer == file.answer => Ok(said),
        other => Err(failure(format!(
            "{other:?} where {:?} is right",
            file.answer
        ))),
    }
}

/// What the other process does.
pub(crate) fn child(args: &[String]) -> Result<()> {
    let [path, set, workers] = args else {
        return Err(failure("a path, a kind and a number of workers"));
    };
    let set = data_set::named(set).ok_or_else(|| failure("no such kind"))?;
    let options = avroscan::workers(workers.parse()?);
    let before = process::peak_memory();
    let mut answer = Answer::default();
    let mut batch_bytes = 0;
    let mut batch_rows = 0;
    for batch in avroscan::open(path, options)?.reader()? {
        let batch = batch?;
        answer = answer + Answer::of(&set.probe, &batch);
        batch_bytes = batch_bytes.max(batch.get_array_memory_size());
        batch_rows = batch_rows.max(batch.num_rows());
    }
    let said = json!({
        "before": before,
        "peak": process::peak_memory(),
        "batch": batch_bytes,
        "batch_rows": batch_rows,
        "answer": answer.to_json(),
    });
    println!("{said}");
    Ok(())
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
