//! Types without inner types: promotions, units, scales, symbols.
//!
//! Values of a logical type are only ever converted to the same value of the other type. Where one
//! side alone has a logical type, the stored value is taken as it is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::schema::{Enum, Kind, Logical, Node};

/// How a stored value of the writer's type is read as one of the reader's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    /// It is stored as the reader's type would be.
    Same,
    /// A number of a wider type.
    Promoted(Promotion),
    /// A time in another unit.
    Rescaled(Rescale),
    /// A decimal: stored in a fixed of `size` bytes, or in bytes, and to be multiplied by ten to
    /// the power of `shift`.
    Decimal { size: Option<usize>, shift: i64 },
    /// For each symbol of the writer's.
    Symbols(SymbolNumbers),
    /// A symbol as text, or as the bytes of that.
    SymbolText,
}

/// For each symbol of the file's enum: its number in the enum to read, or itself where that does
/// not have it.
pub(crate) type SymbolNumbers = Arc<[Result<usize, String>]>;

/// A promotion of a number (specification: "Schema Resolution").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promotion {
    IntToLong,
    IntToFloat,
    IntToDouble,
    LongToFloat,
    LongToDouble,
    FloatToDouble,
}

/// From one unit of time to another: the number times `multiply`, divided by `divide`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rescale {
    pub(crate) multiply: i64,
    pub(crate) divide: i64,
    /// Whether it is a time of day, in microseconds afterwards.
    pub(crate) of_day: bool,
}

/// How values of `written` are read as `read`, or why they cannot be.
pub(super) fn resolve(written: &Node, read: &Node) -> Result<Leaf, String> {
    use Logical as L;
    match (written.logical, read.logical) {
        (Some(L::Decimal { scale: from, .. }), Some(L::Decimal { scale: to, .. })) => {
            Ok(decimal(written, i64::from(to) - i64::from(from)))
        }
        (Some(from), Some(to)) if from != to => converted(from, to),
        (None, None) => plain(written, read),
        _ if same_kind(written, read) => plain(written, read),
        (Some(_), None) if is_number(read) => plain(written, read),
        (None, Some(to)) if matches!((&written.kind, &read.kind), (Kind::Int, Kind::Long)) => {
            Ok(Leaf::Rescaled(Rescale {
                multiply: 1,
                divide: 1,
                of_day: to == L::TimeMicros,
            }))
        }
        _ => Err(()),
    }
    .map_err(|()| cannot(written, read))
}

fn plain(written: &Node, read: &Node) -> Result<Leaf, ()> {
    use Promotion as P;
    Ok(match (&written.kind, &read.kind) {
        (Kind::Int, Kind::Long) => Leaf::Promoted(P::IntToLong),
        (Kind::Int, Kind::Float) => Leaf::Promoted(P::IntToFloat),
        (Kind::Int, Kind::Double) => Leaf::Promoted(P::IntToDouble),
        (Kind::Long, Kind::Float) => Leaf::Promoted(P::LongToFloat),
        (Kind::Long, Kind::Double) => Leaf::Promoted(P::LongToDouble),
        (Kind::Float, Kind::Double) => Leaf::Promoted(P::FloatToDouble),
        (Kind::String, Kind::Bytes) | (Kind::Bytes, Kind::String) => Leaf::Same,
        (Kind::Enum(from), Kind::Enum(to)) if same_name(written, read) => symbols(from, to),
        (Kind::Enum(_), Kind::String | Kind::Bytes) => Leaf::SymbolText,
        (Kind::Fixed(from), Kind::Fixed(to)) if from == to && same_name(written, read) => {
            Leaf::Same
        }
        (Kind::Enum(_), _) | (Kind::Fixed(_), _) => return Err(()),
        (Kind::Record(_) | Kind::Array(_) | Kind::Map(_) | Kind::Union(_), _) => return Err(()),
        _ if same_kind(written, read) => Leaf::Same,
        _ => return Err(()),
    })
}

/// Two logical types that differ.
fn converted(from: Logical, to: Logical) -> Result<Leaf, ()> {
    if (from, to) == (Logical::TimeMillis, Logical::TimeMicros) {
        return Ok(Leaf::Rescaled(Rescale {
            multiply: 1_000,
            divide: 1,
            of_day: true,
        }));
    }
    let (Some((from, from_local)), Some((to, to_local))) = (per_second(from), per_second(to))
    else {
        return Err(());
    };
    if from_local != to_local {
        return Err(());
    }
    Ok(Leaf::Rescaled(Rescale {
        multiply: (to / from).max(1),
        divide: (from / to).max(1),
        of_day: false,
    }))
}

fn decimal(written: &Node, shift: i64) -> Leaf {
    let size = match written.kind {
        Kind::Fixed(size) => Some(size),
        _ => None,
    };
    Leaf::Decimal { size, shift }
}

/// Units of a timestamp in a second, and whether it is a local one.
fn per_second(logical: Logical) -> Option<(i64, bool)> {
    Some(match logical {
        Logical::TimestampMillis => (1_000, false),
        Logical::TimestampMicros => (1_000_000, false),
        Logical::TimestampNanos => (1_000_000_000, false),
        Logical::LocalTimestampMillis => (1_000, true),
        Logical::LocalTimestampMicros => (1_000_000, true),
        Logical::LocalTimestampNanos => (1_000_000_000, true),
        _ => return None,
    })
}

fn symbols(from: &Enum, to: &Enum) -> Leaf {
    if from.symbols == to.symbols {
        return Leaf::Same;
    }
    let numbers: HashMap<&String, usize> = to.symbols.iter().zip(0..).collect();
    let number = |symbol| numbers.get(symbol).copied();
    let default = to.default.as_ref().and_then(number);
    let known = |symbol| number(symbol).or(default);
    let numbers = from.symbols.iter();
    let numbers = numbers.map(|symbol| known(symbol).ok_or_else(|| symbol.clone()));
    Leaf::Symbols(numbers.collect())
}

/// Whether a named type of the writer's is the one of the reader's: by the name without the
/// namespace, or by an alias. One without a name may be any.
pub(super) fn same_name(written: &Node, read: &Node) -> bool {
    let (Some(written), Some(name)) = (&written.name, &read.name) else {
        return true;
    };
    let short = |full: &str| full.rsplit('.').next().unwrap_or(full).to_owned();
    short(written) == short(name) || read.aliases.contains(written)
}

fn same_kind(written: &Node, read: &Node) -> bool {
    std::mem::discriminant(&written.kind) == std::mem::discriminant(&read.kind)
}

fn is_number(node: &Node) -> bool {
    matches!(node.kind, Kind::Long | Kind::Float | Kind::Double)
}

#[cold]
fn cannot(written: &Node, read: &Node) -> String {
    format!(
        "the file has {}, which cannot be read as {}",
        describe(written),
        describe(read)
    )
}

/// A type in words.
pub(super) fn describe(node: &Node) -> String {
    let kind = node.kind.name();
    let name = node.name.as_deref();
    match (name, node.logical, &node.kind) {
        (_, Some(logical), _) => format!("{kind} ({logical})"),
        (Some(name), _, Kind::Fixed(size)) => format!("the fixed `{name}` of {size} bytes"),
        (Some(name), ..) => format!("the {kind} `{name}`"),
        _ => kind.to_owned(),
    }
}
