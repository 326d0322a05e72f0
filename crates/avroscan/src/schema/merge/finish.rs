//! From what has been merged back to a schema.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::super::{AvroSchema, DefaultValue, Enum, Field, Kind, Node, NodeId, Types, to_json};
use super::{Content, Merger, Record, SlotId, Symbols, Type, TypeId};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};

impl Merger {
    pub(super) fn finish(mut self, limits: &Limits) -> Result<AvroSchema> {
        self.settle_unions(limits)?;
        for number in 0..self.merged.len() {
            let end = self.find(TypeId(number));
            if let Some(merged) = self.merged.get_mut(number) {
                *merged = end;
            }
        }
        let defaults = self.settle_fields();
        let mut arena = Arena {
            merger: &self,
            defaults,
            own_names: self.own_names(),
            nodes: Vec::new(),
        };
        let root = arena.fill()?;
        let schema = AvroSchema {
            json: String::new(),
            types: Arc::new(Types(arena.nodes)),
            root,
        };
        AvroSchema::parse(&to_json::to_json(&schema), limits)
    }

    /// Two branches of a union may have become the same type; making one of them may do that again.
    fn settle_unions(&mut self, limits: &Limits) -> Result<()> {
        loop {
            let branches = |this: &Self| this.slots.iter().map(|slot| slot.types.len()).sum();
            let before: usize = branches(self);
            self.branches_left = before.saturating_add(limits.schema_nodes);
            self.make_unions_valid(0)?;
            self.merge_pairs()?;
            if branches(self) == before {
                return Ok(());
            }
        }
    }

    /// The names that are more than an alias, and the types.
    fn own_names(&self) -> HashMap<&str, TypeId> {
        let types = self.types.iter().enumerate();
        let names = types.flat_map(|(number, type_)| {
            let names = type_.names.iter().filter(|name| !name.alias);
            names.map(move |name| (name.full.as_str(), TypeId(number)))
        });
        names.collect()
    }

    /// Settles the fields of all records; returns their defaults.
    fn settle_fields(&mut self) -> HashMap<SlotId, DefaultValue> {
        let records = self.types.iter().filter_map(|type_| match &type_.content {
            Content::Record(record) => Some(record),
            _ => None,
        });
        let fields = records.flat_map(|record| record.fields.values().map(move |f| (record, f)));
        let settled: Vec<_> = fields
            .map(|(record, field)| self.settle(record, field))
            .collect();
        let mut defaults = HashMap::new();
        for field in settled {
            if let Some(slot) = self.slots.get_mut(field.slot.0) {
                slot.null = field.null;
                if let Some(types) = slot.types.get_mut(..=field.front) {
                    types.rotate_right(1);
                }
            }
            if let Some(default) = field.default {
                defaults.insert(field.slot, default);
            }
        }
        defaults
    }
}

/// The nodes: one a type with the type's number, then the unions and null.
struct Arena<'a> {
    merger: &'a Merger,
    defaults: HashMap<SlotId, DefaultValue>,
    /// An alias that is also a type of its own would lead astray.
    own_names: HashMap<&'a str, TypeId>,
    nodes: Vec<Node>,
}

impl Arena<'_> {
    fn fill(&mut self) -> Result<NodeId> {
        let merger = self.merger;
        let nothing = || Node::unnamed(Kind::Null);
        self.nodes.resize_with(merger.types.len(), nothing);
        for (number, type_) in merger.types.iter().enumerate() {
            if merger.merged_into(TypeId(number)) != TypeId(number) {
                continue;
            }
            let node = self.node(TypeId(number), type_)?;
            if let Some(place) = self.nodes.get_mut(number) {
                *place = node;
            }
        }
        match merger.root {
            Some(root) => self.slot(root),
            None => self.push(nothing()),
        }
    }

    fn node(&mut self, id: TypeId, type_: &Type) -> Result<Node> {
        let mut logical = None;
        let kind = match &type_.content {
            Content::Leaf(leaf) => {
                logical = leaf.logical;
                leaf.kind.clone()
            }
            Content::Enum(symbols) => Kind::Enum(symbols.in_order()),
            Content::Array(items) => Kind::Array(self.slot(*items)?),
            Content::Map(values) => Kind::Map(self.slot(*values)?),
            Content::Record(record) => Kind::Record(self.fields(record)?),
        };
        // A name that is another type's as well would lead there.
        let name = type_.name().map(|name| match self.own_names.get(name) {
            Some(&of) if of != id => format!("{name}_{}", id.0),
            _ => name.to_owned(),
        });
        let mut names: Vec<_> = type_.names.iter().collect();
        names.sort_by_key(|name| (name.of, name.alias));
        let in_use = |alias: &str| self.own_names.get(alias).is_some_and(|&of| of != id);
        let aliases = names
            .into_iter()
            .filter(|name| !name.alias || !in_use(&name.full))
            .map(|found| found.full.clone())
            .filter(|alias| Some(alias) != name.as_ref());
        Ok(Node {
            kind,
            logical,
            aliases: without_repeats(aliases),
            name,
        })
    }

    fn fields(&mut self, record: &Record) -> Result<Vec<Field>> {
        let mut fields: Vec<_> = record.fields.iter().collect();
        fields.sort_by_key(|(_, field)| field.first);
        let fields = fields.into_iter().map(|(name, field)| {
            // An alias that is a field of its own would take that field's values.
            let aliases = field.aliases.iter();
            let aliases = aliases.filter(|alias| !record.fields.contains_key(*alias));
            Ok(Field {
                name: name.clone(),
                node: self.slot(field.slot)?,
                aliases: without_repeats(aliases.cloned()),
                default: self.defaults.get(&field.slot).cloned(),
            })
        });
        fields.collect()
    }

    /// The node of what may be in a slot.
    fn slot(&mut self, id: SlotId) -> Result<NodeId> {
        let slot = self.merger.slot(id);
        let mut nodes = Vec::new();
        for &id in &slot.types {
            nodes.push(number(self.merger.merged_into(id).0)?);
        }
        if let Some(before) = slot.null {
            let null = self.push(Node::unnamed(Kind::Null))?;
            nodes.insert(before.min(nodes.len()), null);
        }
        match *nodes {
            [only] if !slot.union => Ok(only),
            _ => self.push(Node::unnamed(Kind::Union(nodes))),
        }
    }

    fn push(&mut self, node: Node) -> Result<NodeId> {
        let id = number(self.nodes.len())?;
        self.nodes.push(node);
        Ok(id)
    }
}

fn number(number: usize) -> Result<NodeId> {
    let what = "the schemas have more types than can be numbered";
    let number = u32::try_from(number)
        .map_err(|_| Error::new(ErrorKind::Limit(Limit::SchemaNodes), what))?;
    Ok(NodeId(number))
}

impl Symbols {
    fn in_order(&self) -> Enum {
        let mut symbols: Vec<_> = self.symbols.iter().collect();
        symbols.sort_by_key(|(_, first)| **first);
        let symbols = symbols.into_iter().map(|(symbol, _)| symbol.clone());
        let default = self.default.as_ref().map(|(_, default)| default.clone());
        Enum {
            symbols: symbols.collect(),
            default: default.filter(|default| self.symbols.contains_key(default)),
        }
    }
}

fn without_repeats(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    names.filter(|name| seen.insert(name.clone())).collect()
}
