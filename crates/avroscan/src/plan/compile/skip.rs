//! How unwanted values are passed over.

use super::{Compiler, at_least_one, encoded_width};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Skip;
use crate::plan::skip::Meeting;
use crate::schema::{Kind, NodeId};

impl Compiler<'_> {
    /// How a value of this type is passed over, and the fewest bytes it takes.
    pub(super) fn skip(&mut self, id: NodeId) -> Result<(Skip, usize)> {
        let base = self.depth;
        let (mut skip, encoded) = self.skip_type(id)?;
        skip.for_each_meeting(&mut |meeting| {
            meeting.levels = meeting.levels.saturating_sub(base);
            let met = self.recursive.get(meeting.number).map(|(id, _)| *id);
            let open = self.open.iter().filter(|open| Some(**open) == met);
            meeting.columns = (self.unroll.saturating_add(1)).saturating_sub(open.count());
        });
        Ok((skip, encoded))
    }

    /// The same, where the levels of recursive types are counted from the root; `usize::MAX` bytes for
    /// a type inside of itself.
    fn skip_type(&mut self, id: NodeId) -> Result<(Skip, usize)> {
        let levels = self.depth;
        if self.skipping.contains(&id) {
            let number = self.recursive_number(id);
            return Ok((Skip::Recursive(Meeting::new(number, levels)), usize::MAX));
        }
        let named = self.types.node(id).name.is_some();
        if named {
            self.skipping.push(id);
        }
        let result = self.deeper(|this| this.skip_inside(id));
        if named {
            self.skipping.pop();
        }
        let (mut skip, encoded) = result?;
        if encoded == usize::MAX && self.skipping.is_empty() {
            let name = self.types.node(id).name.as_deref().unwrap_or_default();
            return Err(Error::new(
                ErrorKind::Schema,
                format!("invalid schema: the record `{name}` contains itself with no way out"),
            ));
        }
        let number = self.recursive.iter().position(|(known, _)| *known == id);
        Ok(
            match number.and_then(|number| Some((number, self.recursive.get_mut(number)?))) {
                Some((number, (_, slot))) => {
                    skip.for_each_meeting(&mut |meeting| {
                        meeting.levels = meeting.levels.saturating_sub(levels);
                    });
                    *slot = skip;
                    (Skip::Recursive(Meeting::new(number, levels)), encoded)
                }
                None => (skip, encoded),
            },
        )
    }

    fn recursive_number(&mut self, id: NodeId) -> usize {
        let known = self.recursive.iter().position(|(known, _)| *known == id);
        known.unwrap_or_else(|| {
            self.recursive.push((id, Skip::Bytes(0)));
            self.recursive.len() - 1
        })
    }

    /// An item of an array, or the value of an entry of a map.
    fn item(&mut self, id: NodeId) -> Result<(Skip, usize)> {
        let (skip, smallest) = self.skip_type(id).map_err(Error::in_items)?;
        let smallest = at_least_one(smallest);
        // Both are true where a type was met inside of itself; the larger says more.
        let known = self.smallest.entry(id).or_default();
        *known = smallest.max(*known);
        Ok((skip, smallest))
    }

    fn skip_inside(&mut self, id: NodeId) -> Result<(Skip, usize)> {
        let node = self.types.node(id);
        Ok(match &node.kind {
            Kind::Int | Kind::Long | Kind::Enum(_) => (Skip::Varint, 1),
            Kind::String | Kind::Bytes => (Skip::LengthPrefixed, 1),
            Kind::Null | Kind::Boolean | Kind::Float | Kind::Double | Kind::Fixed(_) => {
                let width = encoded_width(&node.kind);
                (Skip::Bytes(width), width)
            }
            Kind::Array(items) => {
                let (item, smallest) = self.item(*items)?;
                (
                    Skip::Array {
                        item: Box::new(item),
                        smallest,
                    },
                    1,
                )
            }
            Kind::Map(values) => {
                let (value, smallest) = self.item(*values)?;
                let smallest = smallest.saturating_add(1);
                (
                    Skip::Map {
                        value: Box::new(value),
                        smallest,
                    },
                    1,
                )
            }
            Kind::Union(branches) => {
                let skips = branches.iter().map(|id| self.skip_type(*id));
                let skips = skips.collect::<Result<Vec<_>>>()?;
                let least = skips.iter().map(|(_, least)| *least).min().unwrap_or(0);
                let skips = skips.into_iter().map(|(skip, _)| skip).collect();
                (Skip::Union(skips), least.saturating_add(1))
            }
            Kind::Record(fields) => {
                let mut skips = Vec::new();
                let mut least = 0usize;
                for field in fields {
                    let skip = self.skip_type(field.node);
                    let (skip, bytes) = skip.map_err(|e| e.in_field(&field.name))?;
                    skips.push(skip);
                    least = least.saturating_add(bytes);
                }
                (Skip::sequence(skips), least)
            }
        })
    }
}
