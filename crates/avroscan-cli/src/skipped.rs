//! What to do with damaged blocks, and what is said of those that were skipped.

use std::io::{Write, stderr};

use avroscan::{BadBlock, LeftoverBytes, OnError, ReadReport, ScanOptions, SkipBudget, printable};
use clap::{Args, ValueEnum};

use crate::args::parse_bytes;
use crate::output::grouped;

/// So many bad blocks get a line of their own: more than that nobody reads.
const MOST_LINES: usize = 10;

/// What becomes of bytes after the last row of a block.
#[derive(Debug, Clone, Args)]
pub(crate) struct LeftoverArgs {
    /// What to do with bytes that follow the last row of a block
    #[arg(
        long,
        value_name = "POLICY",
        value_enum,
        default_value_t = Leftover::Error,
        help_heading = "Damaged files"
    )]
    leftover_bytes: Leftover,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Leftover {
    /// Take the block for damaged
    Error,
    /// Read the block, and say on standard error how many bytes were left over
    Ignore,
}

impl LeftoverArgs {
    /// The same options with these.
    pub(crate) fn apply_to(&self, options: ScanOptions) -> ScanOptions {
        options.with_leftover_bytes(match self.leftover_bytes {
            Leftover::Error => LeftoverBytes::Error,
            Leftover::Ignore => LeftoverBytes::Ignore,
        })
    }
}

/// What becomes of damaged blocks.
#[derive(Debug, Clone, Args)]
pub(crate) struct SkipArgs {
    #[command(flatten)]
    leftover: LeftoverArgs,

    /// What to do at a damaged block
    #[arg(
        long,
        value_name = "POLICY",
        value_enum,
        default_value_t = Policy::Fail,
        help_heading = "Damaged files"
    )]
    on_error: Policy,

    /// Fail after all when more bad blocks than this were skipped
    #[arg(long, value_name = "N", help_heading = "Damaged files")]
    max_bad_blocks: Option<u64>,

    /// Fail after all when more bytes than this were skipped; KiB, MiB and GiB may follow the number
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, help_heading = "Damaged files")]
    max_bad_bytes: Option<usize>,

    /// Fail after all when more than this part of a file was skipped, from 0 to 1
    #[arg(long, value_name = "PART", help_heading = "Damaged files")]
    max_bad_fraction: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// Stop with an error, after the rows before it
    Fail,
    /// Leave the whole block out, go on, and say on standard error what was left out
    Skip,
}

impl SkipArgs {
    /// Whether damaged blocks are skipped.
    pub(crate) fn skips(&self) -> bool {
        self.on_error == Policy::Skip
    }

    /// The same options with these.
    pub(crate) fn apply_to(&self, options: ScanOptions) -> ScanOptions {
        let budget = SkipBudget::default()
            .with_blocks(self.max_bad_blocks)
            .with_bytes(self.max_bad_bytes.map(|bytes| bytes as u64))
            .with_fraction(self.max_bad_fraction);
        let on_error = match self.on_error {
            Policy::Fail => OnError::Fail,
            Policy::Skip => OnError::Skip,
        };
        let options = self.leftover.apply_to(options);
        options.with_on_error(on_error).with_skip_budget(budget)
    }
}

/// Says on standard error what was skipped and what was left over; nothing where nothing was.
pub(crate) fn tell(report: &ReadReport) {
    // If standard error is gone, nobody can be told.
    let _ = stderr().write_all(left_over(report).as_bytes());
    let blocks = report.bad_blocks();
    if blocks == 0 {
        return;
    }
    let mut text = format!(
        "avroscan: skipped {}, {} bytes; rows known to be lost: {}\n",
        count(blocks, "bad block"),
        grouped(report.bytes_skipped()),
        grouped(report.rows_lost()),
    );
    for block in report.entries().iter().take(MOST_LINES) {
        text.push_str(&format!("  {}\n", line(block)));
    }
    let more = blocks.saturating_sub(MOST_LINES as u64);
    if more > 0 {
        text.push_str(&format!("  and {} more\n", grouped(more)));
    }
    // If standard error is gone, nobody can be told.
    let _ = stderr().write_all(text.as_bytes());
}

/// What was left over after the last rows of blocks, as a line of text; empty where nothing was.
pub(crate) fn left_over(report: &ReadReport) -> String {
    match report.leftover_blocks() {
        0 => String::new(),
        blocks => format!(
            "avroscan: {} with bytes after the last row, {} bytes in all\n",
            count(blocks, "block"),
            grouped(report.leftover_bytes()),
        ),
    }
}

/// A bad block as a line of text.
pub(crate) fn line(block: &BadBlock) -> String {
    let field = match &block.field {
        Some(field) => format!(" (field `{field}`)"),
        None => String::new(),
    };
    let number = match block.block {
        Some(number) => format!("block {number}, "),
        None => String::new(),
    };
    let end = block.offset.saturating_add(block.bytes);
    let text = format!(
        "{}: {number}bytes {} to {end}: {}{field}",
        block.file, block.offset, block.message
    );
    printable(&text).into_owned()
}

/// A number of things: `1 bad block`, `2 bad blocks`.
pub(crate) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}
