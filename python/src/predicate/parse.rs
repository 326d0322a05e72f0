//! From the JSON of an expression to terms.

use std::io::Cursor;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, Schema, TimeUnit};
use arrow::ipc::reader::StreamReader;
use serde_json::Value as Json;

use super::term::{Column, Op, Set, Term, Value};

/// The parts of an expression that must all be true.
pub(super) fn split<'a>(expression: &'a Json, conjuncts: &mut Vec<&'a Json>) {
    match binary(expression) {
        Some((left, "And" | "LogicalAnd", right)) => {
            split(left, conjuncts);
            split(right, conjuncts);
        }
        _ => conjuncts.push(expression),
    }
}

/// The term of an expression over these columns, if it can be decided from them exactly as Polars
/// does. `is_known` says which of the columns count.
pub(super) fn term(
    expression: &Json,
    schema: &Schema,
    is_known: &dyn Fn(&str) -> bool,
) -> Option<Term> {
    let term = |expression| term(expression, schema, is_known);
    if let Some((left, op, right)) = binary(expression) {
        return match op {
            "And" | "LogicalAnd" => Some(Term::And(Box::new(term(left)?), Box::new(term(right)?))),
            "Or" | "LogicalOr" => Some(Term::Or(Box::new(term(left)?), Box::new(term(right)?))),
            _ => compare(left, op, right, schema, is_known),
        };
    }
    let column = |expression| column(expression, schema, is_known);
    let Some((input, function)) = function(expression) else {
        let (column, data_type) = column(expression)?;
        return (data_type == DataType::Boolean).then_some(Term::IsTrue(column));
    };
    let first = input.first()?;
    if let Some(boolean) = function.get("Boolean") {
        return match boolean.as_str() {
            Some("Not") => match term(first)? {
                // Whether a list with a null in it contains a value may be null.
                inner if inner.has_nulls_in_sets() => None,
                inner => Some(Term::Not(Box::new(inner))),
            },
            Some("IsNull") => Some(Term::IsNull(column(first)?.0)),
            Some("IsNotNull") => Some(Term::IsNotNull(column(first)?.0)),
            Some(_) => None,
            None => function_with_options(input, boolean, column(first)?),
        };
    }
    if function.get("StringExpr")?.as_str()? == "StartsWith" {
        let (column, data_type) = column(first)?;
        let Value::Bytes(prefix) = literal(input.get(1)?, &data_type)? else {
            return None;
        };
        return (data_type == DataType::Utf8View).then_some(Term::StartsWith(column, prefix));
    }
    None
}

/// `is_between` and `is_in`.
fn function_with_options(
    input: &[Json],
    function: &Json,
    column: (Column, DataType),
) -> Option<Term> {
    let (column, data_type) = column;
    if let Some(between) = function.get("IsBetween") {
        let (low, high) = match between.get("closed")?.as_str()? {
            "Both" => (Op::GtEq, Op::LtEq),
            "Left" => (Op::GtEq, Op::Lt),
            "Right" => (Op::Gt, Op::LtEq),
            "None" => (Op::Gt, Op::Lt),
            _ => return None,
        };
        if !is_ordered(&data_type) {
            return None;
        }
        let low = Term::Compare(column.clone(), low, literal(input.get(1)?, &data_type)?);
        let high = Term::Compare(column, high, literal(input.get(2)?, &data_type)?);
        return Some(Term::And(Box::new(low), Box::new(high)));
    }
    if function.get("IsIn")?.get("nulls_equal")?.as_bool()? {
        return None;
    }
    let list = scalar(input.get(1)?)?.get("List")?;
    Some(Term::IsIn(column, set(list, &data_type)?))
}

fn compare(
    left: &Json,
    op: &str,
    right: &Json,
    schema: &Schema,
    is_known: &dyn Fn(&str) -> bool,
) -> Option<Term> {
    let op = match op {
        "Eq" => Op::Eq,
        "NotEq" => Op::NotEq,
        "Lt" => Op::Lt,
        "LtEq" => Op::LtEq,
        "Gt" => Op::Gt,
        "GtEq" => Op::GtEq,
        _ => return None,
    };
    let (expression, op, value) = match scalar(right) {
        Some(_) => (left, op, right),
        None => (right, op.flipped(), left),
    };
    let (column, data_type) = column(expression, schema, is_known)?;
    if !is_ordered(&data_type) && !matches!(op, Op::Eq | Op::NotEq) {
        return None;
    }
    Some(Term::Compare(column, op, literal(value, &data_type)?))
}

/// Enums are ordered by their symbols' places.
fn is_ordered(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Dictionary(..))
}

fn binary(expression: &Json) -> Option<(&Json, &str, &Json)> {
    let binary = expression.get("BinaryExpr")?;
    Some((
        binary.get("left")?,
        binary.get("op")?.as_str()?,
        binary.get("right")?,
    ))
}

fn function(expression: &Json) -> Option<(&[Json], &Json)> {
    let function = expression.get("Function")?;
    Some((
        function.get("input")?.as_array()?,
        function.get("function")?,
    ))
}

