//! From JSON text to an arena of nodes.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DefaultValue, Enum, Field, Kind, Logical, Node, NodeId};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::stack;

/// Deepest nesting of the JSON text. A nested record takes three levels, a nullable one four.
const MAX_JSON_DEPTH: usize = 4096;

pub(super) fn parse(json: &str, limits: &Limits) -> Result<(Vec<Node>, NodeId)> {
    let levels = depth(json)?;
    stack::with_levels(levels, || parse_nested(json, limits))
}

fn parse_nested(json: &str, limits: &Limits) -> Result<(Vec<Node>, NodeId)> {
    let value = value_of(json).map_err(|error| {
        Error::new(ErrorKind::Schema, "the schema is not valid JSON").with_source(error)
    })?;
    let mut parser = Parser {
        nodes: Vec::new(),
        named: HashMap::new(),
        limits,
    };
    let root = parser.schema(&value, "")?;
    Ok((parser.nodes, root))
}

fn value_of(json: &str) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// How deep the text nests, if that is not too deep: nothing has recursed over it yet.
fn depth(json: &str) -> Result<usize> {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > MAX_JSON_DEPTH {
        return Err(Error::new(
            ErrorKind::Limit(Limit::SchemaDepth),
            format!("the schema's JSON nests {deepest} levels deep, more than {MAX_JSON_DEPTH}"),
        ));
    }
    Ok(deepest)
}

struct Parser<'a> {
    nodes: Vec<Node>,
    /// Full name -> node.
    named: HashMap<String, NodeId>,
    limits: &'a Limits,
}

