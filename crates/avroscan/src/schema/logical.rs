//! Logical types (specification: "Logical Types").

use std::fmt::{self, Display, Formatter};

use serde_json::{Map, Value};

use super::Kind;

/// A logical type that is valid on the node that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logical {
    Decimal { precision: u32, scale: u32 },
    BigDecimal,
    Uuid,
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
    TimestampNanos,
    LocalTimestampMillis,
    LocalTimestampMicros,
    LocalTimestampNanos,
    Duration,
}

impl Logical {
    /// The logical type that `attributes` declare on a type of this kind.
    ///
    /// Unknown ones, and known ones on the wrong kind or with impossible attributes, are none:
    /// "language implementations must ignore" those.
    pub(super) fn of(kind: &Kind, attributes: &Map<String, Value>) -> Option<Self> {
        let logical = attributes.get("logicalType")?.as_str()?;
        Some(match (logical, kind) {
            ("decimal", Kind::Bytes | Kind::Fixed(_)) => decimal(kind, attributes)?,
            ("big-decimal", Kind::Bytes) => Self::BigDecimal,
            ("uuid", Kind::String | Kind::Fixed(16)) => Self::Uuid,
            ("date", Kind::Int) => Self::Date,
            ("time-millis", Kind::Int) => Self::TimeMillis,
            ("time-micros", Kind::Long) => Self::TimeMicros,
            ("timestamp-millis", Kind::Long) => Self::TimestampMillis,
            ("timestamp-micros", Kind::Long) => Self::TimestampMicros,
            ("timestamp-nanos", Kind::Long) => Self::TimestampNanos,
            ("local-timestamp-millis", Kind::Long) => Self::LocalTimestampMillis,
            ("local-timestamp-micros", Kind::Long) => Self::LocalTimestampMicros,
            ("local-timestamp-nanos", Kind::Long) => Self::LocalTimestampNanos,
            ("duration", Kind::Fixed(12)) => Self::Duration,
            _ => return None,
        })
    }
}

impl Display for Logical {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Decimal { precision, scale } => {
                return write!(f, "decimal of {precision} digits, {scale} behind the point");
            }
            Self::BigDecimal => "big-decimal",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::TimeMillis => "time-millis",
            Self::TimeMicros => "time-micros",
            Self::TimestampMillis => "timestamp-millis",
            Self::TimestampMicros => "timestamp-micros",
            Self::TimestampNanos => "timestamp-nanos",
            Self::LocalTimestampMillis => "local-timestamp-millis",
            Self::LocalTimestampMicros => "local-timestamp-micros",
            Self::LocalTimestampNanos => "local-timestamp-nanos",
            Self::Duration => "duration",
        })
    }
}

/// A decimal is valid with 0 < precision, 0 <= scale <= precision, and a fixed wide enough for it.
fn decimal(kind: &Kind, attributes: &Map<String, Value>) -> Option<Logical> {
    let precision = u32::try_from(attributes.get("precision")?.as_u64()?).ok()?;
    let scale = match attributes.get("scale") {
        Some(scale) => u32::try_from(scale.as_u64()?).ok()?,
        None => 0,
    };
    let widest = match kind {
        // floor(log10(2^(8n - 1) - 1)); 2^k is never a power of ten, so the -1 does not matter.
        Kind::Fixed(size) => ((8.0 * *size as f64 - 1.0) * std::f64::consts::LOG10_2).floor(),
        _ => f64::INFINITY,
    };
    (precision > 0 && scale <= precision && f64::from(precision) <= widest)
        .then_some(Logical::Decimal { precision, scale })
}
