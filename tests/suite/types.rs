//! `docs/types.md` says what is true: its examples are read, the tests that it names exist.

use std::path::{Path, PathBuf};

use arrow::util::display::{ArrayFormatter, FormatOptions};
use avroscan::ScanOptions;
use avroscan_tests::type_examples::examples;

use crate::read::batches;

const GUIDE: &str = include_str!("../../docs/types.md");

#[test]
fn each_example_is_read_as_it_says() {
    let examples = examples();
    assert!(
        examples.len() >= 39,
        "only {} examples were found",
        examples.len()
    );
    let mut wrong = Vec::new();
    for example in &examples {
        let batches = batches(&example.file(), &ScanOptions::default());
        let column = batches[0].column(0);
        let options = FormatOptions::default().with_null("null");
        let formatter = ArrayFormatter::try_new(column, &options).unwrap();
        let found = (
            column.data_type().to_string(),
            formatter.value(0).to_string(),
        );
        if found != (example.arrow.to_owned(), example.read.to_owned()) {
            wrong.push(format!("{}: {found:?}", example.avro));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All Rust files below a folder, as one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_deviation_has_the_test_that_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut text = String::new();
    sources(&root.join("crates/avroscan/src"), &mut text);
    sources(&root.join("tests/suite"), &mut text);
    sources(&root.join("tests/engines"), &mut text);
    let (_, deviations) = GUIDE.split_once("## Deviations").expect("the section");
    let items: Vec<&str> = deviations.split("\n- ").skip(1).collect();
    assert!(
        items.len() >= 14,
        "only {} deviations were found",
        items.len()
    );
    for item in items {
        let (_, tests) = item
            .split_once("Test")
            .unwrap_or_else(|| panic!("no test: {item}"));
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {item}");
        for name in names {
            assert!(
                text.contains(&format!("fn {name}(")),
                "there is no test {name}"
            );
        }
    }
}
