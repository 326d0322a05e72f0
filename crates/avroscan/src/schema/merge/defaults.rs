//! What a field is where a record lacks it.

use serde_json::Value;

use super::{Content, Field, Leaf, Merger, Record, Slot, SlotId, TypeId};
use crate::schema::{DefaultValue, Kind};

/// Deepest nesting of a default, less than half of what resolution takes: there a union is a level as
/// well, and so is null. And most values in it times the branches they are tried on. Real ones are
/// null, zero and empty; one beyond this counts as wrong.
const MAX_DEPTH: usize = 31;
const MAX_STEPS: usize = 4096;

/// How a field ends up.
pub(super) struct Settled {
    pub(super) slot: SlotId,
    pub(super) null: Option<usize>,
    /// The branch to move to the front, where the default's type belongs.
    pub(super) front: usize,
    pub(super) default: Option<DefaultValue>,
}

impl Merger {
    /// The field's own default where it is right for the type that the field has now. A field that
    /// is lacking somewhere may be null, and null is its default if it has no other.
    pub(super) fn settle(&self, record: &Record, field: &Field) -> Settled {
        let lacking = lacking(record, field);
        let slot = self.slot(field.slot);
        let mut settled = Settled {
            slot: field.slot,
            null: slot.null,
            front: 0,
            default: None,
        };
        let default = field.default.as_deref();
        let front = default.and_then(|value| self.branch_of(value, slot));
        if let (Some(value), Some(front)) = (&field.default, front) {
            settled.front = front;
            settled.null = match slot.null {
                Some(before) => Some(before.max(1)),
                None => lacking.then_some(slot.types.len()),
            };
            settled.default = Some(value.clone());
        } else if lacking || (default == Some(&Value::Null) && slot.null.is_some()) {
            settled.null = Some(0);
            settled.default = Some(DefaultValue::new(Value::Null));
        }
        settled
    }

    /// The first branch whose value this is.
    fn branch_of<'a>(&'a self, value: &'a Value, slot: &Slot) -> Option<usize> {
        let mut check = Check {
            merger: self,
            steps: 0,
        };
        let mut types = slot.types.iter();
        types.position(|&id| check.is_of(value, id, 0))
    }

    pub(super) fn slot(&self, id: SlotId) -> &Slot {
        static MISSING: Slot = Slot {
            types: Vec::new(),
            null: None,
            union: false,
        };
        self.slots.get(id.0).unwrap_or(&MISSING)
    }
}

fn lacking(record: &Record, field: &Field) -> bool {
    field.seen < record.members
}

/// Whether a default is a value of a type (specification: "Complex Types", the table of defaults).
struct Check<'a> {
    merger: &'a Merger,
    steps: usize,
}

impl<'a> Check<'a> {
    fn is_of(&mut self, value: &'a Value, id: TypeId, depth: usize) -> bool {
        let text = value.as_str().map_or(0, str::len);
        if depth >= MAX_DEPTH || !self.step(1 + text / 1024) {
            return false;
        }
        let type_ = self.merger.type_(self.merger.merged_into(id));
        match (&type_.content, value) {
            (Content::Leaf(leaf), value) => is_leaf(value, leaf),
            (Content::Enum(kind), Value::String(symbol)) => kind.symbols.contains_key(symbol),
            (Content::Array(slot), Value::Array(items)) => {
                items.iter().all(|item| self.fits(item, *slot, depth))
            }
            (Content::Map(slot), Value::Object(values)) => {
                values.values().all(|value| self.fits(value, *slot, depth))
            }
            (Content::Record(record), Value::Object(values)) => {
                let mut fields = record.fields.iter();
                // A value may lean on the field's own default, which must fit here too: it may lean
                // on this very value.
                let of = |name, field: &'a Field| values.get(name).or(field.default.as_deref());
                fields.all(|(name, field)| match of(name, field) {
                    _ if !self.step(1) => false,
                    // It will be nullable, and null by default.
                    None | Some(Value::Null) if lacking(record, field) => true,
                    Some(value) => self.fits(value, field.slot, depth),
                    None => false,
                })
            }
            _ => false,
        }
    }

    /// Counts some steps; whether they may be taken.
    fn step(&mut self, steps: usize) -> bool {
        self.steps = self.steps.saturating_add(steps);
        self.steps <= MAX_STEPS
    }

    fn fits(&mut self, value: &'a Value, slot: SlotId, depth: usize) -> bool {
        let slot = self.merger.slot(slot);
        if value.is_null() && slot.null.is_some() {
            return true;
        }
        let mut types = slot.types.iter();
        types.any(|&id| self.is_of(value, id, depth + 1))
    }
}

fn is_leaf(value: &Value, leaf: &Leaf) -> bool {
    let int = |value: i64| i32::try_from(value).is_ok();
    // One character stands for one byte.
    let bytes = |text: &str| text.chars().all(|c| u32::from(c) < 256);
    match (&leaf.kind, value) {
        (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Int, value) => value.as_i64().is_some_and(int),
        // Nought is the same in any unit.
        (Kind::Long, value) if leaf.changed => value.as_i64() == Some(0),
        (Kind::Long, value) => value.as_i64().is_some(),
        (Kind::Float | Kind::Double, Value::Number(_)) => true,
        // What Java writes for the numbers that JSON lacks.
        (Kind::Float | Kind::Double, Value::String(text)) => {
            ["NaN", "Infinity", "-Infinity"].contains(&text.as_str())
        }
        (Kind::String, Value::String(_)) => true,
        // The characters of text are bytes of their own only where they are ASCII.
        (Kind::Bytes, Value::String(text)) if leaf.changed => {
            leaf.logical.is_none() && text.is_ascii()
        }
        (Kind::Bytes, Value::String(text)) => bytes(text),
        (Kind::Fixed(size), Value::String(text)) => {
            !leaf.changed && text.chars().count() == *size && bytes(text)
        }
        _ => false,
    }
}
