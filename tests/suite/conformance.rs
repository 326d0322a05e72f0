//! Files of the Avro, Arrow and fastavro projects, beside this checkout in `../shared/conformance`:
//! where they are there, they are read as an independent reader reads them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avroscan::ErrorKind::{Index, NotAvro, Truncated};
use avroscan::{ErrorKind, FileSource, ScanOptions};
use avroscan_tests::judge;
use avroscan_tests::schema::Schema;
use avroscan_tests::slow;
use serde_json::Value as Json;

use crate::read::{Outcome, Watched, outcome};

/// What comes of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expect {
    /// So many rows, all as expected.
    Reads(usize),
    /// So many rows, then this error.
    Fails(usize, ErrorKind),
}
use Expect::{Fails, Reads};

/// Every file of the folder.
///
/// Those that the independent reader could not read, and what is right for them:
/// `1237-bad-union-discriminant` and `1238-truncated` are damaged, their root is a union besides;
/// `person-10.no-codec` ends with a line feed after its last block; `syncInMeta` is sound, with
/// metadata that is not UTF-8; `test.avro12` is of the format before this one.
#[rustfmt::skip]
const FILES: &[(&str, Expect)] = &[
    ("apache-avro/c_tests_avro-1237-bad-union-discriminant.avro", Fails(0, Index)),
    ("apache-avro/c_tests_avro-1237-good.avro", Reads(2)),
    ("apache-avro/c_tests_avro-1238-good.avro", Reads(2)),
    ("apache-avro/c_tests_avro-1238-truncated.avro", Fails(0, Truncated)),
    ("apache-avro/c_tests_avro-1279-codec.avro", Reads(3)),
    ("apache-avro/c_tests_avro-1279-no-codec.avro", Reads(3)),
    ("apache-avro/java_mapred_part-r-00000.avro", Reads(3)),
    ("apache-avro/js_test_dat_person-10.avro", Reads(10)),
    ("apache-avro/js_test_dat_person-10.no-codec.avro", Fails(10, Truncated)),
    ("apache-avro/schemas_simple_data.avro", Reads(3)),
    ("apache-avro/schemas_withUnion_data.avro", Reads(3)),
    ("apache-avro/syncInMeta.avro", Reads(6001)),
    ("apache-avro/test.avro12", Fails(0, NotAvro)),
    ("apache-avro/weather-deflate.avro", Reads(5)),
    ("apache-avro/weather-snappy.avro", Reads(5)),
    ("apache-avro/weather-sorted.avro", Reads(5)),
    ("apache-avro/weather-zstd.avro", Reads(5)),
    ("apache-avro/weather.avro", Reads(5)),
    ("arrow-testing/alltypes_dictionary.avro", Reads(2)),
    ("arrow-testing/alltypes_nulls_plain.avro", Reads(1)),
    ("arrow-testing/alltypes_plain.avro", Reads(8)),
    ("arrow-testing/alltypes_plain.bzip2.avro", Reads(8)),
    ("arrow-testing/alltypes_plain.snappy.avro", Reads(8)),
    ("arrow-testing/alltypes_plain.xz.avro", Reads(8)),
    ("arrow-testing/alltypes_plain.zstandard.avro", Reads(8)),
    ("arrow-testing/binary.avro", Reads(12)),
    ("arrow-testing/datapage_v2.snappy.avro", Reads(5)),
    ("arrow-testing/dict-page-offset-zero.avro", Reads(39)),
    ("arrow-testing/duration_uuid.avro", Reads(4)),
    ("arrow-testing/fixed256_decimal.avro", Reads(24)),
    ("arrow-testing/fixed_length_decimal.avro", Reads(24)),
    ("arrow-testing/fixed_length_decimal_legacy.avro", Reads(24)),
    ("arrow-testing/fixed_length_decimal_legacy_32.avro", Reads(24)),
    ("arrow-testing/int128_decimal.avro", Reads(24)),
    ("arrow-testing/int256_decimal.avro", Reads(24)),
    ("arrow-testing/int32_decimal.avro", Reads(24)),
    ("arrow-testing/int64_decimal.avro", Reads(24)),
    ("arrow-testing/list_columns.avro", Reads(3)),
    ("arrow-testing/nested_lists.snappy.avro", Reads(3)),
    ("arrow-testing/nested_records.avro", Reads(2)),
    ("arrow-testing/nonnullable.impala.avro", Reads(1)),
    ("arrow-testing/nullable.impala.avro", Reads(7)),
    ("arrow-testing/nulls.snappy.avro", Reads(8)),
    ("arrow-testing/repeated_no_annotation.avro", Reads(6)),
    ("arrow-testing/simple_enum.avro", Reads(4)),
    ("arrow-testing/simple_fixed.avro", Reads(2)),
    ("arrow-testing/single_nan.avro", Reads(1)),
    ("arrow-testing/timestamp_logical_types.avro", Reads(2)),
    ("arrow-testing/zero_byte.avro", Reads(3)),
    ("fastavro/a_triple_pair.avro", Reads(1)),
    ("fastavro/bool.avro", Reads(1)),
    ("fastavro/class org.apache.avro.tool.TestDataFileTools.seperators.avro", Reads(5)),
    ("fastavro/class org.apache.avro.tool.TestDataFileTools.testWrite.deflate.avro", Reads(10)),
    ("fastavro/class org.apache.avro.tool.TestDataFileTools.testWrite.plain.avro", Reads(10)),
    ("fastavro/class org.apache.avro.tool.TestDataFileTools.zerojsonvalues.avro", Reads(0)),
    ("fastavro/deflate.avro", Reads(10)),
    ("fastavro/double_float.avro", Reads(1)),
    ("fastavro/error-type.avro", Reads(1)),
    ("fastavro/java-generated-uuid.avro", Reads(151)),
    ("fastavro/lines.avro", Reads(3)),
    ("fastavro/m.avro", Reads(1)),
    ("fastavro/no-fields.avro", Reads(1)),
    ("fastavro/null.avro", Reads(10)),
    ("fastavro/org.apache.avro.tool.TestDataFileTools.avro", Reads(10)),
    ("fastavro/part-00000.avro", Reads(17)),
    ("fastavro/recursive.avro", Reads(2)),
    ("fastavro/request.avro", Reads(1)),
    ("fastavro/response.avro", Reads(1)),
    ("fastavro/snappy.avro", Reads(10)),
    ("fastavro/test-deflate-0.avro", Reads(400)),
    ("fastavro/test-deflate-1-A.avro", Reads(400)),
    ("fastavro/test-deflate-1.avro", Reads(400)),
    ("fastavro/test-deflate-3-A.avro", Reads(400)),
    ("fastavro/test-deflate-6-B.avro", Reads(200)),
    ("fastavro/test-deflate-9.avro", Reads(400)),
    ("fastavro/test-null-B.avro", Reads(200)),
    ("fastavro/test-null.avro", Reads(400)),
    ("fastavro/test-snappy.avro", Reads(400)),
    ("fastavro/test.avro", Reads(2)),
    ("fastavro/testDataFileMeta.avro", Reads(0)),
    ("fastavro/weather-legacy-generated.avro", Reads(4)),
    ("fastavro/weather-legacy-with-names.avro", Reads(3)),
    ("fastavro/weather-snappy.avro", Reads(5)),
    ("fastavro/weather-sorted.avro", Reads(5)),
    ("fastavro/weather.avro", Reads(5)),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance")
}

