//! Passing over values that nobody asked for.

use crate::decode::Input;
use crate::error::Result;
use crate::schema::NodeId;
use crate::stack;

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
    /// A recursive type.
    Recursive(Meeting),
}

/// A place where a recursive type is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meeting {
    /// The number of the type in the plan.
    pub(super) number: usize,
    /// How many records, arrays, maps and unions are entered on the way here from the recursive type
    /// around it.
    pub(super) levels: usize,
    /// How many records inside each other would be columns if they were read, and so do not count.
    pub(super) columns: usize,
}

impl Meeting {
    pub(super) fn new(number: usize, levels: usize) -> Self {
        Self {
            number,
            levels,
            columns: 0,
        }
    }
}

/// The types of a file that contain themselves, as far as a plan meets them.
#[derive(Debug, Default)]
pub(crate) struct Recursion {
    /// How each is skipped.
    pub(super) skips: Vec<(NodeId, Skip)>,
    /// What each type of the items of an array or the values of a map takes at least in the file,
    /// in the order of the types.
    pub(super) smallest: Vec<(NodeId, usize)>,
}

impl Recursion {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.skips.is_empty()
    }

    /// How the type of this number is skipped.
    pub(crate) fn skip(&self, number: usize) -> Option<&Skip> {
        self.skips.get(number).map(|(_, skip)| skip)
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, id: NodeId) -> bool {
        self.skips.iter().any(|(known, _)| *known == id)
    }

    /// Fewest bytes in the file of an item of this type.
    pub(crate) fn smallest(&self, item: NodeId) -> usize {
        let found = self.smallest.binary_search_by_key(&item, |(id, _)| *id);
        let found = found.ok().and_then(|index| self.smallest.get(index));
        found.map_or(0, |(_, smallest)| *smallest)
    }
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
        match (merged.pop(), merged.is_empty()) {
            (None, _) => Self::Bytes(0),
            (Some(Hop { over, bytes: 0 }), true) => over,
            (Some(last), _) => {
                merged.push(last);
                Self::Sequence(merged)
            }
        }
    }

    /// Changes all places where recursive types are met.
    pub(super) fn for_each_meeting(&mut self, change: &mut dyn FnMut(&mut Meeting)) {
        stack::at_level(|| match self {
            Self::Array { item: inner, .. } | Self::Map { value: inner, .. } => {
                inner.for_each_meeting(change);
            }
            Self::Union(branches) => {
                let branches = branches.iter_mut();
                branches.for_each(|branch| branch.for_each_meeting(change));
            }
            Self::Sequence(hops) => {
                let hops = hops.iter_mut();
                hops.for_each(|hop| hop.over.for_each_meeting(change));
            }
            Self::Recursive(meeting) => change(meeting),
            Self::Bytes(_) | Self::Varint | Self::LengthPrefixed => {}
        });
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
            Self::Recursive(meeting) => {
                let Some(skip) = input.budget.recursion().skip(meeting.number) else {
                    return Ok(());
                };
                input.budget.enter(meeting.levels)?;
                input.budget.descend(meeting.columns)?;
                skip.skip(input)?;
                input.budget.ascend(meeting.columns);
                input.budget.leave(meeting.levels);
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
