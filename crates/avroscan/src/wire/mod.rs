//! The bytes of the binary encoding: a cursor over a block, and variable-length integers.

mod cursor;
mod varint;

pub(crate) use cursor::{Cursor, ItemBlock};
pub(crate) use varint::{Partial, encode_long, partial_long};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
