//! `avroscan convert`: Avro to Parquet, in bounded memory.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avroscan::{Source, block_on, find_sources};
use avroscan_polars::{ScanArgsAvro, scan_avro};
use clap::{Args, ValueEnum};
use polars::prelude::{
    Engine, FileWriteFormat, LazyFrame, ParquetCompression, ParquetWriteOptions, PlRefPath,
    SinkDestination, SinkTarget, UnifiedSinkArgs,
};

use crate::args::{ColumnArgs, ReadArgs, SchemaArgs, StorageArgs, ThreadArgs};
use crate::failure::Failure;
use crate::progress::Bar;
use crate::skipped::{SkipArgs, tell};
use crate::unfinished::Unfinished;

/// Convert Avro files to one Parquet file
///
/// Rows keep their order. Polars' streaming engine does the work, so memory does not grow with the
/// files. OUT appears when it is complete, and replaces a file of that name then; if the command
/// fails or is interrupted, nothing is left behind.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan convert events.avro events.parquet
  avroscan convert 'events/*.avro' slim.parquet --columns id,user.email --compression snappy")]
pub(crate) struct Convert {
    /// Files, patterns, directories or URLs
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<String>,

    /// The file to write; its name ends in .parquet
    #[arg(value_name = "OUT")]
    output: PathBuf,

    #[command(flatten)]
    columns: ColumnArgs,

    /// How the columns are compressed
    #[arg(long, value_enum, default_value_t = Compression::Zstd)]
    compression: Compression,

    #[command(flatten)]
    threads: ThreadArgs,

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
enum Compression {
    /// Small and fast
    Zstd,
    /// Fast, and read by everything
    Snappy,
    /// Smaller than snappy, slow to write
    Gzip,
    /// Small, very slow to write
    Brotli,
    /// Fast (the LZ4_RAW codec)
    Lz4,
    /// None
    Uncompressed,
}

impl From<Compression> for ParquetCompression {
    fn from(compression: Compression) -> Self {
        match compression {
            Compression::Zstd => Self::Zstd(None),
            Compression::Snappy => Self::Snappy,
            Compression::Gzip => Self::Gzip(None),
            Compression::Brotli => Self::Brotli(None),
            Compression::Lz4 => Self::Lz4Raw,
            Compression::Uncompressed => Self::Uncompressed,
        }
    }
}

impl Convert {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        if let Some(threads) = self.threads.threads {
            crate::threads::limit_polars(threads);
        }
        let output = self.output.display();
        if self.output.extension() != Some(OsStr::new("parquet")) {
            return Err(Failure::Usage(format!(
                "{output}: the name does not end in .parquet"
            )));
        }
        if self.output.is_dir() {
            return Err(Failure::Usage(format!("{output}: is a directory")));
        }
        let storage_options = self.storage.to_options();
        let sources = block_on(find_sources(&self.inputs, &storage_options))?;
        self.refuse_input_as_output(&sources)?;

        let options = self.schema.apply_to(self.read.to_options())?;
        let mut options = self.skip.apply_to(options);
        options.projection = self.columns.to_projection();
        let (progress, report) = (options.progress.clone(), options.report.clone());
        let mut frame = scan_avro(
            sources,
            ScanArgsAvro {
                options,
                ..ScanArgsAvro::default()
            },
        )?;
        if frame.collect_schema()?.is_empty() {
            return Err(Failure::Failed(
                "the rows have no columns, and Parquet has no rows without columns".to_owned(),
            ));
        }

        let unfinished = Unfinished::create(&self.output)?;
        let bar = Bar::of(&progress);
        self.sink(frame, unfinished.path())?;
        drop(bar);
        unfinished.finish()?;
        tell(&report);
        Ok(())
    }

    fn sink(&self, frame: LazyFrame, path: &Path) -> Result<(), Failure> {
        let target = SinkTarget::Path(PlRefPath::try_from_path(path)?);
        let options = ParquetWriteOptions {
            compression: self.compression.into(),
            ..Default::default()
        };
        frame
            .sink(
                SinkDestination::File { target },
                FileWriteFormat::Parquet(Arc::new(options)),
                UnifiedSinkArgs::default(),
            )?
            .collect_with_engine(Engine::Streaming)?;
        Ok(())
    }

    /// The output would take the place of an input: surely a slip of the hand.
    fn refuse_input_as_output(&self, sources: &[Arc<dyn Source>]) -> Result<(), Failure> {
        let Ok(output) = fs::canonicalize(&self.output) else {
            return Ok(());
        };
        for source in sources {
            let location = source.location();
            let path = location.strip_prefix("file://").unwrap_or(location);
            if fs::canonicalize(path).is_ok_and(|input| input == output) {
                return Err(Failure::Usage(format!(
                    "{}: is one of the files to convert",
                    self.output.display()
                )));
            }
        }
        Ok(())
    }
}