impl Parser<'_> {
    /// Parses a schema inside this namespace (empty: none).
    fn schema(&mut self, json: &Value, namespace: &str) -> Result<NodeId> {
        match json {
            Value::String(name) => self.named_type(name, namespace),
            Value::Array(branches) => self.union(branches, namespace),
            Value::Object(object) => self.object(object, namespace),
            other => Err(invalid(format!(
                "a schema must be a JSON string, object or array, found {other}"
            ))),
        }
    }

    fn named_type(&mut self, name: &str, namespace: &str) -> Result<NodeId> {
        if let Some(kind) = primitive(name) {
            return self.add(Node::unnamed(kind));
        }
        let in_namespace = (!name.contains('.') && !namespace.is_empty())
            .then(|| format!("{namespace}.{name}"))
            .and_then(|full| self.named.get(&full));
        in_namespace
            .or_else(|| self.named.get(without_dot(name)))
            .copied()
            .ok_or_else(|| {
                invalid(format!(
                    "unknown type `{name}`: it is not defined before its use"
                ))
            })
    }

    fn union(&mut self, branches: &[Value], namespace: &str) -> Result<NodeId> {
        let mut ids = Vec::new();
        for branch in branches {
            let id = self.schema(branch, namespace)?;
            let node = self.nodes.get(id.0 as usize);
            if node.is_some_and(|node| matches!(node.kind, Kind::Union(_))) {
                return Err(invalid("a union may not directly contain another union"));
            }
            ids.push(id);
        }
        if ids.is_empty() {
            return Err(invalid("a union must have at least one branch"));
        }
        self.add(Node::unnamed(Kind::Union(ids)))
    }

    fn object(&mut self, object: &Map<String, Value>, namespace: &str) -> Result<NodeId> {
        let Some(type_) = object.get("type") else {
            return Err(invalid("a schema object must have a `type`"));
        };
        let Value::String(type_) = type_ else {
            return self.schema(type_, namespace);
        };
        match type_.as_str() {
            "record" | "error" => self.record(object, namespace),
            "enum" => {
                let (full, _) = self.define(object, namespace)?;
                let symbols = symbols(object).map_err(|e| e.in_field(&full))?;
                let default = object.get("default").and_then(Value::as_str);
                let kind = Kind::Enum(Enum {
                    symbols,
                    default: default.map(str::to_owned),
                });
                self.add_named(kind, object, full)
            }
            "fixed" => {
                let (full, _) = self.define(object, namespace)?;
                let size = self.fixed_size(object).map_err(|e| e.in_field(&full))?;
                self.add_named(Kind::Fixed(size), object, full)
            }
            "array" => {
                let items = self.inner(object, "items", namespace)?;
                self.add(Node::unnamed(Kind::Array(items)))
            }
            "map" => {
                let values = self.inner(object, "values", namespace)?;
                self.add(Node::unnamed(Kind::Map(values)))
            }
            name => match primitive(name) {
                Some(kind) => {
                    let logical = Logical::of(&kind, object);
                    self.add(Node {
                        logical,
                        ..Node::unnamed(kind)
                    })
                }
                None => self.named_type(name, namespace),
            },
        }
    }

    fn inner(&mut self, object: &Map<String, Value>, key: &str, namespace: &str) -> Result<NodeId> {
        let inner = object.get(key).ok_or_else(|| {
            invalid(format!(
                "an array needs `items`, a map `values`: no `{key}`"
            ))
        })?;
        self.schema(inner, namespace).map_err(Error::in_items)
    }

    fn record(&mut self, object: &Map<String, Value>, namespace: &str) -> Result<NodeId> {
        let (full, namespace) = self.define(object, namespace)?;
        // The name is known before the fields are: they may refer to it.
        let id = self.add_named(Kind::Record(Vec::new()), object, full)?;
        let fields = self.fields(object, &namespace)?;
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            node.kind = Kind::Record(fields);
        }
        Ok(id)
    }

    fn fields(&mut self, object: &Map<String, Value>, namespace: &str) -> Result<Vec<Field>> {
        let Some(Value::Array(list)) = object.get("fields") else {
            return Err(invalid("a record must have an array of `fields`"));
        };
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        for field in list {
            let (Some(Value::String(name)), Some(type_)) = (field.get("name"), field.get("type"))
            else {
                return Err(invalid("a field must have a `name` and a `type`"));
            };
            if !seen.insert(name.as_str()) {
                return Err(invalid(format!(
                    "two fields of one record are named `{name}`"
                )));
            }
            let node = self
                .schema(type_, namespace)
                .map_err(|error| error.in_field(name))?;
            fields.push(Field {
                name: name.clone(),
                node,
                aliases: aliases(field.get("aliases")),
                default: field.get("default").cloned().map(DefaultValue::new),
            });
        }
        Ok(fields)
    }

    /// The full name that `object` defines, and the namespace inside it.
    fn define(&self, object: &Map<String, Value>, enclosing: &str) -> Result<(String, String)> {
        let name = match object.get("name").and_then(Value::as_str) {
            Some(name) if !name.is_empty() => name,
            _ => return Err(invalid("a record, enum or fixed must have a `name`")),
        };
        let full = if name.contains('.') {
            without_dot(name).to_owned()
        } else {
            match object
                .get("namespace")
                .and_then(Value::as_str)
                .unwrap_or(enclosing)
            {
                "" => name.to_owned(),
                namespace => format!("{namespace}.{name}"),
            }
        };
        let namespace = full
            .rsplit_once('.')
            .map_or("", |(namespace, _)| namespace)
            .to_owned();
        Ok((full, namespace))
    }

    fn fixed_size(&self, object: &Map<String, Value>) -> Result<usize> {
        let size = object
            .get("size")
            .and_then(Value::as_u64)
            .ok_or_else(|| invalid("a fixed must have a `size` of at least 0"))?;
        match usize::try_from(size) {
            Ok(size) if size <= self.limits.fixed_bytes => Ok(size),
            _ => Err(Error::new(
                ErrorKind::Limit(Limit::FixedBytes),
                format!(
                    "a fixed of {size} bytes is larger than fixed_bytes = {}",
                    self.limits.fixed_bytes
                ),
            )),
        }
    }

    fn add_named(
        &mut self,
        kind: Kind,
        attributes: &Map<String, Value>,
        full: String,
    ) -> Result<NodeId> {
        let logical = Logical::of(&kind, attributes);
        let namespace = full.rsplit_once('.').map(|(namespace, _)| namespace);
        let aliases = aliases(attributes.get("aliases"));
        let aliases = aliases.into_iter().map(|alias| match namespace {
            Some(namespace) if !alias.contains('.') => format!("{namespace}.{alias}"),
            _ => without_dot(&alias).to_owned(),
        });
        let id = self.add(Node {
            kind,
            logical,
            name: Some(full.clone()),
            aliases: aliases.collect(),
        })?;
        // A second definition of a name takes over from there, as its writer meant it.
        self.named.insert(full, id);
        Ok(id)
    }

    fn add(&mut self, node: Node) -> Result<NodeId> {
        if self.nodes.len() >= self.limits.schema_nodes {
            return Err(Error::new(
                ErrorKind::Limit(Limit::SchemaNodes),
                format!(
                    "the schema has more than schema_nodes = {} types",
                    self.limits.schema_nodes
                ),
            ));
        }
        let id = u32::try_from(self.nodes.len())
            .map_err(|_| invalid("the schema has more types than can be numbered"))?;
        self.nodes.push(node);
        Ok(NodeId(id))
    }
}

/// The name itself, where a dot in front of it says that it has no namespace.
fn without_dot(name: &str) -> &str {
    match name.strip_prefix('.') {
        Some(rest) if !rest.is_empty() && !rest.contains('.') => rest,
        _ => name,
    }
}

/// The names in a list of aliases; anything else there says nothing.
fn aliases(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    let names = list.into_iter().flatten().filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

fn symbols(object: &Map<String, Value>) -> Result<Vec<String>> {
    let Some(Value::Array(list)) = object.get("symbols") else {
        return Err(invalid("an enum must have an array of `symbols`"));
    };
    let mut symbols = Vec::new();
    let mut seen = HashSet::new();
    for symbol in list {
        let Some(symbol) = symbol.as_str() else {
            return Err(invalid(format!(
                "an enum symbol must be a string, found {symbol}"
            )));
        };
        if !seen.insert(symbol) {
            return Err(invalid(format!(
                "an enum names the symbol `{symbol}` twice"
            )));
        }
        symbols.push(symbol.to_owned());
    }
    Ok(symbols)
}

pub(super) fn primitive(name: &str) -> Option<Kind> {
    Some(match name {
        "null" => Kind::Null,
        "boolean" => Kind::Boolean,
        "int" => Kind::Int,
        "long" => Kind::Long,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "string" => Kind::String,
        _ => return None,
    })
}

#[cold]
fn invalid(message: impl Into<String>) -> Error {
    Error::new(
        ErrorKind::Schema,
        format!("invalid schema: {}", message.into()),
    )
}
