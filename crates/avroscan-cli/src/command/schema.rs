//! `avroscan schema`: what columns a file has.

use arrow::datatypes::{DataType, Field};
use avroscan::{AvroFile, Limits, Progress, Scan, ScanOptions, block_on, find_sources, printable};
use avroscan_polars::{ScanArgsAvro, read_avro_schema};
use clap::{Args, ValueEnum};
use polars::prelude::DataType as PolarsType;

use crate::args::{SchemaArgs, StorageArgs};
use crate::failure::Failure;
use crate::output::indent::indent;
use crate::output::print;

/// Show a file's schema: as the file has it, or as an engine sees it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  avroscan schema events.avro
  avroscan schema --as polars s3://bucket/events.avro
  avroscan schema --as arrow --schema-mode union-by-name events/")]
pub(crate) struct Schema {
    /// A file or URL; of a pattern or directory, the first file or what all of them are read as
    #[arg(value_name = "FILE")]
    file: String,

    /// Whose types; the JSON is that of the first file
    #[arg(long = "as", value_enum, value_name = "SYSTEM", default_value_t = System::Avro)]
    system: System,

    #[command(flatten)]
    schema: SchemaArgs,

    #[command(flatten)]
    storage: StorageArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum System {
    /// The JSON of the file's header, indented
    Avro,
    /// The columns as Arrow and DataFusion have them
    Arrow,
    /// The columns as Polars has them
    Polars,
}

impl Schema {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self.system {
            System::Avro if self.schema.is_given() => Err(Failure::Usage(
                "a reader schema, a schema mode and unrolling decide the columns, not the JSON: \
                 ask with --as arrow or --as polars"
                    .to_owned(),
            )),
            System::Avro => {
                // The header alone: also the schema of a file that cannot be read can be seen.
                let json = block_on(self.avro_json())?;
                print(indent(&json))
            }
            System::Arrow => {
                let scan = self.scan()?;
                let mut text = Tree::default();
                for field in scan.schema().fields() {
                    arrow_field(field.name(), field, 0, &mut text);
                }
                print(text.0.trim_end())
            }
            System::Polars => {
                let args = ScanArgsAvro {
                    options: self.schema.apply_to(ScanOptions::default())?,
                    storage_options: self.storage.to_options(),
                    ..ScanArgsAvro::default()
                };
                let schema = read_avro_schema(self.file.as_str(), args)?;
                let mut text = Tree::default();
                for (name, data_type) in schema.iter() {
                    polars_field(name, data_type, 0, &mut text);
                }
                print(text.0.trim_end())
            }
        }
    }

    fn scan(&self) -> Result<Scan, Failure> {
        let options = self.schema.apply_to(ScanOptions::default())?;
        let storage_options = self.storage.to_options();
        Ok(Scan::open_blocking(
            &[&self.file],
            &storage_options,
            options,
        )?)
    }

    async fn avro_json(&self) -> avroscan::Result<String> {
        let sources = find_sources(&[&self.file], &self.storage.to_options()).await?;
        let Some(source) = sources.into_iter().next() else {
            return Err(avroscan::Error::new(
                avroscan::ErrorKind::NotFound,
                format!("{}: no file", self.file),
            ));
        };
        let file = AvroFile::open(source, &Limits::default(), &Progress::default()).await?;
        Ok(file.header().schema.json().to_owned())
    }
}

/// Lines of `name: type`, indented by depth.
#[derive(Default)]
struct Tree(String);

impl Tree {
    fn line(&mut self, depth: usize, name: &str, data_type: &str) {
        self.0.extend(std::iter::repeat_n("  ", depth));
        self.0.push_str(&printable(name));
        self.0.push_str(": ");
        self.0.push_str(&printable(data_type));
        self.0.push('\n');
    }
}

fn arrow_field(name: &str, field: &Field, depth: usize, tree: &mut Tree) {
    let nulls = if field.is_nullable() {
        ""
    } else {
        ", not null"
    };
    match field.data_type() {
        DataType::Struct(fields) => {
            tree.line(depth, name, &format!("Struct{nulls}"));
            for field in fields {
                arrow_field(field.name(), field, depth + 1, tree);
            }
        }
        DataType::List(item) => {
            tree.line(depth, name, &format!("List{nulls}"));
            arrow_field("[]", item, depth + 1, tree);
        }
        DataType::Map(entries, _) => {
            tree.line(depth, name, &format!("Map{nulls}"));
            if let DataType::Struct(fields) = entries.data_type() {
                for field in fields {
                    arrow_field(field.name(), field, depth + 1, tree);
                }
            }
        }
        other => tree.line(depth, name, &format!("{other}{nulls}")),
    }
}

fn polars_field(name: &str, data_type: &PolarsType, depth: usize, tree: &mut Tree) {
    match data_type {
        PolarsType::Struct(fields) => {
            tree.line(depth, name, "struct");
            for field in fields {
                polars_field(field.name(), field.dtype(), depth + 1, tree);
            }
        }
        PolarsType::List(item) => {
            tree.line(depth, name, "list");
            polars_field("[]", item, depth + 1, tree);
        }
        other => tree.line(depth, name, &other.to_string()),
    }
}
