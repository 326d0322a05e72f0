//! The core of this project.

use std::hint::black_box;
use std::sync::Arc;

use avroscan::{MemorySource, Scan, ScanOptions, Source, StorageOptions};

use crate::Result;
use crate::answer::{Answer, Probe};
use crate::files::AvroFile;

/// A file that is in memory already.
pub(crate) fn memory(bytes: Vec<u8>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory", bytes))
}

/// Options as they come.
pub(crate) fn default_options() -> ScanOptions {
    ScanOptions::default()
}

/// Options with so many workers.
pub(crate) fn workers(workers: usize) -> ScanOptions {
    ScanOptions::default().with_workers(workers)
}

/// The number of workers that options have when nothing is said.
pub(crate) fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Opens a source and reads all of it.
pub(crate) fn read(
    source: &Arc<dyn Source>,
    probe: &Probe,
    options: ScanOptions,
) -> Result<Answer> {
    read_scan(
        &Scan::from_sources_blocking(vec![source.clone()], options)?,
        probe,
    )
}

/// Opens a local file.
pub(crate) fn open(path: &str, options: ScanOptions) -> Result<Scan> {
    let storage = StorageOptions::new();
    Ok(Scan::open_blocking(&[path], &storage, options)?)
}

/// Opens a local file and reads all of it.
pub(crate) fn read_file(file: &AvroFile, options: ScanOptions) -> Result<Answer> {
    read_scan(&open(file.path_text(), options)?, &file.probe)
}

fn read_scan(scan: &Scan, probe: &Probe) -> Result<Answer> {
    let mut answer = Answer::default();
    for batch in scan.reader()? {
        answer = answer + Answer::of(probe, &black_box(batch?));
    }
    Ok(answer)
}
