//! Random legal changes of a schema: readers for files that were written before the change.
//!
//! A schema is taken apart into its named types and the references to them (`types`), so that a
//! changed definition is changed once, wherever it is used. Then it is changed, put together again,
//! and the fields that are new to it get their defaults (`defaults`).
//!
//! Every reader goes together with its writer. Single values still need not: a branch or a symbol
//! may be gone, bytes may be no text, a unit may be too fine.

mod defaults;
mod leaf;
#[cfg(test)]
mod tests;
mod types;

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::random::{self, Rng};
use crate::resolve;
use crate::schema::Schema;
use types::{Types, base, is_logical, namespace_of, short_name};

/// How often a reader is made anew that turned out not to go together with its writer.
const ATTEMPTS: usize = 20;

/// Where the numbers in the names of new types begin: a writer's types are numbered from 1.
const NEW_TYPES: usize = 1_000;

/// The JSON text of a random legal change of this schema.
pub fn reader(writer: &str, rng: &mut Rng) -> String {
    let theirs = Schema::parse(writer).expect("the writer's schema is sound");
    for _ in 0..ATTEMPTS {
        let text = attempt(writer, rng);
        let ours = Schema::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        if resolve::check(&theirs, &ours).is_ok() {
            return text;
        }
    }
    writer.to_owned()
}

/// The same with another type in one field: as a rule the schemas do not go together.
pub fn stranger(writer: &str, rng: &mut Rng) -> String {
    let reader = reader(writer, rng);
    let mut json: Json = serde_json::from_str(&reader).expect("a schema is JSON");
    let mut fields = 0;
    each_field(&mut json, &mut |_| fields += 1);
    if fields == 0 {
        return reader;
    }
    let chosen = rng.below(fields);
    // What a default around it has there must not be outside of a logical type.
    let ty = loop {
        let ty = random::any(rng, 2 * NEW_TYPES);
        let text = ty.to_string();
        if !["time-m", "decimal", "duration"]
            .iter()
            .any(|name| text.contains(name))
        {
            break ty;
        }
    };
    let mut number = 0;
    each_field(&mut json, &mut |field| {
        if number == chosen {
            *field = json!({"name": field["name"], "type": ty, "aliases": field["aliases"]});
        }
        number += 1;
    });
    // What was there may have been the definition of what is used elsewhere.
    let text = json.to_string();
    match Schema::parse(&text) {
        Ok(_) => text,
        Err(_) => reader,
    }
}

fn each_field(json: &mut Json, visit: &mut impl FnMut(&mut Json)) {
    match json {
        Json::Array(branches) => branches.iter_mut().for_each(|ty| each_field(ty, visit)),
        Json::Object(object) => {
            for key in ["items", "values"] {
                if let Some(inner) = object.get_mut(key) {
                    each_field(inner, visit);
                }
            }
            if let Some(Json::Array(fields)) = object.get_mut("fields") {
                for field in fields {
                    each_field(&mut field["type"], visit);
                    visit(field);
                }
            }
        }
        _ => {}
    }
}

fn attempt(writer: &str, rng: &mut Rng) -> String {
    let writer: Json = serde_json::from_str(writer).expect("a schema is JSON");
    let mut theirs = Types::default();
    let root = theirs.take_apart(&writer, "");
    let mut change = Change {
        rng,
        theirs: &theirs,
        ours: Types::default(),
        became: HashMap::new(),
        root: root.as_str().unwrap_or_default().to_owned(),
        names: 0,
    };
    let root = match &root {
        Json::String(name) if theirs.contains(name) => change.one(&root, true),
        _ => change.any(&root),
    };
    let ours = change.ours;
    let mut json = ours.put_together(&root, rng);
    defaults::fill(&mut json, rng);
    json.to_string()
}

/// Changes a schema.
struct Change<'a> {
    rng: &'a mut Rng,
    /// The writer's named types.
    theirs: &'a Types,
    /// The reader's named types.
    ours: Types,
    /// The reader's names of the writer's types.
    became: HashMap<String, String>,
    /// The writer's name of the root.
    root: String,
    /// How many new names were given so far.
    names: usize,
}

