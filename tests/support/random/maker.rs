//! Random schemas.

use serde_json::{Map, Value as Json, json};

use super::Rng;
use crate::schema::digits_of;

/// How deep the types of a root's fields nest.
const DEPTH: usize = 3;

/// What a type without a name, and a logical type on it, is no branch of a union twice with.
const UNNAMED: [&str; 10] = [
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "array", "map",
];

/// Makes random schemas.
struct Maker<'a> {
    rng: &'a mut Rng,
    /// How many names were given so far.
    names: usize,
    /// The namespace of the record whose fields are being made.
    namespace: String,
    /// Full names of the types that are defined and complete.
    defined: Vec<String>,
    /// Full names of the records around the type being made.
    open: Vec<String>,
}

/// The JSON text of a random schema whose root is a record.
pub fn schema(rng: &mut Rng) -> String {
    Maker::new(rng, 0).record(DEPTH).to_string()
}

/// The JSON text of a random schema of any type.
pub fn root(rng: &mut Rng) -> String {
    Maker::new(rng, 0).any(DEPTH).to_string()
}

/// A random type that defines all that it refers to, in names that are numbered from here.
pub(crate) fn any(rng: &mut Rng, first_name: usize) -> Json {
    let depth = rng.below(DEPTH);
    Maker::new(rng, first_name).any(depth)
}

