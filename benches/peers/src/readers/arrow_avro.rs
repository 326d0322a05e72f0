//! The reader of the Arrow project, in its newest release.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::Path;

use arrow_avro::reader::ReaderBuilder;

use crate::Result;
use crate::answer::{Answer, Probe};

/// How text comes out, which makes a difference.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text {
    Offsets,
    Views,
}

/// Batches of so many rows.
pub(crate) fn builder(batch_size: usize, text: Text) -> ReaderBuilder {
    ReaderBuilder::new()
        .with_batch_size(batch_size)
        .with_utf8_view(matches!(text, Text::Views))
}

/// Reads all.
pub(crate) fn read(builder: ReaderBuilder, input: impl BufRead, probe: &Probe) -> Result<Answer> {
    let mut answer = Answer::default();
    for batch in builder.build(input)? {
        answer = answer + Answer::of(probe, &black_box(batch?));
    }
    Ok(answer)
}

/// A local file, in requests as large as those of the others.
pub(crate) fn open(path: &Path) -> Result<impl BufRead> {
    Ok(BufReader::with_capacity(1 << 20, File::open(path)?))
}
