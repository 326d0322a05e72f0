//! Columns that hold the same value in all rows of a file: what its path says.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StringViewArray, UInt32Array};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use avroscan::{Error, ErrorKind, Result};

use crate::errors::from_arrow;

/// What a directory is called whose rows have no value.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// The `key=value` directories on the way to each file, and the path itself: a row for each file.
pub(crate) struct FileColumns(RecordBatch);

/// What to make of `key=value` directories.
pub(crate) struct Hive {
    /// Number of bytes at the beginning of each path that do not count.
    pub(crate) start: usize,
    /// The types of keys; of others the values tell.
    pub(crate) schema: Option<Schema>,
    /// Whether a value may be a date or a time.
    pub(crate) dates: bool,
}

impl FileColumns {
    /// The columns of the files at these paths, whose own columns are `data`.
    ///
    /// # Errors
    /// `Usage` for a value that is not of the type that it should have, for files of which some have
    /// a key that others lack, and for a column of paths with the name of another.
    pub(crate) fn new(
        paths: &[Arc<str>],
        data: &Schema,
        hive: Option<&Hive>,
        path: Option<&str>,
    ) -> Result<Self> {
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        if let Some(hive) = hive {
            for (key, values) in keys(paths, hive.start)? {
                let data_type = hive.data_type(&key, data, &values);
                columns.push(parse(&key, &values, &data_type)?);
                fields.push(Field::new(key, data_type, true));
            }
        }
        if let Some(name) = path {
            if data.field_with_name(name).is_ok() || fields.iter().any(|field| field.name() == name)
            {
                return Err(usage(format!(
                    "the column of file paths cannot be called {name:?}: there is a column of that \
                     name (duplicate)"
                )));
            }
            fields.push(Field::new(name, DataType::Utf8View, false));
            columns.push(Arc::new(StringViewArray::from_iter_values(paths)));
        }
        let schema = Arc::new(Schema::new(fields));
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(paths.len()));
        RecordBatch::try_new_with_options(schema, columns, &options)
            .map(Self)
            .map_err(from_arrow)
    }

    pub(crate) fn schema(&self) -> &Schema {
        self.0.schema_ref()
    }

    /// A row for each file.
    pub(crate) fn batch(&self) -> &RecordBatch {
        &self.0
    }

    /// The number of the column of this name.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.0.schema_ref().index_of(name).ok()
    }

    /// A column with the value of a file in each row.
    pub(crate) fn repeat(&self, column: usize, file: usize, rows: usize) -> Result<ArrayRef> {
        let file = u32::try_from(file).map_err(|_| usage("too many files"))?;
        let indices = UInt32Array::from_value(file, rows);
        take(self.0.column(column), &indices, None).map_err(from_arrow)
    }
}

impl Hive {
    fn data_type(&self, key: &str, data: &Schema, values: &StringArray) -> DataType {
        let known = |schema: &Schema| Some(schema.field_with_name(key).ok()?.data_type().clone());
        self.schema
            .as_ref()
            .and_then(known)
            .or_else(|| known(data))
            .unwrap_or_else(|| infer(values, self.dates))
    }
}

/// The keys, each with its value for each file.
fn keys(paths: &[Arc<str>], start: usize) -> Result<Vec<(String, StringArray)>> {
    let parts: Vec<_> = paths.iter().map(|path| parts(path, start)).collect();
    let Some(first) = parts.first() else {
        return Ok(Vec::new());
    };
    for (path, found) in paths.iter().zip(&parts) {
        if !found
            .iter()
            .map(|(key, _)| key)
            .eq(first.iter().map(|(key, _)| key))
        {
            return Err(usage(format!(
                "the directories of {path} do not have the same `key=value` names as those of {}",
                paths.first().map_or("", |path| &**path)
            )));
        }
    }
    let column = |index: usize| {
        let value = |parts: &Vec<(String, Option<String>)>| parts.get(index)?.1.clone();
        parts.iter().map(value).collect::<StringArray>()
    };
    Ok((0..first.len())
        .filter_map(|index| Some((first.get(index)?.0.clone(), column(index))))
        .collect())
}

/// The `key=value` directories of a path.
fn parts(path: &str, start: usize) -> Vec<(String, Option<String>)> {
    let below = path.get(start..).unwrap_or_default();
    let directories = below
        .rsplit_once('/')
        .map_or("", |(directories, _)| directories);
    let part = |name: &str| {
        let (key, value) = name.split_once('=')?;
        if key.is_empty() || value.contains('=') {
            return None;
        }
        let value = (value != NULL_PARTITION).then(|| decode(value));
        Some((decode(key), value))
    };
    directories.split('/').filter_map(part).collect()
}

/// Replaces `%2F` and the like.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(decoded) if byte == b'%' => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The first type that all values can have.
fn infer(values: &StringArray, dates: bool) -> DataType {
    if values.null_count() == values.len() {
        return DataType::Utf8View;
    }
    let is_number = |value: &str| {
        value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
    };
    let numbers = values.iter().flatten().all(is_number);
    let mut types = Vec::new();
    if numbers {
        types.extend([DataType::Int64, DataType::Float64]);
    }
    if dates {
        types.extend([
            DataType::Date32,
            DataType::Timestamp(TimeUnit::Microsecond, None),
        ]);
    }
    let fits = |data_type: &DataType| try_cast(values, data_type).is_ok();
    types.into_iter().find(fits).unwrap_or(DataType::Utf8View)
}

fn parse(key: &str, values: &StringArray, data_type: &DataType) -> Result<ArrayRef> {
    try_cast(values, data_type).map_err(|error| {
        usage(format!(
            "a directory `{key}=..` does not hold a {data_type}"
        ))
        .with_source(error)
    })
}

fn try_cast(
    values: &StringArray,
    data_type: &DataType,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    let strict = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(values, data_type, &strict)
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message)
}
