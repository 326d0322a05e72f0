//! Where in the schema an error is.

use std::collections::{HashMap, HashSet};

use super::{Content, Merger, SlotId, TypeId};
use crate::error::Error;

/// Longest path that an error shows, in bytes: of a longer one, the end.
const MAX_PATH: usize = 1000;

/// What an error is about.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Slot(SlotId),
    Type(TypeId),
}

/// A slot on the way, and the way there.
struct Step {
    slot: SlotId,
    from: usize,
    name: String,
}

impl Merger {
    /// The error with the shortest path from the root to its place.
    #[cold]
    pub(super) fn locate(&mut self, error: Error, place: Place) -> Error {
        match self.path(place) {
            Some(path) if !path.is_empty() => error.in_field(&path),
            _ => error,
        }
    }

    fn path(&mut self, place: Place) -> Option<String> {
        let place = match place {
            Place::Type(id) => Place::Type(self.find(id)),
            slot => slot,
        };
        // What has not been merged yet is at the place of what it is to be merged into.
        let mut waiting: HashMap<SlotId, Vec<SlotId>> = HashMap::new();
        for &(first, second) in &self.pairs {
            waiting.entry(first).or_default().push(second);
        }
        let step = |slot, from, name| Step { slot, from, name };
        let mut steps = vec![step(self.root?, 0, String::new())];
        let mut seen = HashSet::new();
        let mut next = 0;
        while let Some(&Step { slot, .. }) = steps.get(next) {
            if place == Place::Slot(slot) {
                return Some(path_to(&steps, next));
            }
            for &slot in waiting.get(&slot).into_iter().flatten() {
                steps.push(step(slot, next, String::new()));
            }
            let types = self.slots.get(slot.0).map(|slot| slot.types.clone());
            let types = types.unwrap_or_default();
            let union = types.len() > 1;
            for id in types {
                let id = self.find(id);
                if place == Place::Type(id) {
                    return Some(path_to(&steps, next));
                }
                if !seen.insert(id) {
                    continue;
                }
                let type_ = self.type_(id);
                let name = type_.name().unwrap_or(type_.kind());
                let branch = match (union, name.rsplit_once('.')) {
                    (false, _) => "",
                    (true, Some((_, short))) => short,
                    (true, None) => name,
                };
                match &type_.content {
                    Content::Array(inner) | Content::Map(inner) => {
                        steps.push(step(*inner, next, format!("{branch}[]")));
                    }
                    Content::Record(record) => {
                        let dot = if branch.is_empty() { "" } else { "." };
                        for (name, field) in &record.fields {
                            let name = format!("{branch}{dot}{name}");
                            steps.push(step(field.slot, next, name));
                        }
                    }
                    Content::Leaf(_) | Content::Enum(_) => {}
                }
            }
            next += 1;
        }
        None
    }
}

fn path_to(steps: &[Step], mut at: usize) -> String {
    let mut names = Vec::new();
    let mut length = 0;
    while at != 0 {
        let Some(step) = steps.get(at) else { break };
        if length > MAX_PATH {
            names.push("…");
            break;
        }
        length += step.name.len();
        names.push(&step.name);
        at = step.from;
    }
    let mut path = String::new();
    for name in names.into_iter().rev().filter(|name| !name.is_empty()) {
        if !path.is_empty() && !name.starts_with('[') {
            path.push('.');
        }
        path.push_str(name);
    }
    path
}
