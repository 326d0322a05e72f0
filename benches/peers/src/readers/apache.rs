//! The reader of the Avro project: values one by one.

use std::hint::black_box;
use std::io::Read;

use apache_avro::Reader;
use apache_avro::types::Value;

use crate::answer::{Answer, Probe};
use crate::{Result, failure};

/// Reads all rows as values.
pub(crate) fn read(input: impl Read, probe: &Probe) -> Result<Answer> {
    let mut answer = Answer::default();
    for row in Reader::new(input)? {
        let row = black_box(row?);
        let number = find(&row, probe.number).ok_or_else(|| failure("no such number"))?;
        let text = find(&row, probe.text).ok_or_else(|| failure("no such text"))?;
        answer.rows += 1;
        answer.sum = answer.sum.wrapping_add(long(number));
        answer.text_bytes += text_bytes(text);
    }
    Ok(answer)
}

fn find<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let Some((name, rest)) = path.split_first() else {
        return Some(value);
    };
    let Value::Record(fields) = value else {
        return None;
    };
    let (_, field) = fields.iter().find(|(field, _)| field == name)?;
    find(field, rest)
}

fn long(value: &Value) -> i64 {
    match value {
        Value::Long(number) | Value::TimestampMicros(number) => *number,
        Value::Union(_, inner) => long(inner),
        _ => 0,
    }
}

fn text_bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Union(_, inner) => text_bytes(inner),
        _ => 0,
    }
}
