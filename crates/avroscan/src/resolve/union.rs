//! Unions: which branch of the reader's a value goes to.

use super::leaf;
use super::{How, Resolver, ValueId};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::schema::{Kind, Node, NodeId};
use crate::wire::encode_long;

/// Values of which the writer's type, the reader's, or both are a union.
#[derive(Debug)]
pub(crate) struct Branches {
    /// Whether the number of a branch precedes the value in the file.
    pub(crate) tagged: bool,
    /// What becomes of the writer's branches; of the one type where it has no union.
    pub(crate) targets: Vec<Target>,
    /// The reader's branches that no value goes to, each read as itself.
    pub(crate) unused: Vec<(usize, ValueId)>,
}

/// What becomes of a branch.
#[derive(Debug)]
pub(crate) enum Target {
    /// It is this branch of the reader's union; the first where that is no union.
    Branch { branch: usize, value: ValueId },
    /// The reader has no place for it, for this reason: an error once a value is met.
    Refused(String),
}

impl Resolver<'_> {
    pub(super) fn union(&mut self, writer: NodeId, reader: NodeId) -> Result<How> {
        let types = self.types;
        let (written, tagged) = branches(types.node(writer), &writer);
        let (read, reads_union) = branches(types.node(reader), &reader);
        let mut targets = Vec::new();
        for (number, &branch) in written.iter().enumerate() {
            // A union read as itself needs no search, and may have branches that look the same.
            let found = match writer == reader {
                true => Some(number),
                false => self.find(branch, read)?,
            };
            targets.push(match found.and_then(|to| Some((to, *read.get(to)?))) {
                Some((to, id)) => Target::Branch {
                    branch: to,
                    value: self.value(branch, id)?,
                },
                None => Target::Refused(format!(
                    "the file has a value of type {}, which is not in the type to read, {}",
                    self.describe(branch),
                    self.describe(reader)
                )),
            });
        }
        let mut used = vec![false; read.len()];
        for target in &targets {
            if let Target::Branch { branch, .. } = target
                && let Some(used) = used.get_mut(*branch)
            {
                *used = true;
            }
        }
        let is_null = |id: NodeId| matches!(types.node(id).kind, Kind::Null);
        if !used.contains(&true) {
            return Ok(How::Mismatch(format!(
                "the file has {}, which cannot be read as {}",
                self.describe(writer),
                self.describe(reader)
            )));
        }
        if let ([only], false, [Target::Branch { branch, .. }]) = (written, tagged, &*targets)
            && reads_union
            && is_null(*only)
        {
            let mut bytes = Vec::new();
            encode_long(*branch as i64, &mut bytes);
            return self.constant(reader, bytes);
        }
        let branches = read.iter().enumerate().zip(used);
        let unused = branches.filter(|(_, used)| !used);
        let unused = unused.map(|((number, &id), _)| Ok((number, self.value(id, id)?)));
        let unused = unused.collect::<Result<_>>()?;
        Ok(How::Union(Branches {
            tagged,
            targets,
            unused,
        }))
    }

    /// The branch that values of this type go to: the one that is most like it, the first of
    /// several.
    fn find(&mut self, writer: NodeId, branches: &[NodeId]) -> Result<Option<usize>> {
        let written = self.types.node(writer);
        let of_branch = |id: &NodeId| comparisons(written, self.types.node(*id));
        let comparisons: usize = branches.iter().map(of_branch).sum();
        self.comparisons_left =
            self.comparisons_left
                .checked_sub(comparisons)
                .ok_or_else(|| {
                    let what = "two schemas have unions of too many branches to be compared";
                    Error::new(ErrorKind::Limit(Limit::UnionBranches), what)
                })?;
        let likeness = |id: &NodeId| likeness(written, self.types.node(*id));
        let alike = branches.iter().map(likeness).enumerate();
        let best = alike.filter_map(|(number, likeness)| Some((likeness?, number)));
        Ok(best.min().map(|(_, number)| number))
    }

    /// A type in words.
    fn describe(&self, id: NodeId) -> String {
        let node = self.types.node(id);
        let name = |node: &Node| match &node.name {
            Some(name) => format!("the {} `{name}`", node.kind.name()),
            None => node.kind.name().to_owned(),
        };
        match &node.kind {
            Kind::Union(branches) => {
                let names = branches.iter().take(8).map(|id| name(self.types.node(*id)));
                let more = if branches.len() > 8 { ", .." } else { "" };
                format!("union({}{more})", names.collect::<Vec<_>>().join(", "))
            }
            _ => name(node),
        }
    }
}

/// The branches of a union, or the one type that is none, and which of the two it is.
fn branches<'a>(node: &'a Node, id: &'a NodeId) -> (&'a [NodeId], bool) {
    match &node.kind {
        Kind::Union(branches) => (branches, true),
        _ => (std::slice::from_ref(id), false),
    }
}

/// How much work it is to compare two types: their names, aliases and symbols are looked at.
fn comparisons(written: &Node, read: &Node) -> usize {
    let symbols = match (&written.kind, &read.kind) {
        (Kind::Enum(from), Kind::Enum(to)) if leaf::same_name(written, read) => {
            from.symbols.len() + to.symbols.len()
        }
        _ => 0,
    };
    let aliases = match written.name {
        Some(_) => read.aliases.len(),
        None => 0,
    };
    // As many symbols and aliases as ordinary types have are free: real unions stay far from the limit.
    1 + (symbols + aliases) / 64
}

/// How much a branch is like a type: less is more, `None` where values cannot go there.
fn likeness(written: &Node, read: &Node) -> Option<u8> {
    let same_kind = std::mem::discriminant(&written.kind) == std::mem::discriminant(&read.kind);
    match &read.kind {
        Kind::Array(_) | Kind::Map(_) => same_kind.then_some(0),
        // Records of other names are other records here, where there may be several.
        Kind::Record(_) => {
            (same_kind && leaf::same_name(written, read)).then(|| likeness_of_names(written, read))
        }
        _ => leaf::resolve(written, read)
            .is_ok()
            .then(|| match same_kind {
                true => likeness_of_names(written, read),
                false => 4,
            }),
    }
}

/// The full name goes first, then one that the type also had, then the name without the namespace.
fn likeness_of_names(written: &Node, read: &Node) -> u8 {
    let alias = |name: &String| read.aliases.contains(name);
    match () {
        () if written.name == read.name => 0,
        () if written.name.as_ref().is_some_and(alias) => 1,
        () if written.name.is_some() != read.name.is_some() => 3,
        () if leaf::same_name(written, read) => 2,
        () => 3,
    }
}
