//! Types without inner types: promotions, units, scales.

use num_bigint::BigInt;
use serde_json::{Value as Json, json};

use super::{Problem, is_named_alike};
use crate::schema::{Logical, Schema, Type};
use crate::{decimal, slow};

/// Whether values of one leaf are read as another.
pub(super) fn leaves_match(writer: &Schema, reader: &Schema) -> bool {
    use Logical::{Decimal, TimeMicros, TimeMillis};
    let same = match (&writer.ty, &reader.ty) {
        (Type::Fixed(writer_size), Type::Fixed(size)) => {
            writer_size == size && is_named_alike(writer, reader)
        }
        (Type::Enum(_), Type::Enum(_)) => is_named_alike(writer, reader),
        (writer, reader) => writer == reader,
    };
    let is_wider = match (&writer.ty, &reader.ty) {
        (Type::Int, reader) => matches!(reader, Type::Long | Type::Float | Type::Double),
        (Type::Long, reader) => matches!(reader, Type::Float | Type::Double),
        (Type::Float, reader) => *reader == Type::Double,
        _ => false,
    };
    match (writer.logical, reader.logical) {
        (None, None) => {
            let swapped = (&writer.ty, &reader.ty);
            same || is_wider
                || matches!(
                    swapped,
                    (Type::String | Type::Enum(_), Type::Bytes)
                        | (Type::Bytes | Type::Enum(_), Type::String)
                )
        }
        (None, Some(_)) | (Some(_), None) => same || is_wider,
        (Some(Decimal { .. }), Some(Decimal { .. })) => true,
        (Some(TimeMillis), Some(TimeMicros)) => true,
        (Some(writer), Some(reader)) => {
            same && writer == reader || timestamps(writer, reader).is_some()
        }
    }
}

/// For two timestamps of one sort: how many units of each make a second.
fn timestamps(writer: Logical, reader: Logical) -> Option<(i64, i64)> {
    let unit = |logical| {
        Some(match logical {
            Logical::TimestampMillis => (true, 1_000),
            Logical::TimestampMicros => (true, 1_000_000),
            Logical::TimestampNanos => (true, 1_000_000_000),
            Logical::LocalTimestampMillis => (false, 1_000),
            Logical::LocalTimestampMicros => (false, 1_000_000),
            Logical::LocalTimestampNanos => (false, 1_000_000_000),
            _ => return None,
        })
    };
    let ((writer_utc, from), (reader_utc, to)) = (unit(writer)?, unit(reader)?);
    (writer_utc == reader_utc).then_some((from, to))
}

/// A value of a leaf as another leaf.
pub(super) fn converted(writer: &Schema, reader: &Schema, value: &Json) -> Result<Json, Problem> {
    use Logical::{Decimal, TimeMicros, TimeMillis};
    let inexact = || Problem::Value(format!("{value} is not exact as {reader:?}"));
    match (writer.logical, reader.logical) {
        (Some(Decimal { scale: from, .. }), Some(Decimal { scale: to, .. })) => {
            let number = BigInt::from_signed_bytes_be(&slow::unhex(value));
            let number = decimal::rescaled(&number, from, to).ok_or_else(inexact)?;
            return match reader.ty {
                Type::Fixed(size) => {
                    let bytes = decimal::sized(&number, size).ok_or_else(inexact)?;
                    Ok(slow::hex(&bytes))
                }
                // What need not change keeps its bytes, also those that it could do without.
                _ if from == to => Ok(value.clone()),
                _ => Ok(slow::hex(&number.to_signed_bytes_be())),
            };
        }
        (Some(TimeMillis), Some(TimeMicros)) => {
            let millis = value.as_i64().expect("a number");
            return Ok(json!(millis * 1_000));
        }
        (Some(theirs), Some(ours)) => {
            if let Some((from, to)) = timestamps(theirs, ours) {
                let number = i128::from(value.as_i64().expect("a number")) * i128::from(to);
                let from = i128::from(from);
                let exact = (number % from == 0).then(|| i64::try_from(number / from).ok());
                return Ok(json!(exact.flatten().ok_or_else(inexact)?));
            }
        }
        _ => {}
    }
    Ok(match (&writer.ty, &reader.ty) {
        (Type::Int | Type::Long, Type::Float) => {
            let number = value.as_i64().expect("a number");
            slow::float((number as f32).into())
        }
        (Type::Int | Type::Long, Type::Double) => {
            let number = value.as_i64().expect("a number");
            slow::float(number as f64)
        }
        (Type::String | Type::Enum(_), Type::Bytes) => {
            slow::hex(value.as_str().expect("text").as_bytes())
        }
        (Type::Bytes, Type::String) => {
            let text = String::from_utf8(slow::unhex(value));
            json!(text.map_err(|_| Problem::Utf8)?)
        }
        _ => value.clone(),
    })
}

/// Whether a physical value is one of its logical type.
pub(super) fn valid(schema: &Schema, value: &Json) -> Result<(), Problem> {
    let number = || value.as_i64().expect("a number");
    let bytes = || slow::unhex(value);
    let valid = match schema.logical {
        Some(Logical::TimeMillis) => (0..86_400_000).contains(&number()),
        Some(Logical::TimeMicros) => (0..86_400_000_000).contains(&number()),
        Some(Logical::Decimal { precision, .. }) => {
            let number = BigInt::from_signed_bytes_be(&bytes());
            decimal::digits(&number) <= precision.into()
        }
        Some(Logical::BigDecimal) => decimal::big(&bytes()).is_some(),
        // Months and days are read as 32 bits with a sign, low byte first.
        Some(Logical::Duration) => bytes()[3] < 0x80 && bytes()[7] < 0x80,
        _ => true,
    };
    match valid {
        true => Ok(()),
        false => Err(Problem::Value(format!("{value} is no {schema:?}"))),
    }
}
