//! Blocks that cannot hold the rows that they declare: an error, whatever asks for the rows or their
//! number.

use ::polars::prelude::*;
use avroscan_polars::{AvroReader, ScanArgsAvro, StreamingExt, count_rows, scan_avro};
use avroscan_tests::overfull::{self, TOO_MANY, fitting, kinds};
use avroscan_tests::read;
use avroscan_tests::write::Codec;

use super::{ENGINES, collect, memory};

type Way = (&'static str, fn(Vec<u8>) -> PolarsResult<u64>);

fn scan(file: Vec<u8>) -> LazyFrame {
    scan_avro(memory(file), ScanArgsAvro::default()).unwrap()
}

fn number(frame: &DataFrame) -> u64 {
    let number = frame.columns()[0].get(0).unwrap();
    number.extract::<u64>().unwrap()
}

const WAYS: [Way; 8] = [
    ("count_rows", |file| {
        count_rows(memory(file), ScanArgsAvro::default())
    }),
    ("len in memory", |file| {
        collect(scan(file).select([len()]), ENGINES[0]).map(|frame| number(&frame))
    }),
    ("len streaming", |file| {
        collect(scan(file).select([len()]), ENGINES[1]).map(|frame| number(&frame))
    }),
    ("len by the verb", |file| {
        let query = scan(file).select([len()]);
        query.collect_streaming().map(|frame| number(&frame))
    }),
    ("some rows", |file| {
        let args = ScanArgsAvro::default().with_n_rows(2_000_000_000);
        let query = scan_avro(memory(file), args).unwrap().select([len()]);
        collect(query, ENGINES[1]).map(|frame| number(&frame))
    }),
    ("rows in memory", |file| {
        collect(scan(file), ENGINES[0]).map(|frame| frame.height() as u64)
    }),
    ("rows streaming", |file| {
        collect(scan(file), ENGINES[1]).map(|frame| frame.height() as u64)
    }),
    ("frames", |file| {
        let reader = AvroReader::open(memory(file), ScanArgsAvro::default())?;
        reader.map(|frame| Ok(frame?.height() as u64)).sum()
    }),
];

#[test]
fn every_query_refuses_a_block_that_cannot_hold_its_rows() {
    for kind in kinds() {
        for codec in Codec::ALL {
            for rows in TOO_MANY {
                let file = overfull::file(&kind, codec, rows);
                let expected = read::outcome(read::memory(file.clone()), &Default::default());
                let expected = expected.error.unwrap();
                for (way, read) in WAYS {
                    let how = format!("{way}: {codec:?}, {rows} rows of {}", kind.schema);
                    let error = read(file.clone()).expect_err(&how).to_string();
                    assert!(error.contains(expected.message()), "{how}: {error}");
                }
            }
        }
    }
}

#[test]
fn every_query_takes_as_many_rows_as_fit() {
    for kind in kinds() {
        for codec in Codec::ALL {
            let rows = fitting(&kind);
            let file = overfull::file(&kind, codec, rows);
            for (way, read) in WAYS {
                let how = format!("{way}: {codec:?}, {rows} rows of {}", kind.schema);
                let found = read(file.clone()).expect(&how);
                assert_eq!(found, rows as u64 + 2, "{how}");
            }
        }
    }
}
