//! From JSON text to an arena of nodes.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::hints::found;
use super::json::{MAX_DEPTH, depth};
use super::{DefaultValue, Enum, Field, Kind, Logical, Node, NodeId, hints};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::stack;

/// What becomes of attributes that values do not depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rules {
    /// They must be right: for a schema that somebody gives, who wants to know.
    Strict,
    /// Those that are wrong are left out: for a schema of a file, which is as it is.
    Lenient,
}

/// A schema's types.
pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
    /// Whether something was left out by [`Rules::Lenient`].
    pub(super) is_odd: bool,
}

pub(super) fn parse(json: &str, rules: Rules, limits: &Limits) -> Result<Parsed> {
    let levels = depth(json);
    if levels > MAX_DEPTH {
        return Err(too_deep());
    }
    if json.trim_ascii().is_empty() {
        return Err(invalid("the text is empty"));
    }
    stack::with_levels(levels, || parse_nested(json, rules, limits))
}

fn parse_nested(json: &str, rules: Rules, limits: &Limits) -> Result<Parsed> {
    let value = value_of(json).map_err(|error| {
        Error::new(ErrorKind::Schema, "the schema is not valid JSON").with_source(error)
    })?;
    let mut parser = Parser {
        nodes: Vec::new(),
        named: HashMap::new(),
        rules,
        is_odd: false,
        limits,
    };
    let root = parser.schema(&value, "")?;
    Ok(Parsed {
        nodes: parser.nodes,
        root,
        is_odd: parser.is_odd,
    })
}

fn value_of(json: &str) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[cold]
pub(super) fn too_deep() -> Error {
    Error::new(
        ErrorKind::Limit(Limit::SchemaDepth),
        format!("the schema's JSON nests deeper than {MAX_DEPTH} levels"),
    )
}

struct Parser<'a> {
    nodes: Vec<Node>,
    /// Full name -> node. A type without a name has the empty one.
    named: HashMap<String, NodeId>,
    rules: Rules,
    is_odd: bool,
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
                "a schema must be a JSON string, object or array, found {}",
                found(other)
            ))),
        }
    }

    /// Something is wrong that no value depends on.
    fn odd(&mut self, what: impl FnOnce() -> String) -> Result<()> {
        match self.rules {
            Rules::Strict => Err(invalid(what())),
            Rules::Lenient => {
                self.is_odd = true;
                Ok(())
            }
        }
    }

    fn named_type(&mut self, name: &str, namespace: &str) -> Result<NodeId> {
        if let Some(kind) = primitive(name) {
            return self.add(Node::unnamed(kind));
        }
        let in_namespace = (!name.contains('.') && !namespace.is_empty())
            .then(|| format!("{namespace}.{name}"))
            .and_then(|full| self.named.get(&full));
        let known = in_namespace.or_else(|| self.named.get(without_dot(name)));
        let &id = known.ok_or_else(|| invalid(hints::unknown_type(name)))?;
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            // The empty name is one if it is used as one.
            node.name.get_or_insert_default();
        }
        Ok(id)
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
                let parsed = symbols(object);
                let parsed = parsed.and_then(|symbols| {
                    let default = self.default_symbol(object, &symbols)?;
                    Ok(Kind::Enum(Enum { symbols, default }))
                });
                let kind = parsed.map_err(|e| e.in_field(&full))?;
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
            let node = self.schema(type_, namespace).map_err(|error| {
                let hint = hints::misplaced(name, field, type_);
                hint.map_or(error, invalid).in_field(name)
            })?;
            let aliases = self.aliases(field.get("aliases"));
            fields.push(Field {
                name: name.clone(),
                node,
                aliases: aliases.map_err(|error| error.in_field(name))?,
                default: field.get("default").cloned().map(DefaultValue::new),
            });
        }
        Ok(fields)
    }

    /// The full name that `object` defines, empty if it has none, and the namespace inside it.
    fn define(&mut self, object: &Map<String, Value>, enclosing: &str) -> Result<(String, String)> {
        let name = match object.get("name") {
            Some(Value::String(name)) => name,
            _ => {
                self.odd(|| "a record, enum or fixed must have a `name` that is text".to_owned())?;
                ""
            }
        };
        let namespace = match object.get("namespace") {
            None | Some(Value::Null) => enclosing,
            Some(Value::String(namespace)) => namespace,
            Some(other) => {
                self.odd(|| format!("a `namespace` must be text, found {}", found(other)))?;
                enclosing
            }
        };
        let full = match name {
            "" => return Ok((String::new(), namespace.to_owned())),
            name if name.contains('.') => without_dot(name).to_owned(),
            name if namespace.is_empty() => name.to_owned(),
            name => format!("{namespace}.{name}"),
        };
        let inside = full.rsplit_once('.').map_or("", |(inside, _)| inside);
        let inside = inside.to_owned();
        Ok((full, inside))
    }

    /// What a reader takes for an unknown symbol, if that is one of the symbols.
    fn default_symbol(
        &mut self,
        object: &Map<String, Value>,
        symbols: &[String],
    ) -> Result<Option<String>> {
        let default = match object.get("default") {
            None | Some(Value::Null) => return Ok(None),
            Some(default) => default,
        };
        let is_default = |symbol: &&String| default.as_str() == Some(symbol.as_str());
        let known = symbols.iter().find(is_default).cloned();
        if known.is_none() {
            self.odd(|| "the `default` of an enum must be one of its symbols".to_owned())?;
        }
        Ok(known)
    }

    /// The names in a list of aliases.
    fn aliases(&mut self, list: Option<&Value>) -> Result<Vec<String>> {
        let list = match list {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(list)) => list.as_slice(),
            Some(_) => {
                self.odd(|| "`aliases` must be an array of names".to_owned())?;
                return Ok(Vec::new());
            }
        };
        let names: Vec<String> = list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if names.len() < list.len() {
            self.odd(|| "`aliases` must be an array of names".to_owned())?;
        }
        Ok(names)
    }

    fn fixed_size(&mut self, object: &Map<String, Value>) -> Result<usize> {
        const WRONG: &str = "a fixed must have a `size`, a whole number of at least 0";

        let given = object.get("size");
        let size = match given.and_then(Value::as_u64) {
            Some(size) => size,
            None => {
                let size = given.and_then(whole).ok_or_else(|| invalid(WRONG))?;
                self.odd(|| WRONG.to_owned())?;
                size
            }
        };
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
        let aliases = self
            .aliases(attributes.get("aliases"))
            .map_err(|error| error.in_field(&full))?;
        let aliases = aliases.into_iter().map(|alias| match namespace {
            Some(namespace) if !alias.contains('.') => format!("{namespace}.{alias}"),
            _ => without_dot(&alias).to_owned(),
        });
        let id = self.add(Node {
            kind,
            logical,
            name: (!full.is_empty()).then(|| full.clone()),
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

/// A whole number in another form: `16.0`, `"16"`.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        value => {
            let number = value.as_f64()?;
            let is_whole = number.fract() == 0.0 && (0.0..1e15).contains(&number);
            is_whole.then_some(number as u64)
        }
    }
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
                "an enum symbol must be text, found {}",
                found(symbol)
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
