//! Numbers, and the dates and times that are stored as numbers.

use arrow::array::{ArrayData, ArrayRef, make_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowNativeType, DataType};

use super::Build;
use super::values::Values;
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};
use crate::resolve::Rescale;
use crate::wire::Cursor;

/// How a number is laid out in the file.
pub(crate) trait Number {
    type Native: ArrowNativeType;
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<Self::Native>;
}

pub(crate) struct Int;
pub(crate) struct Long;
pub(crate) struct Float;
pub(crate) struct Double;
/// Milliseconds after midnight.
pub(crate) struct TimeMillis;
/// Microseconds after midnight.
pub(crate) struct TimeMicros;

impl Number for Int {
    type Native = i32;
    #[inline(always)]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<i32> {
        cursor.int()
    }
}

impl Number for Long {
    type Native = i64;
    #[inline(always)]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<i64> {
        cursor.long()
    }
}

impl Number for Float {
    type Native = f32;
    #[inline(always)]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<f32> {
        cursor.array().map(f32::from_le_bytes)
    }
}

impl Number for Double {
    type Native = f64;
    #[inline(always)]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<f64> {
        cursor.array().map(f64::from_le_bytes)
    }
}

impl Number for TimeMillis {
    type Native = i32;
    #[inline]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<i32> {
        let time = cursor.int()?;
        within_a_day(i64::from(time), 86_400_000, "milliseconds").map(|()| time)
    }
}

impl Number for TimeMicros {
    type Native = i64;
    #[inline]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<i64> {
        let time = cursor.long()?;
        within_a_day(time, 86_400_000_000, "microseconds").map(|()| time)
    }
}

/// A number that is read as one of a wider type.
macro_rules! promotion {
    ($name:ident, $from:ident -> $native:ty) => {
        pub(crate) struct $name;

        impl Number for $name {
            type Native = $native;
            #[inline]
            fn read(&self, cursor: &mut Cursor<'_>) -> Result<$native> {
                $from.read(cursor).map(|number| number as $native)
            }
        }
    };
}

promotion!(IntToLong, Int -> i64);
promotion!(IntToFloat, Int -> f32);
promotion!(IntToDouble, Int -> f64);
promotion!(LongToFloat, Long -> f32);
promotion!(LongToDouble, Long -> f64);
promotion!(FloatToDouble, Float -> f64);

/// An int is stored like a long: what is too large for one is so for the other unit as well.
impl Number for Rescale {
    type Native = i64;
    #[inline]
    fn read(&self, cursor: &mut Cursor<'_>) -> Result<i64> {
        let time = cursor.long()?;
        let scaled = self.of(time)?;
        if self.of_day {
            within_a_day(scaled, 86_400_000_000, "microseconds")?;
        }
        Ok(scaled)
    }
}

impl Rescale {
    /// The same time in the other unit.
    pub(super) fn of(&self, time: i64) -> Result<i64> {
        match time.checked_mul(self.multiply) {
            Some(scaled) if scaled % self.divide == 0 => Ok(scaled / self.divide),
            Some(_) => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "the time {time} is no whole number of the unit to read, {} of it",
                    self.divide
                ),
            )),
            None => Err(Error::new(
                ErrorKind::Value,
                format!("the time {time} is too large for the unit to read"),
            )),
        }
    }
}

/// Engines print and convert times of day without checking them again.
#[inline]
fn within_a_day(time: i64, day: i64, unit: &str) -> Result<()> {
    if (0..day).contains(&time) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Value,
        format!(
            "a time of day must be 0 to {} {unit}, found {time}",
            day - 1
        ),
    ))
}

/// A column of numbers.
pub(crate) struct PrimitiveColumn<N: Number> {
    values: Values<N::Native>,
    data_type: DataType,
    number: N,
}

impl<N: Number> PrimitiveColumn<N> {
    pub(crate) fn new(number: N, data_type: DataType) -> Self {
        Self {
            values: Values::default(),
            data_type,
            number,
        }
    }
}

impl<N: Number> Build for PrimitiveColumn<N> {
    #[inline(always)]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        self.values.push(self.number.read(&mut input.cursor)?);
        Ok(())
    }

    #[inline(always)]
    fn push_null(&mut self) {
        self.values.push(N::Native::default());
    }

    fn reserve(&mut self, additional: usize) {
        self.values.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        fixed_width(&self.data_type, &mut self.values, nulls)
    }
}

/// An array of this type over these values.
pub(super) fn fixed_width<T: ArrowNativeType>(
    data_type: &DataType,
    values: &mut Values<T>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let length = values.len();
    let data = ArrayData::builder(data_type.clone())
        .len(length)
        .nulls(nulls)
        .add_buffer(values.finish())
        .build()
        .map_err(internal)?;
    Ok(make_array(data))
}

/// An array that Arrow refuses: a fault of this crate, reported rather than a panic.
#[cold]
pub(super) fn internal(error: arrow::error::ArrowError) -> Error {
    crate::error::internal("a decoded column is not a valid Arrow array").with_source(error)
}
