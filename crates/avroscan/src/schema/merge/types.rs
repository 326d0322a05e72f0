//! Two types become one.

use std::collections::btree_map::Entry;
use std::mem::{swap, take};

use super::{Content, Field, Leaf, Merger, Name, Record, SlotId, Symbols, Type, TypeId, leaf};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::Kind;

impl Merger {
    /// Merges the second type into the first, up to the slots inside.
    pub(super) fn merge_types(&mut self, first: TypeId, second: TypeId) -> Result<()> {
        let (first, second) = (self.find(first), self.find(second));
        if first == second {
            return Ok(());
        }
        let (mut one, mut two) = (self.take_type(first), self.take_type(second));
        let result = self.merge_contents(&mut one, &mut two);
        match result {
            Ok(()) => {
                if let Some(merged) = self.merged.get_mut(second.0) {
                    *merged = first;
                }
            }
            Err(_) => self.put_type(second, two),
        }
        self.put_type(first, one);
        result
    }

    fn merge_contents(&mut self, one: &mut Type, two: &mut Type) -> Result<()> {
        match (&mut one.content, &mut two.content) {
            (Content::Leaf(leaf), Content::Leaf(other)) => match leaf::merge(leaf, other) {
                Some(merged) => *leaf = merged,
                None => return Err(mismatch(one, two)),
            },
            (Content::Array(slot), Content::Array(other))
            | (Content::Map(slot), Content::Map(other)) => self.pairs.push_back((*slot, *other)),
            (Content::Enum(symbols), Content::Enum(other)) => symbols.merge(take(other)),
            (Content::Enum(_), Content::Leaf(leaf)) | (Content::Leaf(leaf), Content::Enum(_))
                if leaf::is_text(leaf) =>
            {
                one.content = Content::Leaf(leaf::of_symbols(leaf));
            }
            (Content::Record(record), Content::Record(other)) => {
                for (slot, other) in record.merge(take(other)) {
                    self.pairs.push_back((slot, other));
                }
            }
            _ => return Err(mismatch(one, two)),
        }
        // Two fixed can become bytes, which have no name.
        match &one.content {
            Content::Leaf(leaf) if !matches!(leaf.kind, Kind::Fixed(_)) => one.names.clear(),
            _ => append_names(&mut one.names, take(&mut two.names)),
        }
        Ok(())
    }

    /// Whether two types are of the same kind.
    pub(super) fn are_alike(&mut self, one: TypeId, two: TypeId) -> bool {
        let (one, two) = (self.find(one), self.find(two));
        self.type_(one).kind() == self.type_(two).kind()
    }

    /// What this type has been merged into, if anything.
    pub(super) fn find(&mut self, mut id: TypeId) -> TypeId {
        loop {
            let parent = self.merged_into(id);
            let above = self.merged_into(parent);
            if parent == above {
                return parent;
            }
            // Half the way for whoever asks next.
            if let Some(merged) = self.merged.get_mut(id.0) {
                *merged = above;
            }
            id = above;
        }
    }

    pub(super) fn merged_into(&self, id: TypeId) -> TypeId {
        self.merged.get(id.0).copied().unwrap_or(id)
    }

    /// The type of this number, which comes from [`find`](Self::find).
    pub(super) fn type_(&self, id: TypeId) -> &Type {
        static MISSING: Type = Type::MISSING;
        self.types.get(id.0).unwrap_or(&MISSING)
    }

    fn take_type(&mut self, id: TypeId) -> Type {
        let found = self.types.get_mut(id.0);
        found.map_or(Type::MISSING, |found| {
            std::mem::replace(found, Type::MISSING)
        })
    }

    fn put_type(&mut self, id: TypeId, type_: Type) {
        if let Some(place) = self.types.get_mut(id.0) {
            *place = type_;
        }
    }
}

impl Type {
    const MISSING: Self = Self {
        content: Content::Leaf(Leaf {
            kind: Kind::Null,
            logical: None,
            changed: false,
        }),
        names: Vec::new(),
    };

    /// Its full name: that of the first type it was made of.
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(|name| name.full.as_str())
    }

    /// The kind of type, as the specification calls it.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Leaf(leaf) => leaf.kind.name(),
            Content::Enum(_) => "enum",
            Content::Array(_) => "array",
            Content::Map(_) => "map",
            Content::Record(_) => "record",
        }
    }

    fn describe(&self) -> String {
        let what = match &self.content {
            Content::Leaf(leaf) => leaf.describe(),
            _ => self.kind().to_owned(),
        };
        match self.name() {
            Some(name) => format!("{what} `{name}`"),
            None => what,
        }
    }
}

impl Symbols {
    fn merge(&mut self, mut other: Self) {
        // The few go to the many: which come first is known by their numbers.
        if other.symbols.len() > self.symbols.len() {
            swap(&mut self.symbols, &mut other.symbols);
        }
        for (symbol, first) in other.symbols {
            let there = self.symbols.entry(symbol).or_insert(first);
            *there = first.min(*there);
        }
        let defaults = [self.default.take(), other.default];
        self.default = defaults.into_iter().flatten().min();
    }
}

impl Record {
    /// Takes in the fields of another; returns the slots of those that both have.
    fn merge(&mut self, mut other: Self) -> Vec<(SlotId, SlotId)> {
        if other.fields.len() > self.fields.len() {
            swap(&mut self.fields, &mut other.fields);
        }
        self.members += other.members;
        let mut pairs = Vec::new();
        for (name, mut field) in other.fields {
            match self.fields.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(field);
                }
                Entry::Occupied(mut place) => {
                    let there = place.get_mut();
                    if field.first < there.first {
                        swap(there, &mut field);
                    }
                    pairs.push((there.slot, field.slot));
                    there.merge(field);
                }
            }
        }
        pairs
    }
}

impl Field {
    fn merge(&mut self, other: Self) {
        self.seen += other.seen;
        append(&mut self.aliases, other.aliases);
        self.default = self.default.take().or(other.default);
    }
}

/// Puts two lists together, in any order but for the first name, which is that of the first type.
fn append_names(names: &mut Vec<Name>, mut others: Vec<Name>) {
    if others.len() > names.len() {
        swap(names, &mut others);
    }
    let first = match (names.first(), others.first()) {
        (Some(name), Some(other)) if other.of < name.of => names.len(),
        _ => 0,
    };
    names.append(&mut others);
    if first != 0 {
        names.swap(0, first);
    }
}

/// Puts two lists together, in any order.
fn append<T>(list: &mut Vec<T>, mut other: Vec<T>) {
    if other.len() > list.len() {
        swap(list, &mut other);
    }
    list.append(&mut other);
}

#[cold]
fn mismatch(one: &Type, two: &Type) -> Error {
    let (before, here) = (one.describe(), two.describe());
    let what = format!("the type is {here} here and {before} before: no type is for both");
    Error::new(ErrorKind::SchemaMismatch, what)
}
