//! The predicate of a query as the core's filter: it decides before other columns are decoded.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use avroscan::{Projection, RowFilter};
use datafusion::common::Result;
use datafusion::common::cast::as_boolean_array;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::reassign_expr_columns;

use crate::dynamic_filters::{self, Bounds};

/// Evaluates a predicate over the columns of a file that it reads.
#[derive(Debug)]
pub(crate) struct PredicateFilter {
    columns: Projection,
    predicate: Arc<dyn PhysicalExpr>,
    /// Where it may change while the query runs.
    bounds: Option<Bounds>,
}

impl PredicateFilter {
    /// `schema` is what `columns` are decoded as.
    pub(crate) fn new(
        columns: Projection,
        predicate: Arc<dyn PhysicalExpr>,
        schema: &SchemaRef,
        bounds: Bounds,
    ) -> Result<Self> {
        let predicate = reassign_expr_columns(predicate, schema)?;
        Ok(Self {
            columns,
            bounds: dynamic_filters::may_change(&predicate).then_some(bounds),
            predicate,
        })
    }
}

impl RowFilter for PredicateFilter {
    fn projection(&self) -> &Projection {
        &self.columns
    }

    /// Dynamic filters change between two calls.
    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        let predicate = &self.predicate;
        let mask = match self.bounds {
            Some(bounds) => dynamic_filters::as_they_are(predicate, bounds)?.evaluate(batch)?,
            None => predicate.evaluate(batch)?,
        };
        let mask = mask.into_array(batch.num_rows())?;
        Ok(as_boolean_array(&mask)?.clone())
    }
}
