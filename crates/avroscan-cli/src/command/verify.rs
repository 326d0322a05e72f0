//! `avroscan verify`: is every block good?

use std::fmt::Write as _;
use std::sync::Arc;

use avroscan::{
    AvroFile, BadBlock, CheckedBlock, Progress, ReadReport, ScanOptions, Source, block_on,
    find_sources, printable,
};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::args::StorageArgs;
use crate::failure::Failure;
use crate::output::{grouped, print, printable_json};
use crate::progress::Bar;
use crate::skipped::{LeftoverArgs, count, line};

/// Most bad blocks of a file that are described. All of them are counted.
const MOST_DESCRIBED: usize = 1000;

/// Check every block of files: read, decompressed, and all values of all rows decoded
///
/// The exit code is 0 when all files are sound, and 1 when one is damaged or cannot be read. What the
/// format has no checksum for can be wrong and not be seen: in blocks of the codecs null and deflate, a
/// changed byte may make another valid value.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan verify events/
  avroscan verify events.avro --format json | jq .bad")]
pub(crate) struct Verify {
    /// Files, patterns, directories or URLs
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,

    /// The form of the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
    format: ReportFormat,

    #[command(flatten)]
    leftover: LeftoverArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    /// A line a file, and one for each bad block
    Table,
    /// A JSON object a line and file
    Json,
}

/// What was found in a file.
#[derive(Default)]
struct Findings {
    blocks: u64,
    rows: u64,
    bad_blocks: u64,
    bytes_skipped: u64,
    rows_lost: u64,
    bad: Vec<BadBlock>,
    /// Has the blocks with bytes after their last row.
    report: ReadReport,
    /// What ended the check before the end of the file.
    error: Option<avroscan::Error>,
}

impl Verify {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let sources = block_on(find_sources(&self.files, &self.storage.to_options()))?;
        let files = sources.len();
        let mut damaged = 0;
        for source in sources {
            let location = source.location().clone();
            let options = self.leftover.apply_to(ScanOptions::default());
            let bar = Bar::of(&options.progress);
            let findings = block_on(Findings::of(source, &options));
            drop(bar);
            damaged += u64::from(!findings.are_good());
            match self.format {
                ReportFormat::Table => print(findings.text(&location).trim_end())?,
                ReportFormat::Json => {
                    print(printable_json(&findings.json(&location).to_string()))?;
                }
            }
        }
        if damaged > 0 {
            let of = count(files as u64, "file");
            let sentence = format!("damaged or not readable: {} of {of}", grouped(damaged));
            return Err(Failure::Failed(sentence));
        }
        Ok(())
    }
}

impl Findings {
    async fn of(source: Arc<dyn Source>, options: &ScanOptions) -> Self {
        let mut findings = Self {
            report: options.report.clone(),
            ..Self::default()
        };
        if let Err(error) = findings.check(source, options).await {
            findings.error = Some(error);
        }
        findings
    }

    async fn check(
        &mut self,
        source: Arc<dyn Source>,
        options: &ScanOptions,
    ) -> avroscan::Result<()> {
        let file = AvroFile::open(source, &options.limits, &Progress::default()).await?;
        let mut blocks = file.check(options).await?;
        while let Some(block) = blocks.next().await? {
            match block {
                CheckedBlock::Good(block) => {
                    self.blocks += 1;
                    self.rows = self.rows.saturating_add(block.rows);
                }
                CheckedBlock::Bad(block) => {
                    self.bad_blocks += 1;
                    self.bytes_skipped = self.bytes_skipped.saturating_add(block.bytes);
                    let lost = block.rows_lost.unwrap_or_default();
                    self.rows_lost = self.rows_lost.saturating_add(lost);
                    if self.bad.len() < MOST_DESCRIBED {
                        self.bad.push(block);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn are_good(&self) -> bool {
        self.bad_blocks == 0 && self.error.is_none()
    }

    fn text(&self, location: &str) -> String {
        let verdict = if self.are_good() { "good" } else { "BAD" };
        let location = printable(location);
        let mut text = format!(
            "{verdict}\t{location}\t{}\t{}",
            count(self.blocks, "good block"),
            count(self.rows, "row"),
        );
        if self.bad_blocks > 0 {
            let _ = write!(
                text,
                "\t{}\t{} bytes\trows known to be lost: {}",
                count(self.bad_blocks, "bad block"),
                grouped(self.bytes_skipped),
                grouped(self.rows_lost),
            );
        }
        let leftover = self.report.leftover_blocks();
        if leftover > 0 {
            let _ = write!(
                text,
                "\t{} with bytes after the last row\t{} bytes",
                count(leftover, "block"),
                grouped(self.report.leftover_bytes()),
            );
        }
        text.push('\n');
        for block in &self.bad {
            let _ = writeln!(text, "  {}", line(block));
        }
        let more = self.bad_blocks.saturating_sub(self.bad.len() as u64);
        if more > 0 {
            let _ = writeln!(text, "  and {} more", grouped(more));
        }
        if let Some(error) = &self.error {
            let _ = writeln!(text, "  {}", error);
        }
        text
    }

    fn json(&self, location: &str) -> serde_json::Value {
        let bad = self.bad.iter().map(|block| {
            json!({
                "block": block.block,
                "offset": block.offset,
                "bytes": block.bytes,
                "declared_rows": block.declared_rows,
                "rows_lost": block.rows_lost,
                "kind": format!("{:?}", block.kind),
                "field": block.field,
                "message": block.message,
            })
        });
        json!({
            "file": location,
            "good": self.are_good(),
            "blocks": self.blocks,
            "rows": self.rows,
            "bad_blocks": self.bad_blocks,
            "bytes_skipped": self.bytes_skipped,
            "rows_lost": self.rows_lost,
            "leftover_blocks": self.report.leftover_blocks(),
            "leftover_bytes": self.report.leftover_bytes(),
            "bad": bad.collect::<Vec<_>>(),
            "error": self.error.as_ref().map(ToString::to_string),
        })
    }
}
