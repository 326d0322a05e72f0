//! `docs/reliability.md` says what is true: the tests that it names exist, the defaults are these.

use std::path::{Path, PathBuf};

use avroscan::Limits;

const GUIDE: &str = include_str!("../../docs/reliability.md");

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
fn each_promise_has_the_tests_that_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut text = String::new();
    for folder in [
        "crates/avroscan/src",
        "crates/avroscan-cli/tests",
        "tests/suite",
        "tests/engines",
    ] {
        sources(&root.join(folder), &mut text);
    }
    let (_, promises) = GUIDE.split_once("## Promises").unwrap();
    let (promises, _) = promises.split_once("\n## ").unwrap();
    assert_eq!(promises.matches("Test").count(), 5);
    let lists: Vec<&str> = GUIDE.split("Tests `").skip(1).collect();
    assert_eq!(lists.len(), 11);
    for list in lists {
        let (list, _) = list.split_once("`.").expect("the end of the list");
        for name in list.split("`, `") {
            assert!(
                text.contains(&format!("fn {name}(")),
                "there is no test {name}"
            );
        }
    }
}

#[test]
fn every_limit_is_exceeded_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut tests = String::new();
    for folder in ["crates/avroscan/src/codec/tests.rs", "tests/suite/hostile"] {
        let path = root.join(folder);
        match path.is_dir() {
            true => sources(&path, &mut tests),
            false => tests.push_str(&std::fs::read_to_string(path).unwrap()),
        }
    }
    let code = include_str!("../../crates/avroscan/src/limits.rs");
    let (_, limits) = code.split_once("pub enum Limit {").unwrap();
    let (limits, _) = limits.split_once("\n}").unwrap();
    let limits = limits.lines().map(str::trim);
    let limits: Vec<&str> = limits.filter_map(|line| line.strip_suffix(',')).collect();
    assert_eq!(limits.len(), 14, "{limits:?}");
    for limit in limits {
        assert!(tests.contains(&format!("Limit::{limit}")), "{limit}");
        assert!(GUIDE.contains(&format!("`{limit}`")), "{limit}");
    }
}

#[test]
fn the_limits_have_the_defaults_that_are_written_down() {
    let limits = Limits::default();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    for (name, default) in [
        ("header_bytes", mib(limits.header_bytes)),
        ("schema_nodes", "100,000".to_owned()),
        ("depth", limits.depth.to_string()),
        (
            "column_depth",
            "256; 32 in Polars and DataFusion".to_owned(),
        ),
        ("block_bytes", mib(limits.block_bytes)),
        ("decompressed_bytes", mib(limits.decompressed_bytes)),
        ("zero_byte_items", "1,048,576".to_owned()),
        ("fixed_bytes", mib(limits.fixed_bytes)),
        ("batch_bytes", mib(limits.batch_bytes)),
        ("decimal_digits", "10,000".to_owned()),
    ] {
        let line = format!("| `{name}` | {default} |");
        assert!(GUIDE.contains(&line), "{line}");
    }
    assert_eq!(limits.column_depth, None);
    assert_eq!(limits.schema_nodes, 100_000);
    assert_eq!(limits.zero_byte_items, 1_048_576);
    assert_eq!(limits.decimal_digits, 10_000);
}
