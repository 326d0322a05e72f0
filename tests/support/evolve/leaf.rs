//! Changes of types that hold no others: promotions and logical types.

use serde_json::{Value as Json, json};

use super::Change;
use super::types::{base, is_logical};
use crate::schema::digits_of;

const TIMESTAMPS: [&str; 3] = ["timestamp-millis", "timestamp-micros", "timestamp-nanos"];

const LOCAL_TIMESTAMPS: [&str; 3] = [
    "local-timestamp-millis",
    "local-timestamp-micros",
    "local-timestamp-nanos",
];

impl Change<'_> {
    /// What a type becomes that has neither a name nor anything inside.
    pub(super) fn leaf(&mut self, ty: &Json, alone: bool) -> Json {
        if self.rng.one_in(2) {
            return ty.clone();
        }
        let logical = ty["logicalType"].as_str().unwrap_or_default();
        if TIMESTAMPS.contains(&logical) && !self.rng.one_in(4) {
            return self.unit(&TIMESTAMPS, logical);
        }
        if LOCAL_TIMESTAMPS.contains(&logical) && !self.rng.one_in(4) {
            return self.unit(&LOCAL_TIMESTAMPS, logical);
        }
        match (base(ty), logical) {
            (_, "time-millis") if self.rng.one_in(2) => of("long", "time-micros"),
            (_, "decimal") if !self.rng.one_in(4) => match self.rng.one_in(3) {
                true => self.decimal_fixed(ty),
                false => self.decimal_bytes(ty),
            },
            ("int" | "long", "") if alone && self.rng.one_in(3) => self.moment(base(ty)),
            ("int", _) => self.one_of(&["int", "long", "float", "double"]),
            ("long", _) => self.one_of(&["long", "float", "double"]),
            ("float", _) => json!("double"),
            ("string", "") => match self.rng.below(3) {
                0 if alone => of("string", "uuid"),
                _ => json!("bytes"),
            },
            ("bytes", "") => match self.rng.below(4) {
                0 if alone => {
                    let scale = self.rng.below(100);
                    json!({"type": "bytes", "logicalType": "decimal",
                           "precision": 120, "scale": scale})
                }
                1 => json!("string"),
                _ => json!("bytes"),
            },
            (base, _) => json!(base),
        }
    }

    fn one_of(&mut self, names: &[&str]) -> Json {
        json!(self.rng.pick(names))
    }

    /// A finer unit, and now and then a coarser one.
    fn unit(&mut self, units: &[&str], from: &str) -> Json {
        let from = units.iter().position(|unit| *unit == from);
        let from = from.unwrap_or_default();
        let to = match self.rng.one_in(8) {
            true => self.rng.below(units.len()),
            false => from + self.rng.below(units.len() - from),
        };
        of("long", units[to])
    }

    /// A number as something in time.
    fn moment(&mut self, base: &str) -> Json {
        let timestamps = [TIMESTAMPS, LOCAL_TIMESTAMPS].concat();
        match self.rng.below(6) {
            0 => of("long", "time-micros"),
            1 if base == "int" => of("int", "time-millis"),
            2 | 3 if base == "int" => of("int", "date"),
            _ => {
                let timestamp = *self.rng.pick::<&str>(&timestamps);
                of("long", timestamp)
            }
        }
    }

    /// A named type of a fixed size.
    pub(super) fn fixed(&mut self, body: &mut Json) {
        let size = body["size"].as_u64().unwrap_or_default() as usize;
        if body["logicalType"] == "decimal" && self.rng.one_in(2) {
            let (precision, scale) = self.digits(body);
            // What is too wide to be a decimal would be none.
            if precision <= digits_of(size) {
                body["precision"] = json!(precision);
                body["scale"] = json!(scale);
            }
        } else if is_logical(body) && self.rng.one_in(4) {
            let kept = json!({"type": "fixed", "size": size});
            *body = kept;
        } else if !is_logical(body) && self.rng.one_in(3) {
            match size {
                12 => body["logicalType"] = json!("duration"),
                16 => body["logicalType"] = json!("uuid"),
                _ => {}
            }
        }
    }

    pub(super) fn decimal_bytes(&mut self, decimal: &Json) -> Json {
        let (precision, scale) = self.digits(decimal);
        json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
    }

    /// A new named type.
    fn decimal_fixed(&mut self, decimal: &Json) -> Json {
        let (precision, scale) = self.digits(decimal);
        let mut size = 1 + self.rng.below(4);
        while digits_of(size) < precision {
            size += 1;
        }
        self.names += 1;
        let name = format!("z.N{}", self.names);
        let body = json!({"type": "fixed", "size": size, "logicalType": "decimal",
                          "precision": precision, "scale": scale});
        self.ours.insert(&name, body);
        json!(name)
    }

    /// More digits, and more of them behind the point; now and then fewer.
    fn digits(&mut self, decimal: &Json) -> (usize, usize) {
        let precision = decimal["precision"].as_u64().unwrap_or(1) as usize;
        let scale = decimal["scale"].as_u64().unwrap_or(0) as usize;
        if self.rng.one_in(10) {
            return (precision, self.rng.below(scale + 1));
        }
        let finer = *self.rng.pick(&[0, 1, 2, 7]);
        let wider = *self.rng.pick(&[0, 0, 1, 30]);
        (precision + finer + wider, scale + finer)
    }
}

fn of(base: &str, logical: &str) -> Json {
    json!({"type": base, "logicalType": logical})
}
