//! The sub-commands, one file each.

mod cat;
mod convert;
mod count;
mod head;
mod inspect;
mod repair;
mod schema;
mod sql;
mod verify;

use clap::{Parser, Subcommand};

use crate::failure::Failure;

/// Looks into, queries and converts Apache Avro files.
///
/// FILE is a path, a pattern (* ** ? [..] {a,b}), a directory (all *.avro below it), or a URL:
/// file, s3, gs, az, abfs, http, https.
#[derive(Debug, Parser)]
#[command(name = "avroscan", version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  avroscan schema events.avro
  avroscan cat 'events/*.avro' --columns id,user.email | jq .user
  avroscan sql \"SELECT count(*) FROM 'events.avro' WHERE user['email'] IS NULL\"
  avroscan convert events/ events.parquet

Exit codes: 0 done, 1 a file could not be read or a result not be written, 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Schema(schema::Schema),
    Inspect(inspect::Inspect),
    Count(count::Count),
    Head(head::Head),
    Cat(cat::Cat),
    Sql(sql::Sql),
    Convert(convert::Convert),
    Verify(verify::Verify),
    Repair(repair::Repair),
}

impl Command {
    /// Does what was asked.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Schema(command) => command.run(),
            Self::Inspect(command) => command.run(),
            Self::Count(command) => command.run(),
            Self::Head(command) => command.run(),
            Self::Cat(command) => command.run(),
            Self::Sql(command) => command.run(),
            Self::Convert(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Repair(command) => command.run(),
        }
    }
}
