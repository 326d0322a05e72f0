//! Random schemas of the supported types, and random values of them.
//!
//! Everything follows from a seed. Values are physical JSON, as [`slow`] has them;
//! [`to_apache`] turns them into what the writer takes.

mod maker;

use apache_avro::BigDecimal;
use apache_avro::types::Value;
use num_bigint::BigInt;
use serde_json::{Value as Json, json};

use crate::data::mix;
use crate::schema::{Logical, Schema, Type};
use crate::slow::unhex;
use crate::{decimal, raw, slow};
pub(crate) use maker::any;
pub use maker::{root, schema};

/// How many times a type is met inside of itself before its values end.
const RECURSION: usize = 3;

/// How many values there are inside of a value before it ends.
const VALUES: usize = 200;

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

/// So many seeds: from 0 on, or from where `AVROSCAN_FIRST_SEED` says, to look where no run has yet.
pub fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = std::env::var("AVROSCAN_FIRST_SEED").map(|first| first.parse());
    let first = first.map_or(0, |first| first.expect("a number"));
    first..first + count
}

/// A random value of this type.
pub fn value(schema: &Schema, rng: &mut Rng) -> Json {
    let (inside, made) = (0, 0);
    Values { rng, inside, made }.value(schema)
}

struct Values<'a> {
    rng: &'a mut Rng,
    /// How many types that contain themselves are around.
    inside: usize,
    /// How many values there are so far, those inside of others counted.
    made: usize,
}

impl Values<'_> {
    fn value(&mut self, schema: &Schema) -> Json {
        self.made += 1;
        match &schema.ty {
            Type::Array(items) => (0..self.length()).map(|_| self.value(items)).collect(),
            Type::Map(values) => {
                // Different keys: the writer's own map has no others.
                let length = self.length();
                let entry = |i| json!([format!("key {i}"), self.value(values)]);
                json!({ "$map": (0..length).map(entry).collect::<Vec<_>>() })
            }
            Type::Record(fields) => fields
                .iter()
                .map(|field| (field.name.clone(), self.value(&field.schema)))
                .collect(),
            Type::Union(branches) => {
                let branch = self.branch(branches);
                json!({ "$union": [branch, self.value(&branches[branch])] })
            }
            Type::Again(again) => {
                self.inside += 1;
                let value = self.value(again.spelled());
                self.inside -= 1;
                value
            }
            _ => leaf(schema, self.rng),
        }
    }

    /// Whether nothing may go on that need not.
    fn is_at_end(&self) -> bool {
        self.inside >= RECURSION || self.made >= VALUES
    }

    fn length(&mut self) -> usize {
        match self.is_at_end() {
            true => 0,
            false => self.rng.below(4),
        }
    }

    fn branch(&mut self, branches: &[Schema]) -> usize {
        let is_record = |branch: &Schema| matches!(branch.ty, Type::Record(_) | Type::Again(_));
        let mut choices: Vec<_> = (0..branches.len()).collect();
        if self.is_at_end() && !branches.iter().all(is_record) {
            choices.retain(|branch| !is_record(&branches[*branch]));
        }
        *self.rng.pick(&choices)
    }
}

fn leaf(schema: &Schema, rng: &mut Rng) -> Json {
    match (&schema.ty, schema.logical) {
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
            slow::hex(&unscaled(precision.into(), rng).to_signed_bytes_be())
        }
        (Type::Bytes, Some(Logical::BigDecimal)) => {
            let digits = *rng.pick(&[1, 18, 60]);
            let unscaled = raw::bytes(unscaled(digits, rng).to_signed_bytes_be());
            let scale = rng.below(40) as i64 - 10;
            slow::hex(&[unscaled, raw::long(scale)].concat())
        }
        (Type::Fixed(size), Some(Logical::Decimal { precision, .. })) => slow::hex(
            &decimal::sized(&unscaled(precision.into(), rng), *size).expect("it has room"),
        ),
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
        _ => Json::Null,
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
fn unscaled(precision: usize, rng: &mut Rng) -> BigInt {
    let digits = 1 + rng.below(precision);
    let digits: String = (0..digits)
        .map(|_| char::from(b'0' + rng.below(10) as u8))
        .collect();
    let number: BigInt = digits.parse().expect("digits");
    if rng.one_in(2) { -number } else { number }
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
        (_, Some(Logical::BigDecimal)) => {
            let (unscaled, scale) = decimal::big(&unhex(value)).expect("a big-decimal");
            Value::BigDecimal(BigDecimal::new(unscaled, scale))
        }
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
            let fields = fields.iter().map(|field| {
                let value = to_apache(&field.schema, &value[&field.name]);
                (field.name.clone(), value)
            });
            Value::Record(fields.collect())
        }
        (Type::Union(branches), _) => {
            let branch = value["$union"][0].as_u64().expect("a branch");
            let inner = to_apache(&branches[branch as usize], &value["$union"][1]);
            Value::Union(branch as u32, Box::new(inner))
        }
        (Type::Again(again), _) => to_apache(again.spelled(), value),
    }
}

/// A random choice of columns and nested fields, as paths; at least one.
pub fn paths(schema: &Schema, rng: &mut Rng) -> Vec<String> {
    let Type::Record(fields) = &schema.ty else {
        panic!("a root that is no record")
    };
    let count = 1 + rng.below(fields.len());
    (0..count)
        .map(|_| {
            let field = rng.pick(fields);
            let mut path = field.name.clone();
            descend(&field.schema, rng, &mut path);
            path
        })
        .collect()
}

fn descend(schema: &Schema, rng: &mut Rng, path: &mut String) {
    match &schema.ty {
        Type::Record(fields) if !rng.one_in(4) => {
            let field = rng.pick(fields);
            path.push('.');
            path.push_str(&field.name);
            descend(&field.schema, rng, path);
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
