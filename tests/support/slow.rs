//! The slow, obvious decoder: one value at a time, straight from the specification.
//!
//! Values come out as *physical* JSON, the encoding of the conformance files: bytes and fixed are
//! `{"$bytes": hex}`, NaN and the infinities `{"$float": name}`. Two forms go beyond it, because a
//! JSON object has neither branches nor repeated keys: a union is `{"$union": [branch, value]}`
//! and a map `{"$map": [[key, value], ..]}`.

use serde_json::{Value as Json, json};

use crate::raw;
use crate::schema::{Schema, Type};
use crate::write::Codec;

/// A file taken apart.
#[derive(Debug, Clone)]
pub struct File {
    /// The schema's JSON text.
    pub schema: String,
    /// Where the header ends and the first block begins.
    pub header_length: usize,
    /// All blocks, in order.
    pub blocks: Vec<Block>,
}

/// One block.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where its row count begins.
    pub start: usize,
    /// Where its sync marker ends.
    pub end: usize,
    /// How many rows.
    pub rows: usize,
    /// The rows' bytes, decompressed.
    pub body: Vec<u8>,
}

impl File {
    /// Takes a sound file apart.
    pub fn open(bytes: &[u8]) -> Result<Self, String> {
        let mut input = Input(bytes);
        if input.take(4)? != b"Obj\x01" {
            return Err("not an Avro file".into());
        }
        let (mut schema, mut codec) = (None, Codec::Null);
        while let Some(count) = input.item_count()? {
            for _ in 0..count {
                let (key, value) = (input.prefixed()?, input.prefixed()?);
                let text = || String::from_utf8_lossy(value).into_owned();
                match key {
                    b"avro.schema" => schema = Some(text()),
                    b"avro.codec" => codec = Codec::named(&text()).ok_or("unknown codec")?,
                    _ => {}
                }
            }
        }
        let marker = input.take(16)?;
        let header_length = bytes.len() - input.0.len();
        let mut blocks = Vec::new();
        while !input.0.is_empty() {
            let start = bytes.len() - input.0.len();
            let rows = input.length()?;
            let mut body = input.prefixed()?.to_vec();
            // A block of no bytes needs no codec.
            if !body.is_empty() {
                codec
                    .apache()
                    .decompress(&mut body)
                    .map_err(|error| error.to_string())?;
            }
            if input.take(16)? != marker {
                return Err(format!("no marker after the block at {start}"));
            }
            blocks.push(Block {
                start,
                end: bytes.len() - input.0.len(),
                rows,
                body,
            });
        }
        Ok(Self {
            schema: schema.ok_or("no schema")?,
            header_length,
            blocks,
        })
    }

    /// All rows as physical JSON.
    pub fn rows(&self) -> Result<Vec<Json>, String> {
        let schema = Schema::parse(&self.schema)?;
        let mut rows = Vec::new();
        for block in &self.blocks {
            let mut input = Input(&block.body);
            for _ in 0..block.rows {
                rows.push(input.value(&schema)?);
            }
            if !input.0.is_empty() {
                return Err(format!("bytes left over in the block at {}", block.start));
            }
        }
        Ok(rows)
    }
}

/// The bytes not read yet.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or("out of bytes")?;
        self.0 = rest;
        Ok(taken)
    }

    fn long(&mut self) -> Result<i64, String> {
        let (value, rest) = raw::read_long(self.0).ok_or("a number without an end")?;
        self.0 = rest;
        Ok(value)
    }

    fn length(&mut self) -> Result<usize, String> {
        usize::try_from(self.long()?).map_err(|_| "a negative length".into())
    }

    fn prefixed(&mut self) -> Result<&'a [u8], String> {
        let length = self.length()?;
        self.take(length)
    }

    /// The number of items in the next block of an array or map; `None` at its end.
    fn item_count(&mut self) -> Result<Option<u64>, String> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        Ok((count != 0).then_some(count.unsigned_abs()))
    }

    fn text(&mut self) -> Result<String, String> {
        String::from_utf8(self.prefixed()?.to_vec()).map_err(|error| error.to_string())
    }

    fn value(&mut self, schema: &Schema) -> Result<Json, String> {
        Ok(match &schema.ty {
            Type::Null => Json::Null,
            Type::Boolean => json!(self.take(1)? == [1]),
            Type::Int | Type::Long => json!(self.long()?),
            Type::Float => float(f32::from_le_bytes(self.take(4)?.try_into().unwrap()).into()),
            Type::Double => float(f64::from_le_bytes(self.take(8)?.try_into().unwrap())),
            Type::Bytes => hex(self.prefixed()?),
            Type::String => json!(self.text()?),
            Type::Fixed(size) => hex(self.take(*size)?),
            Type::Enum(symbols) => json!(symbols.get(self.length()?).ok_or("no such symbol")?),
            Type::Array(items) => {
                let mut array = Vec::new();
                while let Some(count) = self.item_count()? {
                    for _ in 0..count {
                        array.push(self.value(items)?);
                    }
                }
                Json::Array(array)
            }
            Type::Map(values) => {
                let mut map = Vec::new();
                while let Some(count) = self.item_count()? {
                    for _ in 0..count {
                        map.push(json!([self.text()?, self.value(values)?]));
                    }
                }
                json!({ "$map": map })
            }
            Type::Record(fields) => {
                let mut object = serde_json::Map::new();
                for field in fields {
                    object.insert(field.name.clone(), self.value(&field.schema)?);
                }
                Json::Object(object)
            }
            Type::Union(branches) => {
                let index = self.length()?;
                let branch = branches.get(index).ok_or("no such branch")?;
                json!({ "$union": [index, self.value(branch)?] })
            }
            Type::Again(again) => self.value(again.spelled())?,
        })
    }
}

/// A floating-point number as physical JSON.
pub fn float(value: f64) -> Json {
    match value {
        v if v.is_nan() => json!({ "$float": "nan" }),
        f64::INFINITY => json!({ "$float": "inf" }),
        f64::NEG_INFINITY => json!({ "$float": "-inf" }),
        v => json!(v),
    }
}

/// The bytes of physical JSON.
pub fn unhex(value: &Json) -> Vec<u8> {
    let hex = value["$bytes"].as_str().expect("bytes");
    let byte = |i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Bytes as physical JSON.
pub fn hex(bytes: &[u8]) -> Json {
    json!({ "$bytes": bytes.iter().map(|b| format!("{b:02x}")).collect::<String>() })
}

/// The physical rows of a sound file, block by block.
///
/// # Panics
/// If the file is not sound.
pub fn blocks(file: &[u8]) -> Vec<Vec<Json>> {
    let file = File::open(file).unwrap();
    let mut rows = file.rows().unwrap().into_iter();
    let blocks = file.blocks.iter();
    blocks
        .map(|block| rows.by_ref().take(block.rows).collect())
        .collect()
}
