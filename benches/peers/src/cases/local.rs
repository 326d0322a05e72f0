//! Whole local files, which the page cache holds: one worker, one a core, and more than that.

use super::whole_files;
use crate::Result;
use crate::bench::Bench;
use crate::measure::Candidate;
use crate::readers::arrow_avro::{self, Text};
use crate::readers::avroscan;
use crate::table::Table;

/// Smaller files are over before several workers have begun.
const SMALLEST: u64 = 20_000_000;
const BATCH_SIZE: usize = 8_192;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Whole local files, workers", "avroscan, 1 worker");
    let smallest = (SMALLEST as f64 * bench.files.scale().min(1.0)) as u64;
    for (set, codec) in whole_files() {
        let Some(file) = bench.file(set, codec)? else {
            continue;
        };
        if file.size()? < smallest {
            continue;
        }
        let mut workers = vec![1, avroscan::default_workers(), 8];
        workers.dedup();
        let mut readers: Vec<Candidate<'_>> = workers
            .into_iter()
            .map(|workers| {
                let plural = if workers == 1 { "" } else { "s" };
                let name = format!("avroscan, {workers} worker{plural}");
                let file = &file;
                Candidate::new(name, move || {
                    avroscan::read_file(file, avroscan::workers(workers))
                })
            })
            .collect();
        readers.push(Candidate::new("arrow-avro", || {
            let builder = arrow_avro::builder(BATCH_SIZE, Text::Views);
            arrow_avro::read(builder, arrow_avro::open(&file.path)?, &file.probe)
        }));
        bench.race(&mut table, "local", &file.name, file.answer, readers)?;
    }
    bench.finish(&table);
    Ok(())
}
