//! A schema as its named types, which refer to each other by their full names.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value as Json, json};

use crate::random::Rng;

/// Named types: their JSON by their full names, without the name itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Types(BTreeMap<String, Json>);

impl Types {
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn get(&self, name: &str) -> &Json {
        &self.0[name]
    }

    pub(super) fn insert(&mut self, name: &str, body: Json) {
        self.0.insert(name.to_owned(), body);
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    pub(super) fn is_record(&self, ty: &Json) -> bool {
        let body = self.0.get(base(ty));
        body.is_some_and(|body| body["type"] == "record")
    }

    /// How many references there are to a type.
    pub(super) fn uses(&self, name: &str) -> usize {
        let quoted = json!(name).to_string();
        let bodies = self.0.values();
        bodies
            .map(|body| body.to_string().matches(&quoted).count())
            .sum()
    }

    /// Adds the named types that a schema defines; the schema as a reference to them.
    pub(super) fn take_apart(&mut self, json: &Json, namespace: &str) -> Json {
        match json {
            Json::String(name) => {
                let inner = format!("{namespace}.{name}");
                json!(if self.contains(&inner) { &inner } else { name })
            }
            Json::Array(branches) => branches
                .iter()
                .map(|branch| self.take_apart(branch, namespace))
                .collect(),
            _ => match json["type"].as_str() {
                Some("record" | "enum" | "fixed") => self.definition(json, namespace),
                Some("array") => {
                    json!({"type": "array", "items": self.take_apart(&json["items"], namespace)})
                }
                Some("map") => {
                    json!({"type": "map", "values": self.take_apart(&json["values"], namespace)})
                }
                _ => json.clone(),
            },
        }
    }

    fn definition(&mut self, json: &Json, namespace: &str) -> Json {
        let name = json["name"].as_str().expect("a named type has a name");
        let namespace = json["namespace"].as_str().unwrap_or(namespace);
        let full = match name.contains('.') || namespace.is_empty() {
            true => name.to_owned(),
            false => format!("{namespace}.{name}"),
        };
        // It may be referred to from here on.
        self.insert(&full, Json::Null);
        let mut body = json.as_object().cloned().unwrap_or_default();
        for key in ["name", "namespace"] {
            body.remove(key);
        }
        if let Some(Json::Array(fields)) = body.get_mut("fields") {
            for field in fields {
                field["type"] = self.take_apart(&field["type"], namespace_of(&full));
            }
        }
        self.insert(&full, Json::Object(body));
        json!(full)
    }

    /// The schema that such a reference stands for, with each named type defined where it is first
    /// used.
    pub(super) fn put_together(&self, ty: &Json, rng: &mut Rng) -> Json {
        let defined = HashSet::new();
        Writer {
            types: self,
            rng,
            defined,
        }
        .ty(ty, "")
    }
}

struct Writer<'a> {
    types: &'a Types,
    rng: &'a mut Rng,
    defined: HashSet<String>,
}

impl Writer<'_> {
    fn ty(&mut self, ty: &Json, namespace: &str) -> Json {
        match ty {
            Json::String(name) if self.types.contains(name) => self.named(name, namespace),
            Json::Array(branches) => branches.iter().map(|b| self.ty(b, namespace)).collect(),
            _ => match base(ty) {
                "array" => json!({"type": "array", "items": self.ty(&ty["items"], namespace)}),
                "map" => json!({"type": "map", "values": self.ty(&ty["values"], namespace)}),
                _ => ty.clone(),
            },
        }
    }

    fn named(&mut self, full: &str, around: &str) -> Json {
        let namespace = namespace_of(full);
        let is_near = namespace == around;
        if !self.defined.insert(full.to_owned()) {
            return match is_near && self.rng.one_in(2) {
                true => json!(short_name(full)),
                false => json!(full),
            };
        }
        let mut object = Map::new();
        match self.rng.below(3) {
            0 if is_near => {
                object.insert("name".into(), json!(short_name(full)));
            }
            1 => {
                object.insert("name".into(), json!(short_name(full)));
                object.insert("namespace".into(), json!(namespace));
            }
            _ => {
                object.insert("name".into(), json!(full));
            }
        }
        let mut body = self.types.get(full).clone();
        if let Some(Json::Array(fields)) = body.get_mut("fields") {
            for field in fields {
                field["type"] = self.ty(&field["type"], namespace);
            }
        }
        if let Some(Json::Array(aliases)) = body.get_mut("aliases") {
            for alias in aliases {
                let name = alias.as_str().unwrap_or_default();
                if namespace_of(name) == namespace && self.rng.one_in(2) {
                    *alias = json!(short_name(name));
                }
            }
        }
        object.extend(body.as_object().cloned().unwrap_or_default());
        Json::Object(object)
    }
}

/// The name of a primitive type, `array` or `map`, or a full name.
pub(super) fn base(ty: &Json) -> &str {
    ty.as_str().or(ty["type"].as_str()).unwrap_or_default()
}

/// Whether a type that is no reference has a logical type.
pub(super) fn is_logical(ty: &Json) -> bool {
    ty["logicalType"].is_string()
}

pub(super) fn namespace_of(full: &str) -> &str {
    full.rsplit_once('.').map_or("", |(namespace, _)| namespace)
}

pub(super) fn short_name(full: &str) -> &str {
    full.rsplit_once('.').map_or(full, |(_, name)| name)
}
