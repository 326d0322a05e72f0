//! A reading position in the bytes of one block.

use super::varint;
use crate::error::{Error, ErrorKind, Result};

/// Reads values off the front of a slice. Never reads past its end.
#[derive(Clone, Debug)]
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

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.ends_early(length)),
        }
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.ends_early(N)),
        }
    }

    #[inline(always)]
    pub(crate) fn long(&mut self) -> Result<i64> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(varint::zigzag(u64::from(*byte)))
            }
            _ => Ok(varint::zigzag(self.long_of_several_bytes()?)),
        }
    }

    #[inline]
    fn long_of_several_bytes(&mut self) -> Result<u64> {
        if let Some(word) = self.rest.first_chunk::<8>()
            && let Some((raw, length)) = varint::from_word(u64::from_le_bytes(*word))
            && let Some(rest) = self.rest.get(length..)
        {
            self.rest = rest;
            return Ok(raw);
        }
        self.long_by_bytes()
    }

    #[cold]
    fn long_by_bytes(&mut self) -> Result<u64> {
        match varint::from_bytes(self.rest)? {
            Some((raw, length)) => {
                self.take(length)?;
                Ok(raw)
            }
            None => Err(self.ends_early(self.rest.len() + 1)),
        }
    }

    #[inline(always)]
    pub(crate) fn int(&mut self) -> Result<i32> {
        let long = self.long()?;
        i32::try_from(long).map_err(|_| {
            Error::new(
                ErrorKind::Varint,
                format!("an int is wider than 32 bits: {long}"),
            )
        })
    }

    #[inline(always)]
    pub(crate) fn boolean(&mut self) -> Result<bool> {
        let [byte] = self.array::<1>()?;
        match byte {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::new(
                ErrorKind::Boolean,
                format!("a boolean must be the byte 0 or 1, found {byte}"),
            )),
        }
    }

    /// The length of a string or bytes value that follows: it lies within the input.
    #[inline(always)]
    fn length(&mut self) -> Result<usize> {
        let length = self.long()?;
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
        let index = self.long()?;
        match usize::try_from(index) {
            Ok(index) if index < count => Ok(index),
            _ => Err(Error::new(
                ErrorKind::Index,
                format!("{of} index must be at least 0 and below {count}, found {index}"),
            )),
        }
    }

    /// The head of the next block of an array or map, or `None` at its end.
    ///
    /// Each item takes at least `smallest` bytes, so a count that cannot be is refused before
    /// anything is reserved for it.
    #[inline]
    pub(crate) fn item_block(&mut self, smallest: usize) -> Result<Option<ItemBlock>> {
        let count = self.long()?;
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
            _ => Err(Error::new(
                ErrorKind::Length,
                format!(
                    "{} items of at least {smallest} bytes do not fit into the {room} bytes left",
                    count.unsigned_abs()
                ),
            )),
        }
    }

    /// Checks that the items of `block` took exactly the bytes that the writer declared.
    #[inline]
    pub(crate) fn end_item_block(&self, block: ItemBlock) -> Result<()> {
        match block.remaining_after {
            Some(expected) if expected != self.rest.len() => Err(Error::new(
                ErrorKind::Length,
                format!(
                    "a block of {} items does not end where its size says: it is off by {} bytes",
                    block.count,
                    expected.abs_diff(self.rest.len())
                ),
            )),
            _ => Ok(()),
        }
    }

    #[cold]
    fn ends_early(&self, needed: usize) -> Error {
        Error::new(
            ErrorKind::BlockLength,
            format!(
                "the block ends inside a value: at least {needed} bytes expected, {} left",
                self.rest.len()
            ),
        )
    }

    #[cold]
    fn bad_length(&self, length: i64) -> Error {
        Error::new(
            ErrorKind::Length,
            format!(
                "a length of {length} does not fit into the {} bytes left",
                self.rest.len()
            ),
        )
    }
}
