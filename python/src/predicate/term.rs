//! Terms, and what they say of rows: true, false or null, as Polars has it.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{and_kleene, is_not_null, is_null, not, or_kleene};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType,
};
use arrow::error::ArrowError;

/// A part of a predicate.
#[derive(Debug)]
pub(super) enum Term {
    IsTrue(Column),
    Compare(Column, Op, Value),
    IsNull(Column),
    IsNotNull(Column),
    IsIn(Column, Set),
    StartsWith(Column, Box<[u8]>),
    Not(Box<Term>),
    And(Box<Term>, Box<Term>),
    Or(Box<Term>, Box<Term>),
}

/// A column, or the fields that lead to a part of it.
#[derive(Debug, Clone)]
pub(super) struct Column(pub(super) Vec<String>);

#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

/// A literal of the type of the column that it is compared with.
#[derive(Debug)]
pub(super) enum Value {
    Boolean(bool),
    /// Of a number, a date, or a time in the unit of the column.
    Int(i64),
    /// Neither infinite nor NaN.
    Float(f64),
    /// Without its scale, which is the column's.
    Decimal(i128),
    Bytes(Box<[u8]>),
}

/// The values of a list.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) ints: HashSet<i64>,
    pub(super) texts: HashSet<Box<[u8]>>,
    pub(super) has_null: bool,
}

impl Op {
    /// The same with its sides exchanged.
    pub(super) fn flipped(self) -> Self {
        match self {
            Self::Eq | Self::NotEq => self,
            Self::Lt => Self::Gt,
            Self::LtEq => Self::GtEq,
            Self::Gt => Self::Lt,
            Self::GtEq => Self::LtEq,
        }
    }
}

impl Term {
    /// Adds the paths of the columns that this looks at.
    pub(super) fn columns(&self, columns: &mut Vec<String>) {
        match self {
            Self::IsTrue(column)
            | Self::Compare(column, ..)
            | Self::IsNull(column)
            | Self::IsNotNull(column)
            | Self::IsIn(column, _)
            | Self::StartsWith(column, _) => columns.push(column.0.join(".")),
            Self::Not(inner) => inner.columns(columns),
            Self::And(left, right) | Self::Or(left, right) => {
                left.columns(columns);
                right.columns(columns);
            }
        }
    }

    /// Whether a list of values in it has a null.
    pub(super) fn has_nulls_in_sets(&self) -> bool {
        match self {
            Self::IsIn(_, set) => set.has_null,
            Self::Not(inner) => inner.has_nulls_in_sets(),
            Self::And(left, right) | Self::Or(left, right) => {
                left.has_nulls_in_sets() || right.has_nulls_in_sets()
            }
            _ => false,
        }
    }

    /// What it says of each row.
    ///
    /// # Errors
    /// If a column is not there or has another type than the term was made for.
    pub(super) fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, ArrowError> {
        match self {
            Self::IsTrue(column) => {
                let array = column.of(batch)?;
                array
                    .as_boolean_opt()
                    .cloned()
                    .ok_or_else(|| unexpected(&array))
            }
            Self::Compare(column, op, value) => compare(&column.of(batch)?, *op, value),
            Self::IsNull(column) => is_null(&column.of(batch)?),
            Self::IsNotNull(column) => is_not_null(&column.of(batch)?),
            Self::IsIn(column, set) => is_in(&column.of(batch)?, set),
            Self::StartsWith(column, prefix) => {
                bytes(&column.of(batch)?, |text| text.starts_with(prefix))
            }
            Self::Not(inner) => not(&inner.evaluate(batch)?),
            Self::And(left, right) => and_kleene(&left.evaluate(batch)?, &right.evaluate(batch)?),
            Self::Or(left, right) => or_kleene(&left.evaluate(batch)?, &right.evaluate(batch)?),
        }
    }
}

impl Column {
    /// The values, null also where a struct around them is.
    fn of(&self, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        let mut names = self.0.iter();
        let missing = || ArrowError::SchemaError(format!("a filter's column {self:?} is missing"));
        let mut array = names
            .next()
            .and_then(|name| batch.column_by_name(name))
            .ok_or_else(missing)?
            .clone();
        let mut nulls: Option<NullBuffer> = None;
        for name in names {
            nulls = NullBuffer::union(nulls.as_ref(), array.nulls());
            let part = array
                .as_struct_opt()
                .and_then(|parts| parts.column_by_name(name));
            array = part.ok_or_else(missing)?.clone();
        }
        if nulls.is_none() {
            return Ok(array);
        }
        let nulls = NullBuffer::union(nulls.as_ref(), array.nulls());
        let data = array.to_data().into_builder().nulls(nulls).build()?;
        Ok(arrow::array::make_array(data))
    }
}

