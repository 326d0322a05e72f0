//! Compressed blocks that cannot be.

use avroscan::{ErrorKind, Limit, ScanOptions};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::json;

use super::{column, exceeds, fails, longs, reads, rows, with_limits};
use crate::read::{memory, outcome};

fn compressed(codec: Codec, body: &[u8]) -> Vec<u8> {
    let good = codec.compress(&raw::long(1));
    raw::file_with_codec(&longs(), codec.name())
        .block(1, &good)
        .block(1, body)
        .finish()
}

#[test]
fn compressed_blocks_that_are_cut_off() {
    for codec in [
        Codec::Deflate,
        Codec::Snappy,
        Codec::Zstandard,
        Codec::Bzip2,
        Codec::Xz,
    ] {
        let whole = codec.compress(&raw::long(1_000_000));
        for length in 1..whole.len() {
            let file = compressed(codec, &whole[..length]);
            let outcome = outcome(memory(file), &ScanOptions::default());
            let error = outcome
                .error
                .as_ref()
                .unwrap_or_else(|| panic!("{} cut at {length}: no error", codec.name()));
            let kinds = [ErrorKind::Compression, ErrorKind::Checksum];
            assert!(
                kinds.contains(&error.kind()),
                "{} cut at {length}: {error:?}",
                codec.name()
            );
            assert_eq!(outcome.rows(), rows([json!(1)]));
        }
        let name = format!("a block of no bytes, {}", codec.name());
        fails(
            &name,
            &compressed(codec, &[]),
            &rows([json!(1)]),
            ErrorKind::BlockLength,
        );
    }
}

#[test]
fn compressed_blocks_with_something_after_their_end() {
    for codec in [Codec::Deflate, Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        let mut body = codec.compress(&raw::long(2));
        body.extend(b"more");
        fails(
            codec.name(),
            &compressed(codec, &body),
            &rows([json!(1)]),
            ErrorKind::Compression,
        );
    }
}

#[test]
fn compressed_blocks_that_are_noise() {
    let noise = [0xa5; 64];
    for codec in [Codec::Deflate, Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        fails(
            codec.name(),
            &compressed(codec, &noise),
            &rows([json!(1)]),
            ErrorKind::Compression,
        );
    }
}

#[test]
fn snappy_checksums_are_checked() {
    let whole = Codec::Snappy.compress(&raw::long(2));
    for bit in 0..32 {
        let mut body = whole.clone();
        let at = body.len() - 4 + bit / 8;
        body[at] ^= 1 << (bit % 8);
        let file = compressed(Codec::Snappy, &body);
        fails(
            "a flipped bit",
            &file,
            &rows([json!(1)]),
            ErrorKind::Checksum,
        );
    }
    // The checksum in the other order of bytes.
    let mut body = whole;
    let at = body.len() - 4;
    body[at..].reverse();
    fails(
        "reversed",
        &compressed(Codec::Snappy, &body),
        &rows([json!(1)]),
        ErrorKind::Checksum,
    );
    let three = compressed(Codec::Snappy, &[0, 0, 0]);
    fails(
        "three bytes",
        &three,
        &rows([json!(1)]),
        ErrorKind::Compression,
    );
}

#[test]
fn bombs_stop_at_the_limit() {
    let text = column(r#""bytes""#);
    let body = raw::bytes(vec![0; 10_000_000]);
    for codec in Codec::ALL {
        let file = raw::file_with_codec(&text, codec.name())
            .block(1, &codec.compress(&body))
            .finish();
        let outcome = with_limits(&file, |limits| limits.decompressed_bytes = 1_000_000);
        exceeds(Limit::DecompressedBytes, &outcome);
        assert_eq!(with_limits(&file, |_| {}).num_rows(), 1, "{}", codec.name());
    }
}

/// Python's writers long cut a zlib stream so that three bytes of its checksum stayed.
#[test]
fn deflate_blocks_of_python_writers_are_read() {
    let mut body = Codec::Deflate.compress(&raw::long(2));
    // Adler-32 of the one byte 4 is 0x00050005.
    body.extend([0x00, 0x05, 0x00]);
    let file = compressed(Codec::Deflate, &body);
    reads("three bytes more", &file, &rows([json!(1), json!(2)]));
}
