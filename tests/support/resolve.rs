//! The slow, obvious schema resolution: one value at a time, straight from the specification.
//!
//! [`value`] turns a physical value of the writer's schema (see [`slow`]) into one of
//! the reader's schema: its fields, its branches, its symbols, its units. [`check`] says whether
//! two schemas go together at all, which is known before any value is read.

mod leaf;

/// The rows before the first block with a problem, and the problem.
pub fn rows(
    writer: &Schema,
    reader: &Schema,
    blocks: &[Vec<Json>],
) -> (Vec<Json>, Option<Problem>) {
    let mut rows = Vec::new();
    for block in blocks {
        let resolved = block.iter().map(|row| {
            let value = self::value(writer, reader, row)?;
            Ok(judge::row(reader, &value))
        });
        match resolved.collect::<Result<Vec<_>, _>>() {
            Ok(block) => rows.extend(block),
            Err(problem) => return (rows, Some(problem)),
        }
    }
    (rows, None)
}

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::schema::{Field, Schema, Type};
use crate::{judge, slow};
use leaf::{converted, leaves_match, valid};

/// Most defaults inside of defaults: one that contains itself fits nothing.
const DEFAULTS: usize = 8;

/// Why a value has no counterpart in the reader's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The reader has no such branch, or no such symbol and no default for it.
    Unknown(String),
    /// There is no such value in the reader's logical type, or no exact one.
    Value(String),
    /// The bytes that are to be text are none.
    Utf8,
}

/// Whether values of the writer's schema can be read as the reader's: the first reason against it.
pub fn check(writer: &Schema, reader: &Schema) -> Result<(), String> {
    Check::default().any(writer, reader)
}

/// The value under the reader's schema.
pub fn value(writer: &Schema, reader: &Schema, value: &Json) -> Result<Json, Problem> {
    Resolve::default().any(writer, reader, value)
}

/// The physical value that a default stands for, or none if it does not fit its type.
///
/// Bytes and fixed are text of the code points 0 to 255; the default of a union belongs to the
/// first branch that it fits; what a record's default leaves out has a default of its own.
pub fn default(schema: &Schema, json: &Json) -> Option<Json> {
    filled(schema, json, DEFAULTS)
}

/// `left`: how many defaults inside of defaults there may be.
fn filled(schema: &Schema, json: &Json, left: usize) -> Option<Json> {
    let bytes = || -> Option<Vec<u8>> {
        let chars = json.as_str()?.chars();
        chars.map(|c| u8::try_from(u32::from(c)).ok()).collect()
    };
    match &schema.ty {
        Type::Null => json.is_null().then_some(Json::Null),
        Type::Boolean => json.as_bool().map(Json::Bool),
        Type::Int => Some(json!(i32::try_from(json.as_i64()?).ok()?)),
        Type::Long => Some(json!(json.as_i64()?)),
        Type::Float => Some(slow::float((json.as_f64()? as f32).into())),
        Type::Double => Some(slow::float(json.as_f64()?)),
        Type::String => Some(json!(json.as_str()?)),
        Type::Bytes => Some(slow::hex(&bytes()?)),
        Type::Fixed(size) => bytes()
            .filter(|bytes| bytes.len() == *size)
            .map(|bytes| slow::hex(&bytes)),
        Type::Enum(symbols) => {
            let symbol = json.as_str()?;
            symbols.iter().any(|s| s == symbol).then(|| json!(symbol))
        }
        Type::Array(items) => {
            let list = json.as_array()?.iter();
            list.map(|item| filled(items, item, left)).collect()
        }
        Type::Map(values) => {
            let entries = json.as_object()?.iter();
            let entries =
                entries.map(|(key, value)| Some(json!([key, filled(values, value, left)?])));
            Some(json!({ "$map": entries.collect::<Option<Vec<_>>>()? }))
        }
        Type::Record(fields) => {
            let object = json.as_object()?;
            let field = |field: &Field| {
                let value = match (object.get(&field.name), &field.default) {
                    (Some(json), _) => filled(&field.schema, json, left),
                    (None, Some(json)) => filled(&field.schema, json, left.checked_sub(1)?),
                    (None, None) => None,
                };
                Some((field.name.clone(), value?))
            };
            fields.iter().map(field).collect()
        }
        Type::Union(branches) => branches.iter().enumerate().find_map(|(index, branch)| {
            let value = filled(branch, json, left)?;
            Some(json!({ "$union": [index, value] }))
        }),
        Type::Again(again) => filled(again.spelled(), json, left),
    }
}

