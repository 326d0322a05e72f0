//! The iterator of frames.

use ::polars::prelude::*;
use avroscan::Progress;
use avroscan_polars::{AvroReader, ScanArgsAvro};
use avroscan_tests::data::{orders, simple};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{memory, rows};

#[test]
fn frames_have_as_many_whole_blocks_as_the_batch_size_allows() {
    let file = orders::file(1000, 64, Codec::Zstandard);
    let expected = rows(file.clone());
    for (batch_size, heights) in [
        (1000, vec![1000]),
        (5000, vec![1000]),
        (300, vec![256, 256, 256, 232]),
        (64, [vec![64; 15], vec![40]].concat()),
        (40, [[40, 24].repeat(15), vec![40]].concat()),
    ] {
        let args = ScanArgsAvro::default().with_batch_size(batch_size);
        let frames: Vec<_> = AvroReader::open(memory(file.clone()), args)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            frames.iter().map(DataFrame::height).collect::<Vec<_>>(),
            heights
        );
        let mut all = DataFrame::empty_with_schema(expected.schema());
        for frame in &frames {
            all.vstack_mut(frame).unwrap();
        }
        assert!(all.equals_missing(&expected), "{batch_size}");
    }
}

#[test]
fn it_says_what_it_reads_and_how_far_it_is() {
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(400)
        .with_progress(progress.clone());
    let mut reader = AvroReader::open(memory(simple::file(1000, 100, Codec::Null)), args).unwrap();
    assert_eq!(
        reader
            .schema()
            .iter_names()
            .map(|name| name.as_str())
            .collect::<Vec<_>>(),
        ["id", "name", "score", "active", "count"]
    );
    let avro: serde_json::Value = serde_json::from_str(reader.avro_schema_json()).unwrap();
    assert_eq!(avro["name"], "Simple");
    assert_eq!((reader.rows_read(), reader.batches_read()), (0, 0));
    let mut seen = vec![];
    while let Some(frame) = reader.next() {
        assert_eq!(frame.unwrap().schema(), reader.schema());
        seen.push((reader.rows_read(), reader.batches_read()));
    }
    assert_eq!(seen, [(400, 1), (800, 2), (1000, 3)]);
    assert_eq!((progress.rows(), progress.blocks()), (1000, 10));
    assert_eq!(reader.progress().bytes_done(), progress.bytes_total());
}

#[test]
fn dropping_it_stops_the_reading() {
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_batch_size(100)
        .with_buffer_blocks(2)
        .with_progress(progress.clone());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.avro");
    // Blocks of more than a megabyte, so that read-ahead is a few of a hundred blocks.
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"b","type":"bytes"}]}"#;
    let body = raw::bytes(vec![7; 2 << 20]);
    let mut file = raw::file(schema);
    for _ in 0..100 {
        file = file.block(1, &body);
    }
    let file = file.finish();
    std::fs::write(&path, &file).unwrap();
    let mut reader = AvroReader::open(&path, args.with_batch_size(1)).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().height(), 1);
    drop(reader);
    let read = progress.bytes_read();
    assert!(
        read < file.len() as u64 / 4,
        "{read} of {} bytes",
        file.len()
    );
    assert!(progress.blocks() <= 2, "{progress:?}");
}

#[test]
fn it_can_be_handed_to_another_thread() {
    let reader = AvroReader::open(
        memory(simple::file(100, 10, Codec::Null)),
        ScanArgsAvro::default(),
    )
    .unwrap();
    let rows: usize = std::thread::spawn(move || reader.map(|frame| frame.unwrap().height()).sum())
        .join()
        .unwrap();
    assert_eq!(rows, 100);
}

#[test]
fn rows_before_the_damage_come_first_and_nothing_after_it() {
    let mut file = simple::file(1000, 100, Codec::Snappy);
    file.truncate(file.len() - 10);
    let args = ScanArgsAvro::default().with_batch_size(250);
    let mut reader = AvroReader::open(memory(file), args).unwrap();
    let heights: Vec<_> = reader
        .by_ref()
        .take(5)
        .map(|frame| frame.unwrap().height())
        .collect();
    assert_eq!(heights, [200, 200, 200, 200, 100]);
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(
        error.contains("memory.avro") && error.contains("offset"),
        "{error}"
    );
    assert!(reader.next().is_none());
    assert_eq!(reader.rows_read(), 900);
}
