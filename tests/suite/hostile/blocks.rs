//! Block frames and row counts that cannot be.

use avroscan::{ErrorKind, ScanOptions};
use avroscan_tests::raw::{self, MARKER};
use serde_json::json;

use super::{fails, longs, rows};
use crate::read::{memory, outcome};

#[test]
fn block_frames_that_cannot_be() {
    let good = || raw::file(&longs()).block(1, &raw::long(1));
    let one = raw::long(2);
    let copy = good().finish();
    for (name, file, kind) in [
        (
            "negative count",
            good().block_as(-1, 1, &one, MARKER),
            ErrorKind::BlockHeader,
        ),
        (
            "smallest count",
            good().block_as(i64::MIN, 1, &one, MARKER),
            ErrorKind::BlockHeader,
        ),
        (
            "negative size",
            good().block_as(1, -1, &one, MARKER),
            ErrorKind::BlockHeader,
        ),
        (
            "size beyond the file",
            good().block_as(1, 100, &one, MARKER),
            ErrorKind::Truncated,
        ),
        (
            "largest size",
            good().block_as(1, i64::MAX, &one, MARKER),
            ErrorKind::Truncated,
        ),
        (
            "size too small",
            good().block_as(1, 0, &one, MARKER),
            ErrorKind::SyncMarker,
        ),
        (
            "another marker",
            good().block_as(1, 1, &one, [7; 16]),
            ErrorKind::SyncMarker,
        ),
        (
            "count of eleven bytes",
            good().bytes(&[0x80; 30]),
            ErrorKind::Varint,
        ),
        (
            "count beyond 64 bits",
            good().bytes(&[0xff; 9]).bytes(&[2; 30]),
            ErrorKind::Varint,
        ),
        ("trailing zero", good().bytes(&[0]), ErrorKind::Truncated),
        (
            "trailing zeros",
            good().bytes(&[0; 100]),
            ErrorKind::SyncMarker,
        ),
        // `Obj\x01` of the second file is taken for a count and a size.
        (
            "concatenated file",
            good().bytes(&copy),
            ErrorKind::BlockHeader,
        ),
    ] {
        fails(name, &file.finish(), &rows([json!(1)]), kind);
    }
}

#[test]
fn a_block_that_is_larger_than_the_file_is_not_fetched() {
    let file = raw::file(&longs())
        .block_as(1, 1 << 40, &raw::long(1), MARKER)
        .finish();
    let options = ScanOptions::default();
    let outcome = outcome(memory(file.clone()), &options);
    assert_eq!(outcome.error.unwrap().kind(), ErrorKind::Truncated);
    assert!(options.progress.bytes_read() <= 2 * file.len() as u64);
}

#[test]
fn blocks_whose_rows_do_not_add_up() {
    let good = || raw::file(&longs()).block(1, &raw::long(1));
    let two = [raw::long(2), raw::long(3)].concat();
    for (name, file) in [
        ("rows missing", good().block(3, &two)),
        ("a value cut off", good().block(1, &[0x80])),
        ("bytes left over", good().block(1, &two)),
        ("bytes and no rows", good().block(0, &two)),
        ("rows and no bytes", good().block(2, &[])),
        ("more rows than memory", good().block(i64::MAX, &two)),
        ("a billion rows", good().block(1 << 30, &two)),
    ] {
        fails(
            name,
            &file.finish(),
            &rows([json!(1)]),
            ErrorKind::BlockLength,
        );
    }
}
