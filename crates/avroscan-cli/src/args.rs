//! Options that several sub-commands share, and how their values are written.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use avroscan::{AvroSchema, Limits, Projection, ScanOptions, SchemaMode, StorageOptions};
use clap::{Args, ValueEnum};

use crate::failure::Failure;

/// How to reach an object store.
#[derive(Debug, Clone, Args)]
pub(crate) struct StorageArgs {
    /// An option for the object store, by the store's own key name; may be repeated.
    ///
    /// For example `--storage-option aws_region=eu-west-1 --storage-option
    /// aws_endpoint=http://localhost:9000`. Credentials come from the usual environment variables
    /// unless given here.
    #[arg(
        long = "storage-option",
        value_name = "KEY=VALUE",
        value_parser = parse_pair,
        help_heading = "Reading"
    )]
    storage_options: Vec<(String, String)>,
}

impl StorageArgs {
    /// The options as the core takes them.
    pub(crate) fn to_options(&self) -> StorageOptions {
        self.storage_options.clone()
    }
}

/// How blocks become batches. What is not given keeps the core's default.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReadArgs {
    /// The largest number of rows of one batch [default: 100000, in sql 8192]
    #[arg(long, value_name = "ROWS", help_heading = "Reading")]
    pub(crate) batch_size: Option<NonZeroUsize>,

    /// How many blocks are fetched ahead of the one being decoded [default: 4]
    #[arg(long, value_name = "BLOCKS", help_heading = "Reading")]
    pub(crate) buffer_blocks: Option<usize>,

    /// How many bytes are fetched ahead at most; KiB, MiB and GiB may follow the number
    /// [default: 64MiB]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, help_heading = "Reading")]
    pub(crate) buffer_bytes: Option<usize>,
}

impl ReadArgs {
    /// Scan options with these values, and the core's defaults for the others.
    pub(crate) fn to_options(&self) -> ScanOptions {
        let mut options = ScanOptions::default();
        if let Some(rows) = self.batch_size {
            options.batch_size = rows.get();
        }
        if let Some(blocks) = self.buffer_blocks {
            options.buffer_blocks = blocks;
        }
        if let Some(bytes) = self.buffer_bytes {
            options.buffer_bytes = bytes;
        }
        options
    }
}

/// Which schema the rows are read as.
#[derive(Debug, Clone, Args)]
pub(crate) struct SchemaArgs {
    /// A file with the Avro schema (JSON) that the rows are read as, instead of the files' own
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    reader_schema: Option<PathBuf>,

    /// Whose columns the rows of several files have
    #[arg(
        long,
        value_name = "MODE",
        value_enum,
        default_value_t = Mode::First,
        conflicts_with = "reader_schema",
        help_heading = "Reading"
    )]
    schema_mode: Mode,

    /// How many times more a type inside of itself becomes columns, before it becomes JSON text
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Reading")]
    unroll: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The first file's; others may lack what has a default or may be null, and be narrower
    First,
    /// All files': each column that any of them has, null where a file lacks it
    UnionByName,
}

impl SchemaArgs {
    /// Whether anything was asked for.
    pub(crate) fn is_given(&self) -> bool {
        self.reader_schema.is_some() || self.schema_mode != Mode::First || self.unroll != 0
    }

    /// The same options with these. Reads the file of the reader schema.
    pub(crate) fn apply_to(&self, options: ScanOptions) -> Result<ScanOptions, Failure> {
        let reader_schema = self.reader_schema(&options.limits)?;
        let mode = match self.schema_mode {
            Mode::First => SchemaMode::First,
            Mode::UnionByName => SchemaMode::UnionByName,
        };
        let options = options.with_reader_schema(reader_schema);
        Ok(options.with_schema_mode(mode).with_unroll(self.unroll))
    }

    fn reader_schema(&self, limits: &Limits) -> Result<Option<Arc<AvroSchema>>, Failure> {
        let Some(path) = &self.reader_schema else {
            return Ok(None);
        };
        let name = path.display().to_string();
        let json = fs::read_to_string(path)
            .map_err(|error| Failure::Failed(format!("{name}: cannot be read: {error}")))?;
        let schema = AvroSchema::parse(&json, limits)
            .map_err(|error| error.in_file(&Arc::from(name.as_str())))?;
        Ok(Some(Arc::new(schema)))
    }
}

/// Which columns to read.
#[derive(Debug, Clone, Args)]
pub(crate) struct ColumnArgs {
    /// Only these columns, in this order; `user.email` takes one field of a record [default: all]
    #[arg(long, value_name = "A,B.C", value_delimiter = ',')]
    columns: Option<Vec<String>>,
}

impl ColumnArgs {
    /// The columns as the core takes them.
    pub(crate) fn to_projection(&self) -> Projection {
        match &self.columns {
            None => Projection::All,
            Some(names) => Projection::columns(names),
        }
    }
}

/// How many processor threads an engine may use.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ThreadArgs {
    /// How many threads the engine may use [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Splits `key=value` at the first equals sign.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// Reads a number of bytes: `4096`, `512KiB`, `64MiB`, `1GiB`, and `KB`, `MB`, `GB` for powers of
/// a thousand.
pub(crate) fn parse_bytes(text: &str) -> Result<usize, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err("expected a number of bytes such as 65536, 64MiB or 1GiB".to_owned()),
    };
    let number: usize = number
        .parse()
        .map_err(|_| "expected a number of bytes such as 65536, 64MiB or 1GiB".to_owned())?;
    number
        .checked_mul(factor)
        .ok_or_else(|| "the number of bytes is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_the_usual_suffixes() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("10b", 10),
            ("64MiB", 64 << 20),
            ("64mib", 64 << 20),
            ("2 MB", 2_000_000),
            ("3k", 3072),
            ("1GiB", 1 << 30),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "MiB",
            "-1",
            "1.5MiB",
            "1TiBs",
            "64 M B",
            "99999999999999999999",
            "é",
        ] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
        assert!(parse_bytes(&format!("{}KiB", usize::MAX)).is_err());
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(parse_pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(parse_pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(parse_pair("a").is_err());
        assert!(parse_pair("=b").is_err());
    }
}
