//! Variable-length zig-zag integers (specification: "Binary encoding", int and long).
//!
//! Seven bits a byte, least significant group first, the high bit set on all but the last byte.
//! Writers may pad: `0x80 0x00` is a valid zero. Ten bytes hold 64 bits; the tenth can only
//! contribute the topmost one.

use crate::error::{Error, ErrorKind, Result};

/// Most bytes an integer may take.
pub(super) const MAX_BYTES: usize = 10;

const CONTINUATION: u64 = 0x8080_8080_8080_8080;

/// Undoes the zig-zag: 0, 1, 2, 3 are 0, -1, 1, -2.
#[inline(always)]
pub(super) const fn zigzag(raw: u64) -> i64 {
    ((raw >> 1) as i64) ^ -((raw & 1) as i64)
}

/// Decodes an integer of up to eight bytes from a little-endian word.
///
/// Returns the raw value and its length, or `None` where the integer does not end in the word.
#[inline(always)]
pub(super) fn from_word(word: u64) -> Option<(u64, usize)> {
    let ends = !word & CONTINUATION;
    if ends == 0 {
        return None;
    }
    let bits = ends.trailing_zeros() + 1;
    let word = word & (u64::MAX >> (64 - bits));
    Some((close_gaps(word), (bits / 8) as usize))
}

/// Closes the gaps left by the continuation bits: pairs, then quads, then halves.
#[inline(always)]
fn close_gaps(word: u64) -> u64 {
    let word = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
    let word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x3fff_0000_3fff_0000) >> 2);
    (word & 0x0000_0000_0fff_ffff) | ((word & 0x0fff_ffff_0000_0000) >> 4)
}

/// Decodes an integer of nine or ten bytes: from its first eight, all of which go on, and the two
/// that follow them.
///
/// Returns `None` where it is longer, or has more than 64 bits.
#[inline]
pub(super) fn from_long_word(word: u64, ninth: u8, tenth: u8) -> Option<(u64, usize)> {
    let low = close_gaps(word & !CONTINUATION);
    let raw = low | u64::from(ninth & 0x7f) << 56;
    match (ninth < 0x80, tenth) {
        (true, _) => Some((raw, 9)),
        (false, 0 | 1) => Some((raw | u64::from(tenth) << 63, 10)),
        _ => None,
    }
}

/// Decodes an integer byte by byte: near the end of the input, and when it is long.
///
/// Returns `None` where the input ends first.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Option<(u64, usize)>> {
    let mut raw = 0u64;
    for (i, &byte) in bytes.iter().take(MAX_BYTES).enumerate() {
        if i == MAX_BYTES - 1 && byte > 1 {
            return Err(too_long());
        }
        raw |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Ok(Some((raw, i + 1)));
        }
    }
    if bytes.len() >= MAX_BYTES {
        Err(too_long())
    } else {
        Ok(None)
    }
}

#[cold]
fn too_long() -> Error {
    Error::new(
        ErrorKind::Varint,
        "an integer does not end within ten bytes and 64 bits",
    )
}

/// Appends an integer in as few bytes as possible.
pub(crate) fn encode_long(value: i64, bytes: &mut Vec<u8>) {
    let mut raw = ((value << 1) ^ (value >> 63)) as u64;
    while raw >= 0x80 {
        bytes.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    bytes.push(raw as u8);
}

/// What the start of an input says of an integer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Partial {
    /// The value and the bytes it took.
    Value(i64, usize),
    /// The input ends first.
    Incomplete,
}

/// Reads a long from input that may end in the middle of it.
pub(crate) fn partial_long(bytes: &[u8]) -> Result<Partial> {
    Ok(match from_bytes(bytes)? {
        Some((raw, length)) => Partial::Value(zigzag(raw), length),
        None => Partial::Incomplete,
    })
}
