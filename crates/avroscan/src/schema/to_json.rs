//! From an arena of nodes to JSON text.
//!
//! Names are written in full. The first use of a named type is its definition, later ones refer to
//! it. What is left to write is a list and not the call stack: deep schemas take no more of that
//! than flat ones.

use std::collections::HashSet;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::parse::primitive;
use super::{AvroSchema, Field, Kind, Logical, Node, NodeId, Types};

/// The JSON text of the types that the root of `schema` uses.
pub(super) fn to_json(schema: &AvroSchema) -> String {
    let mut writer = Writer {
        types: schema.types(),
        text: String::new(),
        defined: HashSet::new(),
        left: vec![Piece::Type(schema.root(), "")],
    };
    while let Some(piece) = writer.left.pop() {
        match piece {
            Piece::Text(text) => writer.text.push_str(text),
            Piece::Type(id, namespace) => writer.type_(id, namespace),
            Piece::Field(field, namespace) => {
                writer.text.push_str("{\"name\":");
                writer.quoted(&field.name);
                writer.text.push_str(",\"type\":");
                writer.left.push(Piece::EndOfField(field));
                writer.left.push(Piece::Type(field.node, namespace));
            }
            Piece::EndOfField(field) => {
                writer.aliases(&field.aliases, "");
                if let Some(default) = &field.default {
                    writer.attribute("default", default);
                }
                writer.text.push('}');
            }
        }
    }
    writer.text
}

/// The attributes that declare a logical type.
pub(super) fn attributes(logical: Logical) -> Map<String, Value> {
    let mut attributes = Map::new();
    match logical {
        Logical::Decimal { precision, scale } => {
            attributes.insert("logicalType".into(), "decimal".into());
            attributes.insert("precision".into(), precision.into());
            attributes.insert("scale".into(), scale.into());
        }
        named => {
            attributes.insert("logicalType".into(), named.to_string().into());
        }
    }
    attributes
}

/// Something to write, inside this namespace (empty: none).
enum Piece<'a> {
    Text(&'static str),
    Type(NodeId, &'a str),
    Field(&'a Field, &'a str),
    EndOfField(&'a Field),
}

struct Writer<'a> {
    types: &'a Types,
    text: String,
    /// The named types that the text defines so far.
    defined: HashSet<NodeId>,
    /// What is left to write; the last is next.
    left: Vec<Piece<'a>>,
}

impl<'a> Writer<'a> {
    fn type_(&mut self, id: NodeId, namespace: &'a str) {
        let node = self.types.node(id);
        if let Some(name) = &node.name
            && !self.defined.insert(id)
        {
            // A primitive type goes before a named one, and a name without a dot is first looked
            // for in the namespace around it. A dot in front says: no namespace.
            let plain = name.contains('.')
                || name.is_empty()
                || (namespace.is_empty() && primitive(name).is_none());
            return match plain {
                true => self.quoted(name),
                false => self.quoted(&format!(".{name}")),
            };
        }
        match &node.kind {
            Kind::Union(branches) => {
                self.text.push('[');
                self.left.push(Piece::Text("]"));
                for (number, &branch) in branches.iter().enumerate().rev() {
                    self.left.push(Piece::Type(branch, namespace));
                    self.comma_before(number);
                }
            }
            Kind::Array(items) => {
                self.text.push_str("{\"type\":\"array\",\"items\":");
                self.left.push(Piece::Text("}"));
                self.left.push(Piece::Type(*items, namespace));
            }
            Kind::Map(values) => {
                self.text.push_str("{\"type\":\"map\",\"values\":");
                self.left.push(Piece::Text("}"));
                self.left.push(Piece::Type(*values, namespace));
            }
            Kind::Record(fields) => {
                let inside = self.define(node, namespace);
                self.text.push_str(",\"fields\":[");
                self.left.push(Piece::Text("]}"));
                for (number, field) in fields.iter().enumerate().rev() {
                    self.left.push(Piece::Field(field, inside));
                    self.comma_before(number);
                }
            }
            Kind::Enum(kind) => {
                self.define(node, namespace);
                self.text.push_str(",\"symbols\":");
                self.list(kind.symbols.iter().map(String::as_str));
                if let Some(default) = &kind.default {
                    self.attribute("default", &Value::from(default.as_str()));
                }
                self.text.push('}');
            }
            Kind::Fixed(size) => {
                self.define(node, namespace);
                self.attribute("size", &Value::from(*size));
                self.logical(node);
                self.text.push('}');
            }
            kind if node.logical.is_none() => self.quoted(kind.name()),
            kind => {
                self.text.push_str("{\"type\":");
                self.quoted(kind.name());
                self.logical(node);
                self.text.push('}');
            }
        }
    }

    /// Writes a named type up to its aliases; returns the namespace inside of it.
    fn define(&mut self, node: &'a Node, namespace: &str) -> &'a str {
        let name = node.name.as_deref().unwrap_or_default();
        let inside = name.rsplit_once('.').map_or("", |(inside, _)| inside);
        self.text.push_str("{\"type\":");
        self.quoted(node.kind.name());
        self.text.push_str(",\"name\":");
        self.quoted(name);
        if !namespace.is_empty() && !name.contains('.') {
            self.text.push_str(",\"namespace\":\"\"");
        }
        self.aliases(&node.aliases, inside);
        inside
    }

    /// Writes aliases of something in this namespace, which those without a dot would be put into.
    fn aliases(&mut self, aliases: &[String], namespace: &str) {
        if aliases.is_empty() {
            return;
        }
        self.text.push_str(",\"aliases\":");
        if namespace.is_empty() {
            return self.list(aliases.iter().map(String::as_str));
        }
        let full = aliases.iter().map(|alias| match alias.contains('.') {
            true => alias.clone(),
            false => format!(".{alias}"),
        });
        let full: Vec<String> = full.collect();
        self.list(full.iter().map(String::as_str));
    }

    fn logical(&mut self, node: &Node) {
        for (name, value) in node.logical.map(attributes).iter().flatten() {
            self.attribute(name, value);
        }
    }

    fn list<'b>(&mut self, items: impl Iterator<Item = &'b str>) {
        self.text.push('[');
        for (number, item) in items.enumerate() {
            if number > 0 {
                self.text.push(',');
            }
            self.quoted(item);
        }
        self.text.push(']');
    }

    fn comma_before(&mut self, number: usize) {
        if number > 0 {
            self.left.push(Piece::Text(","));
        }
    }

    fn attribute(&mut self, name: &str, value: &impl Display) {
        self.text.push(',');
        self.quoted(name);
        self.text.push(':');
        self.text.push_str(&value.to_string());
    }

    fn quoted(&mut self, text: &str) {
        self.text.push_str(&Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests;
