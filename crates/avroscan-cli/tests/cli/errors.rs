//! What is said when it does not work, and the exit code.

use std::fs;

use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;

use crate::{Files, avroscan};

/// The sub-commands that read one file, with their arguments before its name.
const READERS: [&[&str]; 6] = [
    &["schema"],
    &["schema", "--as", "polars"],
    &["inspect"],
    &["count"],
    &["head"],
    &["cat"],
];

#[test]
fn what_is_not_there_is_named() {
    let files = Files::new();
    let missing = files.arg("missing.avro");
    fs::create_dir(files.path("empty")).unwrap();
    let empty = files.arg("empty");
    let pattern = files.arg("*.avro");
    for reader in READERS {
        for input in [&missing, &empty, &pattern] {
            let run = avroscan(reader.iter().copied().chain([input.as_str()]));
            let sentence = run.fails(1);
            assert!(sentence.contains(input.as_str()), "{reader:?}: {sentence}");
        }
    }
}

#[test]
fn what_is_not_avro_is_named() {
    let files = Files::new();
    let empty = files.write("empty.avro", "");
    let text = files.write("text.avro", "id,name\n1,a\n".repeat(100));
    for reader in READERS {
        for input in [&empty, &text] {
            let run = avroscan(reader.iter().copied().chain([input.as_str()]));
            let sentence = run.fails(1);
            assert!(sentence.contains(input.as_str()), "{reader:?}: {sentence}");
        }
    }
}

#[test]
fn damage_has_a_place() {
    let files = Files::new();
    let mut bytes = orders::file(250, 100, Codec::Null);
    let length = bytes.len();
    // The last block's marker.
    bytes[length - 1] ^= 1;
    let file = files.write("damaged.avro", &bytes);
    for reader in [&["inspect"][..], &["count"], &["cat"]] {
        let sentence = avroscan(reader.iter().copied().chain([file.as_str()])).fails(1);
        assert!(sentence.contains("damaged.avro"), "{reader:?}: {sentence}");
        assert!(sentence.contains("offset"), "{reader:?}: {sentence}");
    }
    let query = format!("SELECT sum(total) FROM '{file}'");
    let sentence = avroscan(["sql", &query]).fails(1);
    assert!(
        sentence.contains("damaged.avro") && sentence.contains("offset"),
        "{sentence}"
    );
    let output = files.arg("damaged.parquet");
    let sentence = avroscan(["convert", &file, &output]).fails(1);
    assert!(
        sentence.contains("damaged.avro") && sentence.contains("offset"),
        "{sentence}"
    );
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let files = Files::with_orders(1);
    let file = files.arg("orders.avro");
    for args in [
        &["cat"][..],
        &["nonsense"],
        &["cat", &file, "--format", "xml"],
        &["cat", &file, "--buffer-bytes", "lots"],
        &["cat", &file, "--batch-size", "0"],
        &["cat", &file, "--storage-option", "novalue"],
        &["head", &file, "-n", "-1"],
        &["sql", "SELECT 1", "--threads", "0"],
        &["sql", "SELECT 1", "--table", "nameonly"],
    ] {
        avroscan(args).refused();
    }
    let sentence = avroscan(["cat", &file, "--columns", "nope"]).fails(2);
    assert!(sentence.contains("nope"), "{sentence}");
    let sentence = avroscan(["cat", &file, "--columns", "customer.nope"]).fails(2);
    assert!(
        sentence.contains("`nope`") && sentence.contains("`customer`"),
        "{sentence}"
    );
    let sentence = avroscan(["cat", "ftp://host/x.avro"]).fails(2);
    assert!(sentence.contains("ftp"), "{sentence}");
}

#[test]
fn files_that_do_not_match_are_named() {
    let files = Files::with_orders(1);
    let schema = r#"{"type":"record","name":"other","fields":[{"name":"x","type":"int"}]}"#;
    let other = avroscan_tests::raw::file(schema).block(1, &[2]).finish();
    let other = files.write("other.avro", other);
    let sentence = avroscan(["cat", &files.arg("orders.avro"), &other]).fails(1);
    assert!(sentence.contains("other.avro"), "{sentence}");
}

#[test]
fn help_and_version_are_no_errors() {
    assert!(avroscan(["--help"]).ok().contains("avroscan sql"));
    assert!(avroscan(["--version"]).ok().starts_with("avroscan "));
    for command in [
        "schema", "inspect", "count", "head", "cat", "sql", "convert",
    ] {
        assert!(
            avroscan([command, "--help"])
                .ok()
                .contains("Usage: avroscan ")
        );
    }
}
