//! Avro schemas as the judge sees them: a tree, with every named type spelled out where it is used.
//!
//! Written from the specification, without a look at the reader's own parser.

mod reader;

use serde_json::Value as Json;

pub use reader::Again;

/// A type with its logical type, where that is valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The type.
    pub ty: Type,
    /// The logical type.
    pub logical: Option<Logical>,
    /// The full name of a record, enum or fixed.
    pub name: Option<String>,
    /// Full names that the named type also had.
    pub aliases: Vec<String>,
    /// The symbol that an enum has for those that it does not know.
    pub default_symbol: Option<String>,
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
    Record(Vec<Field>),
    Union(Vec<Schema>),
    /// The point where a named type contains itself.
    Again(Again),
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub schema: Schema,
    /// Names that it also had.
    pub aliases: Vec<String>,
    /// The default, as the schema's JSON has it.
    pub default: Option<Json>,
}

impl Field {
    /// A field without aliases and default.
    pub fn of(name: impl Into<String>, schema: Schema) -> Self {
        Self {
            name: name.into(),
            schema,
            aliases: Vec::new(),
            default: None,
        }
    }
}

/// A logical type of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Logical {
    Decimal { precision: u8, scale: i8 },
    BigDecimal,
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
        reader::read(json)
    }

    /// A type without a name or a logical type.
    pub fn of(ty: Type) -> Self {
        Self {
            ty,
            logical: None,
            name: None,
            aliases: Vec::new(),
            default_symbol: None,
        }
    }

    /// The same with another type inside.
    pub fn with(&self, ty: Type) -> Self {
        Self {
            ty,
            logical: self.logical,
            name: self.name.clone(),
            aliases: self.aliases.clone(),
            default_symbol: self.default_symbol.clone(),
        }
    }

    /// For a union of several types: the names of its fields, and none for null.
    pub fn branch_names(&self) -> Vec<Option<String>> {
        let Type::Union(branches) = &self.ty else {
            return Vec::new();
        };
        let full = |branch: &Self| match &branch.name {
            Some(full) if !full.is_empty() => full.clone(),
            _ => branch.type_name().to_owned(),
        };
        let short = |branch: &Self| {
            let full = full(branch);
            let last = full.rsplit('.').next().filter(|last| !last.is_empty());
            last.unwrap_or(&full).to_owned()
        };
        let shared = |name: &str| {
            let same = branches
                .iter()
                .filter(|b| b.ty != Type::Null && short(b) == name);
            same.count() > 1
        };
        let mut names: Vec<Option<String>> = Vec::new();
        for branch in branches {
            let wanted = match short(branch) {
                short if shared(&short) => full(branch),
                short => short,
            };
            let numbered = (2..).map(|number| format!("{wanted}_{number}"));
            let free = |name: &String| !names.contains(&Some(name.clone()));
            let name = [wanted.clone()].into_iter().chain(numbered).find(free);
            names.push(name.filter(|_| branch.ty != Type::Null));
        }
        names
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
            Type::Fixed(_) => "fixed",
            Type::Enum(_) => "enum",
            Type::Record(_) => "record",
            Type::Again(_) => "a type that has a name",
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

/// How many digits every number of so many has room for in so many bytes of two's complement.
pub fn digits_of(size: usize) -> usize {
    match size {
        0 => 0,
        _ => ((8 * size - 1) as f64 * 2_f64.log10()).floor() as usize,
    }
}
