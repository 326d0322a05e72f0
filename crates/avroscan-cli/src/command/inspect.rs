//! `avroscan inspect`: what a file is made of.

use std::fmt::Write as _;
use std::sync::Arc;

use avroscan::{AvroFile, FileSummary, ScanOptions, Source, block_on, find_sources, printable};
use clap::Args;

use crate::args::StorageArgs;
use crate::failure::Failure;
use crate::output::{grouped, print};
use crate::progress::Bar;

/// The metadata entry that has a sub-command of its own.
const SCHEMA_KEY: &str = "avro.schema";

/// Show what a file is made of: codec, sync marker, blocks, rows, sizes, metadata
///
/// All blocks are read and decompressed, and none is decoded.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  avroscan inspect events.avro")]
pub(crate) struct Inspect {
    /// A file or URL; a pattern or directory shows one file after the other
    #[arg(value_name = "FILE")]
    file: String,

    #[command(flatten)]
    storage: StorageArgs,
}

impl Inspect {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let sources = block_on(find_sources(&[&self.file], &self.storage.to_options()))?;
        for (at, source) in sources.into_iter().enumerate() {
            let options = ScanOptions::default();
            let bar = Bar::of(&options.progress);
            let inspected = block_on(open_and_summarize(source, &options));
            drop(bar);
            let (file, summary) = inspected?;
            let gap = if at == 0 { "" } else { "\n" };
            print(format_args!(
                "{gap}{}",
                describe(&file, &summary).trim_end()
            ))?;
        }
        Ok(())
    }
}

async fn open_and_summarize(
    source: Arc<dyn Source>,
    options: &ScanOptions,
) -> avroscan::Result<(Arc<AvroFile>, FileSummary)> {
    let file = AvroFile::open(source, &options.limits, &options.progress).await?;
    let summary = file.summarize(options).await?;
    Ok((file, summary))
}

fn describe(file: &AvroFile, summary: &FileSummary) -> String {
    let header = file.header();
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to memory does not fail.
        let _ = writeln!(text, "{}", format!("{name:<14}{value}").trim_end());
    };
    line("file", &printable(file.location()));
    line("size", &bytes(file.size()));
    line("header", &bytes(header.length));
    line("codec", header.codec.name());
    line("sync marker", &hex(&header.sync));
    line("blocks", &grouped(summary.blocks));
    line("rows", &grouped(summary.rows));
    line("compressed", &bytes(summary.compressed_bytes));
    line(
        "decompressed",
        &format!("{}{}", bytes(summary.decompressed_bytes), ratio(summary)),
    );
    line("metadata", "");
    for (key, value) in &header.metadata {
        let value = match std::str::from_utf8(value) {
            Ok(_) if key == SCHEMA_KEY => "(see avroscan schema)".to_owned(),
            Ok(value) => printable(value).into_owned(),
            Err(_) => format!("0x{}", hex(value)),
        };
        line(&format!("  {}", printable(key)), &format!(" {value}"));
    }
    text
}

fn bytes(number: u64) -> String {
    format!("{} bytes", grouped(number))
}

/// How many times larger the blocks are when decompressed, where that says something.
fn ratio(summary: &FileSummary) -> String {
    if summary.compressed_bytes == 0 || summary.compressed_bytes == summary.decompressed_bytes {
        return String::new();
    }
    format!(
        " ({:.1} x)",
        summary.decompressed_bytes as f64 / summary.compressed_bytes as f64
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to memory does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
