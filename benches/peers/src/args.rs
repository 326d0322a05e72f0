//! The command line.

use std::path::PathBuf;

use crate::{Result, failure};

/// In the repository, wherever the program runs.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers-data");

pub(crate) const USAGE: &str = "\
usage: avroscan-peers [CASE..] [OPTIONS]

cases (default: all)
  core        whole files from memory, one thread
  local       whole local files, one worker and several
  projection  3 of 100 columns
  count       the rows of a large file
  first       the first 10 rows of a large file
  memory      peak memory of reading a large file
with the feature `engines`:
  streamed    whole files through Polars and DataFusion, batch by batch
  collected   the same into one frame
  filter      filters keeping 0.1 %, 10 % and 90 %
  parquet     whole files into Parquet files
  sink        a large file into a Parquet file, with peak memory
  remote      objects through DataFusion, 20 ms away; needs s3s-fs
  same        no measurement: the suite's queries over both readers of DataFusion

options
  --data DIR    where the files are, made if missing (default target/peers-data)
  --scale F     so many times the usual rows (default 1)
  --runs N      timed runs of each reader (default 11)
  --only TEXT   files whose name has this in it (\"wide\", \"simple null\")
  --reader TEXT readers whose name has this in it (\"Polars\"), to profile one alone
  --json FILE   all figures, a JSON object a line
  --more        tables of the fastest run, CPU time and page faults too
  --slow        apache-avro too
";

#[derive(Debug, Clone)]
pub(crate) struct Args {
    pub(crate) cases: Vec<String>,
    pub(crate) data: PathBuf,
    pub(crate) scale: f64,
    pub(crate) runs: usize,
    pub(crate) only: String,
    pub(crate) reader: String,
    pub(crate) json: Option<PathBuf>,
    pub(crate) more: bool,
    pub(crate) slow: bool,
}

impl Args {
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut parsed = Self {
            cases: Vec::new(),
            data: PathBuf::from(DATA),
            scale: 1.0,
            runs: 11,
            only: String::new(),
            reader: String::new(),
            json: None,
            more: false,
            slow: false,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| failure(format!("{arg} what?")));
            match arg.as_str() {
                "--data" => parsed.data = value()?.into(),
                "--scale" => parsed.scale = value()?.parse()?,
                "--runs" => parsed.runs = value()?.parse::<usize>()?.max(1),
                "--only" => parsed.only = value()?,
                "--reader" => parsed.reader = value()?,
                "--json" => parsed.json = Some(value()?.into()),
                "--more" => parsed.more = true,
                "--slow" => parsed.slow = true,
                option if option.starts_with('-') => return Err(failure(USAGE)),
                _ => parsed.cases.push(arg),
            }
        }
        Ok(parsed)
    }
}
