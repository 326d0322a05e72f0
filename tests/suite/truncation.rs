//! A file that ends too early is an error with an offset, unless it ends between two blocks.

use std::path::Path;
use std::sync::Arc;

use arrow::compute::concat_batches;
use avroscan::{ErrorKind, Projection, Scan, ScanOptions, Source, Split, StorageOptions};
use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;
use avroscan_tests::{judge, slow};
use bytes::Bytes;

use crate::read::{Opened, Outcome, Watched, batches, memory, outcome};

/// What must come of the first `length` bytes of a sound file.
fn check(length: usize, file: &slow::File, outcome: &Outcome) {
    let complete = file.blocks.iter().filter(|block| block.end <= length);
    let rows = complete.map(|block| block.rows).sum::<usize>();
    assert_eq!(
        outcome.num_rows(),
        rows,
        "rows of the complete blocks of {length} bytes"
    );
    let at_boundary =
        length == file.header_length || file.blocks.iter().any(|block| block.end == length);
    match &outcome.error {
        None => assert!(at_boundary, "nothing was said of a file cut at {length}"),
        Some(error) => {
            assert!(!at_boundary, "cut between blocks at {length}: {error}");
            assert_eq!(
                error.kind(),
                ErrorKind::Truncated,
                "cut at {length}: {error}"
            );
            let offset = error.place().offset.expect("an offset");
            assert!(offset <= length as u64, "cut at {length}: {error}");
            assert_eq!(error.place().file.as_deref(), Some("memory.avro"));
        }
    }
}

#[test]
fn every_truncation_of_a_small_file_is_seen() {
    for codec in Codec::ALL {
        let whole = orders::file(15, 3, codec);
        let file = slow::File::open(&whole).unwrap();
        assert_eq!(file.blocks.len(), 5);
        let rows = batches(&whole, &ScanOptions::default());
        let rows = concat_batches(&rows[0].schema(), &rows).unwrap();
        let expected = judge::expected_rows(&whole);
        judge::same_rows(&judge::batch_rows(&rows), &expected).unwrap();
        for length in 0..=whole.len() {
            let outcome = outcome(memory(whole[..length].to_vec()), &ScanOptions::default());
            check(length, &file, &outcome);
            let found = concat_batches(&rows.schema(), &outcome.batches).unwrap();
            assert!(
                found == rows.slice(0, found.num_rows()),
                "{codec:?} cut at {length}"
            );
        }
    }
}

#[test]
fn every_truncation_is_seen_in_small_chunks_and_small_batches() {
    let whole = orders::file(12, 3, Codec::Null);
    let file = slow::File::open(&whole).unwrap();
    for length in 0..=whole.len() {
        let source = Watched::new(whole[..length].to_vec(), 7, 7);
        let outcome = outcome(source, &ScanOptions::default().with_batch_size(2));
        check(length, &file, &outcome);
    }
}

#[test]
fn every_truncation_is_seen_when_only_rows_are_counted() {
    let whole = orders::file(21, 3, Codec::Snappy);
    let file = slow::File::open(&whole).unwrap();
    let options = ScanOptions::default().with_projection(Projection::none());
    for length in 0..=whole.len() {
        check(
            length,
            &file,
            &outcome(memory(whole[..length].to_vec()), &options),
        );
    }
}

/// The file of the documentation, at every byte. Of the part before the last complete block only
/// the header is read: that part is sound, and reading it half a million times proves nothing.
#[test]
fn every_truncation_of_the_sample_file_is_seen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data/orders.avro");
    let whole = Bytes::from(std::fs::read(path).unwrap());
    let file = slow::File::open(&whole).unwrap();
    assert_eq!(file.blocks.len(), 50);
    for length in 0..file.header_length {
        check(
            length,
            &file,
            &outcome(memory(whole.slice(..length)), &of_ids()),
        );
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (whole, file) = (&whole, &file);
    std::thread::scope(|scope| {
        for first in 0..threads {
            let blocks = file.blocks.iter().skip(first).step_by(threads);
            scope.spawn(move || blocks.for_each(|block| cut_in_block(whole, block)));
        }
    });
}

fn of_ids() -> ScanOptions {
    ScanOptions::default().with_projection(Projection::columns(["id"]))
}

/// Cuts the file at every byte of this block, and reads from the block's start on.
fn cut_in_block(whole: &Bytes, block: &slow::Block) {
    let alone = slow::File {
        schema: String::new(),
        header_length: block.start,
        blocks: vec![block.clone()],
    };
    for length in block.start..=block.end {
        let opened = Opened::new(memory(whole.slice(..length)), &of_ids()).unwrap();
        let outcome = opened.split(Split::new(block.start as u64, u64::MAX));
        check(length, &alone, &outcome);
    }
}

fn message_of(source: Arc<dyn Source>) -> (ErrorKind, String) {
    let error = outcome(source, &ScanOptions::default())
        .error
        .expect("an error");
    (error.kind(), error.to_string())
}

#[test]
fn what_is_no_avro_file_is_told_in_a_sentence() {
    assert_eq!(
        message_of(memory(Vec::new())),
        (
            ErrorKind::Truncated,
            "memory.avro: the file is empty (offset 0)".into()
        )
    );
    assert_eq!(
        message_of(memory(b"id,name\n1,Ada\n".to_vec())),
        (
            ErrorKind::NotAvro,
            "memory.avro: not an Avro object container file: it does not start with `Obj` and the \
             byte 1 (offset 0)"
                .into()
        )
    );
    // A text file shorter than the magic bytes.
    assert_eq!(message_of(memory(b"a".to_vec())).0, ErrorKind::NotAvro);
    // The magic bytes of the format's predecessor.
    assert_eq!(
        message_of(memory(b"Obj\x00abcdefghijkl".to_vec())).0,
        ErrorKind::NotAvro
    );
}

#[test]
fn what_is_not_there_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no Avro in here").unwrap();
    let open = |input: &str| {
        let opened = Scan::open_blocking(&[input], &StorageOptions::new(), ScanOptions::default());
        let error = opened.expect_err("there is nothing to open");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        error.to_string()
    };
    let missing = folder.path().join("missing.avro").display().to_string();
    assert_eq!(open(&missing), format!("{missing}: file not found"));

    let empty = folder.path().display().to_string();
    assert_eq!(
        open(&empty),
        format!("{empty}: the directory has no Avro files (*.avro)")
    );

    let pattern = format!("{empty}/*.avro");
    assert_eq!(
        open(&pattern),
        format!("{pattern}: no file matches this pattern")
    );
}
