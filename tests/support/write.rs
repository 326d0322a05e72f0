//! Avro files written by `apache-avro`, which shares no code with the reader under test.
//!
//! The header is put together here ([`raw`]), so that the same rows always give the same bytes:
//! the writer's own header has its entries in random order and a random sync marker.

pub use apache_avro::types::Value;
use apache_avro::{DeflateSettings, Schema, Writer};
use serde::Serialize;

use crate::raw;

/// More than any block of a test holds: only `rows_per_block` ends a block.
const BLOCK_BYTES: usize = 64 << 20;

/// The codecs of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Not compressed.
    Null,
    /// RFC 1951.
    Deflate,
    /// Snappy with a checksum.
    Snappy,
    /// Zstandard.
    Zstandard,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
}

impl Codec {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Null,
        Self::Deflate,
        Self::Snappy,
        Self::Zstandard,
        Self::Bzip2,
        Self::Xz,
    ];

    /// The name in `avro.codec`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            Self::Zstandard => "zstandard",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// The codec of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// The writer's codec.
    pub fn apache(self) -> apache_avro::Codec {
        match self {
            Self::Null => apache_avro::Codec::Null,
            Self::Deflate => apache_avro::Codec::Deflate(DeflateSettings::default()),
            Self::Snappy => apache_avro::Codec::Snappy,
            Self::Zstandard => apache_avro::Codec::Zstandard(Default::default()),
            Self::Bzip2 => apache_avro::Codec::Bzip2(Default::default()),
            Self::Xz => apache_avro::Codec::Xz(Default::default()),
        }
    }

    /// One block body, compressed.
    pub fn compress(self, body: &[u8]) -> Vec<u8> {
        let mut out = body.to_vec();
        self.apache()
            .compress(&mut out)
            .expect("memory is written to");
        out
    }
}

/// A file of typed rows, a block after every `rows_per_block`.
///
/// # Panics
/// If a row does not fit the schema: the test is wrong.
pub fn rows<T: Serialize>(
    schema: &str,
    rows: impl IntoIterator<Item = T>,
    codec: Codec,
    rows_per_block: usize,
) -> Vec<u8> {
    write(schema, rows, codec, rows_per_block, |writer, row| {
        writer.append_ser(row).expect("the row fits the schema");
    })
}

/// A file of dynamic rows, a block after every `rows_per_block`.
///
/// # Panics
/// If a row does not fit the schema: the test is wrong.
pub fn values(
    schema: &str,
    rows: impl IntoIterator<Item = Value>,
    codec: Codec,
    rows_per_block: usize,
) -> Vec<u8> {
    write(schema, rows, codec, rows_per_block, |writer, row| {
        writer
            .unvalidated_append_value(row)
            .expect("the row fits the schema");
    })
}

fn write<T>(
    schema: &str,
    rows: impl IntoIterator<Item = T>,
    codec: Codec,
    rows_per_block: usize,
    append: impl Fn(&mut Writer<'_, Vec<u8>>, T),
) -> Vec<u8> {
    assert!(rows_per_block > 0, "a block has rows");
    let parsed = Schema::parse_str(schema).expect("the schema is valid");
    let mut writer = Writer::builder()
        .schema(&parsed)
        .writer(raw::file_with_codec(schema, codec.name()).finish())
        .codec(codec.apache())
        .block_size(BLOCK_BYTES)
        .marker(raw::MARKER)
        .has_header(true)
        .build()
        .expect("the schema resolves");
    for (i, row) in rows.into_iter().enumerate() {
        if i > 0 && i % rows_per_block == 0 {
            writer.flush().expect("memory is written to");
        }
        append(&mut writer, row);
    }
    writer.into_inner().expect("memory is written to")
}
