//! Values of recursive types as JSON text, read value by value by the schema.
//!
//! Records and maps are objects, arrays are arrays, a union is the value of its branch, enums and
//! strings are strings. Bytes, fixed and what they stand for are their hexadecimal digits; other
//! logical types are the number that the file holds. Numbers that JSON lacks are the strings
//! `"NaN"`, `"Infinity"` and `"-Infinity"`.

use std::sync::Arc;

use serde_json::Value;

use super::views::{ViewValue, Views};
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{AvroSchema, Kind, NodeId};

pub(crate) struct Json {
    schema: Arc<AvroSchema>,
    node: NodeId,
    recursive: Vec<NodeId>,
    text: String,
}

impl Json {
    pub(crate) fn new(schema: Arc<AvroSchema>, node: NodeId, recursive: Vec<NodeId>) -> Self {
        Self {
            schema,
            node,
            recursive,
            text: String::new(),
        }
    }
}

impl ViewValue for Json {
    const IS_TEXT: bool = true;

    fn read(&mut self, input: &mut Input<'_>, views: &mut Views) -> Result<()> {
        self.text.clear();
        let Self {
            schema,
            node,
            recursive,
            text,
        } = self;
        Writer {
            schema,
            recursive,
            text,
            input,
        }
        .value(*node)?;
        views.push(text.as_bytes(), input)
    }
}

/// Reads a value and writes it.
struct Writer<'a, 'b> {
    schema: &'a AvroSchema,
    recursive: &'a [NodeId],
    text: &'a mut String,
    input: &'a mut Input<'b>,
}

impl Writer<'_, '_> {
    fn value(&mut self, id: NodeId) -> Result<()> {
        let schema = self.schema;
        match &schema.node(id).kind {
            Kind::Null => self.write("null"),
            Kind::Boolean => {
                let value = self.input.cursor.boolean()?;
                self.write(if value { "true" } else { "false" })
            }
            Kind::Int => {
                let value = self.input.cursor.int()?;
                self.write(&value.to_string())
            }
            Kind::Long => {
                let value = self.input.cursor.long()?;
                self.write(&value.to_string())
            }
            Kind::Float => {
                let value = f32::from_le_bytes(self.input.cursor.array()?);
                self.number(f64::from(value), &Value::from(value))
            }
            Kind::Double => {
                let value = f64::from_le_bytes(self.input.cursor.array()?);
                self.number(value, &Value::from(value))
            }
            Kind::Bytes => {
                let bytes = self.input.cursor.bytes()?;
                self.hex(bytes)
            }
            Kind::Fixed(size) => {
                let bytes = self.input.cursor.take(*size)?;
                self.hex(bytes)
            }
            Kind::String => self.string(),
            Kind::Enum(symbols) => {
                let index = self.input.cursor.index(symbols.len(), "an enum symbol")?;
                self.quoted(symbols.get(index).map_or("", String::as_str))
            }
            Kind::Array(items) => self.items('[', ']', |this| this.value(*items)),
            Kind::Map(values) => self.items('{', '}', |this| {
                this.string()?;
                this.write(":")?;
                this.value(*values)
            }),
            Kind::Record(fields) => {
                let recursive = self.recursive.contains(&id);
                if recursive {
                    self.input.descend()?;
                }
                for (number, field) in fields.iter().enumerate() {
                    self.write(if number == 0 { "{" } else { "," })?;
                    self.quoted(&field.name)?;
                    self.write(":")?;
                    self.value(field.node)
                        .map_err(|error| error.in_field(&field.name))?;
                }
                if recursive {
                    self.input.ascend();
                }
                self.write(if fields.is_empty() { "{}" } else { "}" })
            }
            Kind::Union(branches) => {
                let index = self.input.cursor.index(branches.len(), "a union branch")?;
                branches
                    .get(index)
                    .map_or(Ok(()), |&branch| self.value(branch))
            }
        }
    }

    fn items(
        &mut self,
        open: char,
        close: char,
        mut item: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut first = true;
        self.write(open.encode_utf8(&mut [0; 4]))?;
        // What an item takes at least is not known here: none is taken for granted.
        while let Some(block) = self.input.item_block(0, 0)? {
            for _ in 0..block.count {
                if !std::mem::take(&mut first) {
                    self.write(",")?;
                }
                item(self).map_err(Error::in_items)?;
            }
            self.input.cursor.end_item_block(block)?;
        }
        self.write(close.encode_utf8(&mut [0; 4]))
    }

    fn string(&mut self) -> Result<()> {
        let bytes = self.input.cursor.bytes()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.quoted(text),
            Err(_) => Err(Error::new(ErrorKind::Utf8, "a string is not UTF-8")),
        }
    }

    fn quoted(&mut self, text: &str) -> Result<()> {
        self.write(&Value::from(text).to_string())
    }

    fn number(&mut self, value: f64, json: &Value) -> Result<()> {
        if value.is_finite() {
            self.write(&json.to_string())
        } else if value.is_nan() {
            self.write("\"NaN\"")
        } else {
            self.write(if value > 0.0 {
                "\"Infinity\""
            } else {
                "\"-Infinity\""
            })
        }
    }

    fn hex(&mut self, bytes: &[u8]) -> Result<()> {
        self.write("\"")?;
        for byte in bytes {
            self.write(&format!("{byte:02x}"))?;
        }
        self.write("\"")
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.input.charge(text.len())?;
        self.text.push_str(text);
        Ok(())
    }
}
