//! From JSON to the tree.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::{Field, Logical, Schema, Type, digits_of};

/// A named type inside of itself: it is spelled out once more when that is asked for.
#[derive(Clone)]
pub struct Again(Arc<Inside>);

struct Inside {
    name: String,
    definitions: Arc<OnceLock<Definitions>>,
    spelled: OnceLock<Schema>,
}

/// All definitions of a schema, in their order.
type Definitions = Vec<Arc<Definition>>;

/// A definition: full name, its JSON, and the namespace around it.
struct Definition {
    full: String,
    json: Json,
    around: String,
}

impl Again {
    /// The type, in which the next level is [`Type::Again`] again.
    pub fn spelled(&self) -> &Schema {
        self.0.spelled.get_or_init(|| {
            let all = self.0.definitions.clone();
            let mut reader = Reader {
                named: all.get().expect("the schema is read").clone(),
                open: Vec::new(),
                all,
            };
            let spelled = reader.name(&self.0.name, "");
            spelled.expect("it was read once before")
        })
    }
}

impl PartialEq for Again {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Again").field(&self.0.name).finish()
    }
}

/// Reads a schema.
pub(super) fn read(json: &Json) -> Result<Schema, String> {
    let mut reader = Reader {
        named: Vec::new(),
        open: Vec::new(),
        all: Arc::default(),
    };
    let schema = reader.read(json, "")?;
    let _ = reader.all.set(reader.named);
    Ok(schema)
}

struct Reader {
    /// The definitions read so far.
    named: Definitions,
    /// The types that are being read, by their full names.
    open: Vec<String>,
    /// All definitions, once they are read.
    all: Arc<OnceLock<Definitions>>,
}

impl Reader {
    fn read(&mut self, json: &Json, namespace: &str) -> Result<Schema, String> {
        match json {
            Json::String(name) => self.name(name, namespace),
            Json::Array(branches) => {
                let branches = branches.iter().map(|b| self.read(b, namespace));
                Ok(Schema::of(Type::Union(branches.collect::<Result<_, _>>()?)))
            }
            Json::Object(_) => self.object(json, namespace),
            _ => Err(format!("not a schema: {json}")),
        }
    }

    fn name(&mut self, name: &str, namespace: &str) -> Result<Schema, String> {
        Ok(Schema::of(match name {
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
                let found = self.found(&full).or_else(|| self.found(name));
                let found = found.ok_or_else(|| format!("unknown type {name}"))?;
                return match self.open.contains(&found.full) {
                    true => Ok(self.again(&found.full)),
                    false => self.object(&found.json, &found.around),
                };
            }
        }))
    }

    /// The latest definition of this full name.
    fn found(&self, full: &str) -> Option<Arc<Definition>> {
        self.named.iter().rev().find(|d| d.full == full).cloned()
    }

    fn again(&self, full: &str) -> Schema {
        let again = Again(Arc::new(Inside {
            name: full.to_owned(),
            definitions: self.all.clone(),
            spelled: OnceLock::new(),
        }));
        Schema {
            name: Some(full.to_owned()),
            ..Schema::of(Type::Again(again))
        }
    }

    fn object(&mut self, json: &Json, namespace: &str) -> Result<Schema, String> {
        let Json::String(kind) = &json["type"] else {
            return self.read(&json["type"], namespace);
        };
        let schema = match kind.as_str() {
            "record" | "error" | "enum" | "fixed" => return self.named(kind, json, namespace),
            "array" => Schema::of(Type::Array(Box::new(self.read(&json["items"], namespace)?))),
            "map" => Schema::of(Type::Map(Box::new(self.read(&json["values"], namespace)?))),
            name => self.name(name, namespace)?,
        };
        // A reference is what its definition says, whatever stands beside it.
        match schema.name {
            Some(_) => Ok(schema),
            None => Ok(Schema {
                logical: logical(&schema.ty, json),
                ..schema
            }),
        }
    }

    fn named(&mut self, kind: &str, json: &Json, namespace: &str) -> Result<Schema, String> {
        let name = json["name"].as_str().ok_or("a named type without a name")?;
        let own = json["namespace"].as_str();
        // A type without a name is in its namespace all the same.
        let (full, inner) = match name {
            "" => (String::new(), own.unwrap_or(namespace).to_owned()),
            name => {
                let full = full_name(name, own, namespace);
                let inner = full.rsplit_once('.').map_or("", |(inner, _)| inner);
                (full.clone(), inner.to_owned())
            }
        };
        // Where a type is spelled out again, the definitions inside of it may be of types around it.
        let is_open = self.open.contains(&full);
        if is_open && self.found(&full).is_some_and(|known| known.json == *json) {
            return Ok(self.again(&full));
        }
        self.named.push(Arc::new(Definition {
            full: full.clone(),
            json: json.clone(),
            around: namespace.to_owned(),
        }));
        let list = |key: &str| match &json[key] {
            Json::Array(list) => Ok(list),
            _ => Err(format!("{name} has no {key}")),
        };
        let ty = match kind {
            "fixed" => Type::Fixed(json["size"].as_u64().ok_or("a fixed without a size")? as usize),
            "enum" => Type::Enum(texts(list("symbols")?)),
            _ => {
                self.open.push(full.clone());
                let fields = list("fields")?.iter().map(|f| self.field(f, &inner));
                let fields = fields.collect::<Result<_, _>>()?;
                self.open.pop();
                Type::Record(fields)
            }
        };
        let aliases = texts(json["aliases"].as_array().map_or(&[], Vec::as_slice));
        let default_symbol = json["default"].as_str().filter(|_| kind == "enum");
        Ok(Schema {
            logical: logical(&ty, json),
            ty,
            name: Some(full),
            aliases: aliases.iter().map(|a| full_name(a, None, &inner)).collect(),
            default_symbol: default_symbol.map(str::to_owned),
        })
    }

    fn field(&mut self, json: &Json, namespace: &str) -> Result<Field, String> {
        let name = json["name"].as_str().ok_or("a field without a name")?;
        Ok(Field {
            name: name.to_owned(),
            schema: self.read(&json["type"], namespace)?,
            aliases: texts(json["aliases"].as_array().map_or(&[], Vec::as_slice)),
            default: json.get("default").cloned(),
        })
    }
}

fn texts(list: &[Json]) -> Vec<String> {
    let texts = list.iter().filter_map(Json::as_str);
    texts.map(str::to_owned).collect()
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
            let scale = match json.get("scale") {
                Some(scale) => i8::try_from(scale.as_u64()?).ok()?,
                None => 0,
            };
            let widest = match ty {
                Type::Fixed(size) => digits_of(*size),
                _ => usize::MAX,
            };
            let possible = precision > 0 && scale as u8 <= precision;
            if !possible || usize::from(precision) > widest {
                return None;
            }
            Logical::Decimal { precision, scale }
        }
        ("big-decimal", Type::Bytes) => Logical::BigDecimal,
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
