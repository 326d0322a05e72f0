//! Avro schemas as the judge sees them: a tree, with every named type spelled out where it is used.
//!
//! Written from the specification, without a look at the reader's own parser.

use serde_json::Value as Json;

/// A type with its logical type, where that is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The type.
    pub ty: Type,
    /// The logical type.
    pub logical: Option<Logical>,
    /// The full name of a record, enum or fixed.
    pub name: Option<String>,
}

/// A type of the specification.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum(Vec<String>),
    Array(Box<Schema>),
    Map(Box<Schema>),
    Record(Vec<(String, Schema)>),
    Union(Vec<Schema>),
    /// The point where this named type contains itself, and all definitions up to there.
    Again(String, Vec<Definition>),
}

/// A logical type of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Logical {
    Decimal { precision: u8, scale: i8 },
    Duration,
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
}

impl Schema {
    /// Reads a schema from its JSON text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::from_json(&json)
    }

    /// Reads a schema from its JSON.
    pub fn from_json(json: &Json) -> Result<Self, String> {
        Reader {
            named: Vec::new(),
            open: Vec::new(),
        }
        .read(json, "")
    }

    /// The type that contains itself here, spelled out once more.
    pub fn again(name: &str, definitions: &[Definition]) -> Result<Self, String> {
        let named = definitions.to_vec();
        Reader {
            named,
            open: Vec::new(),
        }
        .name(name, "")
    }

    /// For a union of several types: the names of its fields, and none for null.
    pub fn branch_names(&self) -> Vec<Option<String>> {
        let Type::Union(branches) = &self.ty else {
            return Vec::new();
        };
        let short = |branch: &Self| match &branch.name {
            Some(full) => full.rsplit('.').next().unwrap_or(full).to_owned(),
            None => branch.type_name().to_owned(),
        };
        let shared = |name: &str| branches.iter().filter(|b| short(b) == name).count() > 1;
        let name = |branch: &Self| match &branch.name {
            Some(full) if shared(&short(branch)) => full.clone(),
            _ => short(branch),
        };
        branches
            .iter()
            .map(|branch| (branch.ty != Type::Null).then(|| name(branch)))
            .collect()
    }

    fn type_name(&self) -> &'static str {
        match self.ty {
            Type::Null => "null",
            Type::Boolean => "boolean",
            Type::Int => "int",
            Type::Long => "long",
            Type::Float => "float",
            Type::Double => "double",
            Type::Bytes => "bytes",
            Type::String => "string",
            Type::Array(_) => "array",
            Type::Map(_) => "map",
            Type::Union(_) => "union",
            Type::Fixed(_) | Type::Enum(_) | Type::Record(_) | Type::Again(..) => "named",
        }
    }

    /// For a union of null and one other type: that type. `None` for all else.
    pub fn non_null(&self) -> Option<&Self> {
        let Type::Union(branches) = &self.ty else {
            return None;
        };
        match &branches[..] {
            [null, other] | [other, null] if null.ty == Type::Null && other.ty != Type::Null => {
                Some(other)
            }
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A definition: full name, its JSON, and the namespace around it.
pub type Definition = (String, Json, String);

struct Reader {
    named: Vec<Definition>,
    open: Vec<String>,
}

impl Reader {
    fn read(&mut self, json: &Json, namespace: &str) -> Result<Schema, String> {
        match json {
            Json::String(name) => self.name(name, namespace),
            Json::Array(branches) => {
                let branches = branches.iter().map(|b| self.read(b, namespace));
                Ok(plain(Type::Union(branches.collect::<Result<_, _>>()?)))
            }
            Json::Object(_) => self.object(json, namespace),
            _ => Err(format!("not a schema: {json}")),
        }
    }

    fn name(&mut self, name: &str, namespace: &str) -> Result<Schema, String> {
        Ok(plain(match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "int" => Type::Int,
            "long" => Type::Long,
            "float" => Type::Float,
            "double" => Type::Double,
            "bytes" => Type::Bytes,
            "string" => Type::String,
            _ => {
                let full = full_name(name, None, namespace);
                let found = |wanted: &str| self.named.iter().rev().find(|d| d.0 == wanted).cloned();
                let (full, json, around) = found(&full)
                    .or_else(|| found(name))
                    .ok_or_else(|| format!("unknown type {name}"))?;
                if self.open.contains(&full) {
                    let ty = Type::Again(full.clone(), self.named.clone());
                    return Ok(Schema {
                        ty,
                        logical: None,
                        name: Some(full),
                    });
                } else {
                    return self.object(&json, &around);
                }
            }
        }))
    }

    fn object(&mut self, json: &Json, namespace: &str) -> Result<Schema, String> {
        let Json::String(kind) = &json["type"] else {
            return self.read(&json["type"], namespace);
        };
        let ty = match kind.as_str() {
            "record" | "error" | "enum" | "fixed" => return self.named(kind, json, namespace),
            "array" => Type::Array(Box::new(self.read(&json["items"], namespace)?)),
            "map" => Type::Map(Box::new(self.read(&json["values"], namespace)?)),
            name => self.name(name, namespace)?.ty,
        };
        let logical = logical(&ty, json);
        Ok(Schema {
            ty,
            logical,
            name: None,
        })
    }

    fn named(&mut self, kind: &str, json: &Json, namespace: &str) -> Result<Schema, String> {
        let name = json["name"].as_str().ok_or("a named type without a name")?;
        let full = full_name(name, json["namespace"].as_str(), namespace);
        let inner = full
            .rsplit_once('.')
            .map_or("", |(inner, _)| inner)
            .to_owned();
        self.named
            .push((full.clone(), json.clone(), namespace.to_owned()));
        let list = |key: &str| {
            json[key]
                .as_array()
                .cloned()
                .ok_or(format!("{name} has no {key}"))
        };
        let ty = match kind {
            "fixed" => Type::Fixed(json["size"].as_u64().ok_or("a fixed without a size")? as usize),
            "enum" => {
                let symbols = list("symbols")?;
                Type::Enum(
                    symbols
                        .iter()
                        .filter_map(|s| s.as_str().map(str::to_owned))
                        .collect(),
                )
            }
            _ => {
                self.open.push(full.clone());
                let mut fields = Vec::new();
                for field in list("fields")? {
                    let name = field["name"].as_str().ok_or("a field without a name")?;
                    fields.push((name.to_owned(), self.read(&field["type"], &inner)?));
                }
                self.open.pop();
                Type::Record(fields)
            }
        };
        let logical = logical(&ty, json);
        Ok(Schema {
            ty,
            logical,
            name: Some(full),
        })
    }
}

fn plain(ty: Type) -> Schema {
    Schema {
        ty,
        logical: None,
        name: None,
    }
}

fn full_name(name: &str, own: Option<&str>, around: &str) -> String {
    match own.unwrap_or(around) {
        _ if name.contains('.') => name.to_owned(),
        "" => name.to_owned(),
        namespace => format!("{namespace}.{name}"),
    }
}

fn logical(ty: &Type, json: &Json) -> Option<Logical> {
    Some(match (json["logicalType"].as_str()?, ty) {
        ("decimal", Type::Bytes | Type::Fixed(_)) => {
            let precision = u8::try_from(json["precision"].as_u64()?).ok()?;
            let scale = i8::try_from(json["scale"].as_u64().unwrap_or(0)).ok()?;
            Logical::Decimal { precision, scale }
        }
        ("duration", Type::Fixed(12)) => Logical::Duration,
        ("uuid", Type::String | Type::Fixed(16)) => Logical::Uuid,
        ("date", Type::Int) => Logical::Date,
        ("time-millis", Type::Int) => Logical::TimeMillis,
        ("time-micros", Type::Long) => Logical::TimeMicros,
        ("timestamp-millis", Type::Long) => Logical::TimestampMillis,
        ("timestamp-micros", Type::Long) => Logical::TimestampMicros,
        ("timestamp-nanos", Type::Long) => Logical::TimestampNanos,
        ("local-timestamp-millis", Type::Long) => Logical::LocalTimestampMillis,
        ("local-timestamp-micros", Type::Long) => Logical::LocalTimestampMicros,
        ("local-timestamp-nanos", Type::Long) => Logical::LocalTimestampNanos,
        _ => return None,
    })
}
