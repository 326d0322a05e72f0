//! `avroscan cat` of files from the Avro, Arrow and fastavro projects, against what an independent
//! reader says they hold.

use std::fs;
use std::path::Path;

use avroscan_tests::judge::{fits, plain};
use avroscan_tests::schema::{Logical, Schema, Type};
use serde_json::{Map, Value, json};

use crate::avroscan;

/// A sound file that the other reader gives up on: its marker stands in its metadata too.
const READ_HERE_ALONE: &str = "apache-avro/syncInMeta.avro";

#[test]
fn cat_gives_the_expected_values() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let Ok(index) = fs::read_to_string(folder.join("expected/index.json")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let index: Map<String, Value> = serde_json::from_str(&index).unwrap();
    let (mut read, mut wrong) = (0, Vec::new());
    for (name, facts) in &index {
        let run = avroscan(["cat", folder.join(name).to_str().unwrap()]);
        if facts["error"].is_string() {
            if name == READ_HERE_ALONE {
                assert!(
                    run.ok().lines().all(|row| row.starts_with("{\"ID\":")),
                    "{name}"
                );
            } else {
                run.fails(1);
            }
            continue;
        }
        let schema = Schema::from_json(&facts["schema"]).unwrap();
        let rows = fs::read_to_string(folder.join("expected").join(format!("{name}.jsonl")));
        let expected: Vec<Value> = rows
            .unwrap()
            .lines()
            .map(|row| shown(&schema, &serde_json::from_str(row).unwrap()))
            .map(|row| match schema.ty {
                Type::Record(_) => row,
                _ => json!({ "value": row }),
            })
            .collect();
        let found: Vec<Value> = run
            .out
            .lines()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect();
        let same = found.len() == expected.len()
            && found
                .iter()
                .zip(&expected)
                .all(|(found, expected)| equal(found, expected));
        if run.code == 0 && same {
            read += 1;
        } else {
            wrong.push(format!("{name}: {}", run.err));
        }
    }
    assert!(
        wrong.is_empty(),
        "{read} right, wrong:\n{}",
        wrong.join("\n")
    );
    assert!(read > 70, "{read} right");
}

