//! The writer's schema resolved to the reader's (specification: "Schema Resolution").
//!
//! The result is a graph like the schemas themselves: a value for each pair of types that meet,
//! with what reading the one as the other comes to. A file that is read as it was written is the
//! pair of its schema with itself.
//!
//! What cannot be read is no error yet: it becomes one when somebody wants it. A column that is
//! not selected, and a branch of a union that is never met, do not matter.

mod default;
mod leaf;
mod union;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::schema::{AvroSchema, Field, Kind, Node, NodeId, Types};
use crate::stack;
pub(crate) use leaf::{Leaf, Promotion, Rescale, SymbolNumbers};
pub(crate) use union::{Branches, Target};

/// Deepest nesting of types once references are expanded, when types are resolved, when a plan is
/// made and when it is carried out.
pub(crate) const MAX_DEPTH: usize = 2048;

/// Longest path that an error of [`Resolved::check`] shows, in bytes: of a longer one, the end.
const MAX_PATH: usize = 1000;

/// Most comparisons of a branch of one union with a branch of another: a thousand by a thousand.
const MAX_COMPARISONS: usize = 1 << 20;

/// How values of one schema are read as values of another.
#[derive(Debug)]
pub(crate) struct Resolved {
    types: Arc<Types>,
    values: Vec<Value>,
    root: ValueId,
}

/// The number of a value in its resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ValueId(usize);

/// Values of one type read as values of another.
#[derive(Debug)]
pub(crate) struct Value {
    /// The type in the file.
    pub(crate) writer: NodeId,
    /// The type that they become.
    pub(crate) reader: NodeId,
    pub(crate) how: How,
}

/// What the reading comes to.
#[derive(Debug)]
pub(crate) enum How {
    /// A type without inner types.
    Leaf(Leaf),
    /// An array of these.
    Array(ValueId),
    /// A map to these.
    Map(ValueId),
    /// A record: where each field of the reader's comes from.
    Record(Sources),
    /// At least one of the two types is a union.
    Union(Branches),
    /// Nothing is read; the value is always the one that these bytes encode.
    Constant { value: ValueId, bytes: Arc<[u8]> },
    /// It cannot be done, for this reason.
    Mismatch(String),
}

/// Where the fields of the reader's record come from.
#[derive(Debug)]
pub(crate) struct Sources {
    /// For each field of the reader's.
    pub(crate) read: Vec<Source>,
    /// For each field of the writer's: the number of the reader's field that it is, or else what
    /// it is in itself.
    pub(crate) written: Vec<Result<usize, ValueId>>,
    /// Whether the fields to read are those of the file, in their order.
    pub(crate) in_order: bool,
}

/// Where a field of the reader's record comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Its number among the writer's fields; none where the writer has no such field.
    pub(crate) field: Option<usize>,
    pub(crate) value: ValueId,
}

impl Resolved {
    /// Resolves `writer` to `reader`, or to itself.
    ///
    /// # Errors
    /// [`Limit`](ErrorKind::Limit) for schemas that nest too deep, or pair up too often.
    pub(crate) fn new(
        writer: &AvroSchema,
        reader: Option<&AvroSchema>,
        limits: &Limits,
    ) -> Result<Self> {
        let (types, reader_root) = match reader {
            Some(reader) => writer.beside(reader),
            None => (writer.types().clone(), writer.root()),
        };
        let mut resolver = Resolver {
            types: &types,
            values: Vec::new(),
            known: HashMap::new(),
            depth: 0,
            comparisons_left: MAX_COMPARISONS,
            default_values_left: default::MAX_VALUES,
            limits,
        };
        let root = resolver.value(writer.root(), reader_root)?;
        let values = resolver.values;
        Ok(Self {
            types,
            values,
            root,
        })
    }

    pub(crate) fn root(&self) -> ValueId {
        self.root
    }

    /// The value of this number. Numbers come from this resolution only, so there always is one.
    pub(crate) fn value(&self, id: ValueId) -> &Value {
        static MISSING: Value = Value {
            writer: NodeId::FIRST,
            reader: NodeId::FIRST,
            how: How::Mismatch(String::new()),
        };
        debug_assert!(id.0 < self.values.len());
        self.values.get(id.0).unwrap_or(&MISSING)
    }

    /// Both schemas.
    pub(crate) fn types(&self) -> &Types {
        &self.types
    }