impl<'a> Maker<'a> {
    fn new(rng: &'a mut Rng, names: usize) -> Self {
        Self {
            rng,
            names,
            namespace: String::new(),
            defined: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl Maker<'_> {
    fn any(&mut self, depth: usize) -> Json {
        match self.rng.below(14) {
            0..3 => self.nullable(depth),
            3 if depth > 0 => self.record(depth - 1),
            4 if depth > 0 => json!({"type": "array", "items": self.any(depth - 1)}),
            5 if depth > 0 => json!({"type": "map", "values": self.any(depth - 1)}),
            6 if !self.defined.is_empty() => {
                let full = self.rng.pick(&self.defined).clone();
                json!(self.reference(&full))
            }
            7 | 8 if depth > 0 => self.union(depth),
            9 if !self.open.is_empty() && self.rng.one_in(2) => self.again(),
            9 => self.recursive(),
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

    /// A union of one or several types, each of another kind or another name.
    fn union(&mut self, depth: usize) -> Json {
        let count = 1 + self.rng.below(5);
        let mut branches: Vec<(String, Json)> = Vec::new();
        // In the order in which they were made: a later one may refer to what an earlier defines.
        while branches.len() < count {
            let defined = self.defined.len();
            let (key, branch) = match self.rng.below(6) {
                0 => ("array".into(), self.array(depth)),
                1 => ("map".into(), self.map(depth)),
                2 => self.named_branch(depth),
                _ => self.unnamed_branch(),
            };
            if branches.iter().any(|(other, _)| *other == key) {
                self.defined.truncate(defined);
            } else {
                branches.push((key, branch));
            }
        }
        branches.into_iter().map(|(_, branch)| branch).collect()
    }

    fn array(&mut self, depth: usize) -> Json {
        json!({"type": "array", "items": self.any(depth - 1)})
    }

    fn map(&mut self, depth: usize) -> Json {
        json!({"type": "map", "values": self.any(depth - 1)})
    }

    /// A type with a name, defined here or before, and its full name.
    fn named_branch(&mut self, depth: usize) -> (String, Json) {
        if !self.defined.is_empty() && self.rng.one_in(3) {
            let full = self.rng.pick(&self.defined).clone();
            let reference = self.reference(&full);
            return (full, json!(reference));
        }
        let branch = match self.rng.below(4) {
            0 => self.enumeration(),
            1 => self.any_fixed(),
            _ => self.record(depth - 1),
        };
        (self.defined.last().cloned().unwrap_or_default(), branch)
    }

    /// A type without a name, and what it is no branch twice with.
    fn unnamed_branch(&mut self) -> (String, Json) {
        loop {
            let defined = self.defined.len();
            let leaf = self.leaf();
            let base = leaf["type"].as_str().or(leaf.as_str()).unwrap_or_default();
            if UNNAMED.contains(&base) {
                return (base.to_owned(), leaf);
            }
            self.defined.truncate(defined);
        }
    }

    /// A record that contains itself.
    fn recursive(&mut self) -> Json {
        self.named("record", |this| {
            let mut fields = vec![json!({"name": "again", "type": this.again()})];
            fields.push(json!({"name": "leaf", "type": this.leaf()}));
            let turn = this.rng.below(2);
            fields.rotate_left(turn);
            vec![("fields", json!(fields))]
        })
    }

    /// One of the records around, inside of itself: where it may end.
    fn again(&mut self) -> Json {
        let full = self.rng.pick(&self.open).clone();
        let own = self.reference(&full);
        match self.rng.below(7) {
            0 | 1 => json!(["null", own]),
            2 => json!([own, "null"]),
            3 => json!({"type": "array", "items": own}),
            4 => json!({"type": "array", "items": [own, "null"]}),
            5 => json!({"type": "map", "values": own}),
            _ => json!(["string", own, "long"]),
        }
    }

    fn record(&mut self, depth: usize) -> Json {
        self.named("record", |this| {
            let count = 1 + this.rng.below(if depth == DEPTH { 8 } else { 4 });
            let fields =
                (0..count).map(|i| json!({"name": format!("f{i}"), "type": this.any(depth)}));
            vec![("fields", fields.collect())]
        })
    }

    /// A definition of this kind; it can be referred to once it is complete.
    fn named(
        &mut self,
        kind: &str,
        body: impl FnOnce(&mut Self) -> Vec<(&'static str, Json)>,
    ) -> Json {
        let (full, mut object) = self.name();
        let inner = full.rsplit_once('.').map_or("", |(inner, _)| inner);
        let around = std::mem::replace(&mut self.namespace, inner.to_owned());
        object.insert("type".into(), json!(kind));
        self.open.push(full.clone());
        for (key, value) in body(self) {
            object.insert(key.into(), value);
        }
        self.open.pop();
        self.namespace = around;
        self.defined.push(full);
        Json::Object(object)
    }

    /// The full name of a new type, and the attributes that give it.
    fn name(&mut self) -> (String, Map<String, Json>) {
        self.names += 1;
        let inherited = !self.namespace.is_empty() && self.rng.one_in(3);
        let namespace = match inherited {
            true => self.namespace.clone(),
            false => (*self.rng.pick(&["x", "x.y", "z"])).to_owned(),
        };
        // The same name may stand in several namespaces.
        let twin = self.rng.below(self.names) + 1;
        let twin = format!("T{}", if self.rng.one_in(6) { twin } else { self.names });
        let is_taken = |name: &str| {
            let full = format!("{namespace}.{name}");
            self.defined.contains(&full) || self.open.contains(&full)
        };
        let name = match is_taken(&twin) {
            true => format!("T{}", self.names),
            false => twin,
        };
        let full = format!("{namespace}.{name}");
        let dotted = !inherited && self.rng.one_in(2);
        let mut object = Map::new();
        object.insert("name".into(), json!(if dotted { &full } else { &name }));
        if !inherited && !dotted {
            object.insert("namespace".into(), json!(namespace));
        }
        (full, object)
    }

    /// A name by which the type of this full name is found from here.
    fn reference(&mut self, full: &str) -> String {
        match full.rsplit_once('.') {
            Some((namespace, name)) if namespace == self.namespace && self.rng.one_in(2) => {
                name.to_owned()
            }
            _ => full.to_owned(),
        }
    }

    fn leaf(&mut self) -> Json {
        let logical = |base: &str, logical: &str| json!({"type": base, "logicalType": logical});
        match self.rng.below(31) {
            0 => json!("null"),
            1 => json!("boolean"),
            2 | 3 => json!("int"),
            4 | 5 => json!("long"),
            6 => json!("float"),
            7 => json!("double"),
            8 | 9 => json!("bytes"),
            10..13 => json!("string"),
            13 => self.fixed(&[1, 3, 16, 20], None),
            14 => self.enumeration(),
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
            25 => logical("bytes", "big-decimal"),
            26 => self.fixed(&[16], Some("uuid")),
            27 => self.fixed(&[12], Some("duration")),
            28 => self.fixed_decimal(),
            _ => {
                let widest = *self.rng.pick(&[9, 38, 76, 120]);
                let mut decimal = json!({"type": "bytes", "logicalType": "decimal"});
                self.digits(&mut decimal, widest);
                decimal
            }
        }
    }

    fn enumeration(&mut self) -> Json {
        self.named("enum", |this| {
            let symbols = 0..1 + this.rng.below(5);
            vec![("symbols", symbols.map(|i| format!("S{i}")).collect())]
        })
    }

    fn any_fixed(&mut self) -> Json {
        match self.rng.below(4) {
            0 => self.fixed(&[16], Some("uuid")),
            1 => self.fixed(&[12], Some("duration")),
            2 => self.fixed_decimal(),
            _ => self.fixed(&[1, 3, 12, 16, 20], None),
        }
    }

    fn fixed(&mut self, sizes: &[usize], logical: Option<&str>) -> Json {
        let size = *self.rng.pick(sizes);
        self.named("fixed", |_| {
            let logical = logical.map(|logical| ("logicalType", json!(logical)));
            [("size", json!(size))].into_iter().chain(logical).collect()
        })
    }

    fn fixed_decimal(&mut self) -> Json {
        let mut fixed = self.fixed(&[4, 9, 16, 33, 40], Some("decimal"));
        let size = fixed["size"].as_u64().unwrap_or_default();
        self.digits(&mut fixed, digits_of(size as usize));
        fixed
    }

    /// Gives a decimal at most so many digits.
    fn digits(&mut self, decimal: &mut Json, widest: usize) {
        let precision = 1 + self.rng.below(widest);
        decimal["precision"] = json!(precision);
        match self.rng.below(precision + 1) {
            // 0 is what a decimal has when it does not say.
            0 if self.rng.one_in(2) => {}
            scale => decimal["scale"] = json!(scale),
        }
    }
}
