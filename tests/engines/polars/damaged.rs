//! Damaged files: what is left of them, and what is said about the rest, is the same in a query as
//! in a loop over frames.

use ::polars::prelude::*;
use avroscan::{OnError, ReadReport};
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, scan_avro};
use avroscan_tests::corpus::{self, Case, Skipping};

use super::{ENGINES, collect, memory};

/// What a way to read made of a file: the rows by their `id`, and what was left out.
type Outcome = PolarsResult<(Vec<i64>, Vec<(u64, u64, Option<u64>)>)>;

fn ids(frame: &DataFrame) -> Vec<i64> {
    let ids = frame.column("id").unwrap().i64().unwrap();
    ids.into_no_null_iter().collect()
}

fn args(on_error: OnError) -> (ScanArgsAvro, ReadReport) {
    let report = ReadReport::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(3)
        .with_on_error(on_error)
        .with_report(report.clone());
    (args, report)
}

fn outcome(on_error: OnError, read: impl Fn(ScanArgsAvro) -> PolarsResult<DataFrame>) -> Outcome {
    let (args, report) = args(on_error);
    let ids = ids(&read(args)?);
    let bad = report.entries();
    assert_eq!(report.bad_blocks(), bad.len() as u64);
    let bad = bad.iter().map(|bad| (bad.offset, bad.bytes, bad.rows_lost));
    Ok((ids, bad.collect()))
}

fn by_frames(case: &Case, args: ScanArgsAvro) -> PolarsResult<DataFrame> {
    let frames = AvroReader::open(memory(case.file.clone()), args)?;
    let mut all = DataFrame::empty_with_schema(frames.schema());
    for frame in frames {
        all.vstack_mut(&frame?)?;
    }
    Ok(all)
}

fn scan(case: &Case, args: ScanArgsAvro) -> PolarsResult<LazyFrame> {
    scan_avro(memory(case.file.clone()), args)
}

#[test]
fn every_way_to_read_leaves_out_the_same() {
    for case in corpus::all() {
        for on_error in [OnError::Fail, OnError::Skip] {
            let expected = match (on_error, &case.skipping, case.error) {
                (OnError::Skip, Some(Skipping { rows, bad }), _) => {
                    let bad = bad
                        .iter()
                        .map(|bad| (bad.offset as u64, bad.bytes as u64, bad.rows_lost));
                    Some((rows.clone(), bad.collect()))
                }
                (_, _, None) => Some((case.strict.clone(), Vec::new())),
                _ => None,
            };
            let mut outcomes = vec![
                ("frames", outcome(on_error, |args| by_frames(&case, args))),
                (
                    "verb",
                    outcome(on_error, |args| scan(&case, args)?.collect_streaming()),
                ),
            ];
            for engine in ENGINES {
                let query = |args| collect(scan(&case, args)?, engine);
                outcomes.push(("engine", outcome(on_error, query)));
            }
            for (way, outcome) in outcomes {
                let name = format!("{}, {way}, {on_error:?}", case.name);
                match (&expected, outcome) {
                    (Some(expected), Ok(found)) => assert_eq!(found, *expected, "{name}"),
                    (None, Err(_)) => {}
                    (Some(_), Err(error)) => panic!("{name}: {error}"),
                    (None, Ok(found)) => panic!("{name}: {found:?}, which is no error"),
                }
            }
        }
    }
}
