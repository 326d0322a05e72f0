//! Values of recursive types as JSON text, read value by value by the schema.
//!
//! Records and maps are objects, arrays are arrays, a union is the value of its branch, enums and
//! strings are strings. Bytes, fixed and what they stand for are their hexadecimal digits; other
//! logical types are the number that the file holds. Numbers that JSON lacks are the strings
//! `"NaN"`, `"Infinity"` and `"-Infinity"`.

use std::fmt::{self, Write};
use std::sync::Arc;

use serde_json::Value as JsonValue;

use super::enumeration::symbol_number;
use super::primitive::{
    FloatToDouble, IntToDouble, IntToFloat, IntToLong, LongToDouble, LongToFloat, Number,
};
use super::views::{ViewValue, Views};
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::StoredDecimal;
use crate::resolve::{
    Branches, How, Leaf, Promotion, Resolved, Source, Sources, Target, Value, ValueId, mismatch,
};
use crate::schema::{Enum, Field, Kind};
use crate::wire::Cursor;

pub(crate) struct Json {
    resolved: Arc<Resolved>,
    value: ValueId,
    text: String,
}

impl Json {
    pub(crate) fn new(resolved: Arc<Resolved>, value: ValueId) -> Self {
        Self {
            resolved,
            value,
            text: String::new(),
        }
    }
}

impl ViewValue for Json {
    const IS_TEXT: bool = true;

    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        let mut writer = Writer {
            resolved: &self.resolved,
            text: std::mem::take(&mut self.text),
            charged: 0,
            input: input.copy(),
        };
        writer.text.clear();
        writer.value(self.value)?;
        let charged = writer.charged;
        self.text = writer.text;
        input.cursor = writer.input.cursor;
        // The column accounts for the text from here on.
        input.budget.refund(charged);
        views.push(self.text.as_bytes(), input.budget)
    }
}

/// Reads a value and writes it.
struct Writer<'a, 'b> {
    resolved: &'a Resolved,
    text: String,
    /// What was charged for text so far.
    charged: usize,
    input: Input<'b, 'a>,
}

impl Writer<'_, '_> {
    fn value(&mut self, id: ValueId) -> Result<()> {
        let resolved = self.resolved;
        let value = resolved.value(id);
        match &value.how {
            How::Leaf(leaf) => self.leaf(value, leaf),
            How::Array(items) => self.inside(|this| this.array(*items)),
            How::Map(values) => self.inside(|this| this.map(*values)),
            How::Record(sources) => self.inside(|this| {
                let recursive = this.input.budget.recursion().contains(value.writer);
                if recursive {
                    this.input.budget.descend(0)?;
                }
                this.record(value, sources)?;
                if recursive {
                    this.input.budget.ascend(0);
                }
                Ok(())
            }),
            How::Union(branches) => self.inside(|this| this.union(branches)),
            How::Constant { value, bytes } => self.constant(*value, bytes),
            How::Mismatch(reason) => Err(mismatch(reason)),
        }
    }

    /// A value with others inside.
    fn inside(&mut self, value: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.input.budget.enter(1)?;
        value(self)?;
        self.input.budget.leave(1);
        Ok(())
    }

    /// A record, its fields in the order of the reader's.
    fn record(&mut self, value: &Value, sources: &Sources) -> Result<()> {
        let Kind::Record(fields) = &self.resolved.reader(value).kind else {
            return Ok(());
        };
        if !sources.in_order {
            return self.gathered(fields, sources);
        }
        for (number, (field, source)) in fields.iter().zip(&sources.read).enumerate() {
            self.write(if number == 0 { "{" } else { "," })?;
            self.field(field, source)?;
        }
        self.write(if fields.is_empty() { "{}" } else { "}" })
    }

    /// A record whose fields come in another order: each is written apart, then all are joined.
    fn gathered(&mut self, fields: &[Field], sources: &Sources) -> Result<()> {
        let before = std::mem::take(&mut self.text);
        let mut texts = vec![String::new(); fields.len()];
        for written in &sources.written {
            match written {
                Ok(number) => self.apart(*number, fields, sources, &mut texts)?,
                Err(unread) => {
                    self.value(*unread)?;
                    self.forget_text();
                }
            }
        }
        for (number, source) in sources.read.iter().enumerate() {
            if source.field.is_none() {
                self.apart(number, fields, sources, &mut texts)?;
            }
        }
        self.text = before;
        self.write("{")?;
        self.text.push_str(&texts.join(","));
        self.write("}")
    }

