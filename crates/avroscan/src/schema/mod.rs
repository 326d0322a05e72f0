//! Avro schemas as an arena of nodes.
//!
//! A named type is one node, however often it is used: a reference is the node's number, so that
//! recursive types are cycles in the arena and nothing is resolved by name after parsing.
//!
//! The parser is our own and deliberately lenient where leniency cannot change how bytes are read:
//! names outside the specification's pattern, defaults of the wrong type and unknown attributes
//! are accepted, because files with them exist and their values are well defined.

mod default_value;
mod hints;
mod json;
mod logical;
mod merge;
mod parse;
mod to_json;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::limits::Limits;
pub(crate) use default_value::DefaultValue;
use json::Mended;
pub(crate) use logical::Logical;
use parse::{Parsed, Rules};

/// A parsed Avro schema (specification: "Schema Declaration").
#[derive(Clone)]
pub struct AvroSchema {
    json: String,
    types: Arc<Types>,
    root: NodeId,
}

/// The types of a schema, or of two schemas beside each other.
#[derive(Clone, Debug)]
pub(crate) struct Types(Vec<Node>);

/// The number of a node in its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// One type of a schema.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Only where it is valid on this kind; an invalid one is ignored, as the specification says.
    pub(crate) logical: Option<Logical>,
    /// Full name of a record, enum or fixed; none where its name is empty and nothing refers to it.
    pub(crate) name: Option<String>,
    /// Full names that the type also had (specification: "Aliases").
    pub(crate) aliases: Vec<String>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Enum),
    Array(NodeId),
    Map(NodeId),
    Record(Vec<Field>),
    Union(Vec<NodeId>),
}

/// The symbols of an enum.
#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub(crate) symbols: Vec<String>,
    /// What a reader takes for a symbol that it does not have.
    pub(crate) default: Option<String>,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) node: NodeId,
    /// Names that the field also had.
    pub(crate) aliases: Vec<String>,
    /// What a reader takes where the writer has no such field.
    pub(crate) default: Option<DefaultValue>,
}

impl AvroSchema {
    /// Parses a schema from its JSON text; a byte order mark in front is passed over.
    ///
    /// A missing name, and an attribute of the wrong type, is an error. In the schema of a file it is
    /// none where the values do not depend on it: [`json`](Self::json) of that can be parsed here.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) where the text is not JSON or the JSON is
    /// not a schema, with the path to the place; [`ErrorKind::Limit`](crate::ErrorKind::Limit)
    /// where it is larger or nested deeper than allowed.
    pub fn parse(json: &str, limits: &Limits) -> Result<Self> {
        let json = json::without_mark(json);
        let parsed = parse::parse(json, Rules::Strict, limits)?;
        Ok(Self::of(parsed, json.to_owned()))
    }

    /// The schema of a file: only what its values depend on can be wrong.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse).
    pub(crate) fn of_file(text: &str, limits: &Limits) -> Result<Self> {
        if let Ok(schema) = Self::parse(text, limits) {
            return Ok(schema);
        }
        let Mended { text, is_cut } = json::mend(text);
        let parsed = match parse::parse(&text, Rules::Lenient, limits) {
            // What is cut off may be what is missing.
            Err(_) if is_cut => return Err(parse::too_deep()),
            parsed => parsed?,
        };
        let is_odd = parsed.is_odd;
        let mut schema = Self::of(parsed, text);
        if is_odd {
            schema.json = to_json::to_json(&schema);
        }
        Ok(schema)
    }

    fn of(parsed: Parsed, json: String) -> Self {
        Self {
            json,
            types: Arc::new(Types(parsed.nodes)),
            root: parsed.root,
        }
    }

