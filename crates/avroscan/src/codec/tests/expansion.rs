//! How far blocks are compressed, by their beginnings.

use super::*;
use crate::codec::expansion;

const SAMPLE: usize = 16 << 10;

fn of(codec: Codec, block: &[u8]) -> Option<f64> {
    let large = matches!(codec, Codec::Bzip2 | Codec::Xz);
    let most = if large { 16 * SAMPLE } else { SAMPLE };
    let beginning = Bytes::copy_from_slice(&block[..block.len().min(most)]);
    expansion(codec, &beginning, block.len()).unwrap()
}

#[test]
fn the_beginning_of_a_block_tells_how_large_it_becomes() {
    for codec in compressing() {
        for length in [1, 30, 2_000, 64_000, 300_000] {
            let block = compress(codec, &rows(length));
            let expected = length as f64 / block.len() as f64;
            let found = of(codec, &block).unwrap();
            assert!(
                found > expected / 1.6 && found < expected * 1.6,
                "{codec}, {length} bytes: {found} instead of {expected}"
            );
        }
    }
}

/// Of blocks that become very much, it is not the exact number that matters.
#[test]
fn a_bomb_is_seen_by_its_beginning() {
    for codec in compressing() {
        let block = compress(codec, &vec![0; 64 << 20]);
        let expected = (64 << 20) as f64 / block.len() as f64;
        let found = of(codec, &block).unwrap();
        assert!(
            found * 4.0 > expected.min(MAX as f64 / 32.0),
            "{codec}: {found} instead of {expected}"
        );
    }
}

#[test]
fn what_is_no_block_does_not_tell() {
    for codec in compressing() {
        let noise = Bytes::from(vec![0xa5; 1_000]);
        let found = expansion(codec, &noise, 1_000);
        assert!(
            found.is_err() || codec == Codec::Snappy,
            "{codec}: {found:?}"
        );
        let nothing = expansion(codec, &Bytes::new(), 0);
        assert!(matches!(nothing, Ok(None) | Err(_)), "{codec}: {nothing:?}");
    }
}

/// What is written piece by piece declares no size, and a window of some megabytes.
#[test]
#[cfg(feature = "zstandard")]
fn streams_of_unknown_length_have_large_windows() {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    for _ in 0..100 {
        encoder.write_all(&rows(50_000)).unwrap();
        encoder.flush().unwrap();
    }
    let block = encoder.finish().unwrap();
    assert!(of(Codec::Zstandard, &block).is_some_and(|found| found > 1.5));
}
