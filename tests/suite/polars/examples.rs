//! The examples of `avroscan-polars`, as the guide names them: each is run, and says what it is to
//! say.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// All of them, and words that their output must hold.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("batch_size", &["bytes a row", "rows, "]),
    ("batches", &["10000 rows in 5 frames", "door"]),
    ("high_throughput", &["10000 rows in", "rows and"]),
    (
        "lambda",
        &["CANCELLED: ", "DELIVERED: ", "NEW: ", "PAID: ", "SHIPPED: "],
    ),
    ("low_memory", &["the heaviest order: Some(499) kg"]),
    ("memory_estimate", &["10000 rows of", "MB of read-ahead"]),
    ("parallel", &["10000 rows in 25 frames, 2623 without"]),
    ("progress", &["10000 rows, 50 blocks", "DELIVERED"]),
    (
        "sinks",
        &["FILTER: ", "shipped.parquet: ", "shipped.arrow: "],
    ),
    (
        "troubleshooting",
        &["codec zstandard", "FILTER: ", "rows_pruned: 9001"],
    ),
    ("write_parts", &["orders-00000.parquet: ", " rows"]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

/// The program, which `cargo test` builds beside the tests.
pub(super) fn program(example: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let program = profile.join("examples").join(example);
    let modified = |path: &Path| path.metadata().and_then(|file| file.modified());
    let built = modified(&program).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: `cargo build --workspace --examples` makes it",
            program.display()
        )
    });
    let sources = [
        "avroscan/src",
        "avroscan-polars/src",
        "avroscan-polars/examples",
    ];
    let changed = sources.iter().map(|folder| newest(&crates().join(folder)));
    let changed = changed.max().unwrap();
    assert!(
        changed <= built,
        "{} is older than its source: `cargo build --workspace --examples` makes it again",
        program.display()
    );
    program
}

/// When a file below this folder was last changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = std::fs::read_dir(folder).unwrap();
    let times = entries.map(|entry| {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => newest(&entry.path()),
            false => entry.metadata().unwrap().modified().unwrap(),
        }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn run(example: &str, folder: &Path) -> Output {
    Command::new(program(example))
        .env("TMPDIR", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn each_says_what_it_is_to_say() {
    for (example, words) in EXAMPLES {
        let folder = tempfile::tempdir().unwrap();
        let output = run(example, folder.path());
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}: {errors}");
        for word in *words {
            assert!(said.contains(word), "{example}, {word:?}: {said}{errors}");
        }
    }
}

#[test]
fn all_are_listed() {
    let folder = crates().join("avroscan-polars/examples");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    found.sort();
    let listed: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, listed);
}

#[test]
fn the_guide_names_all() {
    let guide = crates().join("../docs/streaming.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for (example, _) in EXAMPLES {
        let link = format!("(../crates/avroscan-polars/examples/{example}.rs)");
        assert!(guide.contains(&link), "{example}");
    }
}
