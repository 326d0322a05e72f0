//! Decimals: a big-endian two's complement number of any width in the file. In the array it is as
//! wide as its precision needs, and text where no array is wide enough.

use std::borrow::Cow;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowNativeType, DataType, i256};
use num_bigint::{BigInt, Sign};

use super::Build;
use super::primitive::fixed_width;
use super::values::Values;
use super::views::{ViewValue, Views};
use crate::decode::{Budget, Input};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::StoredDecimal;
use crate::wire::Cursor;

/// The bytes of a number: those of a fixed of this size, or of a bytes value.
#[inline]
fn number<'a>(input: &mut Input<'a, '_>, size: Option<usize>) -> Result<&'a [u8]> {
    match size {
        Some(size) => input.cursor.take(size),
        None => input.cursor.bytes(),
    }
}

impl StoredDecimal {
    /// The bytes of the number, multiplied.
    #[inline]
    pub(super) fn read<'a>(self, input: &mut Input<'a, '_>) -> Result<Cow<'a, [u8]>> {
        let bytes = number(input, self.size)?;
        match self.shift {
            0 => Ok(Cow::Borrowed(bytes)),
            shift => shifted(bytes, shift, input.budget).map(Cow::Owned),
        }
    }
}

/// The number times ten to the power of `shift`, where that is a whole number.
fn shifted(bytes: &[u8], shift: i64, budget: &Budget<'_>) -> Result<Vec<u8>> {
    let places = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    budget.check_digits(digits(bytes).saturating_add(places))?;
    let number = BigInt::from_signed_bytes_be(bytes);
    let power = BigInt::from(10).pow(u32::try_from(places).unwrap_or(u32::MAX));
    let shifted = if shift > 0 {
        number * power
    } else if (&number % &power).sign() == Sign::NoSign {
        number / power
    } else {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "a decimal has digits in the last {places} places, which are not in the scale to read"
            ),
        ));
    };
    Ok(shifted.to_signed_bytes_be())
}

/// About how many digits a number of these bytes has: a byte is log10(256) = 2.41 of them.
fn digits(bytes: &[u8]) -> usize {
    bytes.len().saturating_mul(241).div_ceil(100)
}

#[cold]
fn too_wide(precision: u32) -> Error {
    Error::new(
        ErrorKind::Value,
        format!("a decimal has more than the {precision} digits that its type declares"),
    )
}

/// A number of a fixed width in the array.
pub(crate) trait Wide: ArrowNativeType {
    /// 10 to the power of `digits`.
    fn power_of_ten(digits: u32) -> Option<Self>;
    /// The number, if it fits. No bytes at all are zero, as in Java.
    fn parse(bytes: &[u8]) -> Option<Self>;
    /// Whether the number lies strictly between `-bound` and `bound`.
    fn within(self, bound: Self) -> bool;
}

/// The last `N` bytes, extended by the sign. `None` where the bytes before say more than the sign.
#[inline]
fn sign_extended<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let fill = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        0xff
    } else {
        0
    };
    let (front, low) = bytes.split_at(bytes.len().saturating_sub(N));
    let mut number = [fill; N];
    number.get_mut(N - low.len()..)?.copy_from_slice(low);
    let same_sign = number
        .first()
        .is_some_and(|byte| (byte & 0x80 != 0) == (fill == 0xff));
    (same_sign && front.iter().all(|&byte| byte == fill)).then_some(number)
}

impl Wide for i128 {
    fn power_of_ten(digits: u32) -> Option<Self> {
        10i128.checked_pow(digits)
    }

    #[inline]
    fn parse(bytes: &[u8]) -> Option<Self> {
        sign_extended(bytes).map(Self::from_be_bytes)
    }

    #[inline]
    fn within(self, bound: Self) -> bool {
        -bound < self && self < bound
    }
}

impl Wide for i256 {
    fn power_of_ten(digits: u32) -> Option<Self> {
        Self::from_i128(10).checked_pow(digits)
    }

    #[inline]
    fn parse(bytes: &[u8]) -> Option<Self> {
        sign_extended(bytes).map(Self::from_be_bytes)
    }