    /// One schema that every one of these can be resolved to (specification: "Schema
    /// Resolution"). Each comes with the name of its file, which errors are to name.
    ///
    /// Records have the fields of all, in the order in which they first appear. A field that some
    /// record lacks may be null and has a default: its own, or null. Types become as wide as the
    /// widest: int, long, float, double; string, bytes; the finer of two units of time; decimals
    /// with the digits of both. Enums have the symbols of all; an enum and a string are a string, an
    /// enum and bytes are bytes. A union takes in what it does not
    /// have, anything may become nullable. Named types of the same name are one type, and so are
    /// named types of different names in the same place: the first name stays, others become
    /// aliases. Fields go by their names alone.
    ///
    /// # Errors
    /// [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) where two types have no common one;
    /// [`Limit`](crate::ErrorKind::Limit) where the schemas are too large together;
    /// [`Usage`](crate::ErrorKind::Usage) where there are none.
    pub fn union_by_name<'a>(
        schemas: impl IntoIterator<Item = (&'a str, &'a Self)>,
        limits: &Limits,
    ) -> Result<Self> {
        merge::union_by_name(schemas, limits)
    }

    /// The same schema, where fields that may be null and have no default are null by default: so a
    /// file that lacks them can be read as it.
    #[must_use]
    pub fn with_null_defaults(&self) -> Self {
        let mut nodes = self.types.0.clone();
        for node in &mut nodes {
            let Kind::Record(fields) = &mut node.kind else {
                continue;
            };
            for field in fields.iter_mut().filter(|field| field.default.is_none()) {
                let null = || DefaultValue::new(Value::Null);
                field.default = self.types.may_be_null(field.node).then(null);
            }
        }
        Self {
            json: self.json.clone(),
            types: Arc::new(Types(nodes)),
            root: self.root,
        }
    }

    /// Whether [`with_null_defaults`](Self::with_null_defaults) would change nothing: every field that
    /// may be null has a default. The [`json`](Self::json) text alone does not say so.
    pub fn has_null_defaults(&self) -> bool {
        self.types.0.iter().all(|node| match &node.kind {
            Kind::Record(fields) => fields
                .iter()
                .all(|field| field.default.is_some() || !self.types.may_be_null(field.node)),
            _ => true,
        })
    }

    /// The JSON text, as it was given or as it stands in the file.
    ///
    /// Where the text of a file is not quite JSON, or not quite a schema, this is the same schema in an
    /// order that can be parsed; without the documentation and unknown attributes, where more than the
    /// JSON is odd.
    pub fn json(&self) -> &str {
        &self.json
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    pub(crate) fn types(&self) -> &Arc<Types> {
        &self.types
    }

    /// The types of this schema and, behind them, those of `other`, with the number that the root
    /// of `other` has there.
    pub(crate) fn beside(&self, other: &Self) -> (Arc<Types>, NodeId) {
        let offset = self.types.0.len() as u32;
        let moved = other.types.0.iter().map(|node| node.moved(offset));
        let nodes = self.types.0.iter().cloned().chain(moved).collect();
        (Arc::new(Types(nodes)), other.root.moved(offset))
    }
}

impl Types {
    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The node of this number. Numbers come from this arena only, so there always is one.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        static MISSING: Node = Node::unnamed(Kind::Null);
        debug_assert!((id.0 as usize) < self.0.len());
        self.0.get(id.0 as usize).unwrap_or(&MISSING)
    }
}

impl Types {
    fn may_be_null(&self, id: NodeId) -> bool {
        match &self.node(id).kind {
            Kind::Null => true,
            Kind::Union(branches) => {
                let is_null = |id: &NodeId| matches!(self.node(*id).kind, Kind::Null);
                branches.iter().any(is_null)
            }
            _ => false,
        }
    }
}

impl NodeId {
    /// The first of an arena.
    pub(crate) const FIRST: Self = Self(0);

    fn moved(self, offset: u32) -> Self {
        Self(self.0.saturating_add(offset))
    }
}

/// [`AvroSchema::parse`] with the default [`Limits`].
impl FromStr for AvroSchema {
    type Err = Error;

    fn from_str(json: &str) -> Result<Self> {
        Self::parse(json, &Limits::default())
    }
}

impl fmt::Debug for AvroSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AvroSchema").field(&self.json).finish()
    }
}

impl Field {
    /// A field without an alias or a default.
    pub(crate) fn new(name: &str, node: NodeId) -> Self {
        Self {
            name: name.to_owned(),
            node,
            aliases: Vec::new(),
            default: None,
        }
    }
}

impl Node {
    /// A type without a name, an alias or a logical type.
    pub(crate) const fn unnamed(kind: Kind) -> Self {
        Self {
            kind,
            logical: None,
            name: None,
            aliases: Vec::new(),
        }
    }

    /// The same type in an arena where the types that it refers to have higher numbers.
    fn moved(&self, offset: u32) -> Self {
        let mut moved = self.clone();
        match &mut moved.kind {
            Kind::Array(inner) | Kind::Map(inner) => *inner = inner.moved(offset),
            Kind::Union(branches) => {
                branches.iter_mut().for_each(|id| *id = id.moved(offset));
            }
            Kind::Record(fields) => {
                fields
                    .iter_mut()
                    .for_each(|field| field.node = field.node.moved(offset));
            }
            _ => {}
        }
        moved
    }
}

impl Kind {
    /// The name of the type in the specification.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Fixed(_) => "fixed",
            Self::Enum(_) => "enum",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Record(_) => "record",
            Self::Union(_) => "union",
        }
    }
}

#[cfg(test)]
mod tests;
