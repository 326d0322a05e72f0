//! The default of a field, from JSON to the bytes that a writer would have written (specification:
//! "Complex Types", the table of field default values).

use serde_json::Value as Json;

use crate::schema::{Kind, Node, NodeId, Types};
use crate::stack;
use crate::wire::encode_long;

/// Deepest nesting of a default: a record's default may lean on the defaults of its own fields.
const MAX_DEPTH: usize = 64;

/// Most values in the defaults of a resolution, times the branches they are tried on; a kilobyte of
/// text counts as one, and so do the symbols of an enum that are looked through, 64 at a time. Where a
/// record's default leans on two of its fields' and theirs on two more each, a short schema has a default
/// without end.
pub(super) const MAX_VALUES: usize = 1 << 20;

/// The encoding of `value` as a value of this type, or why it is none. Takes what it costs from
/// `values_left`, which all defaults share.
pub(super) fn encode(
    types: &Types,
    id: NodeId,
    value: &Json,
    values_left: &mut usize,
) -> Result<Vec<u8>, String> {
    let mut encoder = Encoder {
        types,
        bytes: Vec::new(),
        depth: 0,
        values_left,
    };
    encoder.value(id, value)?;
    Ok(encoder.bytes)
}

struct Encoder<'a> {
    types: &'a Types,
    bytes: Vec<u8>,
    depth: usize,
    values_left: &'a mut usize,
}

impl Encoder<'_> {
    fn value(&mut self, id: NodeId, value: &Json) -> Result<(), String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("it nests deeper than {MAX_DEPTH} levels"));
        }
        let text = value.as_str().map_or(0, str::len);
        let symbols = match &self.types.node(id).kind {
            Kind::Enum(kind) => kind.symbols.len(),
            _ => 0,
        };
        let Some(left) = self.values_left.checked_sub(1 + text / 1024 + symbols / 64) else {
            return Err(format!(
                "all defaults together have more than {MAX_VALUES} values"
            ));
        };
        *self.values_left = left;
        self.depth += 1;
        let result = stack::at_level(|| self.inside(id, value));
        self.depth -= 1;
        result
    }

    fn inside(&mut self, id: NodeId, value: &Json) -> Result<(), String> {
        let node = self.types.node(id);
        let wrong = || wrong(node, value);
        match &node.kind {
            Kind::Null => value.as_null().ok_or_else(wrong)?,
            Kind::Boolean => self.bytes.push(value.as_bool().ok_or_else(wrong)?.into()),
            Kind::Int => {
                let number = value.as_i64().filter(|n| i32::try_from(*n).is_ok());
                encode_long(number.ok_or_else(wrong)?, &mut self.bytes);
            }
            Kind::Long => encode_long(value.as_i64().ok_or_else(wrong)?, &mut self.bytes),
            Kind::Float => {
                let number = floating(value).ok_or_else(wrong)? as f32;
                self.bytes.extend(number.to_le_bytes());
            }
            Kind::Double => {
                let number = floating(value).ok_or_else(wrong)?;
                self.bytes.extend(number.to_le_bytes());
            }
            Kind::String => self.prefixed(value.as_str().ok_or_else(wrong)?.as_bytes()),
            Kind::Bytes => self.prefixed(&code_points(value).ok_or_else(wrong)?),
            Kind::Fixed(size) => {
                let bytes = code_points(value).filter(|bytes| bytes.len() == *size);
                self.bytes.extend(bytes.ok_or_else(wrong)?);
            }
            Kind::Enum(symbols) => {
                let is_it = |symbol: &String| value.as_str() == Some(symbol);
                let index = symbols.symbols.iter().position(is_it).ok_or_else(wrong)?;
                encode_long(index as i64, &mut self.bytes);
            }
            Kind::Array(items) => {
                let list = value.as_array().ok_or_else(wrong)?;
                self.count(list.len());
                list.iter().try_for_each(|item| self.value(*items, item))?;
                self.end_items(list.len());
            }
            Kind::Map(values) => {
                let entries = value.as_object().ok_or_else(wrong)?;
                self.count(entries.len());
                for (key, value) in entries {
                    self.prefixed(key.as_bytes());
                    self.value(*values, value)?;
                }
                self.end_items(entries.len());
            }
            Kind::Record(fields) => {
                let object = value.as_object().ok_or_else(wrong)?;
                for field in fields {
                    let value = object.get(&field.name).or(field.default.as_deref());
                    let missing = || format!("it has no value for the field `{}`", field.name);
                    self.value(field.node, value.ok_or_else(missing)?)
                        .map_err(|reason| format!("{}: {reason}", field.name))?;
                }
            }
            Kind::Union(branches) => self.union(branches, value).ok_or_else(wrong)?,
        }
        Ok(())
    }

    /// A default belongs to the first branch that it is a value of.
    fn union(&mut self, branches: &[NodeId], value: &Json) -> Option<()> {
        let before = self.bytes.len();
        branches.iter().enumerate().find_map(|(index, &branch)| {
            encode_long(index as i64, &mut self.bytes);
            let encoded = self.value(branch, value).ok();
            if encoded.is_none() {
                self.bytes.truncate(before);
            }
            encoded
        })
    }

    fn prefixed(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn count(&mut self, count: usize) {
        encode_long(count as i64, &mut self.bytes);
    }

    /// A block of no items ends the items; if there were none, that was it.
    fn end_items(&mut self, count: usize) {
        if count > 0 {
            self.count(0);
        }
    }
}

/// Numbers, and what Java writes for those that JSON lacks.
fn floating(value: &Json) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}

/// Bytes are text in which the code points 0 to 255 are the bytes.
fn code_points(value: &Json) -> Option<Vec<u8>> {
    let chars = value.as_str()?.chars();
    chars.map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Short, whatever the value: there is one for each branch that it is tried on.
#[cold]
fn wrong(node: &Node, value: &Json) -> String {
    let what = match value {
        Json::String(text) => match text.char_indices().nth(60) {
            Some((end, _)) => format!("{:?}..", text.get(..end).unwrap_or_default()),
            None => value.to_string(),
        },
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        short => short.to_string(),
    };
    format!("{what} is no value of type {}", node.kind.name())
}
