//! Which columns are wanted.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::schema::Field;

/// The columns of a scan, by name or by the path of a nested field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Projection {
    /// All columns, in the order of the schema.
    #[default]
    All,
    /// These columns, in this order.
    ///
    /// `user.email` yields the column `user` with the one field `email`. A path goes through
    /// arrays and maps as if they were not there: `orders.price` is a list of structs with one
    /// field. Several paths into one column yield that column once, at the place of the first.
    /// No columns at all yields rows without columns, counted from the block headers.
    Columns(Vec<String>),
}

impl Projection {
    /// These columns, in this order.
    pub fn columns<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self::Columns(columns.into_iter().map(Into::into).collect())
    }

    /// No columns: only the number of rows.
    pub fn none() -> Self {
        Self::Columns(Vec::new())
    }
}

/// What is wanted of one value.
#[derive(Debug)]
pub(super) enum Wanted<'a> {
    /// All of it.
    All,
    /// What these paths, relative to the value, lead to.
    Paths(Vec<&'a str>),
}

impl<'a> Wanted<'a> {
    pub(super) fn of(projection: &'a Projection) -> Self {
        match projection {
            Projection::All => Self::All,
            Projection::Columns(columns) => {
                Self::Paths(columns.iter().map(String::as_str).collect())
            }
        }
    }

    /// What is wanted of each of these fields, and the order in which the paths first name them.
    pub(super) fn in_fields(
        &self,
        fields: &[Field],
    ) -> Result<(Vec<Option<Wanted<'a>>>, Vec<usize>)> {
        let paths = match self {
            Self::All => {
                let wanted = fields.iter().map(|_| Some(Wanted::All)).collect();
                return Ok((wanted, (0..fields.len()).collect()));
            }
            Self::Paths(paths) => paths,
        };
        let mut numbers = HashMap::new();
        for (number, field) in fields.iter().enumerate() {
            numbers.entry(field.name.as_str()).or_insert(number);
        }
        let mut wanted: Vec<Option<Wanted<'a>>> = fields.iter().map(|_| None).collect();
        let mut order = Vec::new();
        for path in paths {
            let (index, rest) = find(&numbers, path).ok_or_else(|| no_column(fields, path))?;
            let Some(slot) = wanted.get_mut(index) else {
                continue;
            };
            if slot.is_none() {
                order.push(index);
            }
            *slot = Some(match (slot.take(), rest) {
                (None, Some(rest)) => Wanted::Paths(vec![rest]),
                (Some(Wanted::Paths(mut paths)), Some(rest)) => {
                    paths.push(rest);
                    Wanted::Paths(paths)
                }
                (_, None) | (Some(Wanted::All), _) => Wanted::All,
            });
        }
        Ok((wanted, order))
    }

    /// Refuses paths that go on where there are no fields.
    pub(super) fn must_be_all(&self, type_name: &str) -> Result<()> {
        match self {
            Self::All => Ok(()),
            Self::Paths(paths) => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "a value of type {type_name} has no field `{}`",
                    paths.first().copied().unwrap_or_default()
                ),
            )),
        }
    }
}

/// The field that a path starts with, of fields by their names, and the rest of the path.
///
/// The longest name wins, so that a field whose own name holds a dot can be reached.
fn find<'a>(numbers: &HashMap<&str, usize>, path: &'a str) -> Option<(usize, Option<&'a str>)> {
    if let Some(&number) = numbers.get(path) {
        return Some((number, None));
    }
    path.rmatch_indices('.').find_map(|(dot, _)| {
        let (name, rest) = (path.get(..dot)?, path.get(dot + 1..)?);
        numbers.get(name).map(|&number| (number, Some(rest)))
    })
}

#[cold]
fn no_column(fields: &[Field], path: &str) -> Error {
    let names: Vec<_> = fields
        .iter()
        .take(20)
        .map(|field| field.name.as_str())
        .collect();
    let more = if fields.len() > 20 { ", .." } else { "" };
    Error::new(
        ErrorKind::Usage,
        format!(
            "there is no column `{path}`; there are: {}{more}",
            names.join(", ")
        ),
    )
}
