//! Unions take in each other's branches.

use std::collections::{HashMap, VecDeque};

use super::{Content, Merger, Slot, SlotId, TypeId, leaf};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;
use crate::schema::Kind;

/// What a union has one branch of: a named type, or an unnamed kind of type.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Named(TypeId),
    Unnamed(&'static str),
}

/// The branches of a union while others are added to it.
#[derive(Default)]
struct Branches {
    types: Vec<TypeId>,
    exact: HashMap<Key, usize>,
    /// Kind and unqualified name -> the branches.
    short: HashMap<(&'static str, String), VecDeque<usize>>,
    /// Whether a branch has met one of the others: two of one union stay two.
    taken: Vec<bool>,
}

impl Merger {
    /// Adds the branches of another union to a slot. Each is merged with the same one; or with the
    /// first that has no other partner and the same unqualified name, or that is a number or text
    /// as well; or it is a further one.
    pub(super) fn add_branches(&mut self, slot: &mut Slot, others: Vec<TypeId>) -> Result<()> {
        let looked_at = slot.types.len() + others.len();
        self.branches_left = self.branches_left.checked_sub(looked_at).ok_or_else(|| {
            let what = "the unions of the schemas are too large to merge";
            Error::new(ErrorKind::Limit(Limit::UnionBranches), what)
        })?;
        let mut branches = Branches::default();
        for id in std::mem::take(&mut slot.types) {
            self.push_branch(&mut branches, id, false);
        }
        let result = self.merge_branches(&mut branches, others);
        slot.types = branches.types;
        result
    }

    fn merge_branches(&mut self, branches: &mut Branches, others: Vec<TypeId>) -> Result<()> {
        let mut rest = Vec::new();
        for id in others {
            match branches.exact.get(&self.key(id)) {
                Some(&same) => self.merge_branch(branches, same, id)?,
                None => rest.push(id),
            }
        }
        for id in rest {
            let key = self.key(id);
            match self.fitting(branches, id, &key) {
                Some(fitting) => {
                    self.merge_branch(branches, fitting, id)?;
                    branches.exact.insert(key, fitting);
                }
                None => self.push_branch(branches, id, true),
            }
        }
        Ok(())
    }

    fn merge_branch(&mut self, branches: &mut Branches, at: usize, id: TypeId) -> Result<()> {
        if let Some(taken) = branches.taken.get_mut(at) {
            *taken = true;
        }
        match branches.types.get(at) {
            Some(&there) => self.merge_types(there, id),
            None => Ok(()),
        }
    }

    fn push_branch(&mut self, branches: &mut Branches, id: TypeId, taken: bool) {
        let number = branches.types.len();
        branches.exact.entry(self.key(id)).or_insert(number);
        if let Some(short) = self.short_name(id) {
            branches.short.entry(short).or_default().push_back(number);
        }
        branches.types.push(id);
        branches.taken.push(taken);
    }

    fn fitting(&mut self, branches: &mut Branches, id: TypeId, key: &Key) -> Option<usize> {
        // There may be one by now, of the same list.
        if let Some(&same) = branches.exact.get(key) {
            return Some(same);
        }
        let free = |taken: &[bool], at: usize| taken.get(at) == Some(&false);
        if let Some(same) = self
            .short_name(id)
            .and_then(|short| branches.short.get_mut(&short))
        {
            while let Some(&at) = same.front() {
                if free(&branches.taken, at) && self.can_merge(branches.types.get(at), id) {
                    return Some(at);
                }
                same.pop_front();
            }
        }
        let id = self.find(id);
        match &self.type_(id).content {
            // Of the many types of fixed, none but a decimal goes with anything else.
            Content::Leaf(leaf) if matches!(leaf.kind, Kind::Fixed(_)) => {
                let at = *branches.exact.get(&Key::Unnamed("bytes"))?;
                let fits = free(&branches.taken, at) && self.can_merge(branches.types.get(at), id);
                fits.then_some(at)
            }
            Content::Leaf(_) => (0..branches.types.len()).find(|&at| {
                free(&branches.taken, at) && self.can_merge(branches.types.get(at), id)
            }),
            _ => None,
        }
    }

    /// Whether two types certainly merge as far as they have nothing inside.
    fn can_merge(&mut self, one: Option<&TypeId>, two: TypeId) -> bool {
        let Some(&one) = one else { return false };
        let (one, two) = (self.find(one), self.find(two));
        match (&self.type_(one).content, &self.type_(two).content) {
            (Content::Leaf(one), Content::Leaf(two)) => leaf::merge(one, two).is_some(),
            (Content::Record(_), Content::Record(_)) | (Content::Enum(_), Content::Enum(_)) => true,
            _ => false,
        }
    }

    fn key(&mut self, id: TypeId) -> Key {
        let id = self.find(id);
        let type_ = self.type_(id);
        match type_.names.is_empty() {
            true => Key::Unnamed(type_.kind()),
            false => Key::Named(id),
        }
    }

    fn short_name(&mut self, id: TypeId) -> Option<(&'static str, String)> {
        let id = self.find(id);
        let type_ = self.type_(id);
        let name = type_.name()?;
        let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
        Some((type_.kind(), short.to_owned()))
    }

    /// Merges branches that are the same, in all slots from this one on: in the file, or since two
    /// named types have become one.
    pub(super) fn make_unions_valid(&mut self, from: usize) -> Result<()> {
        for number in from..self.slots.len() {
            let several = |slot: &Slot| slot.types.len() > 1;
            if self.slots.get(number).is_some_and(several) {
                self.change_slot(SlotId(number), |this, slot| {
                    let types = std::mem::take(&mut slot.types);
                    this.add_branches(slot, types)
                })?;
            }
        }
        Ok(())
    }
}
