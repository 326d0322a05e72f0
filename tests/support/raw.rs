//! Container files put together byte by byte, for the odd and the hostile ones.
//!
//! ```
//! use avroscan_tests::raw;
//!
//! let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
//! let file = raw::file(schema)
//!     .block(2, &[raw::long(1), raw::long(-1)].concat())
//!     .block_as(1, 99, &raw::long(7), raw::MARKER) // a size that lies
//!     .finish();
//! # assert!(file.starts_with(b"Obj\x01"));
//! ```

/// The sync marker of every file that the test support writes.
pub const MARKER: [u8; 16] = *b"avroscan-sync-16";

/// A `long` or `int` as the specification encodes it: zigzag, seven bits a byte.
pub fn long(value: i64) -> Vec<u8> {
    padded(value, 1)
}

/// The same number in at least `width` bytes: padded with continuation bytes that add nothing,
/// which the specification does not forbid.
pub fn padded(value: i64, width: usize) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    let mut out = Vec::new();
    while rest > 0x7f || out.len() + 1 < width {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out
}

/// The number that these bytes begin with, and the bytes behind it.
pub fn read_long(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if *byte < 0x80 {
            let rest = bytes.get(index + 1..)?;
            return Some(((value >> 1) as i64 ^ -((value & 1) as i64), rest));
        }
    }
    None
}

/// A `string` or `bytes` value: its length, then itself.
pub fn bytes(value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut out = long(value.len() as i64);
    out.extend_from_slice(value);
    out
}

/// The beginning of a file: magic, and metadata in whatever map blocks the test wants.
#[derive(Debug, Clone)]
pub struct Header(Vec<u8>);

impl Header {
    /// The magic bytes alone.
    #[expect(
        clippy::new_without_default,
        reason = "a header without metadata is no default"
    )]
    pub fn new() -> Self {
        Self(b"Obj\x01".to_vec())
    }

    /// One map block with a positive count.
    #[must_use]
    pub fn entries(mut self, entries: &[(&str, &[u8])]) -> Self {
        self.0.extend(long(entries.len() as i64));
        self.0.extend(pairs(entries));
        self
    }

    /// One map block with a negative count and its size in bytes.
    #[must_use]
    pub fn entries_sized(mut self, entries: &[(&str, &[u8])]) -> Self {
        let body = pairs(entries);
        self.0.extend(long(-(entries.len() as i64)));
        self.0.extend(long(body.len() as i64));
        self.0.extend(body);
        self
    }

    /// Any bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The end of the metadata map and [`MARKER`]: blocks follow.
    pub fn end(self) -> Container {
        self.bytes(&[0]).bytes(&MARKER).unended()
    }

    /// What there is so far, without an end.
    pub fn unended(self) -> Container {
        Container(self.0)
    }
}

fn pairs(entries: &[(&str, &[u8])]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|(key, value)| [bytes(key), bytes(value)].concat())
        .collect()
}

/// A file whose header is written.
#[derive(Debug, Clone)]
pub struct Container(Vec<u8>);

/// A file with the plainest header: the schema and no codec, which means `null`.
pub fn file(schema: &str) -> Container {
    Header::new()
        .entries(&[("avro.schema", schema.as_bytes())])
        .end()
}

/// A file with this schema and codec in its header.
pub fn file_with_codec(schema: &str, codec: &str) -> Container {
    Header::new()
        .entries(&[
            ("avro.schema", schema.as_bytes()),
            ("avro.codec", codec.as_bytes()),
        ])
        .end()
}

impl Container {
    /// A sound block: this many rows, in this (compressed) body.
    #[must_use]
    pub fn block(self, rows: i64, body: &[u8]) -> Self {
        self.block_as(rows, body.len() as i64, body, MARKER)
    }

    /// A block that may lie about its rows, its size and its marker.
    #[must_use]
    pub fn block_as(self, rows: i64, size: i64, body: &[u8], marker: [u8; 16]) -> Self {
        self.bytes(&long(rows))
            .bytes(&long(size))
            .bytes(body)
            .bytes(&marker)
    }

    /// Any bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// How long the file is so far: where the next block begins.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a file with a header is never empty"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_are_as_the_specification_says() {
        for (value, expected) in [
            (0, &[0x00][..]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (
                i64::MAX,
                &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
            (
                i64::MIN,
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            ),
        ] {
            assert_eq!(long(value), expected, "{value}");
            assert_eq!(read_long(expected), Some((value, &[][..])));
        }
        assert_eq!(padded(1, 3), [0x82, 0x80, 0x00]);
    }
}
