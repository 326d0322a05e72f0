//! Every codec over the same cases. The blocks are made with the libraries that also read them;
//! the deflate and snappy framing is written out by hand where it matters.

mod expansion;

#[allow(unused_imports, reason = "not every codec's encoder is a writer")]
use std::io::Write;

use bytes::Bytes;

use super::{Codec, Decompressor};
use crate::error::{Error, ErrorKind};
use crate::limits::Limit;

const MAX: usize = 1 << 20;

/// The codecs that compress, in this build.
fn compressing() -> impl Iterator<Item = Codec> {
    Codec::ALL
        .into_iter()
        .filter(|codec| *codec != Codec::Null && codec.is_enabled())
}

/// Text that compresses, with numbers that do so less.
fn rows(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(len + 64);
    while bytes.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        bytes.extend_from_slice(b"some name, some town, ");
        bytes.extend_from_slice(&state.to_be_bytes()[..3]);
    }
    bytes.truncate(len);
    bytes
}

fn compress(codec: Codec, bytes: &[u8]) -> Vec<u8> {
    match codec {
        Codec::Null => bytes.to_vec(),
        #[cfg(feature = "deflate")]
        Codec::Deflate => {
            let mut encoder =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        #[cfg(feature = "snappy")]
        Codec::Snappy => {
            let mut block = snap::raw::Encoder::new().compress_vec(bytes).unwrap();
            block.extend_from_slice(&crc32fast::hash(bytes).to_be_bytes());
            block
        }
        #[cfg(feature = "zstandard")]
        Codec::Zstandard => zstd::bulk::compress(bytes, 3).unwrap(),
        #[cfg(feature = "bzip2")]
        Codec::Bzip2 => {
            let mut encoder =
                ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        #[cfg(feature = "xz")]
        Codec::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        #[allow(
            unreachable_patterns,
            reason = "reachable without some of the codec features"
        )]
        _ => unreachable!("{codec} is not in this build"),
    }
}

fn decompress_up_to(codec: Codec, block: &[u8], max_bytes: usize) -> Result<Bytes, Error> {
    Decompressor::new(codec, max_bytes).decompress(Bytes::copy_from_slice(block))
}

fn decompress(codec: Codec, block: &[u8]) -> Result<Bytes, Error> {
    decompress_up_to(codec, block, MAX)
}

#[track_caller]
fn assert_kind<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

#[test]
fn names_are_those_of_the_specification() {
    let names = ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"];
    assert_eq!(Codec::ALL.map(|codec| codec.to_string()), names);
    for codec in Codec::ALL {
        match Codec::parse(codec.name()) {
            Ok(parsed) => assert_eq!(parsed, codec),
            Err(error) => {
                assert!(!codec.is_enabled());
                assert_eq!(error.kind(), ErrorKind::UnknownCodec);
                assert!(
                    error.to_string().contains(&format!("feature `{codec}`")),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn unknown_names_are_refused_with_the_known_ones() {
    for name in ["", "Null", "zstd", "lzo", "deflate "] {
        let message = assert_kind(Codec::parse(name), ErrorKind::UnknownCodec);
        assert!(message.contains(&format!("`{name}`")), "{message}");
        assert!(message.contains("null"), "{message}");
    }
}

#[test]
fn a_codec_that_is_not_compiled_in_says_so() {
    for codec in Codec::ALL.into_iter().filter(|codec| !codec.is_enabled()) {
        let message = assert_kind(decompress(codec, b"x"), ErrorKind::UnknownCodec);
        assert!(message.contains(&format!("feature `{codec}`")), "{message}");
    }
}

#[test]
fn null_returns_the_very_same_bytes() {
    let block = Bytes::from(rows(100));
    let result = Decompressor::new(Codec::Null, 100)
        .decompress(block.clone())
        .unwrap();
    assert_eq!(result.as_ptr(), block.as_ptr());
    assert_eq!(result, block);
    assert_kind(
        Decompressor::new(Codec::Null, 99).decompress(block),
        ErrorKind::Limit(Limit::DecompressedBytes),
    );
}

#[test]
fn roundtrips_of_any_length_share_one_decompressor() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, MAX);
        // Growing and shrinking, so that sizing by the previous block is wrong both ways.
        for len in [0, 1, 7, 1_000, 1_000_000, 3, 70_000, 1, 1_048_576] {
            let bytes = rows(len);
            let block = compress(codec, &bytes);
            assert_eq!(
                decompressor.decompress(block.into()).unwrap(),
                bytes,
                "{codec} {len}"
            );
        }
    }
}

#[test]
fn results_stay_as_they_are_when_later_blocks_are_decompressed() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, MAX);
        let blocks: Vec<_> = (0..4)
            .map(|i| rows(5_000).iter().map(|b| b.wrapping_add(i)).collect())
            .collect();
        let results: Vec<_> = blocks
            .iter()
            .map(|bytes: &Vec<u8>| {
                decompressor
                    .decompress(compress(codec, bytes).into())
                    .unwrap()
            })
            .collect();
        assert_eq!(results, blocks, "{codec}");
    }
}

