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
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates")
}

/// The program, which `cargo test` builds beside the tests.
pub(super) fn program(example: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let program = profile.join("examples").join(example);
    let help = "`cargo build --workspace --examples` makes it";
    let built = modified(&program);
    let built = built.unwrap_or_else(|error| panic!("{}: {error}: {help}", program.display()));
    for source in sources(&program) {
        assert!(
            modified(&source).is_ok_and(|changed| changed <= built),
            "{} is older than {}: {help}",
            program.display(),
            source.display()
        );
    }
    program
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    path.metadata()?.modified()
}

/// What the program was made of, as Cargo wrote it beside it: `program: source source ..`.
fn sources(program: &Path) -> Vec<PathBuf> {
    let list = std::fs::read_to_string(program.with_extension("d")).unwrap();
    let (_, list) = list.split_once(": ").unwrap();
    // A space inside of a name has a backslash before it.
    let names = list.replace("\\ ", "\0");
    let names = names.split_whitespace();
    names.map(|name| name.replace('\0', " ").into()).collect()
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
