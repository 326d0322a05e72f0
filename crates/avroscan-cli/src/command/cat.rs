//! `avroscan cat`: all rows, in file order.

use std::num::NonZeroUsize;

use avroscan::Scan;
use clap::{Args, ValueEnum};

use crate::args::{ColumnArgs, ReadArgs, SchemaArgs, StorageArgs};
use crate::failure::Failure;
use crate::output::Format;
use crate::progress::Bar;
use crate::skipped::{SkipArgs, tell};

/// Write rows to standard output, one JSON object a line, in file order
///
/// Nulls are written out. Several files are read as one, one after the other, with the columns of
/// the first unless told otherwise. When a file turns out to be damaged, the rows before the damage
/// have been written; with --on-error skip, those after it too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan cat events.avro --columns id,user.email --rows 1000
  avroscan cat 's3://bucket/2024/**/*.avro' --format csv > events.csv")]
pub(crate) struct Cat {
    /// Files, patterns, directories or URLs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    #[command(flatten)]
    columns: ColumnArgs,

    /// Stop after this many rows [default: all]
    #[arg(long, value_name = "N")]
    rows: Option<u64>,

    /// The form of a row
    #[arg(long, value_enum, default_value_t = RowFormat::Jsonl)]
    format: RowFormat,

    /// How many threads decompress and decode [default: the number of cores]
    #[arg(long, value_name = "N", help_heading = "Reading")]
    workers: Option<NonZeroUsize>,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    schema: SchemaArgs,

    #[command(flatten)]
    skip: SkipArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RowFormat {
    /// One JSON object a line
    Jsonl,
    /// A header line and one line a row; records, lists and maps as JSON text in their cell
    Csv,
}

impl Cat {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let options = self.schema.apply_to(self.read.to_options())?;
        let mut options = self.skip.apply_to(options);
        options.projection = self.columns.to_projection();
        options.n_rows = self.rows;
        if let Some(workers) = self.workers {
            options.workers = workers.get();
        }
        let scan = Scan::open_blocking(&self.files, &self.storage.to_options(), options)?;

        let format = match self.format {
            RowFormat::Jsonl => Format::Jsonl,
            RowFormat::Csv => Format::Csv,
        };
        // A file that cannot be read with the others is found out before anything is written.
        let batches = scan.reader()?;
        let mut output = format.to_stdout(scan.schema())?;
        let bar = Bar::beside_output(&scan.options().progress);
        for batch in batches {
            output.write(&batch?)?;
        }
        output.finish()?;
        drop(bar);
        tell(&scan.options().report);
        Ok(())
    }
}