    /// The writer's type of a value.
    pub(crate) fn writer(&self, value: &Value) -> &Node {
        self.types.node(value.writer)
    }

    /// The reader's type of a value.
    pub(crate) fn reader(&self, value: &Value) -> &Node {
        self.types.node(value.reader)
    }

    /// Refuses a value of which some part can never be read.
    ///
    /// # Errors
    /// [`SchemaMismatch`](ErrorKind::SchemaMismatch) with the path of the part.
    pub(crate) fn check(&self, id: ValueId) -> Result<()> {
        // A list and no recursion: chains of types may be as long as a schema has types.
        let mut seen = vec![false; self.values.len()];
        let mut steps = vec![Step::new(id, 0, Way::Branch)];
        let mut left = vec![0];
        while let Some(at) = left.pop() {
            let Some(&Step { value: id, .. }) = steps.get(at) else {
                continue;
            };
            match seen.get_mut(id.0) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let value = self.value(id);
            let first = steps.len();
            match &value.how {
                How::Leaf(_) | How::Constant { .. } => {}
                How::Array(inner) | How::Map(inner) => {
                    steps.push(Step::new(*inner, at, Way::Items));
                }
                How::Record(sources) => {
                    if let Kind::Record(fields) = &self.reader(value).kind {
                        let inner = fields.iter().zip(&sources.read).map(|(field, source)| {
                            Step::new(source.value, at, Way::Field(&field.name))
                        });
                        steps.extend(inner);
                    }
                }
                How::Union(branches) => {
                    let inner = branches.targets.iter().filter_map(|target| match target {
                        Target::Branch { value, .. } => Some(Step::new(*value, at, Way::Branch)),
                        Target::Refused(_) => None,
                    });
                    steps.extend(inner);
                }
                How::Mismatch(reason) => return Err(at_step(mismatch(reason), &steps, at)),
            }
            left.extend((first..steps.len()).rev());
        }
        Ok(())
    }
}

/// A value on the way from the one that is checked, and the number of the step before it.
struct Step<'a> {
    value: ValueId,
    from: usize,
    way: Way<'a>,
}

/// Where a value is in the one before it.
enum Way<'a> {
    Field(&'a str),
    Items,
    Branch,
}

impl<'a> Step<'a> {
    fn new(value: ValueId, from: usize, way: Way<'a>) -> Self {
        Self { value, from, way }
    }
}

/// The error with the path to the step of this number.
#[cold]
fn at_step(mut error: Error, steps: &[Step<'_>], mut at: usize) -> Error {
    while let Some(step) = steps.get(at).filter(|_| at != 0) {
        if error
            .place()
            .field
            .as_ref()
            .is_some_and(|path| path.len() > MAX_PATH)
        {
            return error.in_field("…");
        }
        error = match step.way {
            Way::Field(name) => error.in_field(name),
            Way::Items => error.in_items(),
            Way::Branch => error,
        };
        at = step.from;
    }
    error
}

/// The error for what cannot be read.
#[cold]
pub(crate) fn mismatch(reason: &str) -> Error {
    Error::new(ErrorKind::SchemaMismatch, reason)
}

struct Resolver<'a> {
    types: &'a Types,
    values: Vec<Value>,
    known: HashMap<(NodeId, NodeId), ValueId>,
    depth: usize,
    /// Branches of unions that may still be compared with one another.
    comparisons_left: usize,
    /// Values that defaults may still have.
    default_values_left: usize,
    limits: &'a Limits,
}

impl<'a> Resolver<'a> {
    fn value(&mut self, writer: NodeId, reader: NodeId) -> Result<ValueId> {
        if let Some(&known) = self.known.get(&(writer, reader)) {
            return Ok(known);
        }
        if self.depth == MAX_DEPTH {
            let what = format!("the schema nests deeper than {MAX_DEPTH} types");
            return Err(Error::new(ErrorKind::Limit(Limit::SchemaDepth), what));
        }
        let id = self.add(Value {
            writer,
            reader,
            how: How::Mismatch(String::new()),
        })?;
        self.known.insert((writer, reader), id);
        self.depth += 1;
        let how = stack::at_level(|| self.how(writer, reader))?;
        self.depth -= 1;
        if let Some(value) = self.values.get_mut(id.0) {
            value.how = how;
        }
        Ok(id)
    }

