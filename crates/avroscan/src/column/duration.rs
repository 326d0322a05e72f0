//! Durations: months, days and milliseconds, each its own number.

use std::sync::Arc;

use arrow::array::{ArrayRef, IntervalMonthDayNanoArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::IntervalMonthDayNano;

use super::Build;
use super::values::Values;
use crate::decode::Input;
use crate::error::{Error, ErrorKind, Result};

const NANOS_PER_MILLI: i64 = 1_000_000;

#[derive(Default)]
pub(crate) struct DurationColumn {
    values: Values<IntervalMonthDayNano>,
}

/// Arrow's months and days are signed.
fn signed(number: [u8; 4], what: &str) -> Result<i32> {
    let number = u32::from_le_bytes(number);
    i32::try_from(number).map_err(|_| {
        Error::new(
            ErrorKind::Value,
            format!("a duration of {number} {what} passes 2^31 - 1"),
        )
    })
}

impl Build for DurationColumn {
    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        let months = signed(input.cursor.array()?, "months")?;
        let days = signed(input.cursor.array()?, "days")?;
        let millis = u32::from_le_bytes(input.cursor.array()?);
        let nanos = i64::from(millis) * NANOS_PER_MILLI;
        self.values
            .push(IntervalMonthDayNano::new(months, days, nanos));
        Ok(())
    }

    #[inline]
    fn push_null(&mut self) {
        self.values.push(IntervalMonthDayNano::ZERO);
    }

    fn reserve(&mut self, additional: usize) {
        self.values.reserve(additional);
    }

    fn truncate(&mut self, length: usize) {
        self.values.truncate(length);
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let length = self.values.len();
        let values = ScalarBuffer::new(self.values.finish(), 0, length);
        Ok(Arc::new(IntervalMonthDayNanoArray::new(values, nulls)))
    }
}
