//! The predicate of a query as the core's filter: it decides before other columns are decoded.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use avroscan::{Projection, RowFilter};
use datafusion::common::Result;
use datafusion::common::cast::as_boolean_array;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::reassign_expr_columns;

/// Evaluates a predicate over the columns of a file that it reads.
#[derive(Debug)]
pub(crate) struct PredicateFilter {
    columns: Projection,
    predicate: Arc<dyn PhysicalExpr>,
}

impl PredicateFilter {
    /// `schema` is what `columns` are decoded as.
    pub(crate) fn new(
        columns: Projection,
        predicate: Arc<dyn PhysicalExpr>,
        schema: &SchemaRef,
    ) -> Result<Self> {
        Ok(Self {
            columns,
            predicate: reassign_expr_columns(predicate, schema)?,
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
        let mask = self.predicate.evaluate(batch)?;
        let mask = mask.into_array(batch.num_rows())?;
        Ok(as_boolean_array(&mask)?.clone())
    }
}
