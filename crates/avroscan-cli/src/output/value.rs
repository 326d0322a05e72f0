//! The text of one value, the same in every output form.
//!
//! The base is arrow-json's encoding: numbers with all their digits (decimals too), text, `true`
//! and `false`, lists as `[..]`, records and maps as `{..}` (a map's keys in file order, duplicates
//! kept), bytes and fixed as hexadecimal text, dates and times in ISO 8601. It differs where that
//! encoding would lose a value:
//!
//! - NaN and the infinities are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, not null;
//! - a date or time beyond the years that can be written (about 262,000 before and after our era),
//!   or a time of day outside of the day, is its number in the unit of the type, not a message.

use std::fmt;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, PrimitiveArray, StringViewArray, downcast_temporal_array,
};
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType, FieldRef, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::json::writer::{NullableEncoder, make_encoder};
use arrow::json::{Encoder, EncoderFactory, EncoderOptions};
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Makes arrow-json write every value in a form that keeps it.
#[derive(Debug)]
pub(super) struct Lossless;

impl EncoderFactory for Lossless {
    fn make_default_encoder<'a>(
        &self,
        _field: &'a FieldRef,
        array: &'a dyn Array,
        _options: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let encoder: Box<dyn Encoder + 'a> = match array.data_type() {
            DataType::Float32 => Box::new(Float(array.as_primitive::<Float32Type>())),
            DataType::Float64 => Box::new(Float(array.as_primitive::<Float64Type>())),
            data_type if data_type.is_temporal() => {
                let options = FormatOptions::new().with_display_error(false);
                Box::new(Moment {
                    array,
                    text: ArrayFormatter::try_new(array, &options)?,
                })
            }
            _ => return Ok(None),
        };
        Ok(Some(NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

/// Options that make arrow-json write nulls and lose no value.
pub(super) static OPTIONS: LazyLock<EncoderOptions> = LazyLock::new(|| {
    EncoderOptions::default()
        .with_explicit_nulls(true)
        .with_encoder_factory(Arc::new(Lossless))
});

/// Floats, also those that JSON has no number for.
struct Float<'a, T: ArrowPrimitiveType>(&'a PrimitiveArray<T>);

impl<T> Encoder for Float<'_, T>
where
    T: ArrowPrimitiveType,
    T::Native: Into<f64> + fmt::Debug,
{
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let value = self.0.value(row);
        let wide: f64 = value.into();
        if wide.is_finite() {
            // The shortest digits that read back as the same value, and an exponent where digits
            // alone would be long.
            append(out, format_args!("{value:?}"));
        } else if wide.is_nan() {
            out.extend_from_slice(b"\"NaN\"");
        } else if wide > 0.0 {
            out.extend_from_slice(b"\"Infinity\"");
        } else {
            out.extend_from_slice(b"\"-Infinity\"");
        }
    }
}

/// Dates, times, timestamps, durations and intervals.
struct Moment<'a> {
    array: &'a dyn Array,
    text: ArrayFormatter<'a>,
}

impl Encoder for Moment<'_> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(b'"');
        if self.text.value(row).write(&mut Utf8(out)).is_ok() {
            out.push(b'"');
            return;
        }
        out.truncate(start);
        match number(self.array, row) {
            Some(number) => append(out, format_args!("{number}")),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// The number that a date or time is stored as; `None` for intervals, which are several.
#[expect(
    clippy::useless_conversion,
    reason = "the macro writes this for i32 and for i64"
)]
fn number(array: &dyn Array, row: usize) -> Option<i64> {
    downcast_temporal_array!(
        array => Some(i64::from(array.value(row))),
        _ => None
    )
}

/// A byte buffer as a destination for formatted text.
struct Utf8<'a>(&'a mut Vec<u8>);

impl fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn append(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = fmt::Write::write_fmt(&mut Utf8(out), text);
}

/// One column whose values are wanted as cells: text as it is, everything else as
/// [JSON](self), without the quotes around a single value.
pub(super) enum Cells<'a> {
    /// Text, which needs no encoding.
    Text(StringViewArray),
    /// Any other type.
    Json(NullableEncoder<'a>),
}

impl<'a> Cells<'a> {
    /// The cells of a column.
    pub(super) fn new(field: &'a FieldRef, column: &'a ArrayRef) -> Result<Self, ArrowError> {
        if is_text(column.data_type()) {
            let text = cast(column, &DataType::Utf8View)?;
            Ok(Self::Text(text.as_string_view().clone()))
        } else {
            make_encoder(field, column, &OPTIONS).map(Self::Json)
        }
    }

    /// Appends the cell of a row to `out`; whether there is one, that is, the value is not null.
    pub(super) fn append(&mut self, row: usize, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Text(text) if text.is_null(row) => false,
            Self::Text(text) => {
                out.extend_from_slice(text.value(row).as_bytes());
                true
            }
            Self::Json(json) if json.is_null(row) => false,
            Self::Json(json) => {
                let start = out.len();
                json.encode(row, out);
                // Only hexadecimal text, dates and times stand in quotes here: nothing inside them
                // is escaped.
                if out.len() - start >= 2 && out.get(start) == Some(&b'"') {
                    out.pop();
                    out.remove(start);
                }
                true
            }
        }
    }
}

/// Whether values of this type are text, as they are or behind a dictionary.
fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}
