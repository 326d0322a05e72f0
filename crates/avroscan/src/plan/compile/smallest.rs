//! How few bytes a row takes, for those who decode none.

use super::encoded_width;
use crate::error::Result;
use crate::limits::Limits;
use crate::plan::{DecodePlan, Projection};
use crate::schema::{AvroSchema, Kind, NodeId, Types};

/// Most types that are looked at, and most of them inside each other. Planning, which takes several times
/// as long, has the answer for larger schemas.
const MOST_TYPES: usize = 4096;
const MOST_LEVELS: usize = 64;

/// The fewest bytes in the file of a row of this schema.
///
/// # Errors
/// Those of planning a scan without columns.
pub(crate) fn smallest_row(schema: &AvroSchema, limits: &Limits) -> Result<usize> {
    let mut search = Search {
        types: schema.types(),
        open: Vec::new(),
        left: MOST_TYPES,
    };
    match search.smallest(schema.root()) {
        Some(bytes) if bytes < usize::MAX => Ok(bytes),
        _ => {
            let plan = DecodePlan::new(schema, None, &Projection::none(), 0, limits)?;
            Ok(plan.row().sizes.encoded)
        }
    }
}

struct Search<'a> {
    types: &'a Types,
    /// The types that are being looked at, outermost first.
    open: Vec<NodeId>,
    left: usize,
}

impl Search<'_> {
    /// The fewest bytes of a value of this type; `usize::MAX` for a type inside of itself, and `None`
    /// for a schema that is too large.
    fn smallest(&mut self, id: NodeId) -> Option<usize> {
        if self.open.contains(&id) {
            return Some(usize::MAX);
        }
        self.left = self.left.checked_sub(1)?;
        if self.open.len() == MOST_LEVELS {
            return None;
        }
        self.open.push(id);
        let types = self.types;
        let smallest = match &types.node(id).kind {
            Kind::Union(branches) => {
                let mut least = usize::MAX;
                for branch in branches.iter() {
                    least = least.min(self.smallest(*branch)?);
                }
                match branches.is_empty() {
                    true => 1,
                    false => least.saturating_add(1),
                }
            }
            Kind::Record(fields) => {
                let mut sum = 0usize;
                for field in fields.iter() {
                    sum = sum.saturating_add(self.smallest(field.node)?);
                }
                sum
            }
            kind => encoded_width(kind),
        };
        self.open.pop();
        Some(smallest)
    }
}
