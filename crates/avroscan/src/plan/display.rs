//! Plans as text: one line a value, indented as they nest.

use std::fmt::{self, Debug, Display, Formatter};

use super::{DecodePlan, Hop, RecordPlan, Route, Routes, Shape, Skip, Step, UnionField, ValuePlan};
use crate::stack;

impl Display for DecodePlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        stack::with_levels(self.levels(), || record(f, &self.row, 0))
    }
}

/// As text: a tree of what nests hundreds of levels deep takes more than most stacks to show.
impl Debug for DecodePlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DecodePlan")
            .field(&self.to_string())
            .finish()
    }
}

/// Most levels that are indented.
const INDENTED: usize = 64;

fn indent(depth: usize) -> usize {
    2 * depth.min(INDENTED)
}

fn record(f: &mut Formatter<'_>, plan: &RecordPlan, depth: usize) -> fmt::Result {
    for step in &plan.steps {
        match step {
            Step::Keep { name, value: plan } => {
                write!(f, "{:1$}keep {name}", "", indent(depth))?;
                value(f, plan, depth)?;
            }
            Step::Skip(skip) => writeln!(f, "{:1$}skip {skip}", "", indent(depth))?,
        }
    }
    Ok(())
}

fn value(f: &mut Formatter<'_>, plan: &ValuePlan, depth: usize) -> fmt::Result {
    let nullable = if plan.nullable { "?" } else { "" };
    match &plan.shape {
        Shape::Record(inner) => {
            writeln!(f, ": record{nullable}")?;
            record(f, inner, depth + 1)
        }
        Shape::List { item, .. } => {
            write!(f, ": array{nullable} of")?;
            value(f, item, depth)
        }
        Shape::Map { value: item, .. } => {
            write!(f, ": map{nullable} of")?;
            value(f, item, depth)
        }
        Shape::Union(union) => {
            writeln!(f, ": union{nullable}")?;
            routes(f, &union.routes, depth + 1, |field, way| {
                let UnionField { name, ways } = union.fields.get(field)?;
                Some((&**name, ways.get(way)?))
            })
        }
        Shape::Select(select) => {
            writeln!(f, ": one of{nullable}")?;
            routes(f, &select.routes, depth + 1, |_, way| {
                Some(("as", select.ways.get(way)?))
            })
        }
        Shape::Constant { .. } => writeln!(f, ": constant {}{nullable}", plan.data_type),
        Shape::Json { .. } => writeln!(f, ": JSON{nullable}"),
        Shape::Promoted(promotion) => writeln!(f, ": {promotion:?}{nullable}"),
        _ => writeln!(f, ": {}{nullable}", plan.data_type),
    }
}

fn routes<'a>(
    f: &mut Formatter<'_>,
    routes: &Routes,
    depth: usize,
    keep: impl Fn(usize, usize) -> Option<(&'a str, &'a ValuePlan)>,
) -> fmt::Result {
    for route in &routes.branches {
        match route {
            Route::Null => writeln!(f, "{:1$}null", "", indent(depth))?,
            Route::Keep { field, way } => {
                if let Some((name, plan)) = keep(*field, *way) {
                    write!(f, "{:1$}keep {name}", "", indent(depth))?;
                    value(f, plan, depth)?;
                }
            }
            Route::Skip(skip) => writeln!(f, "{:1$}skip {skip}", "", indent(depth))?,
            Route::Refuse(reason) => writeln!(f, "{:1$}refuse: {reason}", "", indent(depth))?,
        }
    }
    Ok(())
}

impl Display for Skip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(length) => write!(f, "{length} bytes"),
            Self::Varint => f.write_str("varint"),
            Self::LengthPrefixed => f.write_str("length-prefixed"),
            Self::Array { item, .. } => write!(f, "array({item})"),
            Self::Map { value, .. } => write!(f, "map({value})"),
            Self::Union(branches) => {
                f.write_str("union(")?;
                list(f, branches)?;
                f.write_str(")")
            }
            Self::Sequence(hops) => {
                for (i, Hop { over, bytes }) in hops.iter().enumerate() {
                    write!(f, "{}{over}", if i == 0 { "" } else { ", " })?;
                    if *bytes > 0 {
                        write!(f, ", {}", Self::Bytes(*bytes))?;
                    }
                }
                Ok(())
            }
            Self::Recursive(meeting) => write!(f, "recursive {}", meeting.number),
        }
    }
}

fn list(f: &mut Formatter<'_>, skips: &[Skip]) -> fmt::Result {
    for (i, skip) in skips.iter().enumerate() {
        write!(f, "{}{skip}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}