#[test]
fn a_buffer_that_nobody_holds_is_used_again() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, MAX);
        let block = Bytes::from(compress(codec, &rows(50_000)));
        // The first one may have grown or been sized by a guess.
        drop(decompressor.decompress(block.clone()).unwrap());
        let first = decompressor.decompress(block.clone()).unwrap();
        let address = first.as_ptr();
        drop(first);
        let second = decompressor.decompress(block.clone()).unwrap();
        assert_eq!(second.as_ptr(), address, "{codec}");
        let third = decompressor.decompress(block).unwrap();
        assert_ne!(third.as_ptr(), address, "{codec}: `second` is still held");
        assert_eq!(second, third);
    }
}

#[test]
fn a_large_buffer_is_not_kept_for_small_blocks() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, MAX);
        drop(
            decompressor
                .decompress(compress(codec, &rows(1_000_000)).into())
                .unwrap(),
        );
        drop(
            decompressor
                .decompress(compress(codec, &rows(10)).into())
                .unwrap(),
        );
        let small = decompressor
            .decompress(compress(codec, &rows(10)).into())
            .unwrap();
        drop(decompressor);
        assert!(Vec::from(small).capacity() < 100_000, "{codec}");
    }
}

#[test]
fn a_block_of_no_bytes_is_empty_with_every_codec() {
    for codec in compressing().chain([Codec::Null]) {
        assert_eq!(decompress(codec, b"").unwrap(), Bytes::new(), "{codec}");
    }
}

#[test]
fn a_block_cut_anywhere_is_an_error() {
    for codec in compressing() {
        for len in [0, 1, 3_000] {
            let block = compress(codec, &rows(len));
            for end in 1..block.len() {
                let error = decompress(codec, &block[..end]).unwrap_err();
                // What is cut off a snappy block makes its last bytes a checksum.
                let kinds = [ErrorKind::Compression, ErrorKind::Checksum];
                assert!(
                    kinds.contains(&error.kind()),
                    "{codec} {len} {end}: {error:?}"
                );
                assert!(codec == Codec::Snappy || error.kind() == ErrorKind::Compression);
            }
        }
    }
}

#[test]
fn bytes_after_the_end_are_an_error() {
    for codec in compressing() {
        for extra in [&b"x"[..], b"\0", b"some more text"] {
            let mut block = compress(codec, &rows(3_000));
            block.extend_from_slice(extra);
            let error = decompress(codec, &block).unwrap_err();
            let kinds = [ErrorKind::Compression, ErrorKind::Checksum];
            assert!(kinds.contains(&error.kind()), "{codec}: {error:?}");
        }
    }
}

#[test]
fn garbage_is_an_error_and_the_next_block_decompresses() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, MAX);
        let bytes = rows(3_000);
        let block = compress(codec, &bytes);
        for garbage in [
            &[0xff; 300][..],
            b"\xde\xad",
            b"not compressed at all",
            &block[..9],
        ] {
            decompressor
                .decompress(Bytes::copy_from_slice(garbage))
                .unwrap_err();
            assert_eq!(
                decompressor.decompress(block.clone().into()).unwrap(),
                bytes,
                "{codec}"
            );
        }
    }
}

