//! Decimals as the specification stores them: an integer in two's complement, high byte first.

use num_bigint::BigInt;

/// The number in so many bytes, or none if it does not fit.
pub fn sized(number: &BigInt, size: usize) -> Option<Vec<u8>> {
    let shortest = number.to_signed_bytes_be();
    let sign = if *number < BigInt::ZERO { 0xff } else { 0 };
    let missing = size.checked_sub(shortest.len())?;
    Some([vec![sign; missing], shortest].concat())
}

/// How many digits it has.
pub fn digits(number: &BigInt) -> usize {
    number.magnitude().to_string().len()
}

/// The number of a scale, in another: none where digits would be lost.
pub fn rescaled(number: &BigInt, from: i8, to: i8) -> Option<BigInt> {
    let power = BigInt::from(10).pow(u32::from(from.abs_diff(to)));
    if to >= from {
        return Some(number * power);
    }
    let rescaled = number / &power;
    (&rescaled * power == *number).then_some(rescaled)
}

/// The number and the scale that a big-decimal holds.
pub fn big(bytes: &[u8]) -> Option<(BigInt, i64)> {
    let (length, rest) = long(bytes)?;
    let (number, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let (scale, rest) = long(rest)?;
    rest.is_empty()
        .then(|| (BigInt::from_signed_bytes_be(number), scale))
}

fn long(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let last = bytes.iter().take(10).position(|byte| *byte < 0x80)?;
    let (number, rest) = bytes.split_at(last + 1);
    let groups = number.iter().rev();
    let zigzag = groups.fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
    Some(((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64), rest))
}

/// The number with its decimal point: `-150` of scale 2 is `-1.50`, of scale -2 `-15000`.
pub fn text(number: &BigInt, scale: i64) -> String {
    let sign = if *number < BigInt::ZERO { "-" } else { "" };
    let digits = number.magnitude().to_string();
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let digits = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) if digits == "0" => digits,
        Err(_) => format!(
            "{sign}{digits}{}",
            "0".repeat(scale.unsigned_abs() as usize)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_their_text() {
        for (number, scale, expected) in [
            (-150, 2, "-1.50"),
            (5, 3, "0.005"),
            (0, 2, "0.00"),
            (12, 0, "12"),
            (-7, -3, "-7000"),
            (0, -3, "0"),
        ] {
            assert_eq!(text(&number.into(), scale), expected);
        }
    }

    #[test]
    fn scales_change_exactly_or_not_at_all() {
        let rescaled = |number: i64, from, to| rescaled(&number.into(), from, to);
        assert_eq!(rescaled(-15, 1, 3), Some((-1500).into()));
        assert_eq!(rescaled(-1500, 3, 1), Some((-15).into()));
        assert_eq!(rescaled(-1501, 3, 1), None);
    }

    #[test]
    fn numbers_are_padded_with_their_sign() {
        assert_eq!(sized(&(-2).into(), 3), Some(vec![0xff, 0xff, 0xfe]));
        assert_eq!(sized(&128.into(), 2), Some(vec![0, 128]));
        assert_eq!(sized(&128.into(), 1), None);
    }
}
