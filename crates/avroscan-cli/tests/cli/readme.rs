//! The README's first command gives the answer that stands below it.

use std::path::Path;

use crate::{Run, command};

/// How the command begins, after what builds it.
const COMMAND: &str = " -- sql \"";

#[test]
fn the_first_answer_is_the_real_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let (_, rest) = readme.split_once(COMMAND).expect("the command");
    let (query, rest) = rest.split_once("\"\n```").expect("its end");
    let (_, rest) = rest.split_once("```text\n").expect("the answer");
    let (answer, _) = rest.split_once("```").expect("its end");

    let output = command()
        .current_dir(&root)
        .args(["sql", query])
        .output()
        .unwrap();
    assert_eq!(Run::of(output).ok(), answer);
}
