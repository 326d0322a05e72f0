//! What a read comes to: the rows, and sums that do not depend on where batches end.
//!
//! A wrong answer is no measurement, however fast. The sums are over one column of numbers and one
//! of text, so that they cost little, and the same to every reader.

use std::ops::{Add, Mul};

use serde_json::{Value, json};

/// The columns that are summed: paths from the row down, through records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    pub(crate) number: &'static [&'static str],
    pub(crate) text: &'static [&'static str],
}

/// What came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) rows: u64,
    /// Of the numbers that are not null, wrapping.
    pub(crate) sum: i64,
    /// Of the texts that are not null.
    pub(crate) text_bytes: u64,
}

/// A batch or a frame of any engine.
pub(crate) trait Rows {
    fn rows(&self) -> u64;
    fn sum(&self, path: &[&str]) -> i64;
    fn text_bytes(&self, path: &[&str]) -> u64;
}

impl Answer {
    /// What this batch has to it.
    pub(crate) fn of(probe: &Probe, batch: &impl Rows) -> Self {
        Self {
            rows: batch.rows(),
            sum: batch.sum(probe.number),
            text_bytes: batch.text_bytes(probe.text),
        }
    }

    /// What the rows come to without the sums.
    pub(crate) fn rows(rows: u64) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }

    pub(crate) fn to_json(self) -> Value {
        json!({"rows": self.rows, "sum": self.sum, "text_bytes": self.text_bytes})
    }

    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            rows: value.get("rows")?.as_u64()?,
            sum: value.get("sum")?.as_i64()?,
            text_bytes: value.get("text_bytes")?.as_u64()?,
        })
    }
}

impl Add for Answer {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            sum: self.sum.wrapping_add(other.sum),
            text_bytes: self.text_bytes + other.text_bytes,
        }
    }
}

/// The same rows so many times.
impl Mul<u64> for Answer {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self {
            rows: self.rows * times,
            sum: self.sum.wrapping_mul(times as i64),
            text_bytes: self.text_bytes * times,
        }
    }
}

impl std::iter::Sum for Answer {
    fn sum<I: Iterator<Item = Self>>(answers: I) -> Self {
        answers.fold(Self::default(), Add::add)
    }
}

/// The two releases of Arrow have the same functions, for types that are not the same.
macro_rules! arrow_rows {
    ($module:ident, $arrow:ident) => {
        mod $module {
            use $arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
            use $arrow::compute::sum;
            use $arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};

            impl super::Rows for RecordBatch {
                fn rows(&self) -> u64 {
                    self.num_rows() as u64
                }

                fn sum(&self, path: &[&str]) -> i64 {
                    let column = column(self, path);
                    let sum = match column.data_type() {
                        DataType::Int64 => sum(column.as_primitive::<Int64Type>()),
                        DataType::Timestamp(TimeUnit::Microsecond, _) => {
                            sum(column.as_primitive::<TimestampMicrosecondType>())
                        }
                        other => panic!("{path:?} is no long but {other}"),
                    };
                    sum.unwrap_or(0)
                }

                fn text_bytes(&self, path: &[&str]) -> u64 {
                    let column = column(self, path);
                    match column.data_type() {
                        DataType::Utf8 => total(column.as_string::<i32>().iter()),
                        DataType::LargeUtf8 => total(column.as_string::<i64>().iter()),
                        DataType::Utf8View => total(column.as_string_view().iter()),
                        other => panic!("{path:?} is no text but {other}"),
                    }
                }
            }

            fn total<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> u64 {
                texts.flatten().map(|text| text.len() as u64).sum()
            }

            fn column<'a>(batch: &'a RecordBatch, path: &[&str]) -> &'a ArrayRef {
                let (first, rest) = path.split_first().expect("a path has a name");
                let mut column = batch.column_by_name(first).expect("the column is there");
                for name in rest {
                    let record = column.as_struct();
                    column = record.column_by_name(name).expect("the field is there");
                }
                column
            }
        }
    };
}

arrow_rows!(arrow_59, arrow);
arrow_rows!(arrow_60, arrow_avro_arrow);
