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
    Sequence(Vec<Hop>),
    /// A recursive type, by its number in the plan.
    Recursive(usize),
}

/// A value of a varying width and the fixed-width values after it, passed over in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(super) over: Skip,
    /// Bytes after it.
    pub(super) bytes: usize,
}

impl Skip {
    /// Several skips in a row as one: sequences flattened, runs of fixed-width values merged.
    pub(super) fn sequence(skips: impl IntoIterator<Item = Skip>) -> Self {
        let mut merged = Vec::new();
        for skip in skips {
            match skip {
                Self::Sequence(inner) => {
                    for Hop { over, bytes } in inner {
                        push(&mut merged, over);
                        push(&mut merged, Self::Bytes(bytes));
                    }
                }
                skip => push(&mut merged, skip),
            }
        }
        match &*merged {
            [] => Self::Bytes(0),
            [Hop { over, bytes: 0 }] => over.clone(),
            _ => Self::Sequence(merged),
        }
    }

    /// Moves `input` past one value.
    ///
    /// Where the writer gave the size of an array's items, that is where they end.
    pub(crate) fn skip(&self, input: &mut Input<'_, '_>) -> Result<()> {
        let mut local = input.copy();
        match self {
            Self::Sequence(hops) => {
                for Hop { over, bytes } in hops {
                    over.step(&mut local)?;
                    local.cursor.take(*bytes)?;
                }
            }
            skip => skip.step(&mut local)?,
        }
        input.cursor = local.cursor;
        Ok(())
    }

    /// What is passed over most often, with the input in registers.
    #[inline(always)]
    fn step(&self, input: &mut Input<'_, '_>) -> Result<()> {
        match self {
            Self::Union(branches) => {
                let index = input.cursor.index(branches.len(), "a union branch")?;
                match branches.get(index) {
                    Some(branch) => branch.leaf_or_deeper(input),
                    None => Ok(()),
                }
            }
            skip => skip.leaf_or_deeper(input),
        }
    }

    #[inline(always)]
    fn leaf_or_deeper(&self, input: &mut Input<'_, '_>) -> Result<()> {
        match self {
            Self::Bytes(length) => input.cursor.take(*length).map(drop),
            Self::Varint => input.cursor.long().map(drop),
            Self::LengthPrefixed => input.cursor.bytes().map(drop),
            skip => input.with(|input| skip.deeper(input)),
        }
    }

    #[inline(never)]
    fn deeper(&self, input: &mut Input<'_, '_>) -> Result<()> {
        match self {
            Self::Array { item, smallest } => {
                while let Some(block) = input.item_block(*smallest, 0)? {
                    match &**item {
                        _ if input.cursor.skip_item_block(block) => {}
                        Self::Bytes(width) => {
                            // As many fit, or the head of the block would have been refused.
                            input.cursor.take(block.count.saturating_mul(*width))?;
                        }
                        item => (0..block.count).try_for_each(|_| item.skip(input))?,
                    }
                }
                Ok(())
            }
            Self::Map { value, smallest } => {
                while let Some(block) = input.item_block(*smallest, 0)? {
                    if input.cursor.skip_item_block(block) {
                        continue;
                    }
                    for _ in 0..block.count {
                        input.cursor.bytes()?;
                        value.skip(input)?;
                    }
                }
                Ok(())
            }
            Self::Recursive(number) => {
                let Some(skip) = input.budget.recursive(*number) else {
                    return Ok(());
                };
                input.budget.descend()?;
                skip.skip(input)?;
                input.budget.ascend();
                Ok(())
            }
            skip => skip.skip(input),
        }
    }
}

fn push(merged: &mut Vec<Hop>, skip: Skip) {
    match (merged.last_mut(), skip) {
        (_, Skip::Bytes(0)) => {}
        (Some(Hop { over, bytes }), Skip::Bytes(more)) => match over {
            Skip::Bytes(run) => *run = run.saturating_add(more),
            _ => *bytes = bytes.saturating_add(more),
        },
        (_, over) => merged.push(Hop { over, bytes: 0 }),
    }
}
