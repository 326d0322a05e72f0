//! Whole reads side by side: avroscan and the other Avro readers, in one process, on one machine.

mod answer;
mod args;
mod bench;
mod cases;
mod data_set;
mod files;
mod measure;
#[cfg(feature = "engines")]
mod object_server;
mod process;
mod readers;
mod table;
mod yardstick;

use std::error::Error;
use std::process::ExitCode;

use args::Args;
use bench::Bench;
use cases::memory;
#[cfg(feature = "engines")]
use cases::sink;

/// Whatever went wrong, for a person to read.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn failure(what: impl Into<String>) -> Box<dyn Error> {
    what.into().into()
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first().map(|(first, rest)| (&**first, rest)) {
        Some((memory::CHILD, args)) => return memory::child(args),
        #[cfg(feature = "engines")]
        Some((sink::CHILD, args)) => return sink::child(args),
        _ => {}
    }
    if args.iter().any(|arg| arg == "--help") {
        print!("{}", args::USAGE);
        return Ok(());
    }
    let args = Args::parse(args)?;
    process::settle_allocator();
    let cases = cases::named(&args.cases)?;
    let mut bench = Bench::new(args)?;
    for case in cases {
        case(&mut bench)?;
    }
    bench.verdict()
}
