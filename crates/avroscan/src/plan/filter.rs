//! Which rows are wanted, decided from some of their columns.

use std::fmt;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};

use super::{DecodePlan, Projection};

/// A decision about rows that is made before the rest of them is decoded.
///
/// The columns of [`projection`](Self::projection) are decoded first, for some thousand rows at a
/// time; the other columns only for the rows that [`evaluate`](Self::evaluate) keeps.
pub trait RowFilter: fmt::Debug + Send + Sync {
    /// The columns that the decision needs.
    fn projection(&self) -> &Projection;

    /// Whether to keep each row of this batch, which has the columns of
    /// [`projection`](Self::projection). Null is no. Called by every worker.
    ///
    /// # Errors
    /// Whatever makes the decision impossible: the scan ends with it.
    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>>;
}

/// How rows of one file are chosen.
#[derive(Debug)]
pub(crate) struct FilterPlan {
    /// Of the columns that the filter needs.
    pub(crate) plan: DecodePlan,
    pub(crate) filter: Arc<dyn RowFilter>,
}
