//! A reading position in the bytes of one block.

use super::varint;
use crate::error::{Error, ErrorKind, Result};

/// Reads values off the front of a slice. Never reads past its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

/// One block of an array or map: so many items follow, and where they must end if the writer
/// said so (specification: "Arrays", a negative count is followed by the block's size in bytes).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ItemBlock {
    /// Number of items, at least 1.
    pub(crate) count: usize,
    /// Bytes that remain in the input after the last item.
    remaining_after: Option<usize>,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not yet read.
    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.ends_early(length)),
        }
    }

    /// The next bytes, which stay where they are, if there are as many.
    #[inline(always)]
    pub(crate) fn peek<const N: usize>(&self) -> Option<&'a [u8; N]> {
        self.rest.first_chunk()
    }

    #[inline(always)]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.ends_early(N)),
        }
    }

    /// An integer of any size: what numbers are.
    ///
    /// Up to three bytes each length has a branch of its own. Where the lengths of a column are
    /// much the same the processor guesses them, and goes on with the next value before it has
    /// seen this one; to compute the length would take it three times as long.
    #[inline(always)]
    pub(crate) fn long(&mut self) -> Result<i64> {
        let Some(word) = self.peek::<8>() else {
            return self.long_by_bytes();
        };
        let word = u64::from_le_bytes(*word);
        let (raw, length) = if word & 0x80 == 0 {
            (word & 0x7f, 1)
        } else if word & 0x8000 == 0 {
            (word & 0x7f | word >> 1 & 0x3f80, 2)
        } else if word & 0x80_0000 == 0 {
            (word & 0x7f | word >> 1 & 0x3f80 | word >> 2 & 0x1f_c000, 3)
        } else {
            match varint::from_word(word) {
                Some(found) => found,
                None => return self.long_by_bytes(),
            }
        };
        match self.rest.get(length..) {
            Some(rest) => {
                self.rest = rest;
                Ok(varint::zigzag(raw))
            }
            None => self.long_by_bytes(),
        }
    }

    /// An integer that nearly always takes one byte: what counts, lengths and indices are. The next
    /// value can then be fetched before this one is there.
    #[inline(always)]
    pub(crate) fn short(&mut self) -> Result<i64> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(varint::zigzag(u64::from(*byte)))
            }
            _ => {
                let (value, length) = of_several_bytes(*self)?;
                self.take(length)?;
                Ok(value)
            }
        }
    }

    #[inline(always)]
    fn long_by_bytes(&mut self) -> Result<i64> {
        let (value, length) = by_bytes(*self)?;
        self.take(length)?;
        Ok(value)
    }

    #[inline(always)]
    pub(crate) fn int(&mut self) -> Result<i32> {
        let long = self.long()?;
        i32::try_from(long).map_err(|_| too_wide(long))
    }

    #[inline(always)]
    pub(crate) fn boolean(&mut self) -> Result<bool> {
        let [byte] = self.array::<1>()?;
        match byte {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(no_boolean(byte)),
        }
    }

    /// The length of a string or bytes value that follows: it lies within the input.
    #[inline(always)]
    pub(crate) fn length(&mut self) -> Result<usize> {
        let length = self.short()?;
        match usize::try_from(length) {
            Ok(length) if length <= self.rest.len() => Ok(length),
            _ => Err(self.bad_length(length)),
        }
    }

    /// The content of a string or bytes value.
    #[inline(always)]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    /// The index of a union branch or an enum symbol, below `count`.
    #[inline(always)]
    pub(crate) fn index(&mut self, count: usize, of: &str) -> Result<usize> {
        let index = self.short()?;
        match usize::try_from(index) {
            Ok(index) if index < count => Ok(index),
            _ => Err(bad_index(index, count, of)),
        }
    }

    /// The head of the next block of an array or map, or `None` at its end.
    ///
    /// Each item takes at least `smallest` bytes, so a count that cannot be is refused before
    /// anything is reserved for it.
    #[inline(always)]
    pub(crate) fn item_block(&mut self, smallest: usize) -> Result<Option<ItemBlock>> {
        let count = self.short()?;
        if count == 0 {
            return Ok(None);
        }
        let mut remaining_after = None;
        if count < 0 {
            let size = self.length()?;
            remaining_after = Some(self.rest.len() - size);
        }
        let room = self.rest.len() - remaining_after.unwrap_or(0);
        match usize::try_from(count.unsigned_abs()) {
            Ok(count)
                if count
                    .checked_mul(smallest)
                    .is_some_and(|bytes| bytes <= room) =>
            {
                Ok(Some(ItemBlock {
                    count,
                    remaining_after,
                }))
            }
            _ => Err(too_many_items(count, smallest, room)),
        }
    }

    /// Moves past all items of `block` if the writer said where they end.
    #[inline(always)]
    pub(crate) fn skip_item_block(&mut self, block: ItemBlock) -> bool {
        let skipped = block
            .remaining_after
            .and_then(|remaining| self.rest.len().checked_sub(remaining))
            .and_then(|size| self.rest.get(size..));
        match skipped {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Checks that the items of `block` took exactly the bytes that the writer declared.
    #[inline(always)]
    pub(crate) fn end_item_block(&self, block: ItemBlock) -> Result<()> {
        match block.remaining_after {
            Some(expected) if expected != self.rest.len() => {
                let off = expected.abs_diff(self.rest.len());
                Err(wrong_size(block.count, off))
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn ends_early(self, needed: usize) -> Error {
        Error::new(
            ErrorKind::BlockLength,
            format!(
                "the block ends inside a value: at least {needed} bytes expected, {} left",
                self.rest.len()
            ),
        )
    }

    #[cold]
    fn bad_length(self, length: i64) -> Error {
        Error::new(
            ErrorKind::Length,
            format!(
                "a length of {length} does not fit into the {} bytes left",
                self.rest.len()
            ),
        )
    }
}

// What seldom happens, apart from the cursor: whose address is never taken stays in registers.

/// An integer of any size, and how many bytes it takes.
#[inline(never)]
fn of_several_bytes(cursor: Cursor<'_>) -> Result<(i64, usize)> {
    match cursor
        .peek::<8>()
        .and_then(|word| varint::from_word(u64::from_le_bytes(*word)))
    {
        Some((raw, length)) => Ok((varint::zigzag(raw), length)),
        None => by_bytes(cursor),
    }
}

/// An integer near the end of the input, or of more than eight bytes; and how many it takes.
#[inline(never)]
fn by_bytes(cursor: Cursor<'_>) -> Result<(i64, usize)> {
    if let Some((word, [ninth, tenth, ..])) = cursor.rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        if let Some((raw, length)) = varint::from_long_word(word, *ninth, *tenth) {
            return Ok((varint::zigzag(raw), length));
        }
    }
    match varint::from_bytes(cursor.rest)? {
        Some((raw, length)) => Ok((varint::zigzag(raw), length)),
        None => Err(cursor.ends_early(cursor.rest.len() + 1)),
    }
}

#[cold]
fn too_wide(long: i64) -> Error {
    Error::new(
        ErrorKind::Varint,
        format!("an int is wider than 32 bits: {long}"),
    )
}

#[cold]
fn no_boolean(byte: u8) -> Error {
    Error::new(
        ErrorKind::Boolean,
        format!("a boolean must be the byte 0 or 1, found {byte}"),
    )
}

#[cold]
fn bad_index(index: i64, count: usize, of: &str) -> Error {
    Error::new(
        ErrorKind::Index,
        format!("{of} index must be at least 0 and below {count}, found {index}"),
    )
}

#[cold]
fn too_many_items(count: i64, smallest: usize, room: usize) -> Error {
    let count = count.unsigned_abs();
    Error::new(
        ErrorKind::Length,
        format!("{count} items of at least {smallest} bytes do not fit into the {room} bytes left"),
    )
}

#[cold]
fn wrong_size(count: usize, off: usize) -> Error {
    Error::new(
        ErrorKind::Length,
        format!(
            "a block of {count} items does not end where its size says: it is off by {off} bytes"
        ),
    )
}
