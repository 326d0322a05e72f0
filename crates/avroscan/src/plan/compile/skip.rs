//! How unwanted values are passed over.

use super::{Compiler, at_least_one, encoded_width};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Skip;
use crate::schema::{Kind, NodeId};

impl Compiler<'_> {
    /// How a value of this type is passed over, and the fewest bytes it takes; `usize::MAX` bytes
    /// for a type inside of itself.
    pub(super) fn skip(&mut self, id: NodeId) -> Result<(Skip, usize)> {
        if self.skipping.contains(&id) {
            return Ok((Skip::Recursive(self.recursive_number(id)), usize::MAX));
        }
        let named = self.types.node(id).name.is_some();
        if named {
            self.skipping.push(id);
        }
        let result = self.deeper(|this| this.skip_inside(id));
        if named {
            self.skipping.pop();
        }
        let (skip, encoded) = result?;
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
                    *slot = skip;
                    (Skip::Recursive(number), encoded)
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
                let (item, smallest) = self.skip(*items).map_err(Error::in_items)?;
                let smallest = at_least_one(smallest);
                (
                    Skip::Array {
                        item: Box::new(item),
                        smallest,
                    },
                    1,
                )
            }
            Kind::Map(values) => {
                let (value, smallest) = self.skip(*values).map_err(Error::in_items)?;
                let smallest = at_least_one(smallest).saturating_add(1);
                (
                    Skip::Map {
                        value: Box::new(value),
                        smallest,
                    },
                    1,
                )
            }
            Kind::Union(branches) => {
                let skips = branches.iter().map(|id| self.skip(*id));
                let skips = skips.collect::<Result<Vec<_>>>()?;
                let least = skips.iter().map(|(_, least)| *least).min().unwrap_or(0);
                let skips = skips.into_iter().map(|(skip, _)| skip).collect();
                (Skip::Union(skips), least.saturating_add(1))
            }
            Kind::Record(fields) => {
                let mut skips = Vec::new();
                let mut least = 0usize;
                for field in fields {
                    let (skip, bytes) =
                        self.skip(field.node).map_err(|e| e.in_field(&field.name))?;
                    skips.push(skip);
                    least = least.saturating_add(bytes);
                }
                (Skip::sequence(skips), least)
            }
        })
    }
}
