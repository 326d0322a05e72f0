//! One schema for the rows of several files.
//!
//! A *slot* is a place where types are used: the root, a field, the items of an array, the values
//! of a map. It lists the types that its values may have; null is not one of them but a mark. So a
//! type, a nullable type and a union are all the same thing, and merging two slots is adding the
//! types of one to the other.
//!
//! Two types that are merged become one, wherever they are used: the first stays, the other points
//! to it. That is what keeps a name at one definition. The slots inside of them go onto a list of
//! pairs that are still to be merged. Nothing recurses, so schemas may be deep or contain
//! themselves; and as there is one type less each time, it ends.
//!
//! What comes first is decided by numbers: types are numbered in the order of the files and, in a
//! file, of their definition. So names, fields and symbols have one order, whichever pairs happen
//! to be merged first, and the larger of two lists can take in the smaller.

mod defaults;
mod finish;
mod leaf;
mod place;
mod types;
mod union;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::{AvroSchema, DefaultValue, Kind, Logical, NodeId};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use leaf::Leaf;
use place::Place;

pub(super) fn union_by_name<'a>(
    schemas: impl IntoIterator<Item = (&'a str, &'a AvroSchema)>,
    limits: &Limits,
) -> Result<AvroSchema> {
    let mut seen = HashSet::new();
    let mut schemas = schemas
        .into_iter()
        .filter(|(_, schema)| seen.insert(schema.json()))
        .peekable();
    let Some((file, first)) = schemas.next() else {
        return Err(Error::new(
            ErrorKind::Usage,
            "there are no schemas to merge",
        ));
    };
    if schemas.peek().is_none() {
        return Ok(first.clone());
    }
    let mut merger = Merger::default();
    for (file, schema) in std::iter::once((file, first)).chain(schemas) {
        merger
            .add(schema, limits)
            .map_err(|error| error.in_file(&Arc::from(file)))?;
    }
    merger.finish(limits)
}

/// The number of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct TypeId(usize);

/// The number of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct SlotId(usize);

/// Where a field or a symbol first appears: the type that has it, and its number there.
type First = (TypeId, usize);

#[derive(Default)]
struct Slot {
    types: Vec<TypeId>,
    /// How many of the types come before null, if it may be null.
    null: Option<usize>,
    /// Whether it is a union even if it is of one type alone.
    union: bool,
}

struct Type {
    content: Content,
    /// The names and aliases of all types that this one was made of, its own name in front; none
    /// where it has no name.
    names: Vec<Name>,
}

struct Name {
    /// The type that has brought it.
    of: TypeId,
    full: String,
    alias: bool,
}

enum Content {
    /// What has nothing inside: a primitive type or a fixed.
    Leaf(Leaf),
    Enum(Symbols),
    Array(SlotId),
    Map(SlotId),
    Record(Record),
}

#[derive(Default)]
struct Symbols {
    symbols: BTreeMap<String, First>,
    default: Option<(TypeId, String)>,
}

#[derive(Default)]
struct Record {
    /// How many records this one was made of.
    members: usize,
    fields: BTreeMap<String, Field>,
}

struct Field {
    first: First,
    slot: SlotId,
    /// How many of the record's members have it.
    seen: usize,
    aliases: Vec<String>,
    default: Option<DefaultValue>,
}

#[derive(Default)]
struct Merger {
    types: Vec<Type>,
    /// Type -> what it has been merged into, or itself.
    merged: Vec<TypeId>,
    slots: Vec<Slot>,
    /// Full name -> type.
    named: HashMap<String, TypeId>,
    root: Option<SlotId>,
    /// Slots to merge: the second into the first.
    pairs: VecDeque<(SlotId, SlotId)>,
    /// How many branches of unions may still be looked at.
    branches_left: usize,
}

impl Merger {
    /// Merges a further schema.
    fn add(&mut self, schema: &AvroSchema, limits: &Limits) -> Result<()> {
        // Each union of both sides is normally looked at once.
        self.branches_left = limits.schema_nodes.saturating_mul(10);
        let (base, first_slot) = (self.types.len(), self.slots.len());
        for (number, node) in schema.types.0.iter().enumerate() {
            let id = TypeId(base + number);
            let content = self.content(schema, &node.kind, node.logical, id, base);
            let name = |full: &String, alias| Name {
                of: id,
                full: full.clone(),
                alias,
            };
            let names = node.name.iter().map(|full| name(full, false));
            let aliases = node.aliases.iter().map(|full| name(full, true));
            self.types.push(Type {
                content,
                names: names.chain(aliases).collect(),
            });
            self.merged.push(id);
        }
        let root = self.slot_of(schema, schema.root(), base);
        match self.root {
            Some(first) => self.pairs.push_back((first, root)),
            None => self.root = Some(root),
        }
        let ambiguous = ambiguous_names(schema);
        for (number, node) in schema.types.0.iter().enumerate() {
            let id = TypeId(base + number);
            let Some(name) = &node.name else { continue };
            match self.named.get(name).copied() {
                Some(same) if ambiguous.contains(name.as_str()) && !self.are_alike(same, id) => {}
                Some(same) => self
                    .merge_types(same, id)
                    .map_err(|error| self.locate(error, Place::Type(id)))?,
                None => {
                    self.named.insert(name.clone(), id);
                }
            }
        }
        self.make_unions_valid(first_slot)?;
        self.merge_pairs()
    }

