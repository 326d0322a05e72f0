//! Random schemas of the supported types, and random values of them.
//!
//! Everything follows from a seed. Values are physical JSON, as [`slow`] has them;
//! [`to_apache`] turns them into what the writer takes.

use apache_avro::types::Value;
use serde_json::{Value as Json, json};

use crate::data::mix;
use crate::schema::{Logical, Schema, Type};
use crate::slow;

/// A sequence of numbers that follows from its seed.
#[derive(Debug, Clone)]
pub struct Rng {
    seed: u64,
    drawn: u64,
}

impl Rng {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.drawn += 1;
        mix(self.seed, self.drawn)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.any() % bound as u64) as usize
    }

    /// Whether one of `n` came up.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

/// Makes random schemas.
struct Maker<'a> {
    rng: &'a mut Rng,
    names: usize,
    /// Full names of the types that are defined and complete.
    defined: Vec<String>,
}

/// The JSON text of a random schema whose root is a record.
pub fn schema(rng: &mut Rng) -> String {
    let mut maker = Maker {
        rng,
        names: 0,
        defined: Vec::new(),
    };
    maker.record(3).to_string()
}

impl Maker<'_> {
    /// The name of a new type, and its namespace, if it has one of its own.
    fn name(&mut self) -> serde_json::Map<String, Json> {
        self.names += 1;
        let mut object = serde_json::Map::new();
        let name = format!("T{}", self.names);
        // Without a namespace of its own a type would be in that of the type around it.
        let namespace = *self.rng.pick(&["x", "x.y", "z"]);
        if self.rng.one_in(2) {
            object.insert("name".into(), json!(format!("{namespace}.{name}")));
        } else {
            object.insert("name".into(), json!(name));
            object.insert("namespace".into(), json!(namespace));
        }
        object.insert("full".into(), json!(format!("{namespace}.{name}")));
        object
    }

    /// A definition of this kind; it can be referred to once it is complete.
    fn named(
        &mut self,
        kind: &str,
        body: impl FnOnce(&mut Self) -> Vec<(&'static str, Json)>,
    ) -> Json {
        let mut object = self.name();
        let full = object
            .remove("full")
            .and_then(|full| full.as_str().map(str::to_owned));
        object.insert("type".into(), json!(kind));
        for (key, value) in body(self) {
            object.insert(key.into(), value);
        }
        self.defined.extend(full);
        Json::Object(object)
    }

    fn record(&mut self, depth: usize) -> Json {
        self.named("record", |this| {
            let count = 1 + this.rng.below(if depth == 3 { 8 } else { 4 });
            let fields =
                (0..count).map(|i| json!({"name": format!("f{i}"), "type": this.any(depth)}));
            let fields = fields.collect();
            vec![("fields", fields)]
        })
    }

    fn any(&mut self, depth: usize) -> Json {
        match self.rng.below(13) {
            10 | 11 if depth > 0 => self.union(depth),
            12 => self.recursive(),
            0..3 => self.nullable(depth),
            3 if depth > 0 => self.record(depth - 1),
            4 if depth > 0 => json!({"type": "array", "items": self.any(depth - 1)}),
            5 if depth > 0 => json!({"type": "map", "values": self.any(depth - 1)}),
            6 if !self.defined.is_empty() => json!(self.rng.pick(&self.defined.clone())),
            _ => self.leaf(),
        }
    }

    /// A union with null. Null is no branch twice, and a union none at all.
    fn nullable(&mut self, depth: usize) -> Json {
        let other = loop {
            let defined = self.defined.len();
            let other = self.any(depth);
            if !other.is_array() && other != "null" {
                break other;
            }
            // What is thrown away defines nothing.
            self.defined.truncate(defined);
        };
        if self.rng.one_in(2) {
            json!(["null", other])
        } else {
            json!([other, "null"])
        }
    }

    /// A union of several types, each of another kind or another name.
    fn union(&mut self, depth: usize) -> Json {
        let mut branches: Vec<Json> = Vec::new();
        // In the order in which they were made: a later one may refer to what an earlier defines.
        if self.rng.one_in(3) {
            branches.push(json!({"type": "array", "items": self.any(depth - 1)}));
        }
        for _ in 0..1 + self.rng.below(2) {
            branches.push(self.record(depth - 1));
        }
        if self.rng.one_in(3) {
            branches.push(json!({"type": "map", "values": self.any(depth - 1)}));
        }
        let primitives = [
            "null", "boolean", "int", "long", "float", "double", "bytes", "string",
        ];
        for name in primitives {
            if self.rng.one_in(4) {
                let place = self.rng.below(branches.len() + 1);
                branches.insert(place, json!(name));
            }
        }
        json!(branches)
    }

    /// A record that contains itself. It holds no maps: the order of their entries would show in
    /// its text.
    fn recursive(&mut self) -> Json {
        self.named("record", |this| {
            let own = format!("T{}", this.names);
            let again = if this.rng.one_in(2) {
                json!(["null", own])
            } else {
                json!({"type": "array", "items": [own, "null"]})
            };
            let mut fields = vec![json!({"name": "again", "type": again})];
            fields.push(json!({"name": "leaf", "type": this.leaf()}));
            let turn = this.rng.below(2);
            fields.rotate_left(turn);
            vec![("fields", json!(fields))]
        })
    }

    fn leaf(&mut self) -> Json {
        let logical = |base: &str, logical: &str| json!({"type": base, "logicalType": logical});
        match self.rng.below(29) {
            28 => self.fixed(&[12], Some("duration")),
            0 => json!("null"),
            1 => json!("boolean"),
            2 | 3 => json!("int"),
            4 | 5 => json!("long"),
            6 => json!("float"),
            7 => json!("double"),
            8 | 9 => json!("bytes"),
            10..13 => json!("string"),
            13 => self.fixed(&[1, 3, 16, 20], None),
            14 => self.named("enum", |this| {
                let symbols = (0..1 + this.rng.below(5))
                    .map(|i| format!("S{i}"))
                    .collect();
                vec![("symbols", symbols)]
            }),
            15 => logical("int", "date"),
            16 => logical("int", "time-millis"),
            17 => logical("long", "time-micros"),
            18 => logical("long", "timestamp-millis"),
            19 => logical("long", "timestamp-micros"),
            20 => logical("long", "timestamp-nanos"),
            21 => logical("long", "local-timestamp-millis"),
            22 => logical("long", "local-timestamp-micros"),
            23 => logical("long", "local-timestamp-nanos"),
            24 => logical("string", "uuid"),
            25 => self.fixed(&[16], Some("uuid")),
            26 => {
                let precision = 1 + self.rng.below(76);
                let scale = self.rng.below(precision + 1);
                json!({"type": "bytes", "logicalType": "decimal",
                       "precision": precision, "scale": scale})
            }
            _ => {
                let mut fixed = self.fixed(&[4, 9, 16], Some("decimal"));
                // As many digits as surely fit: 2 for each byte.
                let digits = fixed["size"].as_u64().map_or(1, |size| 2 * size as usize);
                let precision = 1 + self.rng.below(digits);
                fixed["precision"] = json!(precision);
                fixed["scale"] = json!(self.rng.below(precision + 1));
                fixed
            }
        }
    }

    fn fixed(&mut self, sizes: &[usize], logical: Option<&str>) -> Json {
        let size = *self.rng.pick(sizes);
        self.named("fixed", |_| {
            let logical = logical.map(|logical| ("logicalType", json!(logical)));
            [("size", json!(size))].into_iter().chain(logical).collect()
        })
    }
}