/// Whatever single bit flips: an error or bytes, within the limit, and no panic.
#[test]
fn a_flipped_bit_never_panics_and_checksums_see_it() {
    for codec in compressing() {
        let bytes = rows(600);
        let block = compress(codec, &bytes);
        for bit in 0..block.len() * 8 {
            let mut damaged = block.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(result) = decompress(codec, &damaged) {
                assert!(result.len() <= MAX);
                let has_checksum = matches!(codec, Codec::Snappy | Codec::Bzip2 | Codec::Xz);
                assert!(!has_checksum || result == bytes, "{codec} {bit}");
            }
        }
    }
}

#[test]
fn the_limit_is_exact() {
    for codec in compressing() {
        for len in [1, 1_500, 40_000] {
            let bytes = rows(len);
            let block = compress(codec, &bytes);
            assert_eq!(
                decompress_up_to(codec, &block, len).unwrap(),
                bytes,
                "{codec} {len}"
            );
            let message = assert_kind(
                decompress_up_to(codec, &block, len - 1),
                ErrorKind::Limit(Limit::DecompressedBytes),
            );
            assert!(message.contains("decompressed_bytes"), "{message}");
        }
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    for codec in compressing() {
        let block = compress(codec, &vec![0; 30 << 20]);
        assert_kind(
            decompress(codec, &block),
            ErrorKind::Limit(Limit::DecompressedBytes),
        );
    }
}

#[test]
fn the_output_never_has_more_capacity_than_the_limit_and_a_byte() {
    for codec in compressing() {
        let mut decompressor = Decompressor::new(codec, 100_000);
        // After a block of zeros the next one is expected to become a thousand times larger.
        drop(
            decompressor
                .decompress(compress(codec, &vec![0; 100_000]).into())
                .unwrap(),
        );
        let result = decompressor
            .decompress(compress(codec, &rows(90_000)).into())
            .unwrap();
        drop(decompressor);
        assert!(Vec::from(result).capacity() <= 100_001, "{codec}");
    }
}

#[test]
fn several_streams_in_a_block_are_one_content() {
    for codec in compressing() {
        let parts = [rows(4_000), Vec::new(), rows(90_000), rows(1)];
        let block: Vec<u8> = parts
            .iter()
            .flat_map(|part| compress(codec, part))
            .collect();
        let result = decompress(codec, &block);
        match codec {
            Codec::Deflate | Codec::Snappy => {
                result.unwrap_err();
            }
            _ => assert_eq!(result.unwrap(), parts.concat(), "{codec}"),
        }
    }
}

#[cfg(feature = "deflate")]
#[test]
fn deflate_has_no_zlib_header() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&rows(100)).unwrap();
    let block = encoder.finish().unwrap();
    assert_kind(decompress(Codec::Deflate, &block), ErrorKind::Compression);
}

#[cfg(feature = "deflate")]
#[test]
fn deflate_counts_the_bytes_after_its_end() {
    // A stored block: final, length 2, its complement, the bytes.
    let block = b"\x01\x02\x00\xfd\xffhi";
    assert_eq!(decompress(Codec::Deflate, block).unwrap(), "hi");
    let message = assert_kind(
        decompress(Codec::Deflate, &[block, &b"abc"[..]].concat()),
        ErrorKind::Compression,
    );
    assert!(message.contains("3 bytes after the end"), "{message}");
}

#[cfg(feature = "deflate")]
#[test]
fn deflate_may_end_with_three_bytes_of_the_zlib_checksum() {
    let block = b"\x01\x02\x00\xfd\xffhi";
    // Adler-32 of "hi" is 0x013b00d2.
    let python = [block, &b"\x01\x3b\x00"[..]].concat();
    assert_eq!(decompress(Codec::Deflate, &python).unwrap(), "hi");
    let wrong = [block, &b"\x01\x3b\x01"[..]].concat();
    assert_kind(decompress(Codec::Deflate, &wrong), ErrorKind::Compression);
    let all_of_it = [block, &b"\x01\x3b\x00\xd2"[..]].concat();
    assert_kind(
        decompress(Codec::Deflate, &all_of_it),
        ErrorKind::Compression,
    );
}