    /// Writes the field of this number into its own text.
    fn apart(
        &mut self,
        number: usize,
        fields: &[Field],
        sources: &Sources,
        texts: &mut [String],
    ) -> Result<()> {
        let source = sources.read.get(number);
        if let (Some(field), Some(source), Some(text)) =
            (fields.get(number), source, texts.get_mut(number))
        {
            self.field(field, source)?;
            *text = std::mem::take(&mut self.text);
        }
        Ok(())
    }

    /// Drops the text of a value that is not wanted.
    fn forget_text(&mut self) {
        let length = self.text.len();
        self.text.clear();
        self.charged = self.charged.saturating_sub(length);
        self.input.budget.refund(length);
    }

    fn field(&mut self, field: &Field, source: &Source) -> Result<()> {
        self.quoted(&field.name)?;
        self.write(":")?;
        self.value(source.value)
            .map_err(|error| error.in_field(&field.name))
    }

    fn union(&mut self, branches: &Branches) -> Result<()> {
        let index = match branches.tagged {
            true => {
                let count = branches.targets.len();
                self.input.cursor.index(count, "a union branch")?
            }
            false => 0,
        };
        match branches.targets.get(index) {
            Some(Target::Branch { value, .. }) => self.value(*value),
            Some(Target::Refused(reason)) => Err(mismatch(reason)),
            None => Ok(()),
        }
    }

    /// A value that is not in the file.
    fn constant(&mut self, value: ValueId, bytes: &[u8]) -> Result<()> {
        let mut budget = self.input.budget.of_constant();
        let mut writer = Writer {
            resolved: self.resolved,
            text: String::new(),
            charged: 0,
            input: Input::new(bytes, &mut budget),
        };
        writer.value(value)?;
        let text = writer.text;
        self.write(&text)
    }

    fn leaf(&mut self, value: &Value, leaf: &Leaf) -> Result<()> {
        let read = &self.resolved.reader(value).kind;
        let cursor = &mut self.input.cursor;
        match leaf {
            Leaf::Same => self.same(read),
            Leaf::Promoted(promotion) => match promotion {
                Promotion::IntToLong => self.integer(|cursor| IntToLong.read(cursor)),
                Promotion::IntToFloat => {
                    let value = IntToFloat.read(cursor)?;
                    self.float(value)
                }
                Promotion::LongToFloat => {
                    let value = LongToFloat.read(cursor)?;
                    self.float(value)
                }
                Promotion::IntToDouble => {
                    let value = IntToDouble.read(cursor)?;
                    self.double(value)
                }
                Promotion::LongToDouble => {
                    let value = LongToDouble.read(cursor)?;
                    self.double(value)
                }
                Promotion::FloatToDouble => {
                    let value = FloatToDouble.read(cursor)?;
                    self.double(value)
                }
            },
            // Times are the numbers they are here, whether there is such a time of day or not.
            Leaf::Rescaled(rescale) => self.integer(|cursor| rescale.of(cursor.long()?)),
            Leaf::Decimal { size, shift } => {
                let (size, shift) = (*size, *shift);
                let bytes = StoredDecimal { size, shift }.read(&mut self.input)?;
                match read {
                    Kind::Fixed(width) => self.hex(&widened(&bytes, *width)?),
                    _ => self.hex(&bytes),
                }
            }
            Leaf::SymbolText => {
                let Kind::Enum(Enum { symbols, .. }) = &self.resolved.writer(value).kind else {
                    return Ok(());
                };
                let index = cursor.index(symbols.len(), "an enum symbol")?;
                let symbol = symbols.get(index).map_or("", String::as_str);
                match read {
                    Kind::Bytes => self.hex(symbol.as_bytes()),
                    _ => self.quoted(symbol),
                }
            }
            Leaf::Symbols(numbers) => {
                let number = symbol_number(numbers, &mut self.input)?;
                self.symbol(read, number)
            }
        }
    }

    /// A value that is stored as the reader's type is.
    fn same(&mut self, kind: &Kind) -> Result<()> {
        let cursor = &mut self.input.cursor;
        match kind {
            Kind::Boolean => {
                let value = cursor.boolean()?;
                self.write(if value { "true" } else { "false" })
            }
            Kind::Int => self.integer(|cursor| cursor.int().map(i64::from)),
            Kind::Long => self.integer(|cursor| cursor.long()),
            Kind::Float => {
                let value = f32::from_le_bytes(cursor.array()?);
                self.float(value)
            }
            Kind::Double => {
                let value = f64::from_le_bytes(cursor.array()?);
                self.double(value)
            }
            Kind::Bytes => {
                let bytes = cursor.bytes()?;
                self.hex(bytes)
            }
            Kind::Fixed(size) => {
                let bytes = cursor.take(*size)?;
                self.hex(bytes)
            }
            Kind::String => self.string(),
            Kind::Enum(Enum { symbols, .. }) => {
                let index = cursor.index(symbols.len(), "an enum symbol")?;
                self.symbol(kind, index)
            }
            _ => self.write("null"),
        }
    }