/// The JSON that `cat` writes for a physical value.
fn shown(schema: &Schema, value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    if let Some(branch) = schema.non_null() {
        return shown(branch, value);
    }
    match (&schema.ty, schema.logical) {
        (Type::Union(branches), _) => {
            let filled = branches.iter().position(|branch| fits(branch, value));
            let fields = schema.branch_names().into_iter().zip(branches).enumerate();
            let fields = fields.filter_map(|(index, (name, branch))| {
                let shown = (Some(index) == filled).then(|| shown(branch, value));
                Some((name?, shown.unwrap_or_default()))
            });
            Value::Object(fields.collect())
        }
        (Type::Again(again), _) => json!(plain(again.spelled(), value).to_string()),
        (_, Some(Logical::Duration)) => json!(duration(hex(value))),
        (_, Some(Logical::Decimal { scale, .. })) => decimal(hex(value), scale),
        (_, Some(Logical::Date)) => json!(date(number(value))),
        (_, Some(Logical::TimeMillis)) => json!(time(number(value), 1_000)),
        (_, Some(Logical::TimeMicros)) => json!(time(number(value), 1_000_000)),
        (_, Some(Logical::TimestampMillis)) => json!(moment(number(value), 1_000) + "Z"),
        (_, Some(Logical::TimestampMicros)) => json!(moment(number(value), 1_000_000) + "Z"),
        (_, Some(Logical::TimestampNanos)) => json!(moment(number(value), 1_000_000_000) + "Z"),
        (_, Some(Logical::LocalTimestampMillis)) => json!(moment(number(value), 1_000)),
        (_, Some(Logical::LocalTimestampMicros)) => json!(moment(number(value), 1_000_000)),
        (_, Some(Logical::LocalTimestampNanos)) => json!(moment(number(value), 1_000_000_000)),
        (Type::Fixed(_), Some(Logical::Uuid)) => json!(uuid(hex(value))),
        (Type::Bytes | Type::Fixed(_), _) => json!(hex(value)),
        (Type::Float | Type::Double, _) => match value["$float"].as_str() {
            Some("nan") => json!("NaN"),
            Some("inf") => json!("Infinity"),
            Some(_) => json!("-Infinity"),
            None if schema.ty == Type::Float => {
                let shortest = (value.as_f64().unwrap() as f32).to_string();
                json!(shortest.parse::<f64>().unwrap())
            }
            None => value.clone(),
        },
        (Type::Array(items), _) => value
            .as_array()
            .unwrap()
            .iter()
            .map(|item| shown(items, item))
            .collect(),
        (Type::Map(values), _) => {
            let entries = value.as_object().unwrap().iter();
            Value::Object(
                entries
                    .map(|(key, v)| (key.clone(), shown(values, v)))
                    .collect(),
            )
        }
        (Type::Record(fields), _) => Value::Object(
            fields
                .iter()
                .map(|field| {
                    (
                        field.name.clone(),
                        shown(&field.schema, &value[&field.name]),
                    )
                })
                .collect(),
        ),
        _ => value.clone(),
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn hex(value: &Value) -> &str {
    value["$bytes"].as_str().unwrap()
}

fn uuid(hex: &str) -> String {
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

/// Months, days and milliseconds as Arrow writes an interval: parts that are 0 are left out.
fn duration(hex: &str) -> String {
    let byte = |i: usize| u64::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
    let number = |at: usize| (0..4).rev().fold(0, |n, i| n << 8 | byte(at + i));
    let (months, days, millis) = (number(0), number(4), number(8));
    let (minutes, millis) = (millis / 60_000, millis % 60_000);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let mut parts = Vec::new();
    for (count, unit) in [
        (months, "mons"),
        (days, "days"),
        (hours, "hours"),
        (minutes, "mins"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if millis > 0 {
        parts.push(format!(
            "{}.{:03}000000 secs",
            millis / 1_000,
            millis % 1_000
        ));
    }
    parts.join(" ")
}

/// Two's-complement digits as a decimal fraction.
fn decimal(hex: &str, scale: i8) -> Value {
    let negative = hex.starts_with(|first| ('8'..='f').contains(&first));
    let filler = if negative { "f" } else { "0" };
    let digits = filler.repeat(64_usize.saturating_sub(hex.len())) + hex;
    let half = |range| u128::from_str_radix(&digits[range], 16).unwrap();
    let (high, low) = (half(0..32) as i128, half(32..64));
    let unscaled = high as f64 * 2_f64.powi(128) + low as f64;
    let small = high == (low as i128) >> 127;
    let unscaled = if small { low as i128 as f64 } else { unscaled };
    json!(unscaled / 10_f64.powi(scale.into()))
}

/// Days since 1970-01-01 in the Gregorian calendar, after Howard Hinnant's `civil_from_days`.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn time(value: i64, per_second: i64) -> String {
    let (second, fraction) = (value / per_second, value % per_second);
    let nanos = fraction * (1_000_000_000 / per_second);
    let fraction = match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    };
    format!(
        "{:02}:{:02}:{:02}{fraction}",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

fn moment(value: i64, per_second: i64) -> String {
    let per_day = per_second * 86_400;
    let day = date(value.div_euclid(per_day));
    format!("{day}T{}", time(value.rem_euclid(per_day), per_second))
}

/// Equal, or as close as two ways to compute the same number that is not whole.
fn equal(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| equal(found, expected))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && expected.iter().all(|(name, expected)| {
                    found.get(name).is_some_and(|found| equal(found, expected))
                })
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= b.abs() * 1e-14
        }
        _ => found == expected,
    }
}
