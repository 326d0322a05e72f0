//! What a value is read from: the bytes of its block, and what may still be spent on it.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits, MAX_LEVELS};
use crate::plan::Recursion;
use crate::wire::{Cursor, ItemBlock};

/// What values are read from.
///
/// Small, and copied where values are read in a row: a copy whose address nobody takes lives in
/// registers.
#[derive(Debug)]
pub(crate) struct Input<'a, 'b> {
    pub(crate) cursor: Cursor<'a>,
    pub(crate) budget: &'b mut Budget<'a>,
}

/// What may still be spent on the values of a block and a batch.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    /// Rows and items without bytes that the block may still have.
    zero_byte_items: usize,
    /// Memory that the batch takes so far, and may take.
    used: usize,
    most: usize,
    /// Levels of recursive types that values may still nest.
    depth_left: usize,
    depth: usize,
    /// Records, arrays, maps and unions of recursive types that are entered so far.
    levels: usize,
    recursion: &'a Recursion,
    decimal_digits: usize,
}

impl<'a, 'b> Input<'a, 'b> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8], budget: &'b mut Budget<'a>) -> Self {
        let cursor = Cursor::new(bytes);
        Self { cursor, budget }
    }

    /// The same place. Whoever reads on from the copy must set this cursor to where that ended.
    #[inline(always)]
    pub(crate) fn copy(&mut self) -> Input<'a, '_> {
        Input {
            cursor: self.cursor,
            budget: &mut *self.budget,
        }
    }

    /// Lets `read` go on from here with a copy, whose address it may take.
    #[inline(always)]
    pub(crate) fn with<T>(
        &mut self,
        read: impl FnOnce(&mut Input<'a, '_>) -> Result<T>,
    ) -> Result<T> {
        let mut copy = self.copy();
        let value = read(&mut copy)?;
        self.cursor = copy.cursor;
        Ok(value)
    }

    /// The head of the next block of an array or map, whose items take at least `encoded` bytes
    /// of the file and `decoded` bytes of memory each.
    #[inline(always)]
    pub(crate) fn item_block(
        &mut self,
        encoded: usize,
        decoded: usize,
    ) -> Result<Option<ItemBlock>> {
        let Some(block) = self.cursor.item_block(encoded)? else {
            return Ok(None);
        };
        if encoded == 0 {
            self.budget.spend_zero_byte_items(block.count)?;
        }
        self.budget.charge(block.count.saturating_mul(decoded))?;
        Ok(Some(block))
    }
}

impl<'a> Budget<'a> {
    /// `used` is what the batch takes already.
    pub(crate) fn new(
        zero_byte_items: usize,
        used: usize,
        limits: &Limits,
        recursion: &'a Recursion,
    ) -> Self {
        Self {
            zero_byte_items,
            used,
            most: limits.batch_bytes,
            depth_left: limits.depth,
            depth: limits.depth,
            levels: 0,
            recursion,
            decimal_digits: limits.decimal_digits,
        }
    }

    /// What a value that is not in the block may take: a budget of its own.
    pub(crate) fn of_constant(&self) -> Self {
        Self {
            levels: self.levels,
            ..Self::new(usize::MAX, 0, &Limits::default(), self.recursion)
        }
    }

    /// For a new batch: nothing of it takes memory yet.
    pub(crate) fn start_over(&mut self) {
        self.used = 0;
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn zero_byte_items(&self) -> usize {
        self.zero_byte_items
    }

    /// Accounts for memory that values will take.
    #[inline(always)]
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<()> {
        self.used = self.used.saturating_add(bytes);
        if self.used > self.most {
            Err(self.batch_too_large())
        } else {
            Ok(())
        }
    }

    /// Takes back what was charged for values that were not read after all.
    pub(crate) fn refund(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }

    /// Accounts for rows or items that take no bytes.
    pub(crate) fn spend_zero_byte_items(&mut self, count: usize) -> Result<()> {
        match self.zero_byte_items.checked_sub(count) {
            Some(left) => {
                self.zero_byte_items = left;
                Ok(())
            }
            None => Err(Error::new(
                ErrorKind::Limit(Limit::ZeroByteItems),
                format!(
                    "a block has {count} more rows or items of no bytes than zero_byte_items allows"
                ),
            )),
        }
    }

    /// The recursive types that values can be of.
    pub(crate) fn recursion(&self) -> &'a Recursion {
        self.recursion
    }

    /// Enters so many records, arrays, maps and unions, one inside of the other, inside of a
    /// recursive type.
    #[inline]
    pub(crate) fn enter(&mut self, levels: usize) -> Result<()> {
        self.levels = self.levels.saturating_add(levels);
        match self.levels <= MAX_LEVELS {
            true => Ok(()),
            false => Err(too_many_levels()),
        }
    }

    /// Leaves what [`enter`](Self::enter) entered.
    #[inline]
    pub(crate) fn leave(&mut self, levels: usize) {
        self.levels = self.levels.saturating_sub(levels);
    }

    /// Enters a record of a recursive type, where so many of them do not count.
    pub(crate) fn descend(&mut self, free: usize) -> Result<()> {
        let left = self.depth_left.saturating_add(free);
        self.depth_left = left.checked_sub(1).ok_or_else(|| {
            let what = format!(
                "values of a recursive type nest deeper than depth = {}",
                self.depth
            );
            Error::new(ErrorKind::Limit(Limit::Depth), what)
        })?;
        Ok(())
    }

    /// Leaves what [`descend`](Self::descend) entered.
    pub(crate) fn ascend(&mut self, free: usize) {
        self.depth_left = self.depth_left.saturating_add(1).saturating_sub(free);
    }

    /// Refuses a decimal of more digits, before or after its point, than become text.
    pub(crate) fn check_digits(&self, digits: usize) -> Result<()> {
        if digits <= self.decimal_digits {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Limit(Limit::DecimalDigits),
            format!(
                "a decimal takes about {digits} digits, more than decimal_digits = {}",
                self.decimal_digits
            ),
        ))
    }

    #[cold]
    fn batch_too_large(&self) -> Error {
        Error::new(
            ErrorKind::Limit(Limit::BatchBytes),
            format!(
                "a batch takes {} bytes, more than batch_bytes = {}",
                self.used, self.most
            ),
        )
    }
}

#[cold]
fn too_many_levels() -> Error {
    Error::new(
        ErrorKind::Limit(Limit::Depth),
        format!(
            "a value of a recursive type nests more than {MAX_LEVELS} records, arrays, maps and unions"
        ),
    )
}