    #[inline]
    fn within(self, bound: Self) -> bool {
        bound.wrapping_neg() < self && self < bound
    }
}

/// Decimals as numbers.
pub(crate) struct DecimalColumn<T> {
    stored: StoredDecimal,
    precision: u8,
    /// The first magnitude with too many digits, unless all that fit are right.
    bound: Option<T>,
    values: Values<T>,
    data_type: DataType,
}

impl<T: Wide> DecimalColumn<T> {
    pub(crate) fn new(stored: StoredDecimal, precision: u8, data_type: DataType) -> Self {
        let bound = T::power_of_ten(u32::from(precision));
        Self {
            stored,
            precision,
            bound,
            values: Values::default(),
            data_type,
        }
    }
}

impl<T: Wide> Build for DecimalColumn<T> {
    #[inline]
    fn read(&mut self, input: &mut Input<'_, '_>) -> Result<()> {
        match T::parse(&self.stored.read(input)?) {
            Some(value) if self.bound.is_none_or(|bound| value.within(bound)) => {
                self.values.push(value);
                Ok(())
            }
            _ => Err(too_wide(u32::from(self.precision))),
        }
    }

    #[inline]
    fn push_null(&mut self) {
        self.values.push(T::default());
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

/// The number as text: all its digits, the last `scale` of them behind the point; zeroes before
/// the point for a negative scale.
///
/// The time to write digits grows with their square, so their number is checked first.
fn text(bytes: &[u8], scale: i64, budget: &Budget<'_>) -> Result<String> {
    budget.check_digits(digits(bytes))?;
    let magnitude = usize::try_from(scale.unsigned_abs()).unwrap_or(usize::MAX);
    budget.check_digits(magnitude)?;
    let number = BigInt::from_signed_bytes_be(bytes);
    let sign = if number.sign() == Sign::Minus {
        "-"
    } else {
        ""
    };
    let mut digits = number.magnitude().to_string();
    if scale <= 0 {
        if digits != "0" {
            digits.extend(std::iter::repeat_n('0', magnitude));
        }
        return Ok(format!("{sign}{digits}"));
    }
    let missing = (magnitude + 1).saturating_sub(digits.len());
    let digits = format!("{}{digits}", "0".repeat(missing));
    let (whole, fraction) = digits.split_at(digits.len() - magnitude);
    Ok(format!("{sign}{whole}.{fraction}"))
}

/// Decimals of more digits than an array holds, as text.
pub(crate) struct DecimalText {
    pub(super) stored: StoredDecimal,
    pub(super) precision: u32,
    pub(super) scale: u32,
}

impl ViewValue for DecimalText {
    const IS_TEXT: bool = true;

    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        let bytes = self.stored.read(input)?;
        let text = text(&bytes, i64::from(self.scale), input.budget)?;
        let zeroes = text
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'0' | b'.'))
            .count();
        let digits = text.bytes().skip(zeroes).filter(u8::is_ascii_digit).count();
        if digits > self.precision as usize {
            return Err(too_wide(self.precision));
        }
        views.push(text.as_bytes(), input.budget)
    }
}

/// Big decimals, each with a scale of its own, as text.
#[derive(Default)]
pub(crate) struct BigDecimal;

impl ViewValue for BigDecimal {
    const IS_TEXT: bool = true;

    fn read(&mut self, input: &mut Input<'_, '_>, views: &mut Views) -> Result<()> {
        let text = big_decimal(input.cursor.bytes()?, input.budget)?;
        views.push(text.as_bytes(), input.budget)
    }
}

/// A big-decimal: bytes that hold a length-prefixed number and its scale, and nothing else.
fn big_decimal(bytes: &[u8], budget: &Budget<'_>) -> Result<String> {
    let mut inside = Cursor::new(bytes);
    let number = inside.bytes()?;
    let scale = inside.int()?;
    match inside.remaining() {
        0 => text(number, i64::from(scale), budget),
        left => Err(Error::new(
            ErrorKind::Value,
            format!("a big-decimal has {left} bytes after its number and scale"),
        )),
    }
}
