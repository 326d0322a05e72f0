//! `avroscan`: look into, query and convert Apache Avro files.
//!
//! One file per sub-command in [`command`]; what they share is around them: [`args`] for options,
//! [`output`] for rows as text, [`progress`] for the bar, [`skipped`] for damaged blocks, [`failure`] for how a command ends early.

mod args;
mod command;
mod failure;
mod output;
mod progress;
mod skipped;
mod threads;
mod unfinished;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;

use crate::failure::Failure;
use crate::output::printable_lines;

fn main() -> ExitCode {
    let cli = command::Cli::parse();
    match cli.command.run() {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed(sentence)) => complain(&sentence, 1),
        Err(Failure::Usage(sentence)) => complain(&sentence, 2),
    }
}

/// Says what went wrong on standard error.
fn complain(sentence: &str, code: u8) -> ExitCode {
    // If standard error is gone too, the exit code has to do.
    let sentence = printable_lines(sentence.trim_end());
    let _ = writeln!(stderr(), "avroscan: {sentence}");
    code.into()
}