/// The field of the writer that a field of the reader is: by its name, else by an alias.
fn source<'a>(writer: &'a [Field], reader: &Field) -> Option<&'a Field> {
    let mut names = [&reader.name].into_iter().chain(&reader.aliases);
    names.find_map(|name| writer.iter().find(|field| field.name == *name))
}

/// A type that contains itself, spelled out.
fn spelled(schema: &Schema) -> &Schema {
    match &schema.ty {
        Type::Again(again) => again.spelled(),
        _ => schema,
    }
}

/// Which of the reader's types a type of the writer that is no union is read as: the type itself,
/// or a branch of a union.
fn target<'a>(
    writer: &Schema,
    reader: &'a Schema,
    was_branch: bool,
) -> Option<(Option<usize>, &'a Schema)> {
    let Type::Union(branches) = &reader.ty else {
        let ours = spelled(reader);
        // Outside of unions there is no other record that it could be.
        let is_sole = !was_branch && is_record(writer) && is_record(ours);
        return (is_sole || matches(writer, ours)).then_some((None, reader));
    };
    let same = |branch: &Schema| kind(writer) == kind(branch) && matches(writer, branch);
    let exact = |branch: &Schema| same(branch) && writer.name == branch.name;
    let find = |wanted: &dyn Fn(&Schema) -> bool| {
        let mut branches = branches.iter().enumerate();
        branches.find(|(_, branch)| wanted(spelled(branch)))
    };
    let alias = |branch: &Schema| same(branch) && has_alias(branch, writer);
    let found = find(&exact)
        .or_else(|| find(&alias))
        .or_else(|| find(&same))
        .or_else(|| find(&|branch| matches(writer, branch)));
    found.map(|(index, branch)| (Some(index), branch))
}

fn is_record(schema: &Schema) -> bool {
    matches!(schema.ty, Type::Record(_) | Type::Again(_))
}

fn is_again(schema: &Schema) -> bool {
    matches!(schema.ty, Type::Again(_))
}

/// Whether the types match (specification: "Schema Resolution"), apart from what is inside of them.
fn matches(writer: &Schema, reader: &Schema) -> bool {
    match (&writer.ty, &reader.ty) {
        (Type::Array(_), Type::Array(_)) | (Type::Map(_), Type::Map(_)) => true,
        (Type::Record(_), Type::Record(_)) => is_named_alike(writer, reader),
        _ => is_leaf(writer) && is_leaf(reader) && leaves_match(writer, reader),
    }
}

/// The same full name, the same name without its namespace, or an alias.
fn is_named_alike(writer: &Schema, reader: &Schema) -> bool {
    let (Some(theirs), Some(ours)) = (&writer.name, &reader.name) else {
        return false;
    };
    let short = |full: &String| full.rsplit('.').next().map(str::to_owned);
    short(theirs) == short(ours) || has_alias(reader, writer)
}

/// Whether the reader's type also had the writer's name.
fn has_alias(reader: &Schema, writer: &Schema) -> bool {
    let name = writer.name.as_ref();
    name.is_some_and(|name| reader.aliases.contains(name))
}

fn is_leaf(schema: &Schema) -> bool {
    !matches!(
        schema.ty,
        Type::Array(_) | Type::Map(_) | Type::Record(_) | Type::Union(_) | Type::Again(_)
    )
}

fn kind(schema: &Schema) -> std::mem::Discriminant<Type> {
    std::mem::discriminant(&schema.ty)
}

/// Compares two schemas.
#[derive(Default)]
struct Check {
    /// Inside of a reader's type that contains itself nothing is left out by a projection.
    is_whole: bool,
    /// The pairs of such records that were met so far, by their names.
    met: HashSet<(Option<String>, Option<String>)>,
}

impl Check {
    fn any(&mut self, writer: &Schema, reader: &Schema) -> Result<(), String> {
        let writer = spelled(writer);
        let Type::Union(branches) = &writer.ty else {
            return match target(writer, reader, false) {
                Some((_, reader)) => self.inside(writer, reader),
                None => Err(format!("{writer:?} cannot be read as {reader:?}")),
            };
        };
        let mut is_any = false;
        for branch in branches.iter().map(spelled) {
            // What the reader does not have is an error where it is met.
            if let Some((_, reader)) = target(branch, reader, true) {
                is_any = true;
                self.inside(branch, reader)?;
            }
        }
        match is_any {
            true => Ok(()),
            false => Err(format!("no branch of {writer:?} can be read as {reader:?}")),
        }
    }