#[cfg(feature = "snappy")]
mod snappy {
    use super::*;

    #[test]
    fn the_checksum_is_of_the_uncompressed_bytes_and_big_endian() {
        // Length 9, a literal of 9 bytes, and the check value that every CRC-32 catalogue lists.
        let block = b"\x09\x20123456789\xcb\xf4\x39\x26";
        assert_eq!(decompress(Codec::Snappy, block).unwrap(), "123456789");
    }

    #[test]
    fn a_wrong_checksum_is_told_from_wrong_data() {
        let mut block = compress(Codec::Snappy, &rows(1_000));
        *block.last_mut().unwrap() ^= 1;
        let message = assert_kind(decompress(Codec::Snappy, &block), ErrorKind::Checksum);
        assert!(message.contains("CRC-32"), "{message}");
    }

    #[test]
    fn fewer_than_four_bytes_have_no_checksum() {
        for len in 1..4 {
            let message = assert_kind(
                decompress(Codec::Snappy, &[0; 3][..len]),
                ErrorKind::Compression,
            );
            assert!(message.contains("checksum"), "{message}");
        }
    }

    #[test]
    fn an_impossible_length_is_damage_and_allocates_nothing() {
        // 4 GiB less one, from a literal of one byte.
        let block = b"\xff\xff\xff\xff\x0f\x00a\0\0\0\0";
        assert_kind(decompress(Codec::Snappy, block), ErrorKind::Compression);
        // The densest block there is passes: nothing but copies.
        let zeros = vec![0; 1 << 20];
        let block = compress(Codec::Snappy, &zeros);
        assert_eq!(decompress(Codec::Snappy, &block).unwrap(), zeros);
    }

    #[test]
    fn a_declared_length_that_is_not_reached_does_not_show_an_older_block() {
        let mut decompressor = Decompressor::new(Codec::Snappy, MAX);
        drop(
            decompressor
                .decompress(compress(Codec::Snappy, &[7; 40]).into())
                .unwrap(),
        );
        // Declares 20 bytes and has one.
        let block = [
            b"\x14\x00a".as_slice(),
            &crc32fast::hash(b"a").to_be_bytes(),
        ]
        .concat();
        assert_kind(
            decompressor.decompress(block.into()),
            ErrorKind::Compression,
        );
    }
}

#[cfg(feature = "zstandard")]
mod zstandard {
    use super::*;
    use crate::codec::{BlockFlow, LARGE_BYTES};

    /// Frames as a streaming writer makes them: without the size of their content.
    fn stream(bytes: &[u8], window_log: u32) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.flush().unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn frames_without_a_size_are_read_and_limited_exactly() {
        for len in [1, 1_500, 300_000] {
            let bytes = rows(len);
            let block = stream(&bytes, 17);
            assert_eq!(
                decompress_up_to(Codec::Zstandard, &block, len).unwrap(),
                bytes
            );
            let result = decompress_up_to(Codec::Zstandard, &block, len - 1);
            assert_kind(result, ErrorKind::Limit(Limit::DecompressedBytes));
        }
        let bomb = stream(&vec![0; 30 << 20], 17);
        assert_kind(
            decompress(Codec::Zstandard, &bomb),
            ErrorKind::Limit(Limit::DecompressedBytes),
        );
    }

    #[test]
    fn frames_with_and_without_sizes_and_skippable_ones_mix() {
        let parts = [rows(400), rows(50_000), rows(2)];
        let mut block = compress(Codec::Zstandard, &parts[0]);
        block.extend_from_slice(b"\x50\x2a\x4d\x18\x03\0\0\0abc");
        block.extend_from_slice(&stream(&parts[1], 10));
        block.extend_from_slice(&compress(Codec::Zstandard, &parts[2]));
        assert_eq!(
            decompress(Codec::Zstandard, &block).unwrap(),
            parts.concat()
        );
    }

