//! Columns that nest deep: read as far as what works on them bears it, else an error.

use avroscan_tests::deep::{Container, Deep, as_deep_as};

use crate::{Files, avroscan};

/// The arguments of each sub-command that reads rows, for this file.
fn readers(files: &Files, file: &str) -> Vec<Vec<String>> {
    let query = format!("SELECT * FROM '{file}'");
    let commands: [&[&str]; 6] = [
        &["cat", file],
        &["cat", "--format", "csv", file],
        &["head", file],
        &["sql", &query],
        &["sql", "--format", "jsonl", &query],
        &["convert", file, &files.arg("out.parquet")],
    ];
    let owned = commands.map(|args| args.iter().map(|arg| (*arg).to_owned()).collect());
    owned.into()
}

#[test]
fn the_command_reads_what_is_not_too_deep() {
    let files = Files::new();
    for containers in as_deep_as(32) {
        let file = files.write("deep.avro", Deep::nested(&containers).file());
        for args in readers(&files, &file) {
            avroscan(&args).ok();
        }
    }
    // Arrow alone bears more.
    for containers in as_deep_as(256) {
        let file = files.write("deep.avro", Deep::nested(&containers).file());
        for args in [&["cat"][..], &["cat", "--format", "csv"], &["head"]] {
            avroscan(args.iter().copied().chain([file.as_str()])).ok();
        }
    }
}

#[test]
fn the_command_refuses_what_is_too_deep() {
    let files = Files::new();
    for count in [257, 512] {
        for containers in Container::kinds(count) {
            let file = files.write("deep.avro", Deep::nested(&containers).file());
            for args in readers(&files, &file) {
                let sentence = avroscan(&args).fails(1);
                assert!(sentence.contains("column_depth"), "{args:?}: {sentence}");
                assert!(sentence.contains("deep.avro"), "{args:?}: {sentence}");
            }
            let out = files.arg("out.parquet");
            let query = format!("SELECT id FROM '{file}'");
            for args in [
                &["cat", &file, "--columns", "id"][..],
                &["head", &file, "--columns", "id"],
                &["convert", &file, &out, "--columns", "id"],
                &["sql", &query],
                &["count", &file],
                &["schema", &file],
                &["schema", "--as", "arrow", &file],
                &["schema", "--as", "polars", &file],
                &["inspect", &file],
                &["verify", &file],
            ] {
                avroscan(args).ok();
            }
        }
    }
}