    fn symbol(&mut self, kind: &Kind, index: usize) -> Result<()> {
        match kind {
            Kind::Enum(Enum { symbols, .. }) => {
                self.quoted(symbols.get(index).map_or("", String::as_str))
            }
            _ => Ok(()),
        }
    }

    fn integer(&mut self, read: impl FnOnce(&mut Cursor<'_>) -> Result<i64>) -> Result<()> {
        let value = read(&mut self.input.cursor)?;
        self.written(|text| write!(text, "{value}"))
    }

    fn float(&mut self, value: f32) -> Result<()> {
        self.number(f64::from(value), JsonValue::from(value))
    }

    fn double(&mut self, value: f64) -> Result<()> {
        self.number(value, JsonValue::from(value))
    }

    fn array(&mut self, items: ValueId) -> Result<()> {
        self.write("[")?;
        let smallest = self.smallest(items);
        self.items(smallest, |this| this.value(items))?;
        self.write("]")
    }

    fn map(&mut self, values: ValueId) -> Result<()> {
        self.write("{")?;
        let smallest = self.smallest(values).saturating_add(1);
        self.items(smallest, |this| {
            this.string()?;
            this.write(":")?;
            this.value(values)
        })?;
        self.write("}")
    }

    /// Fewest bytes in the file of an item of an array, or of a value of a map.
    fn smallest(&self, item: ValueId) -> usize {
        let writer = self.resolved.value(item).writer;
        self.input.budget.recursion().smallest(writer)
    }

    /// Items of at least so many bytes each.
    fn items(
        &mut self,
        smallest: usize,
        mut item: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let mut first = true;
        while let Some(block) = self.input.item_block(smallest, 0)? {
            for _ in 0..block.count {
                if !std::mem::take(&mut first) {
                    self.write(",")?;
                }
                item(self).map_err(Error::in_items)?;
            }
            self.input.cursor.end_item_block(block)?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<()> {
        let bytes = self.input.cursor.bytes()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.quoted(text),
            Err(_) => Err(Error::new(ErrorKind::Utf8, "a string is not UTF-8")),
        }
    }

    fn quoted(&mut self, text: &str) -> Result<()> {
        self.written(|out| write_quoted(text, out))
    }

    fn number(&mut self, value: f64, json: JsonValue) -> Result<()> {
        if value.is_finite() {
            self.written(|text| write!(text, "{json}"))
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
        self.charge(2 * bytes.len() + 2)?;
        self.text.push('"');
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        self.text.extend(digits.map(digit));
        self.text.push('"');
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<()> {
        self.charge(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    /// Charges for what `write` adds to the text: writing to a string does not fail.
    fn written(&mut self, write: impl FnOnce(&mut String) -> fmt::Result) -> Result<()> {
        let before = self.text.len();
        write(&mut self.text).unwrap_or_default();
        self.charge(self.text.len() - before)
    }

    fn charge(&mut self, bytes: usize) -> Result<()> {
        self.charged += bytes;
        self.input.budget.charge(bytes)
    }
}

/// A hexadecimal digit.
fn digit(value: u8) -> char {
    char::from(match value {
        0..10 => b'0' + value,
        _ => b'a' - 10 + value,
    })
}

/// Writes text as a JSON string.
fn write_quoted(text: &str, out: &mut String) -> fmt::Result {
    out.push('"');
    let is_plain = |c: char| c >= ' ' && c != '"' && c != '\\';
    for part in text.split_inclusive(|c| !is_plain(c)) {
        let plain = part.trim_end_matches(|c| !is_plain(c));
        out.push_str(plain);
        match part.chars().next_back().filter(|c| !is_plain(*c)) {
            None => {}
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some(control) => write!(out, "\\u{:04x}", u32::from(control))?,
        }
    }
    out.push('"');
    Ok(())
}

/// A number with so many bytes.
fn widened(bytes: &[u8], width: usize) -> Result<Vec<u8>> {
    let fill = match bytes.first() {
        Some(byte) if byte & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let extra = bytes.len().saturating_sub(width);
    let (front, low) = bytes.split_at(extra);
    let sign_is_kept = low
        .first()
        .is_none_or(|byte| (byte & 0x80 != 0) == (fill == 0xff));
    if !front.iter().all(|&byte| byte == fill) || (extra > 0 && !sign_is_kept) {
        return Err(Error::new(
            ErrorKind::Value,
            format!("a decimal does not fit into the {width} bytes of the type to read"),
        ));
    }
    let mut wide = vec![fill; width.saturating_sub(low.len())];
    wide.extend_from_slice(low);
    Ok(wide)
}
