//! Record batches as text on standard output: [JSON lines](jsonl), [CSV](csv), a [table].
//!
//! What the text of one value is, is decided once, in [`value`].

mod csv;
pub(crate) mod indent;
mod jsonl;
mod table;
mod value;

use std::borrow::Cow;
use std::io::{BufWriter, StdoutLock, Write, stdout};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use avroscan::printable;

use crate::failure::Failure;

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A header line and one line a row.
    Csv,
    /// A table with borders; it is written when its last row is known.
    Table,
}

/// Writes record batches of one schema to a stream.
pub(crate) trait BatchWriter {
    /// Writes the rows of `batch`. Whatever can be written at once is with the reader of the
    /// stream when this returns.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure>;

    /// Writes what was held back. To be called once, after the last batch.
    fn finish(&mut self) -> Result<(), Failure>;
}

impl Format {
    /// A writer of this form to standard output.
    pub(crate) fn to_stdout(self, schema: SchemaRef) -> Result<Box<dyn BatchWriter>, Failure> {
        let out = standard_output();
        Ok(match self {
            Self::Jsonl => Box::new(jsonl::JsonLines::new(out)),
            Self::Csv => Box::new(csv::Csv::new(out, schema)?),
            Self::Table => Box::new(table::Table::new(out, schema)),
        })
    }
}

/// Standard output behind a buffer: the standard library's own looks for line ends.
pub(crate) fn standard_output() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 * 1024, stdout().lock())
}

/// Writes `text` and a line end to standard output, and flushes it.
pub(crate) fn print(text: impl std::fmt::Display) -> Result<(), Failure> {
    let mut out = standard_output();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// A number with its digits in groups of three: `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The text with each line as [`printable`] has it.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// JSON text on one line, the same but for characters that a terminal would act on: those stand as
/// escapes of JSON.
pub(crate) fn printable_json(json: &str) -> String {
    json.chars()
        .fold(String::with_capacity(json.len()), |mut text, character| {
            push_json(character, &mut text);
            text
        })
}

/// Appends a character of JSON text, or its escape.
fn push_json(character: char, text: &mut String) {
    let start = text.len();
    text.push(character);
    if let Cow::Owned(_) = printable(text.get(start..).unwrap_or_default()) {
        text.truncate(start);
        // They are all below U+10000.
        text.push_str(&format!("\\u{:04x}", u32::from(character)));
    }
}

#[cfg(test)]
mod tests;