/// A column, or a field of a column of structs, whose type is one that terms are about.
fn column(
    expression: &Json,
    schema: &Schema,
    is_known: &dyn Fn(&str) -> bool,
) -> Option<(Column, DataType)> {
    let mut names = Vec::new();
    let mut inner = expression;
    while let Some((input, function)) = function(inner) {
        names.push(function.get("StructExpr")?.get("FieldByName")?.as_str()?);
        inner = input.first()?;
    }
    let root = inner.get("Column")?.as_str()?;
    names.push(root);
    names.reverse();
    if !is_known(root) || (names.len() > 1 && names.iter().any(|name| name.contains('.'))) {
        return None;
    }
    if names.len() > 1 && schema.index_of(&names.join(".")).is_ok() {
        return None;
    }
    let mut names_left = names.iter();
    let mut data_type = schema.field_with_name(names_left.next()?).ok()?.data_type();
    for name in names_left {
        let DataType::Struct(fields) = data_type else {
            return None;
        };
        data_type = fields.find(name)?.1.data_type();
    }
    let names = names.into_iter().map(str::to_owned).collect();
    is_supported(data_type).then(|| (Column(names), data_type.clone()))
}

fn is_supported(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(keys, values) => {
            **keys == DataType::Int32 && **values == DataType::Utf8
        }
        DataType::Boolean
        | DataType::Int32
        | DataType::Int64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8View
        | DataType::BinaryView
        | DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Decimal128(..) => true,
        _ => false,
    }
}

fn scalar(expression: &Json) -> Option<&Json> {
    let expression = match expression.get("Alias") {
        Some(alias) => alias.get(0)?,
        None => expression,
    };
    expression.get("Literal")?.get("Scalar")
}

/// A literal of exactly this type. Infinite numbers and NaN are null in JSON, and so are none.
fn literal(expression: &Json, data_type: &DataType) -> Option<Value> {
    let scalar = scalar(expression)?;
    match data_type {
        DataType::Boolean => scalar.get("Boolean")?.as_bool().map(Value::Boolean),
        DataType::Int32 => scalar.get("Int32")?.as_i64().map(Value::Int),
        DataType::Int64 => scalar.get("Int64")?.as_i64().map(Value::Int),
        DataType::Float32 => scalar.get("Float32")?.as_f64().map(Value::Float),
        DataType::Float64 => scalar.get("Float64")?.as_f64().map(Value::Float),
        DataType::Date32 => scalar.get("Date")?.as_i64().map(Value::Int),
        DataType::Utf8View | DataType::Dictionary(..) => Some(Value::Bytes(
            scalar.get("String")?.as_str()?.as_bytes().into(),
        )),
        DataType::BinaryView => {
            let bytes = scalar.get("Binary")?.as_array()?.iter();
            let bytes = bytes.map(|byte| u8::try_from(byte.as_u64()?).ok());
            Some(Value::Bytes(bytes.collect::<Option<Vec<_>>>()?.into()))
        }
        DataType::Timestamp(unit, _) => {
            let literal = scalar.get("Datetime")?;
            let found = match literal.get(1)?.as_str()? {
                "Milliseconds" => TimeUnit::Millisecond,
                "Microseconds" => TimeUnit::Microsecond,
                "Nanoseconds" => TimeUnit::Nanosecond,
                _ => return None,
            };
            (found == *unit).then_some(Value::Int(literal.get(0)?.as_i64()?))
        }
        DataType::Decimal128(_, scale) => {
            let literal = scalar.get("Decimal")?;
            let same_scale = literal.get(2)?.as_i64()? == i64::from(*scale);
            same_scale.then_some(Value::Decimal(i128::from(literal.get(0)?.as_i64()?)))
        }
        _ => None,
    }
}

/// The values of a list, which is a stream of Arrow IPC.
fn set(list: &Json, data_type: &DataType) -> Option<Set> {
    let bytes = list
        .as_array()?
        .iter()
        .map(|byte| u8::try_from(byte.as_u64()?).ok());
    let bytes = bytes.collect::<Option<Vec<_>>>()?;
    let mut set = Set::default();
    for batch in StreamReader::try_new(Cursor::new(bytes), None).ok()? {
        let batch = batch.ok()?;
        let values = batch.columns().first()?;
        set.has_null |= values.logical_null_count() > 0;
        match data_type {
            DataType::Int32 | DataType::Int64 | DataType::Date32
                if values.data_type() == data_type =>
            {
                let values = match data_type {
                    DataType::Date32 => cast(values, &DataType::Int32).ok()?,
                    _ => values.clone(),
                };
                let values = cast(&values, &DataType::Int64).ok()?;
                set.ints
                    .extend(values.as_primitive::<Int64Type>().iter().flatten());
            }
            DataType::Utf8View | DataType::Dictionary(..) => {
                let values = cast(values, &DataType::Utf8View).ok()?;
                let texts = values.as_string_view().iter().flatten();
                set.texts.extend(texts.map(|text| text.as_bytes().into()));
            }
            _ => return None,
        }
    }
    Some(set)
}
