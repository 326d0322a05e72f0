//! `avroscan repair`: the good blocks of a damaged file, byte for byte.

use std::fs::{self, File};
use std::io::{Write, stderr};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use avroscan::{AvroFile, CheckedBlock, Progress, ScanOptions, Source, block_on, find_sources};
use clap::Args;

use crate::args::StorageArgs;
use crate::failure::Failure;
use crate::output::grouped;
use crate::progress::Bar;
use crate::skipped::{LeftoverArgs, count, left_over, line};
use crate::unfinished::Unfinished;

/// Copy the header and the good blocks of a file, byte for byte
///
/// A block is good when all values of all of its rows can be decoded. What is left out is said on
/// standard error. With --leftover-bytes ignore, blocks with bytes after their last row are copied as they
/// are: reading OUT takes the same option. OUT appears when it is complete, and replaces a file of that name then; if the command
/// fails or is interrupted, nothing is left behind.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  avroscan repair damaged.avro good.avro")]
pub(crate) struct Repair {
    /// A file or URL
    #[arg(value_name = "IN")]
    input: String,

    /// The file to write
    #[arg(value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    leftover: LeftoverArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

impl Repair {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let output = self.output.display();
        let sources = block_on(find_sources(&[&self.input], &self.storage.to_options()))?;
        let [source] = &sources[..] else {
            let files = sources.len();
            return Err(Failure::Usage(format!(
                "{}: these are {files} files, expected one",
                self.input
            )));
        };
        if self.output.is_dir() {
            return Err(Failure::Usage(format!("{output}: is a directory")));
        }
        if is_same(source, &self.output) {
            return Err(Failure::Usage(format!("{output}: is the file to repair")));
        }
        let options = self.leftover.apply_to(ScanOptions::default());
        let file = block_on(AvroFile::open(
            source.clone(),
            &options.limits,
            &Progress::default(),
        ))?;
        let unfinished = Unfinished::create(&self.output)?;
        let bar = Bar::of(&options.progress);
        let repaired = block_on(self.copy(&file, &options, &unfinished));
        drop(bar);
        let left_out = repaired?;
        unfinished.finish()?;
        // If standard error is gone, nobody can be told.
        let _ = stderr().write_all(left_out.as_bytes());
        Ok(())
    }

    /// Copies what is good, and says what is not.
    async fn copy(
        &self,
        file: &Arc<AvroFile>,
        options: &ScanOptions,
        unfinished: &Unfinished,
    ) -> Result<String, Failure> {
        let mut copy = Copy {
            source: file.source().clone(),
            output: File::create(unfinished.path()).map_err(|error| self.failed(&error))?,
            from: 0..file.header().length,
        };
        let (mut left_out, mut blocks, mut bytes) = (String::new(), 0, 0_u64);
        let mut checked = file.check(options).await?;
        while let Some(block) = checked.next().await? {
            match block {
                CheckedBlock::Good(block) => {
                    if block.offset != copy.from.end {
                        copy.write(self).await?;
                        copy.from = block.offset..block.offset;
                    }
                    copy.from.end = block.end;
                }
                CheckedBlock::Bad(block) => {
                    blocks += 1;
                    bytes = bytes.saturating_add(block.bytes);
                    left_out.push_str(&format!("  {}\n", line(&block)));
                }
                _ => {}
            }
        }
        copy.write(self).await?;
        if blocks > 0 {
            let blocks = count(blocks, "bad block");
            let bytes = grouped(bytes);
            left_out.insert_str(0, &format!("avroscan: left out {blocks}, {bytes} bytes\n"));
        }
        left_out.push_str(&left_over(&options.report));
        Ok(left_out)
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::writing(error, &self.output.display().to_string())
    }
}

/// Bytes on their way, from one file to the other.
struct Copy {
    source: Arc<dyn Source>,
    output: File,
    /// What is good and not copied yet.
    from: Range<u64>,
}

impl Copy {
    async fn write(&mut self, repair: &Repair) -> Result<(), Failure> {
        while !self.from.is_empty() {
            let end = self.from.end;
            let to = end.min(self.from.start.saturating_add(self.source.request_bytes()));
            let bytes = self.source.read(self.from.start..to).await?;
            let written = self.output.write_all(&bytes);
            written.map_err(|error| repair.failed(&error))?;
            self.from.start = to;
        }
        Ok(())
    }
}

/// Whether the output would take the place of the input.
fn is_same(source: &Arc<dyn Source>, output: &std::path::Path) -> bool {
    let location = source.location();
    let path = location.strip_prefix("file://").unwrap_or(location);
    match (fs::canonicalize(path), fs::canonicalize(output)) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    }
}