impl Change<'_> {
    /// What any type becomes; a union, perhaps, where it was none.
    fn any(&mut self, ty: &Json) -> Json {
        match ty {
            Json::Array(branches) => self.union(branches),
            _ if self.rng.one_in(5) => self.widened(ty),
            _ => self.one(ty, true),
        }
    }

    /// What a type becomes that is no union and must not be one. `alone`: it is no branch of one.
    fn one(&mut self, ty: &Json, alone: bool) -> Json {
        match base(ty) {
            "array" => json!({"type": "array", "items": self.any(&ty["items"])}),
            "map" => json!({"type": "map", "values": self.any(&ty["values"])}),
            name if self.theirs.contains(name) => match self.theirs.get(name) {
                fixed if fixed["logicalType"] == "decimal" && self.rng.one_in(6) => {
                    self.decimal_bytes(fixed)
                }
                _ => json!(self.named(name)),
            },
            _ => self.leaf(ty, alone),
        }
    }

    /// A union with what the type becomes.
    fn widened(&mut self, ty: &Json) -> Json {
        let mut branches = vec![(Some(0), self.one(ty, false))];
        if self.rng.one_in(2) {
            self.add_branch(&mut branches, "null".into());
        }
        self.add_branches(&mut branches);
        self.ordered(std::slice::from_ref(ty), branches)
    }

    /// What a union becomes: its branches are changed, left out, added to and put in another order.
    fn union(&mut self, theirs: &[Json]) -> Json {
        let mut branches = Vec::new();
        for (index, branch) in theirs.iter().enumerate() {
            let changed = self.one(branch, false);
            if !branches
                .iter()
                .any(|(_, other)| same_branch(other, &changed))
            {
                branches.push((Some(index), changed));
            }
        }
        if branches.len() > 1 && self.rng.one_in(4) {
            let left_out = branches.remove(self.rng.below(branches.len()));
            // A record inside of itself needs another branch to end in.
            let is_record = |(own, _): &(Option<usize>, Json)| {
                own.is_some_and(|index| self.theirs.is_record(&theirs[index]))
            };
            if branches.iter().all(is_record) {
                branches.push(left_out);
            }
        }
        self.add_branches(&mut branches);
        let union = self.ordered(theirs, branches);
        match union.as_array().map(Vec::as_slice) {
            // A record that is no branch any more would go without its name.
            Some([only])
                if self.rng.one_in(2) && !theirs.iter().any(|ty| self.theirs.is_record(ty)) =>
            {
                only.clone()
            }
            _ => union,
        }
    }

    fn add_branches(&mut self, branches: &mut Vec<(Option<usize>, Json)>) {
        while self.rng.one_in(3) {
            let primitives = ["null", "boolean", "long", "double", "bytes", "string"];
            let added = match self.rng.one_in(2) {
                true => json!(self.rng.pick(&primitives)),
                false => self.new_type(),
            };
            self.add_branch(branches, added);
        }
    }

    fn add_branch(&mut self, branches: &mut Vec<(Option<usize>, Json)>, added: Json) {
        let is_there = branches.iter().any(|(_, other)| same_branch(other, &added));
        if !added.is_array() && !is_there {
            let place = self.rng.below(branches.len() + 1);
            branches.insert(place, (None, added));
        }
    }

    /// The union of these branches, without those that it is open to dispute what they are to a
    /// branch of the writer that is not their own.
    fn ordered(&mut self, theirs: &[Json], mut branches: Vec<(Option<usize>, Json)>) -> Json {
        let is_clear = |(own, ours): &(Option<usize>, Json)| {
            let others = theirs.iter().enumerate();
            let mut others = others.filter(|(index, _)| Some(*index) != *own);
            !others.any(|(_, theirs)| self.is_unclear(theirs, ours))
        };
        if branches.iter().any(is_clear) {
            branches.retain(is_clear);
        }
        if self.rng.one_in(2) {
            shuffle(&mut branches, self.rng);
        }
        branches.into_iter().map(|(_, branch)| branch).collect()
    }

    /// Whether the specification leaves it open if one can be read as the other.
    fn is_unclear(&self, theirs: &Json, ours: &Json) -> bool {
        let logical = (is_logical(theirs), is_logical(ours));
        match (base(theirs), base(ours)) {
            ("array", "array") | ("map", "map") => true,
            ("string" | "bytes", "string" | "bytes") => logical != (false, false),
            ("int" | "long" | "float", "int" | "long" | "float" | "double") => {
                logical == (true, true)
            }
            (name, other) => {
                let decimal = |ty: &Json| ty["logicalType"] == "decimal";
                let is_decimal = (
                    decimal(theirs) || self.theirs.contains(name) && decimal(self.theirs.get(name)),
                    decimal(ours) || self.ours.contains(other) && decimal(self.ours.get(other)),
                );
                is_decimal == (true, true)
                    || self.theirs.contains(name) && short_name(name) == short_name(other)
            }
        }
    }

    /// A type that the writer does not know.
    fn new_type(&mut self) -> Json {
        self.names += 100;
        let new = random::any(self.rng, NEW_TYPES + self.names);
        self.ours.take_apart(&new, "")
    }

    /// What a named type becomes: the same wherever it is used, but for copies.
    fn named(&mut self, full: &str) -> String {
        // A name that is in several namespaces means another type after a move.
        let can_move = self
            .theirs
            .names()
            .all(|other| other == full || short_name(other) != short_name(full));
        let copied = can_move && self.names < 20 && self.rng.one_in(8);
        match self.became.get(full) {
            Some(known) if !copied => return known.clone(),
            _ => {}
        }
        let namespace = match self.rng.below(3) {
            0 => (*self.rng.pick(&["x", "x.y", "z", "w"])).to_owned(),
            _ => namespace_of(full).to_owned(),
        };
        self.names += 1;
        let renamed = format!("{namespace}.R{}", self.names);
        let name = match self.rng.below(4) {
            _ if copied => renamed,
            0 if can_move => renamed,
            1 if can_move => format!("{namespace}.{}", short_name(full)),
            _ => full.to_owned(),
        };
        if !copied {
            self.became.insert(full.to_owned(), name.clone());
        }
        let mut body = self.body(full);
        let lost = short_name(&name) != short_name(full);
        // A record outside of a union needs no name in common with the writer's.
        let needs_none = full == self.root && self.theirs.uses(full) == 0;
        if lost && !(needs_none && self.rng.one_in(2)) || name != full && self.rng.one_in(2) {
            body["aliases"] = match self.rng.one_in(2) {
                true => json!(["unknown.Alias", full]),
                false => json!([full]),
            };
        }
        self.ours.insert(&name, body);
        name
    }

    /// What a named type's definition becomes, but for its name.
    fn body(&mut self, full: &str) -> Json {
        let mut body = self.theirs.get(full).clone();
        match body["type"].as_str() {
            Some("enum") => self.symbols(&mut body),
            Some("fixed") => self.fixed(&mut body),
            _ => {
                let fields = body["fields"].as_array().cloned().unwrap_or_default();
                body["fields"] = json!(self.fields(&fields));
            }
        }
        body
    }

    fn fields(&mut self, theirs: &[Json]) -> Vec<Json> {
        let mut fields = Vec::new();
        for field in theirs {
            if self.rng.one_in(6) {
                continue;
            }
            let mut changed = field.clone();
            changed["type"] = self.any(&field["type"]);
            if self.rng.one_in(5) {
                changed["name"] = json!(self.field_name());
                changed["aliases"] = match self.rng.one_in(2) {
                    true => json!([field["name"]]),
                    false => json!(["unknown", field["name"]]),
                };
            }
            if self.rng.one_in(6) {
                changed["default"] = json!(defaults::WANTED);
            }
            fields.push(changed);
        }
        while self.rng.one_in(3) || fields.is_empty() {
            let ty = match self.rng.one_in(6) {
                true => self.known_type(),
                false => self.new_type(),
            };
            let field = json!({
                "name": self.field_name(), "type": ty, "default": defaults::WANTED,
            });
            fields.insert(self.rng.below(fields.len() + 1), field);
        }
        if self.rng.one_in(3) {
            shuffle(&mut fields, self.rng);
        }
        fields
    }

    fn field_name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    /// One of the writer's named types once more. It may be inside of itself, so it may be missing.
    fn known_type(&mut self) -> Json {
        let names: Vec<_> = self.theirs.names().cloned().collect();
        let name = self.rng.pick(&names).clone();
        let known = self.named(&name);
        match self.rng.below(4) {
            0 => json!({"type": "array", "items": known}),
            1 => json!({"type": "map", "values": known}),
            2 => json!([known, "null"]),
            _ => json!(["null", known]),
        }
    }

    fn symbols(&mut self, body: &mut Json) {
        let mut symbols = body["symbols"].as_array().cloned().unwrap_or_default();
        while self.rng.one_in(2) {
            self.names += 1;
            symbols.push(json!(format!("N{}", self.names)));
        }
        if self.rng.one_in(2) {
            shuffle(&mut symbols, self.rng);
        }
        if symbols.len() > 1 && self.rng.one_in(3) {
            symbols.remove(self.rng.below(symbols.len()));
        }
        if !self.rng.one_in(3) {
            body["default"] = self.rng.pick(&symbols).clone();
        }
        body["symbols"] = json!(symbols);
    }
}

/// Whether a union cannot have both.
fn same_branch(one: &Json, other: &Json) -> bool {
    base(one) == base(other)
}

fn shuffle<T>(items: &mut [T], rng: &mut Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, rng.below(last + 1));
    }
}