    /// What a node of `schema` is, with new slots for what is inside.
    fn content(
        &mut self,
        schema: &AvroSchema,
        kind: &Kind,
        logical: Option<Logical>,
        id: TypeId,
        base: usize,
    ) -> Content {
        match kind {
            Kind::Array(items) => Content::Array(self.slot_of(schema, *items, base)),
            Kind::Map(values) => Content::Map(self.slot_of(schema, *values, base)),
            Kind::Record(fields) => {
                let fields = fields.iter().enumerate().map(|(number, field)| {
                    let merged = Field {
                        first: (id, number),
                        slot: self.slot_of(schema, field.node, base),
                        seen: 1,
                        aliases: field.aliases.clone(),
                        default: field.default.clone(),
                    };
                    (field.name.clone(), merged)
                });
                let fields = fields.collect();
                Content::Record(Record { members: 1, fields })
            }
            Kind::Enum(kind) => {
                let symbols = kind.symbols.iter().enumerate();
                let symbols = symbols.map(|(number, symbol)| (symbol.clone(), (id, number)));
                Content::Enum(Symbols {
                    symbols: symbols.collect(),
                    default: kind.default.clone().map(|default| (id, default)),
                })
            }
            // Parts of slots: no slot lists the numbers of these.
            Kind::Null | Kind::Union(_) => Content::Leaf(Leaf::new(Kind::Null, None)),
            leaf => Content::Leaf(Leaf::new(leaf.clone(), logical)),
        }
    }

    /// A new slot of this node's types.
    fn slot_of(&mut self, schema: &AvroSchema, node: NodeId, base: usize) -> SlotId {
        let kind = |id: NodeId| &schema.types().node(id).kind;
        let (branches, union) = match kind(node) {
            Kind::Union(branches) => (branches.as_slice(), true),
            _ => (std::slice::from_ref(&node), false),
        };
        let mut slot = Slot {
            union,
            ..Slot::default()
        };
        for &id in branches {
            if matches!(kind(id), Kind::Null) {
                slot.null.get_or_insert(slot.types.len());
            } else {
                slot.types.push(TypeId(base + id.0 as usize));
            }
        }
        self.slots.push(slot);
        SlotId(self.slots.len() - 1)
    }

    fn merge_pairs(&mut self) -> Result<()> {
        while let Some((first, second)) = self.pairs.pop_front() {
            let other = self.take_slot(second);
            self.change_slot(first, |this, slot| this.merge_slots(slot, other))?;
        }
        Ok(())
    }

    /// Changes a slot; an error is one at its place.
    fn change_slot(
        &mut self,
        id: SlotId,
        change: impl FnOnce(&mut Self, &mut Slot) -> Result<()>,
    ) -> Result<()> {
        let mut slot = self.take_slot(id);
        let result = change(self, &mut slot);
        if let Some(place) = self.slots.get_mut(id.0) {
            *place = slot;
        }
        result.map_err(|error| self.locate(error, Place::Slot(id)))
    }

    fn take_slot(&mut self, id: SlotId) -> Slot {
        self.slots
            .get_mut(id.0)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    fn merge_slots(&mut self, slot: &mut Slot, other: Slot) -> Result<()> {
        // In front, where null can be the default.
        slot.null = slot.null.or(other.null.map(|_| 0));
        slot.union |= other.union;
        match (slot.types.as_slice(), other.types.as_slice()) {
            ([], _) => slot.types = other.types,
            (_, []) => {}
            // Of one type each, nullable or not: it becomes one type, or there is none for both.
            ([first], [second]) => self.merge_types(*first, *second)?,
            _ => self.add_branches(slot, other.types)?,
        }
        Ok(())
    }
}

/// Names that the schema gives to types of several kinds: they say nothing about which is which.
fn ambiguous_names(schema: &AvroSchema) -> HashSet<&str> {
    let mut kinds: HashMap<&str, &'static str> = HashMap::new();
    let mut ambiguous = HashSet::new();
    for node in &schema.types.0 {
        if let Some(name) = &node.name
            && *kinds.entry(name).or_insert(node.kind.name()) != node.kind.name()
        {
            ambiguous.insert(name.as_str());
        }
    }
    ambiguous
}

#[cfg(test)]
mod tests;
