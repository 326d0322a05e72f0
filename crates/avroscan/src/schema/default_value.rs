//! The default of a field, which may nest as deep as a schema's text.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use crate::stack;

/// The default of a field, as JSON. A clone shares it.
#[derive(Clone)]
pub(crate) struct DefaultValue(Arc<Tree>);

struct Tree {
    value: Value,
    /// How deep it nests: what it takes to print it, and to drop it.
    levels: usize,
}

impl DefaultValue {
    pub(crate) fn new(value: Value) -> Self {
        let levels = levels(&value);
        Self(Arc::new(Tree { value, levels }))
    }
}

fn levels(value: &Value) -> usize {
    stack::at_level(|| match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(levels).max().unwrap_or(0),
        _ => 0,
    })
}

impl Deref for DefaultValue {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0.value
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        stack::with_levels(self.0.levels, || self.0.value.fmt(f))
    }
}

impl fmt::Debug for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let value = self.value.take();
        stack::with_levels(self.levels, || drop(value));
    }
}