    /// Neither type is a union.
    fn inside(&mut self, writer: &Schema, reader: &Schema) -> Result<(), String> {
        let was_whole = self.is_whole;
        self.is_whole |= is_again(reader);
        let reader = spelled(reader);
        let result = match (&writer.ty, &reader.ty) {
            (Type::Array(writer), Type::Array(reader)) | (Type::Map(writer), Type::Map(reader)) => {
                self.any(writer, reader)
            }
            (Type::Record(theirs), Type::Record(ours)) => {
                let pair = (writer.name.clone(), reader.name.clone());
                match self.is_whole && !self.met.insert(pair) {
                    true => Ok(()),
                    false => ours.iter().try_for_each(|field| self.field(theirs, field)),
                }
            }
            _ => Ok(()),
        };
        self.is_whole = was_whole;
        result
    }

    fn field(&mut self, theirs: &[Field], field: &Field) -> Result<(), String> {
        match (source(theirs, field), &field.default) {
            (Some(theirs), _) => self.any(&theirs.schema, &field.schema),
            (None, Some(json)) if default(&field.schema, json).is_some() => Ok(()),
            (None, _) => Err(format!("{} has no default", field.name)),
        }
    }
}

/// Resolves a value of schemas that were found to go together.
#[derive(Clone, Copy, Default)]
struct Resolve {
    /// Inside of a type that contains itself nothing is held against its logical type.
    as_text: bool,
}

impl Resolve {
    fn any(self, writer: &Schema, reader: &Schema, value: &Json) -> Result<Json, Problem> {
        let writer = spelled(writer);
        let Type::Union(branches) = &writer.ty else {
            return self.branch(writer, reader, false, value);
        };
        let (index, value) = (&value["$union"][0], &value["$union"][1]);
        let branch = &branches[index.as_u64().expect("a branch") as usize];
        self.branch(spelled(branch), reader, true, value)
    }

    fn branch(
        self,
        writer: &Schema,
        reader: &Schema,
        was_branch: bool,
        value: &Json,
    ) -> Result<Json, Problem> {
        match target(writer, reader, was_branch) {
            None => Err(Problem::Unknown(format!("{writer:?}"))),
            Some((None, reader)) => self.inside(writer, reader, value),
            Some((Some(index), branch)) => {
                let value = self.inside(writer, branch, value)?;
                Ok(json!({ "$union": [index, value] }))
            }
        }
    }

    /// Neither type is a union.
    fn inside(self, writer: &Schema, reader: &Schema, value: &Json) -> Result<Json, Problem> {
        let as_text = self.as_text || is_again(reader);
        Self { as_text }.types(writer, spelled(reader), value)
    }

    fn types(self, writer: &Schema, reader: &Schema, value: &Json) -> Result<Json, Problem> {
        match (&writer.ty, &reader.ty) {
            (Type::Array(theirs), Type::Array(ours)) => {
                let items = value.as_array().expect("an array").iter();
                items.map(|item| self.any(theirs, ours, item)).collect()
            }
            (Type::Map(theirs), Type::Map(ours)) => {
                let entries = value["$map"].as_array().expect("a map").iter();
                let entries = entries.map(|e| Ok(json!([e[0], self.any(theirs, ours, &e[1])?])));
                Ok(json!({ "$map": entries.collect::<Result<Vec<_>, _>>()? }))
            }
            (Type::Record(theirs), Type::Record(ours)) => self.record(theirs, ours, value),
            (Type::Enum(_), Type::Enum(symbols)) => {
                let symbol = value.as_str().expect("a symbol").to_owned();
                let known = |symbol: &String| symbols.contains(symbol);
                let default = reader.default_symbol.clone().filter(known);
                match known(&symbol) {
                    true => Ok(json!(symbol)),
                    false => default.map(Json::String).ok_or(Problem::Unknown(symbol)),
                }
            }
            _ => {
                let value = converted(writer, reader, value)?;
                if !self.as_text {
                    valid(reader, &value)?;
                }
                Ok(value)
            }
        }
    }

    /// Fields are resolved in the order of the writer, so the first problem is the file's first.
    fn record(self, theirs: &[Field], ours: &[Field], value: &Json) -> Result<Json, Problem> {
        let mut found: Vec<Option<Json>> = vec![None; ours.len()];
        for writer in theirs {
            for (reader, found) in ours.iter().zip(&mut found) {
                if source(theirs, reader).is_some_and(|source| source.name == writer.name) {
                    let value = &value[&writer.name];
                    *found = Some(self.any(&writer.schema, &reader.schema, value)?);
                }
            }
        }
        let fields = ours.iter().zip(found).map(|(field, found)| {
            let default = || default(&field.schema, field.default.as_ref()?);
            let value = found.or_else(default).expect("a checked default");
            (field.name.clone(), value)
        });
        Ok(fields.collect())
    }
}
