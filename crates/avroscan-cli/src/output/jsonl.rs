//! One JSON object a line.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::json::WriterBuilder;
use arrow::json::writer::{LineDelimited, Writer};

use super::BatchWriter;
use super::value::Lossless;
use crate::failure::Failure;

/// Writes each row as a JSON object on a line of its own, nulls written out.
pub(super) struct JsonLines<W: Write>(Writer<W, LineDelimited>);

impl<W: Write> JsonLines<W> {
    pub(super) fn new(out: W) -> Self {
        let builder = WriterBuilder::new()
            .with_explicit_nulls(true)
            .with_encoder_factory(Arc::new(Lossless));
        Self(builder.build(out))
    }
}

impl<W: Write> BatchWriter for JsonLines<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.0.write(batch)?;
        Ok(self.0.get_mut().flush()?)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.0.get_mut().flush()?)
    }
}