    fn add(&mut self, value: Value) -> Result<ValueId> {
        // Twice: a schema of the most types that are allowed can be read with a reader's.
        let most = self.limits.schema_nodes.saturating_mul(2);
        if self.values.len() >= most {
            return Err(Error::new(
                ErrorKind::Limit(Limit::SchemaNodes),
                format!("resolving the schema takes more than {most} types, twice schema_nodes"),
            ));
        }
        self.values.push(value);
        Ok(ValueId(self.values.len() - 1))
    }

    fn how(&mut self, writer: NodeId, reader: NodeId) -> Result<How> {
        let (written, read) = (self.types.node(writer), self.types.node(reader));
        Ok(match (&written.kind, &read.kind) {
            (Kind::Union(_), _) | (_, Kind::Union(_)) => self.union(writer, reader)?,
            (Kind::Array(written), Kind::Array(read)) => How::Array(self.value(*written, *read)?),
            (Kind::Map(written), Kind::Map(read)) => How::Map(self.value(*written, *read)?),
            (Kind::Record(written), Kind::Record(read)) => self.record(written, read)?,
            _ => match leaf::resolve(written, read) {
                Ok(leaf) => How::Leaf(leaf),
                Err(reason) => How::Mismatch(reason),
            },
        })
    }

    fn record(&mut self, written: &[Field], read: &[Field]) -> Result<How> {
        let sources = sources(written, read);
        let mut readers: Vec<Option<usize>> = vec![None; written.len()];
        for (number, source) in sources.iter().enumerate() {
            if let Some(reader) = source.and_then(|index| readers.get_mut(index)) {
                *reader = Some(number);
            }
        }
        let sources = sources.into_iter().zip(read).map(|(index, field)| {
            let value = match index.and_then(|index| written.get(index)) {
                Some(source) => self.value(source.node, field.node)?,
                None => self.missing(field)?,
            };
            Ok(Source {
                field: index,
                value,
            })
        });
        let read = sources.collect::<Result<Vec<_>>>()?;
        let unread = readers.into_iter().zip(written);
        let written = unread.map(|(reader, field)| match reader {
            Some(number) => Ok(Ok(number)),
            None => self.value(field.node, field.node).map(Err),
        });
        let written = written.collect::<Result<Vec<_>>>()?;
        let mut fields = read.iter().map(|source| source.field).enumerate();
        let in_order =
            read.len() == written.len() && fields.all(|(number, field)| field == Some(number));
        Ok(How::Record(Sources {
            read,
            written,
            in_order,
        }))
    }

    /// A field that the writer does not have.
    fn missing(&mut self, field: &Field) -> Result<ValueId> {
        let how = match &field.default {
            None => How::Mismatch("the field is not in the file, and has no default".to_owned()),
            Some(default) => {
                let left = &mut self.default_values_left;
                match default::encode(self.types, field.node, default, left) {
                    Ok(bytes) => self.constant(field.node, bytes)?,
                    Err(reason) => How::Mismatch(format!("the default is not valid: {reason}")),
                }
            }
        };
        self.add(Value {
            writer: field.node,
            reader: field.node,
            how,
        })
    }

    /// Always the value of this type of the reader's that `bytes` encode.
    fn constant(&mut self, reader: NodeId, bytes: Vec<u8>) -> Result<How> {
        Ok(How::Constant {
            value: self.value(reader, reader)?,
            bytes: bytes.into(),
        })
    }
}

/// For each field to read, the number of the written one of its name, or else of an alias of it.
/// No field is read twice.
fn sources(written: &[Field], read: &[Field]) -> Vec<Option<usize>> {
    let numbers: HashMap<&str, usize> = written
        .iter()
        .enumerate()
        .map(|(number, field)| (field.name.as_str(), number))
        .collect();
    let mut free = vec![true; written.len()];
    let mut take = |name: &str| {
        let number = *numbers.get(name)?;
        std::mem::take(free.get_mut(number)?).then_some(number)
    };
    let mut sources: Vec<Option<usize>> = read.iter().map(|field| take(&field.name)).collect();
    for (source, field) in sources.iter_mut().zip(read) {
        if source.is_none() {
            *source = field.aliases.iter().find_map(|alias| take(alias));
        }
    }
    sources
}

#[cfg(test)]
mod tests;
