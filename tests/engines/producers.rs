//! Files with the schemas and the metadata of well-known producers, queried as their users do.
//!
//! Schemas are those that the producers publish or that their converters make, attribute by
//! attribute; the rows are small enough to be read off the page.

mod debezium;
mod event_hubs;
mod hive;
mod iceberg;
mod iceberg_data;
mod java;
mod kafka_connect;
mod spark;

use ::polars::prelude::*;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use avroscan::{Scan, ScanOptions};
use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};
use avroscan_polars::{ScanArgsAvro, scan_avro};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::datafusion::{lines, query, session, write};
use crate::polars::{memory, on_both};

/// A file with a block for each of these, the values checked and written by `apache-avro`. The
/// metadata is what the producer says beside schema and codec.
///
/// `apache-avro` refuses the `$` in names of Java's inner classes. Names are not in the bytes of
/// values, so it is given others.
fn produce(
    schema: &str,
    codec: Codec,
    metadata: &[(&str, &str)],
    blocks: &[Vec<Value>],
) -> Vec<u8> {
    let accepted = apache_avro::Schema::parse_str(&schema.replace('$', "_")).unwrap();
    let writer = GenericDatumWriter::builder(&accepted).build().unwrap();
    let mut entries = vec![
        ("avro.schema", schema.as_bytes()),
        ("avro.codec", codec.name().as_bytes()),
    ];
    entries.extend(metadata.iter().map(|(key, text)| (*key, text.as_bytes())));
    let mut file = raw::Header::new().entries(&entries).end();
    for rows in blocks {
        let mut body = Vec::new();
        for row in rows {
            writer.write_value_ref(&mut body, row).unwrap();
        }
        file = file.block(rows.len() as i64, &codec.compress(&body));
    }
    file.finish()
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Value::Record(fields.into())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

/// A value of the branch with this number.
fn branch(index: u32, value: impl Into<Value>) -> Value {
    Value::Union(index, Box::new(value.into()))
}

/// A value of a union whose first branch is null.
fn some(value: impl Into<Value>) -> Value {
    branch(1, value)
}

/// The null of a union whose first branch is null.
fn none() -> Value {
    branch(0, Value::Null)
}

/// An unscaled decimal in these many bytes.
fn decimal(unscaled: i128, bytes: usize) -> Vec<u8> {
    unscaled.to_be_bytes()[16 - bytes..].to_vec()
}

/// A scan in pieces of one block.
fn scan(file: Vec<u8>) -> LazyFrame {
    scan_avro(memory(file), ScanArgsAvro::default().with_batch_size(1)).unwrap()
}

/// What the file's header says under this key.
fn said(file: Vec<u8>, key: &str) -> String {
    let scan = Scan::from_sources_blocking(vec![memory(file)], ScanOptions::default()).unwrap();
    let entry = scan.metadata().iter().find(|(name, _)| name == key);
    String::from_utf8(entry.unwrap().1.clone()).unwrap()
}

/// A path from a column down to a field, separated by dots.
fn field(path: &str) -> Expr {
    let mut names = path.split('.');
    let column = col(names.next().unwrap());
    names.fold(column, |expr, name| expr.struct_().field_by_name(name))
}

/// A row for each item of this column's lists, and none for an empty or a missing list.
fn exploded(frame: LazyFrame, column: &str) -> LazyFrame {
    let options = ExplodeOptions {
        empty_as_null: false,
        keep_nulls: false,
    };
    frame.explode(by_name([column], true, false), options)
}

fn sorted(frame: LazyFrame, column: &str) -> LazyFrame {
    frame.sort([column], SortMultipleOptions::default())
}

/// Compares what both engines find with these rows, whose columns named here are of these types.
#[track_caller]
fn assert_rows(
    found: &LazyFrame,
    expected: PolarsResult<DataFrame>,
    types: impl IntoIterator<Item = (&'static str, DataType)>,
) {
    let casts: Vec<_> = types
        .into_iter()
        .map(|(name, dtype)| col(name).strict_cast(dtype))
        .collect();
    let expected = expected.unwrap().lazy().with_columns(casts);
    let (found, expected) = (on_both(found), expected.collect().unwrap());
    assert!(
        found.equals_missing(&expected),
        "{found}\nexpected {expected}"
    );
    assert_eq!(found.schema(), expected.schema());
}

/// Asks the table `t`, which is this file, with one partition and with several.
async fn answers(file: &[u8], queries: &[(&str, &[&str])]) {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", file);
    for partitions in [1, 4] {
        let ctx = session(partitions);
        ctx.register_avro_table("t", path.as_str(), AvroReadOptions::default())
            .await
            .unwrap();
        for (sql, expected) in queries {
            assert_eq!(
                lines(&query(&ctx, sql).await),
                *expected,
                "{sql}\nwith {partitions} partitions"
            );
        }
    }
}
