//! Odd files that are valid, and damaged ones that are not: exact rows, or an exact kind of error
//! after the exact rows of the blocks before.

mod blocks;
mod codecs;
mod depth;
mod headers;
mod limits;
mod valid;
mod values;

use avroscan::{ErrorKind, Limit, Limits, ScanOptions};
use serde_json::{Value as Json, json};

use crate::read::{Outcome, Watched, memory, outcome};

/// One column, `a`, of this type.
fn column(ty: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":{ty}}}]}}"#)
}

fn longs() -> String {
    column(r#""long""#)
}

/// The rows of column `a`.
fn rows(values: impl IntoIterator<Item = Json>) -> Vec<Json> {
    values
        .into_iter()
        .map(|value| json!({ "a": value }))
        .collect()
}

/// Every way of reading `file` gives these rows and nothing else.
#[track_caller]
fn reads(name: &str, file: &[u8], expected: &[Json]) {
    for (how, outcome) in ways(file) {
        assert!(
            outcome.error.is_none(),
            "{name}, {how}: {:?}",
            outcome.error
        );
        assert_eq!(outcome.rows(), expected, "{name}, {how}");
    }
}

/// Every way of reading `file` gives these rows, then this error.
#[track_caller]
fn fails(name: &str, file: &[u8], before: &[Json], kind: ErrorKind) {
    for (how, outcome) in ways(file) {
        let error = outcome
            .error
            .as_ref()
            .unwrap_or_else(|| panic!("{name}, {how}: no error"));
        assert_eq!(error.kind(), kind, "{name}, {how}: {error}");
        assert_eq!(outcome.rows(), before, "{name}, {how}: {error}");
        assert!(
            error.place().offset.is_some(),
            "{name}, {how}: no offset in {error}"
        );
        assert!(
            error.place().file.is_some(),
            "{name}, {how}: no file in {error}"
        );
    }
}

fn ways(file: &[u8]) -> Vec<(&'static str, Outcome)> {
    let options = ScanOptions::default;
    vec![
        ("at once", outcome(memory(file.to_vec()), &options())),
        (
            "a row a batch",
            outcome(memory(file.to_vec()), &options().with_batch_size(1)),
        ),
        (
            "in chunks of 1",
            outcome(Watched::new(file.to_vec(), 1, 1), &options()),
        ),
        (
            "in chunks of 7",
            outcome(Watched::new(file.to_vec(), 7, 7), &options()),
        ),
    ]
}

fn with_limits(file: &[u8], change: impl FnOnce(&mut Limits)) -> Outcome {
    let mut limits = Limits::default();
    change(&mut limits);
    outcome(
        memory(file.to_vec()),
        &ScanOptions::default().with_limits(limits),
    )
}

#[track_caller]
fn exceeds(limit: Limit, outcome: &Outcome) {
    let error = outcome
        .error
        .as_ref()
        .unwrap_or_else(|| panic!("{limit:?}: no error"));
    assert_eq!(error.kind(), ErrorKind::Limit(limit), "{error}");
}