/// A random value of this type.
pub fn value(schema: &Schema, rng: &mut Rng) -> Json {
    match (&schema.ty, schema.logical) {
        (Type::Null, _) => Json::Null,
        (Type::Boolean, _) => json!(rng.one_in(2)),
        (_, Some(Logical::TimeMillis)) => json!(rng.below(86_400_000)),
        (_, Some(Logical::TimeMicros)) => json!(rng.below(86_400_000_000)),
        (Type::Int, _) => json!(number(rng) as i32),
        (Type::Long, _) => json!(number(rng)),
        (Type::Float, _) => {
            let number = f32::from_bits(rng.any() as u32);
            slow::float(special(rng).unwrap_or(number.into()))
        }
        (Type::Double, _) => {
            let number = f64::from_bits(rng.any());
            slow::float(special(rng).unwrap_or(number))
        }
        (Type::Bytes, Some(Logical::Decimal { precision, .. })) => {
            slow::hex(shortest(&unscaled(precision, rng).to_be_bytes()))
        }
        (Type::Fixed(size), Some(Logical::Decimal { precision, .. })) => {
            slow::hex(&unscaled(precision, rng).to_be_bytes()[16 - size..])
        }
        (Type::String, Some(Logical::Uuid)) => {
            let hex = format!("{:016x}{:016x}", rng.any(), rng.any());
            let parts = [
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            ];
            json!(parts.join("-"))
        }
        (Type::Bytes, _) => {
            let length = length(rng);
            slow::hex(&bytes(length, rng))
        }
        (Type::Fixed(_), Some(Logical::Duration)) => {
            let mut number = || (rng.any() as u32 >> 1).to_le_bytes();
            slow::hex(&[number(), number(), number()].concat())
        }
        (Type::Fixed(size), _) => slow::hex(&bytes(*size, rng)),
        (Type::String, _) => {
            let alphabet = [
                'a', 'Z', ' ', '"', '\0', 'é', 'ß', '日', '🎁', '\u{7ff}', '\u{800}',
            ];
            let length = length(rng);
            json!(
                (0..length)
                    .map(|_| *rng.pick(&alphabet))
                    .collect::<String>()
            )
        }
        (Type::Enum(symbols), _) => json!(rng.pick(symbols)),
        (Type::Array(items), _) => {
            let length = rng.below(4);
            (0..length).map(|_| value(items, rng)).collect()
        }
        (Type::Map(values), _) => {
            // Different keys: the writer's own map has no others.
            let length = rng.below(4);
            let entry = |i| json!([format!("key {i}"), value(values, rng)]);
            json!({ "$map": (0..length).map(entry).collect::<Vec<_>>() })
        }
        (Type::Record(fields), _) => fields
            .iter()
            .map(|(name, field)| (name.clone(), value(field, rng)))
            .collect(),
        (Type::Union(branches), _) => {
            let branch = rng.below(branches.len());
            json!({ "$union": [branch, value(&branches[branch], rng)] })
        }
        (Type::Again(name, definitions), _) => value(
            &Schema::again(name, definitions).expect("a sound schema"),
            rng,
        ),
    }
}