/// Whether the files are there. Says so where they are not.
fn present() -> bool {
    let present = folder().join("expected/index.json").is_file();
    if !present {
        eprintln!("skipped: {} is not there", folder().display());
    }
    present
}

#[test]
fn every_file_is_in_the_table() {
    if !present() {
        return;
    }
    let mut found = BTreeSet::new();
    for suite in ["apache-avro", "arrow-testing", "fastavro"] {
        for entry in std::fs::read_dir(folder().join(suite)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.contains(".avro") {
                found.insert(format!("{suite}/{name}"));
            }
        }
    }
    let listed: BTreeSet<String> = FILES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed.len(), FILES.len(), "a file is listed twice");
    assert_eq!(found, listed);
}

#[test]
fn every_file_has_its_outcome() {
    if !present() {
        return;
    }
    let mut wrong = Vec::new();
    for (file, expect) in FILES {
        if let Err(reason) = check(file, *expect) {
            wrong.push(format!("{file}: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(file: &str, expect: Expect) -> Result<(), String> {
    let path = folder().join(file);
    let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
    let source = FileSource::new(&path).map_err(|error| error.to_string())?;
    let options = ScanOptions::default();
    compare(file, &bytes, &outcome(Arc::new(source), &options), expect)?;
    let chunked = outcome(
        Watched::new(bytes.clone(), 1, 1),
        &options.with_batch_size(1),
    );
    compare(file, &bytes, &chunked, expect).map_err(|e| format!("a row at a time: {e}"))
}

fn compare(file: &str, bytes: &[u8], outcome: &Outcome, expect: Expect) -> Result<(), String> {
    let found = match &outcome.error {
        None => Reads(outcome.num_rows()),
        Some(error) => Fails(outcome.num_rows(), error.kind()),
    };
    if found != expect {
        let error = &outcome.error;
        return Err(format!("{found:?} instead of {expect:?}: {error:?}"));
    }
    let Reads(_) = expect else { return Ok(()) };
    let schema = Schema::parse(&slow::File::open(bytes)?.schema)?;
    judge::same_rows(&outcome.rows(), &expected(file, bytes, &schema)?)?;
    let columns = judge::arrow_schema(&schema);
    match outcome.batches.iter().find(|b| *b.schema() != columns) {
        Some(batch) => Err(format!("{} instead of {columns}", batch.schema())),
        None => Ok(()),
    }
}

/// The rows in normal form: as the independent reader has them, and where it has none, as the slow
/// decoder of the tests has them. Where both have them, they agree.
fn expected(file: &str, bytes: &[u8], schema: &Schema) -> Result<Vec<Json>, String> {
    let judged = judge::expected_rows(bytes);
    let path = folder().join("expected").join(format!("{file}.jsonl"));
    let Ok(text) = std::fs::read_to_string(path) else {
        return Ok(judged);
    };
    let rows = text.lines().map(|line| {
        let value: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
        Ok(judge::row(schema, &value))
    });
    let rows = rows.collect::<Result<Vec<_>, String>>()?;
    judge::same_rows(&judged, &rows).map_err(|error| format!("the judge errs: {error}"))?;
    Ok(rows)
}
