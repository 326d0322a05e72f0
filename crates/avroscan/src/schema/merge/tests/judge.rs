//! Whether all values of one schema can be read as another (specification: "Schema Resolution"), with
//! what the reader of this crate adds: records, enums and fixed outside of unions may have any
//! name, units of time and decimals are converted.

use std::collections::HashSet;

use crate::limits::Limits;
use crate::resolve::{How, Resolved, Target};
use crate::schema::{AvroSchema, Kind, Logical, Node, NodeId};

pub(super) fn assert_resolves(writer: &AvroSchema, reader: &AvroSchema) {
    let mut judge = Judge {
        writer,
        reader,
        seen: HashSet::new(),
    };
    let resolves = judge.resolves(writer.root(), reader.root());
    assert!(resolves, "{}\n{}", writer.json(), reader.json());
    assert_is_resolved(writer, reader);
}

/// The reader of this crate resolves them as well, and refuses no branch.
fn assert_is_resolved(writer: &AvroSchema, reader: &AvroSchema) {
    let resolved = Resolved::new(writer, Some(reader), &Limits::default()).unwrap();
    let mut seen = HashSet::new();
    let mut left = vec![resolved.root()];
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        match &resolved.value(id).how {
            How::Leaf(_) | How::Constant { .. } => {}
            How::Array(inner) | How::Map(inner) => left.push(*inner),
            How::Record(sources) => left.extend(sources.read.iter().map(|source| source.value)),
            How::Union(branches) => left.extend(branches.targets.iter().map(|to| match to {
                Target::Branch { value, .. } => *value,
                Target::Refused(why) => panic!("{why}: {} {}", writer.json(), reader.json()),
            })),
            How::Mismatch(why) => panic!("{why}: {} {}", writer.json(), reader.json()),
        }
    }
}

struct Judge<'a> {
    writer: &'a AvroSchema,
    reader: &'a AvroSchema,
    seen: HashSet<(NodeId, NodeId)>,
}

impl Judge<'_> {
    fn resolves(&mut self, w: NodeId, r: NodeId) -> bool {
        if !self.seen.insert((w, r)) {
            return true;
        }
        let (writer, reader) = (self.writer.types().node(w), self.reader.types().node(r));
        match (&writer.kind, &reader.kind) {
            (Kind::Union(branches), _) => branches.iter().all(|&w| self.resolves(w, r)),
            (_, Kind::Union(branches)) => {
                valid(self.reader, branches);
                let node = |r: &NodeId| self.reader.types().node(*r);
                let fits: [fn(&Node, &Node) -> bool; 4] = [exact, by_alias, by_name, promotes];
                let found = fits
                    .iter()
                    .find_map(|fit| branches.iter().find(|&r| fit(writer, node(r))));
                found.is_some_and(|&r| self.resolves(w, r))
            }
            (Kind::Array(w), Kind::Array(r)) | (Kind::Map(w), Kind::Map(r)) => {
                self.resolves(*w, *r)
            }
            (Kind::Record(written), Kind::Record(read)) => read.iter().all(|field| {
                let by_alias = |name: &String| field.aliases.contains(name);
                let same = written.iter().find(|w| w.name == field.name);
                assert!(!written.iter().any(|w| by_alias(&w.name)), "{field:?}");
                match same {
                    Some(w) => self.resolves(w.node, field.node),
                    None => {
                        let Some(default) = &field.default else {
                            return false;
                        };
                        let node = self.reader.types().node(field.node);
                        let first = match &node.kind {
                            Kind::Union(branches) => self.reader.types().node(branches[0]),
                            _ => node,
                        };
                        default.is_null() == matches!(first.kind, Kind::Null)
                    }
                }
            }),
            (Kind::Enum(w), Kind::Enum(r)) => w.symbols.iter().all(|s| r.symbols.contains(s)),
            _ => promotes(writer, reader),
        }
    }
}

/// A union has one branch of each kind or name.
fn valid(schema: &AvroSchema, branches: &[NodeId]) {
    let mut seen = HashSet::new();
    for &branch in branches {
        let node = schema.types().node(branch);
        let name = node.name.clone();
        let what = name.unwrap_or_else(|| format!("unnamed {}", node.kind.name()));
        assert!(seen.insert(what), "{}", schema.json());
        assert!(!matches!(node.kind, Kind::Union(_)), "{}", schema.json());
    }
}

fn exact(w: &Node, r: &Node) -> bool {
    w.kind.name() == r.kind.name() && w.name == r.name
}

fn by_alias(w: &Node, r: &Node) -> bool {
    let written = w.name.as_ref();
    w.kind.name() == r.kind.name() && written.is_some_and(|name| r.aliases.contains(name))
}

fn by_name(w: &Node, r: &Node) -> bool {
    let short = |node: &Node| node.name.as_ref()?.rsplit('.').next().map(str::to_owned);
    w.kind.name() == r.kind.name() && short(w).is_some() && short(w) == short(r)
}

fn promotes(w: &Node, r: &Node) -> bool {
    let number = |kind: &Kind| {
        ["int", "long", "float", "double"]
            .iter()
            .position(|name| *name == kind.name())
    };
    let kinds = match (&w.kind, &r.kind) {
        (Kind::Bytes | Kind::Fixed(_), Kind::Bytes)
            if matches!(w.logical, Some(Logical::Decimal { .. })) =>
        {
            true
        }
        (Kind::Bytes | Kind::Enum(_), Kind::String) => true,
        (Kind::String | Kind::Enum(_), Kind::Bytes) => true,
        (Kind::Fixed(w), Kind::Fixed(r)) => w == r,
        (Kind::Record(_) | Kind::Array(_) | Kind::Map(_) | Kind::Enum(_), _) => false,
        (w, r) => match (number(w), number(r)) {
            (Some(w), Some(r)) => w <= r,
            _ => w.name() == r.name(),
        },
    };
    kinds && logical(w, r)
}

fn logical(w: &Node, r: &Node) -> bool {
    match (w.logical, r.logical) {
        (
            Some(Logical::Decimal {
                precision: p,
                scale: s,
            }),
            Some(Logical::Decimal { precision, scale }),
        ) => scale >= s && precision - scale >= p - s,
        (Some(w), Some(r)) => {
            let family = |logical: Logical| {
                let name = format!("{logical:?}");
                let unit = ["Millis", "Micros", "Nanos"]
                    .iter()
                    .find_map(|unit| name.strip_suffix(unit));
                unit.map_or(name.clone(), str::to_owned)
            };
            family(w) == family(r)
        }
        (Some(Logical::Uuid), None) | (None, None) => true,
        _ => false,
    }
}
