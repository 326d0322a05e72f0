//! Avro schemas as an arena of nodes.
//!
//! A named type is one node, however often it is used: a reference is the node's number, so that
//! recursive types are cycles in the arena and nothing is resolved by name after parsing.
//!
//! The parser is our own and deliberately lenient where leniency cannot change how bytes are read:
//! names outside the specification's pattern, defaults of the wrong type and unknown attributes
//! are accepted, because files with them exist and their values are well defined.

mod logical;
mod parse;

use std::fmt;

use crate::error::Result;
use crate::limits::Limits;
pub(crate) use logical::Logical;

/// A parsed Avro schema (specification: "Schema Declaration").
#[derive(Clone)]
pub struct AvroSchema {
    json: String,
    nodes: Vec<Node>,
    root: NodeId,
}

/// The number of a node in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

/// One type of a schema.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Only where it is valid on this kind; an invalid one is ignored, as the specification says.
    pub(crate) logical: Option<Logical>,
    /// Full name of a record, enum or fixed.
    pub(crate) name: Option<String>,
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
    Enum(Vec<String>),
    Array(NodeId),
    Map(NodeId),
    Record(Vec<Field>),
    Union(Vec<NodeId>),
}

/// A field of a record.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) node: NodeId,
}

impl AvroSchema {
    /// Parses a schema from its JSON text.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) where the text is not JSON or the JSON is
    /// not a schema, with the path to the place; [`ErrorKind::Limit`](crate::ErrorKind::Limit)
    /// where it is larger or nested deeper than allowed.
    pub fn parse(json: &str, limits: &Limits) -> Result<Self> {
        let (nodes, root) = parse::parse(json, limits)?;
        Ok(Self {
            json: json.to_owned(),
            nodes,
            root,
        })
    }

    /// The JSON text, exactly as it was given.
    pub fn json(&self) -> &str {
        &self.json
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    /// The node of this number. Numbers come from this schema only, so there always is one.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        static MISSING: Node = Node {
            kind: Kind::Null,
            logical: None,
            name: None,
        };
        debug_assert!((id.0 as usize) < self.nodes.len());
        self.nodes.get(id.0 as usize).unwrap_or(&MISSING)
    }
}

impl fmt::Debug for AvroSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AvroSchema").field(&self.json).finish()
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