    #[test]
    fn a_part_beyond_the_window_is_read_unless_its_block_is_large() {
        // A window of 1 KiB, a part of two bytes, and one of the same byte 8,185 times.
        let block = [
            0x28, 0xb5, 0x2f, 0xfd, 0, 0, 16, 0, 0, 1, 0, 203, 255, 0, 11,
        ];
        let whole = decompress(Codec::Zstandard, &block).unwrap();
        assert_eq!(whole.len(), 2 + 8_185);
        let mut flow = BlockFlow::new(Codec::Zstandard, MAX).unwrap();
        let piece = flow.push(&Bytes::copy_from_slice(&block));
        assert_kind(piece, ErrorKind::Compression);

        // The same behind so many bytes that are to be skipped.
        let skipped = vec![0; LARGE_BYTES];
        let length = (skipped.len() as u32).to_le_bytes();
        let large = [b"\x50\x2a\x4d\x18", &length[..], &skipped, &block].concat();
        assert_kind(decompress(Codec::Zstandard, &large), ErrorKind::Compression);
        let good = [&large[..large.len() - block.len()], &stream(b"good", 10)].concat();
        assert_eq!(decompress(Codec::Zstandard, &good).unwrap(), &b"good"[..]);
    }

    #[test]
    fn a_large_window_needs_no_memory() {
        let bytes = rows(1_000);
        let block = stream(&bytes, 30);
        assert_eq!(decompress(Codec::Zstandard, &block).unwrap(), bytes);
    }

    #[test]
    fn an_impossible_declared_size_is_damage_and_not_reserved() {
        // Magic; single segment with an 8-byte size of 2^40; a last raw block of one byte.
        let block = b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0\x09\0\0a";
        assert_kind(
            decompress_up_to(Codec::Zstandard, block, usize::MAX),
            ErrorKind::Compression,
        );
    }

    #[test]
    fn a_checksum_of_the_frame_is_checked() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(&rows(100)).unwrap();
        let mut block = encoder.finish().unwrap();
        assert_eq!(decompress(Codec::Zstandard, &block).unwrap(), rows(100));
        *block.last_mut().unwrap() ^= 1;
        assert_kind(decompress(Codec::Zstandard, &block), ErrorKind::Compression);
    }
}

#[cfg(feature = "xz")]
mod xz {
    use liblzma::stream::{Check, Filters, LzmaOptions, Stream};

    use super::*;

    #[test]
    fn the_highest_preset_is_within_the_memory_limit() {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 9);
        encoder.write_all(&rows(1_000)).unwrap();
        let block = encoder.finish().unwrap();
        assert_eq!(decompress(Codec::Xz, &block).unwrap(), rows(1_000));
    }

    #[test]
    fn a_huge_dictionary_is_refused() {
        let mut block = compress(Codec::Xz, &rows(1_000));
        // The dictionary's size is the filter property after "LZMA2, one byte of properties" in
        // the block header, which ends with a checksum of its own.
        let header = 12..12 + (usize::from(block[12]) + 1) * 4;
        let at = block
            .windows(2)
            .position(|pair| pair == [0x21, 0x01])
            .unwrap()
            + 2;
        assert!(header.contains(&at));
        block[at] = 40;
        let checksum = crc32(&block[header.start..header.end - 4]).to_le_bytes();
        block[header.end - 4..header.end].copy_from_slice(&checksum);
        let message = assert_kind(
            decompress(Codec::Xz, &block),
            ErrorKind::Limit(Limit::DecompressorBytes),
        );
        assert!(message.contains("memory"), "{message}");
    }

    #[test]
    fn other_checks_and_filters_are_read() {
        let mut options = LzmaOptions::new_preset(1).unwrap();
        options.dict_size(1 << 16);
        let mut filters = Filters::new();
        filters.x86().lzma2(&options);
        let stream = Stream::new_stream_encoder(&filters, Check::Sha256).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(&rows(5_000)).unwrap();
        let block = encoder.finish().unwrap();
        assert_eq!(decompress(Codec::Xz, &block).unwrap(), rows(5_000));
    }

    /// CRC-32 bit by bit: this feature has no library for it.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        })
    }
}
