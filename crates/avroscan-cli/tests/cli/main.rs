//! The command, from the outside: arguments in; text, exit codes and files out.

mod cat;
mod conformance;
mod convert;
mod damage;
mod depth;
mod errors;
mod evolution;
mod leftover;
mod look;
#[cfg(target_os = "linux")]
mod memory;
mod odd;
mod readme;
mod server;
mod sql;
mod terminal;

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;
use tempfile::TempDir;

/// The command under test.
fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_avroscan"))
}

/// Runs `avroscan` with these arguments to its end.
fn avroscan<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Run {
    Run::of(command().args(args).output().unwrap())
}

/// What a finished command left.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code().expect("an exit code, not a signal"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!run.err.contains("panicked"), "{}", run.err);
        run
    }

    /// What it wrote, having done what was asked.
    fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""));
        self.out
    }

    /// The one sentence with which it failed.
    fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}", self.err);
        let sentence = self
            .err
            .strip_prefix("avroscan: ")
            .expect("a sentence of its own");
        let sentence = sentence.strip_suffix('\n').expect("a whole line");
        assert!(!sentence.contains('\n'), "{sentence}");
        sentence.to_owned()
    }

    /// What the argument parser says of arguments that cannot be.
    fn refused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }
}

/// A directory for one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A directory with `orders.avro`: so many orders, 100 to a block.
    fn with_orders(rows: u64) -> Self {
        let files = Self::new();
        files.write("orders.avro", orders::file(rows, 100, Codec::Zstandard));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path as an argument.
    fn arg(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        if let Some(parent) = self.path(name).parent() {
            fs::create_dir_all(parent).unwrap();
        }
        fs::write(self.path(name), bytes).unwrap();
        self.arg(name)
    }

    /// The names of the files, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}
