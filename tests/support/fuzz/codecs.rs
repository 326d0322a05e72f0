//! Any bytes as a compressed block.

use arrow::array::Array;
use arrow::array::AsArray;
use avroscan::{ErrorKind, OnError, ReadReport};

use super::seen::{Seen, limits, options};
use crate::raw;
use crate::write::Codec;

/// More could become hundreds of megabytes, which the peer does not mind.
const MOST_BYTES: usize = 2 << 10;

/// Any bytes, behind one that says which codec they are of: what they become is what another
/// decompressor makes of them, no more than the limit allows, and the blocks around are not touched.
pub fn codecs(data: &[u8]) {
    let Some((codec, data)) = data
        .split_first()
        .filter(|(_, data)| data.len() < MOST_BYTES)
    else {
        return;
    };
    // What looks like blocks with their markers inside of a damaged one is read.
    if data
        .windows(raw::MARKER.len())
        .any(|window| window == raw::MARKER)
    {
        return;
    }
    let codec = Codec::ALL[usize::from(*codec) % Codec::ALL.len()];
    let schema = r#"{"type":"fixed","name":"F","size":1}"#;
    let header = || raw::file_with_codec(schema, codec.name());
    let one_row = Seen::of(&header().block(1, data).finish(), &options());
    let kind = match one_row.kind() {
        Some(ErrorKind::Limit(_) | ErrorKind::Compression | ErrorKind::Checksum) => one_row.kind(),
        _ => None,
    };
    let mut expected = data.to_vec();
    let rows = match kind {
        Some(_) => 1,
        // What decompresses here does so elsewhere. A block of no bytes needs no codec.
        None => {
            if !data.is_empty()
                && let Err(error) = codec.apache().decompress(&mut expected)
            {
                let known = match codec {
                    // A Huffman code of one symbol has one codeword. Where a stream holds the other
                    // one, libdeflate takes it for the same symbol, and others refuse it.
                    Codec::Deflate => true,
                    // Whoever decompresses a stream has room for a window, and a block of a frame
                    // may say that it becomes more than that.
                    Codec::Zstandard => error.to_string().contains("buffer is too small"),
                    _ => false,
                };
                assert!(known, "only the reader decompresses it: {error}");
                return;
            }
            assert!(expected.len() <= limits().decompressed_bytes);
            expected.len()
        }
    };

    let sound = codec.compress(b"abc");
    let file = header()
        .block(3, &sound)
        .block(rows as i64, data)
        .block(3, &sound)
        .finish();
    let report = ReadReport::default();
    let skipping = options()
        .with_on_error(OnError::Skip)
        .with_report(report.clone());
    let seen = Seen::of(&file, &skipping);
    if matches!(kind, Some(ErrorKind::Limit(_))) {
        assert!(seen.is_limited());
        return;
    }
    assert!(seen.error.is_none(), "{:?}", seen.error);
    let found = seen.rows.expect("the rows of sound blocks");
    let found = found.column(0).as_fixed_size_binary();
    let inner: &[u8] = if kind.is_none() { &expected } else { &[] };
    let expected = [b"abc", inner, b"abc"].concat();
    assert_eq!(found.value_data(), expected);
    assert_eq!(found.len(), expected.len());
    assert_eq!(report.bad_blocks(), u64::from(kind.is_some()));
}