fn compare(array: &ArrayRef, op: Op, value: &Value) -> Result<BooleanArray, ArrowError> {
    match value {
        Value::Int(value) => match array.data_type() {
            DataType::Int32 => ints::<Int32Type>(array, op, i32::try_from(*value).ok()),
            DataType::Date32 => ints::<Date32Type>(array, op, i32::try_from(*value).ok()),
            DataType::Int64 => ints::<Int64Type>(array, op, Some(*value)),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                ints::<TimestampMillisecondType>(array, op, Some(*value))
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                ints::<TimestampMicrosecondType>(array, op, Some(*value))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                ints::<TimestampNanosecondType>(array, op, Some(*value))
            }
            _ => Err(unexpected(array)),
        },
        Value::Decimal(value) => ints::<Decimal128Type>(array, op, Some(*value)),
        Value::Float(value) => match array.data_type() {
            DataType::Float32 => {
                floats::<Float32Type>(array, op, *value as f32, |value| value.is_nan())
            }
            DataType::Float64 => floats::<Float64Type>(array, op, *value, |value| value.is_nan()),
            _ => Err(unexpected(array)),
        },
        Value::Boolean(value) => {
            let array = array.as_boolean_opt().ok_or_else(|| unexpected(array))?;
            let values = array.values();
            Ok(collect(array, |row| {
                ordering(op, values.value(row).cmp(value))
            }))
        }
        Value::Bytes(value) => bytes(array, |text| ordering(op, text.cmp(value))),
    }
}

fn ordering(op: Op, ordering: std::cmp::Ordering) -> bool {
    match op {
        Op::Eq => ordering.is_eq(),
        Op::NotEq => ordering.is_ne(),
        Op::Lt => ordering.is_lt(),
        Op::LtEq => ordering.is_le(),
        Op::Gt => ordering.is_gt(),
        Op::GtEq => ordering.is_ge(),
    }
}

fn ints<T: ArrowPrimitiveType<Native: Ord>>(
    array: &ArrayRef,
    op: Op,
    value: Option<T::Native>,
) -> Result<BooleanArray, ArrowError> {
    let array = array
        .as_primitive_opt::<T>()
        .ok_or_else(|| unexpected(array))?;
    let value = value.ok_or_else(|| unexpected(&array))?;
    let values = array.values();
    Ok(match op {
        Op::Eq => map(array, values, |found| found == value),
        Op::NotEq => map(array, values, |found| found != value),
        Op::Lt => map(array, values, |found| found < value),
        Op::LtEq => map(array, values, |found| found <= value),
        Op::Gt => map(array, values, |found| found > value),
        Op::GtEq => map(array, values, |found| found >= value),
    })
}

/// Polars has NaN above all other numbers; the value is none.
fn floats<T: ArrowPrimitiveType<Native: PartialOrd>>(
    array: &ArrayRef,
    op: Op,
    value: T::Native,
    is_nan: impl Fn(T::Native) -> bool,
) -> Result<BooleanArray, ArrowError> {
    let array = array
        .as_primitive_opt::<T>()
        .ok_or_else(|| unexpected(array))?;
    let values = array.values();
    Ok(match op {
        Op::Eq => map(array, values, |found| found == value),
        Op::NotEq => map(array, values, |found| found != value),
        Op::Lt => map(array, values, |found| found < value),
        Op::LtEq => map(array, values, |found| found <= value),
        Op::Gt => map(array, values, |found| found > value || is_nan(found)),
        Op::GtEq => map(array, values, |found| found >= value || is_nan(found)),
    })
}

fn is_in(array: &ArrayRef, set: &Set) -> Result<BooleanArray, ArrowError> {
    let has = |value: i64| set.ints.contains(&value);
    match array.data_type() {
        DataType::Int32 => {
            let array = array.as_primitive::<Int32Type>();
            Ok(map(array, array.values(), |value| has(i64::from(value))))
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Ok(map(array, array.values(), |value| has(i64::from(value))))
        }
        DataType::Int64 => {
            let array = array.as_primitive::<Int64Type>();
            Ok(map(array, array.values(), has))
        }
        _ => bytes(array, |text| set.texts.contains(text)),
    }
}

/// What is said of the text or the bytes in each row.
fn bytes(array: &ArrayRef, says: impl Fn(&[u8]) -> bool) -> Result<BooleanArray, ArrowError> {
    match array.data_type() {
        DataType::Utf8View => {
            let texts = array.as_string_view();
            Ok(collect(array, |row| says(texts.value(row).as_bytes())))
        }
        DataType::BinaryView => {
            let values = array.as_binary_view();
            Ok(collect(array, |row| says(values.value(row))))
        }
        DataType::Dictionary(..) => {
            let dictionary = array
                .as_dictionary_opt::<Int32Type>()
                .ok_or_else(|| unexpected(array))?;
            let symbols = dictionary
                .values()
                .as_string_opt::<i32>()
                .ok_or_else(|| unexpected(array))?;
            let said: Vec<bool> = (0..symbols.len())
                .map(|symbol| says(symbols.value(symbol).as_bytes()))
                .collect();
            let keys = dictionary.keys();
            Ok(map(keys, keys.values(), |key| {
                usize::try_from(key)
                    .ok()
                    .and_then(|key| said.get(key).copied())
                    .unwrap_or(false)
            }))
        }
        _ => Err(unexpected(array)),
    }
}

/// What is said of each value; null where the array is null.
fn map<T: Copy>(array: &dyn Array, values: &[T], says: impl Fn(T) -> bool) -> BooleanArray {
    let said = BooleanBuffer::from_iter(values.iter().map(|value| says(*value)));
    BooleanArray::new(said, array.nulls().cloned())
}

/// What is said of each row that is not null.
fn collect(array: &dyn Array, says: impl Fn(usize) -> bool) -> BooleanArray {
    let said = BooleanBuffer::collect_bool(array.len(), |row| array.is_valid(row) && says(row));
    BooleanArray::new(said, array.nulls().cloned())
}

fn unexpected(array: &dyn Array) -> ArrowError {
    ArrowError::SchemaError(format!(
        "a filter met a column of type {}",
        array.data_type()
    ))
}
