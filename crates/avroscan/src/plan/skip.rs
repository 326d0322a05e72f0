//! Passing over values that nobody asked for.

use crate::decode::Input;
use crate::error::Result;

/// How the bytes of an unwanted value are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// So many bytes: fixed-width values, one after the other.
    Bytes(usize),
    /// An int, a long or an enum index.
    Varint,
    /// A length and so many bytes: string or bytes.
    LengthPrefixed,
    /// An array: each item is skipped and takes at least `smallest` bytes.
    Array { item: Box<Skip>, smallest: usize },
    /// A map: a string key before each value; `smallest` counts both.
    Map { value: Box<Skip>, smallest: usize },
    /// A branch index, then that branch.
    Union(Vec<Skip>),
    /// One after the other.
    Sequence(Vec<Skip>),
    /// A recursive type, by its number in the plan.
    Recursive(usize),
}

impl Skip {
    /// Several skips in a row as one: sequences flattened, runs of fixed-width values merged.
    pub(super) fn sequence(skips: impl IntoIterator<Item = Skip>) -> Self {
        let mut merged = Vec::new();
        for skip in skips {
            match skip {
                Self::Sequence(inner) => inner.into_iter().for_each(|skip| push(&mut merged, skip)),
                skip => push(&mut merged, skip),
            }
        }
        match merged.len() {
            0 => Self::Bytes(0),
            1 => merged.remove(0),
            _ => Self::Sequence(merged),
        }
    }

    /// Moves `input` past one value.
    ///
    /// Arrays are walked item by item even where the writer gave their size: a size that lies
    /// must not make a projected read return other rows than a full one.
    pub(crate) fn skip(&self, input: &mut Input<'_>) -> Result<()> {
        match self {
            Self::Bytes(length) => input.cursor.take(*length).map(drop),
            Self::Varint => input.cursor.long().map(drop),
            Self::LengthPrefixed => input.cursor.bytes().map(drop),
            Self::Array { item, smallest } => {
                while let Some(block) = input.item_block(*smallest, 0)? {
                    for _ in 0..block.count {
                        item.skip(input)?;
                    }
                    input.cursor.end_item_block(block)?;
                }
                Ok(())
            }
            Self::Map { value, smallest } => {
                while let Some(block) = input.item_block(*smallest, 0)? {
                    for _ in 0..block.count {
                        input.cursor.bytes()?;
                        value.skip(input)?;
                    }
                    input.cursor.end_item_block(block)?;
                }
                Ok(())
            }
            Self::Union(branches) => {
                let index = input.cursor.index(branches.len(), "a union branch")?;
                branches
                    .get(index)
                    .map_or(Ok(()), |branch| branch.skip(input))
            }
            Self::Sequence(skips) => skips.iter().try_for_each(|skip| skip.skip(input)),
            Self::Recursive(number) => {
                let Some(skip) = input.recursive(*number) else {
                    return Ok(());
                };
                input.descend()?;
                skip.skip(input)?;
                input.ascend();
                Ok(())
            }
        }
    }
}

fn push(merged: &mut Vec<Skip>, skip: Skip) {
    match (merged.last_mut(), skip) {
        (_, Skip::Bytes(0)) => {}
        (Some(Skip::Bytes(run)), Skip::Bytes(more)) => *run = run.saturating_add(more),
        (_, skip) => merged.push(skip),
    }
}
