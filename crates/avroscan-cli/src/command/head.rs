//! `avroscan head`: the first rows, for a look.

use avroscan::Scan;
use clap::Args;

use crate::args::{ColumnArgs, ReadArgs, SchemaArgs, StorageArgs};
use crate::failure::Failure;
use crate::output::Format;
use crate::skipped::{SkipArgs, tell};

/// Show the first rows as a table
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan head events.avro
  avroscan head -n 3 --columns id,user.email events.avro")]
pub(crate) struct Head {
    /// A file, pattern, directory or URL
    #[arg(value_name = "FILE")]
    file: String,

    /// How many rows
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    rows: u64,

    #[command(flatten)]
    columns: ColumnArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    schema: SchemaArgs,

    #[command(flatten)]
    skip: SkipArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

impl Head {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let options = self.schema.apply_to(self.read.to_options())?;
        let mut options = self.skip.apply_to(options);
        options.projection = self.columns.to_projection();
        options.n_rows = Some(self.rows);
        let scan = Scan::open_blocking(&[&self.file], &self.storage.to_options(), options)?;

        let mut table = Format::Table.to_stdout(scan.schema())?;
        for batch in scan.reader()? {
            table.write(&batch?)?;
        }
        table.finish()?;
        tell(&scan.options().report);
        Ok(())
    }
}