/// Numbers of every length.
fn number(rng: &mut Rng) -> i64 {
    let shift = rng.below(64);
    (rng.any() as i64) >> shift
}

fn special(rng: &mut Rng) -> Option<f64> {
    let choices = [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    rng.one_in(4).then(|| *rng.pick(&choices))
}

/// Lengths around those that are told apart: none, what a view holds inline, what it does not.
fn length(rng: &mut Rng) -> usize {
    *rng.pick(&[0, 1, 3, 11, 12, 13, 40])
}

fn bytes(length: usize, rng: &mut Rng) -> Vec<u8> {
    (0..length).map(|_| rng.any() as u8).collect()
}

/// A number of at most so many digits.
fn unscaled(precision: u8, rng: &mut Rng) -> i128 {
    let digits = 1 + rng.below(usize::from(precision).min(38)) as u32;
    let any = (u128::from(rng.any()) << 64 | u128::from(rng.any())) % 10u128.pow(digits);
    if rng.one_in(2) {
        -(any as i128)
    } else {
        any as i128
    }
}

/// Two's complement without the bytes that say nothing.
fn shortest(bytes: &[u8]) -> &[u8] {
    let says_nothing = |pair: &&[u8]| matches!(pair, [0, 0..0x80] | [0xff, 0x80..=0xff]);
    &bytes[bytes.windows(2).take_while(says_nothing).count()..]
}

/// The value as the writer takes it.
pub fn to_apache(schema: &Schema, value: &Json) -> Value {
    let long = || value.as_i64().expect("a number");
    let double = || match value["$float"].as_str() {
        Some(name) => name.parse().expect("nan, inf or -inf"),
        None => value.as_f64().expect("a number"),
    };
    match (&schema.ty, schema.logical) {
        (Type::Null, _) => Value::Null,
        (Type::Boolean, _) => Value::Boolean(value.as_bool().expect("a boolean")),
        (Type::Int, _) => Value::Int(long() as i32),
        (Type::Long, _) => Value::Long(long()),
        (Type::Float, _) => Value::Float(double() as f32),
        (Type::Double, _) => Value::Double(double()),
        (_, Some(Logical::Decimal { .. })) => Value::Decimal(unhex(value).into()),
        (Type::Bytes, _) => Value::Bytes(unhex(value)),
        (Type::Fixed(_), Some(Logical::Duration)) => {
            let bytes: [u8; 12] = unhex(value).try_into().expect("12 bytes");
            Value::Duration(bytes.into())
        }
        (Type::Fixed(size), _) => Value::Fixed(*size, unhex(value)),
        (Type::String, _) => Value::String(value.as_str().expect("text").to_owned()),
        (Type::Enum(symbols), _) => {
            let symbol = value.as_str().expect("a symbol").to_owned();
            let index = symbols
                .iter()
                .position(|s| *s == symbol)
                .expect("a known symbol");
            Value::Enum(index as u32, symbol)
        }
        (Type::Array(items), _) => {
            let array = value.as_array().expect("an array");
            Value::Array(array.iter().map(|item| to_apache(items, item)).collect())
        }
        (Type::Map(values), _) => {
            let entries = value["$map"].as_array().expect("a map").iter();
            let key = |entry: &Json| entry[0].as_str().expect("a key").to_owned();
            Value::Map(
                entries
                    .map(|e| (key(e), to_apache(values, &e[1])))
                    .collect(),
            )
        }
        (Type::Record(fields), _) => {
            let field = |(name, ty): &(String, Schema)| (name.clone(), to_apache(ty, &value[name]));
            Value::Record(fields.iter().map(field).collect())
        }
        (Type::Union(branches), _) => {
            let branch = value["$union"][0].as_u64().expect("a branch");
            let inner = to_apache(&branches[branch as usize], &value["$union"][1]);
            Value::Union(branch as u32, Box::new(inner))
        }
        (Type::Again(name, definitions), _) => {
            let schema = Schema::again(name, definitions).expect("a sound schema");
            to_apache(&schema, value)
        }
    }
}

fn unhex(value: &Json) -> Vec<u8> {
    let hex = value["$bytes"].as_str().expect("bytes");
    let byte = |i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// A random choice of columns and nested fields, as paths; at least one.
pub fn paths(schema: &Schema, rng: &mut Rng) -> Vec<String> {
    let Type::Record(fields) = &schema.ty else {
        panic!("a root that is no record")
    };
    let count = 1 + rng.below(fields.len());
    (0..count)
        .map(|_| {
            let (name, field) = rng.pick(fields);
            let mut path = name.clone();
            descend(field, rng, &mut path);
            path
        })
        .collect()
}

fn descend(schema: &Schema, rng: &mut Rng, path: &mut String) {
    match &schema.ty {
        Type::Record(fields) if !rng.one_in(4) => {
            let (name, field) = rng.pick(fields);
            path.push('.');
            path.push_str(name);
            descend(field, rng, path);
        }
        Type::Array(inner) | Type::Map(inner) => descend(inner, rng, path),
        Type::Union(_) => {
            if let Some(inner) = schema.non_null() {
                descend(inner, rng, path);
            }
        }
        _ => {}
    }
}
