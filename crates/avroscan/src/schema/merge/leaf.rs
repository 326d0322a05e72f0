//! Types with nothing inside, and what two of them become.

use std::mem::discriminant;

use super::super::to_json::attributes;
use super::super::{Kind, Logical};

pub(super) struct Leaf {
    pub(super) kind: Kind,
    pub(super) logical: Option<Logical>,
    /// Whether the value of a default could mean something else here than where it was written: in
    /// another unit or scale, or as bytes and not as text.
    pub(super) changed: bool,
}

impl Leaf {
    pub(super) fn new(kind: Kind, logical: Option<Logical>) -> Self {
        Self {
            kind,
            logical,
            changed: false,
        }
    }

    /// As an error names it.
    pub(super) fn describe(&self) -> String {
        let kind = match &self.kind {
            Kind::Fixed(size) => format!("fixed of {size} bytes"),
            kind => kind.name().to_owned(),
        };
        match self.logical {
            None => kind,
            Some(logical) => format!("{kind} ({logical})"),
        }
    }
}

/// The type that both can be promoted to, if there is one.
pub(super) fn merge(one: &Leaf, two: &Leaf) -> Option<Leaf> {
    let (kind, logical) = match (one.logical, two.logical) {
        (None, None) => (wider(&one.kind, &two.kind)?, None),
        (Some(a), Some(b)) if a == b && same(&one.kind, &two.kind) => (one.kind.clone(), Some(a)),
        (Some(a), Some(b)) => match (decimals(&one.kind, a, &two.kind, b), finer(a, b)) {
            (Some((kind, decimal)), _) => (kind, Some(decimal)),
            (None, Some(unit)) => (Kind::Long, Some(unit)),
            (None, None) => return None,
        },
        // A UUID that is text is the text that the file holds.
        (Some(Logical::Uuid), None) | (None, Some(Logical::Uuid))
            if matches!((&one.kind, &two.kind), (Kind::String, Kind::String)) =>
        {
            (Kind::String, None)
        }
        _ => return None,
    };
    let text = matches!(kind, Kind::Bytes | Kind::String);
    let kinds_differ = text && logical.is_none() && !same(&one.kind, &two.kind);
    let meanings_differ = logical.is_some() && one.logical != two.logical;
    Some(Leaf {
        kind,
        logical,
        changed: one.changed || two.changed || kinds_differ || meanings_differ,
    })
}

/// Whether the symbols of an enum are values of this type, or of what it is promoted to.
pub(super) fn is_text(leaf: &Leaf) -> bool {
    match leaf.logical {
        None => matches!(leaf.kind, Kind::String | Kind::Bytes),
        Some(logical) => logical == Logical::Uuid && matches!(leaf.kind, Kind::String),
    }
}

/// The type of symbols and of values of this type.
pub(super) fn of_symbols(leaf: &Leaf) -> Leaf {
    Leaf {
        kind: leaf.kind.clone(),
        logical: None,
        changed: leaf.changed || matches!(leaf.kind, Kind::Bytes),
    }
}

fn same(one: &Kind, two: &Kind) -> bool {
    match (one, two) {
        (Kind::Fixed(one), Kind::Fixed(two)) => one == two,
        _ => discriminant(one) == discriminant(two),
    }
}

/// Of two types without a logical one.
fn wider(one: &Kind, two: &Kind) -> Option<Kind> {
    let rank = |kind: &Kind| match kind {
        Kind::Int => Some(0),
        Kind::Long => Some(1),
        Kind::Float => Some(2),
        Kind::Double => Some(3),
        _ => None,
    };
    match (one, two) {
        _ if same(one, two) => Some(one.clone()),
        (Kind::String, Kind::Bytes) | (Kind::Bytes, Kind::String) => Some(Kind::Bytes),
        _ if rank(one)? > rank(two)? => Some(one.clone()),
        _ => Some(two.clone()),
    }
}

/// Of two units of the same kind of time.
fn finer(one: Logical, two: Logical) -> Option<Logical> {
    let unit = |logical| {
        Some(match logical {
            Logical::TimeMillis => ("time", 0),
            Logical::TimeMicros => ("time", 1),
            Logical::TimestampMillis => ("timestamp", 0),
            Logical::TimestampMicros => ("timestamp", 1),
            Logical::TimestampNanos => ("timestamp", 2),
            Logical::LocalTimestampMillis => ("local-timestamp", 0),
            Logical::LocalTimestampMicros => ("local-timestamp", 1),
            Logical::LocalTimestampNanos => ("local-timestamp", 2),
            _ => return None,
        })
    };
    let ((time, rank), (other_time, other_rank)) = (unit(one)?, unit(two)?);
    (time == other_time).then_some(if rank > other_rank { one } else { two })
}

/// As many digits on each side of the point as the larger has; bytes, unless both are fixed of the
/// same size that is wide enough.
fn decimals(one: &Kind, a: Logical, two: &Kind, b: Logical) -> Option<(Kind, Logical)> {
    let (
        Logical::Decimal { precision, scale },
        Logical::Decimal {
            precision: other_precision,
            scale: other_scale,
        },
    ) = (a, b)
    else {
        return None;
    };
    let whole = |precision: u32, scale| precision.saturating_sub(scale);
    let digits = whole(precision, scale).max(whole(other_precision, other_scale));
    let scale = scale.max(other_scale);
    let decimal = Logical::Decimal {
        precision: digits.checked_add(scale)?,
        scale,
    };
    let fixed = same(one, two) && Logical::of(one, &attributes(decimal)) == Some(decimal);
    let kind = if fixed { one.clone() } else { Kind::Bytes };
    Some((kind, decimal))
}
