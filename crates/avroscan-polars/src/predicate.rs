//! A filter of a query as the core's filter: it decides before other columns are decoded.

use std::fmt;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use avroscan::{Projection, RowFilter};
use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;
use polars_expr::prelude::PhysicalExpr;
use polars_expr::state::ExecutionState;
use polars_expr::{ExpressionConversionState, create_physical_expr};
use polars_plan::plans::AExpr;
use polars_plan::plans::expr_ir::ExprIR;
use polars_utils::arena::Arena;

use crate::convert;

/// An expression that is true of the rows to keep, compiled once for a query.
#[derive(Clone)]
pub(crate) struct Predicate {
    expression: Arc<dyn PhysicalExpr>,
    /// The columns that it uses.
    pub(crate) columns: SchemaRef,
}

impl Predicate {
    /// Compiles the expression over these columns.
    ///
    /// # Errors
    /// Those of Polars for an expression that does not go with the columns.
    pub(crate) fn new(
        expression: &ExprIR,
        arena: &mut Arena<AExpr>,
        columns: SchemaRef,
    ) -> PolarsResult<Self> {
        // It runs inside of the engine's threads already.
        let mut state = ExpressionConversionState::new(false);
        let expression = create_physical_expr(expression, arena, &columns, &mut state)?;
        Ok(Self {
            expression,
            columns,
        })
    }

    /// For each row of the frame whether to keep it. Null is no.
    ///
    /// # Errors
    /// Those of the expression.
    pub(crate) fn evaluate(&self, frame: &DataFrame) -> PolarsResult<BooleanChunked> {
        let mask = self.expression.evaluate(frame, &ExecutionState::new())?;
        let mask = mask.bool()?;
        // An expression of constants alone has one value.
        Ok(match mask.len() == 1 && frame.height() != 1 {
            true => mask.new_from_index(0, frame.height()),
            false => mask.clone(),
        })
    }
}

/// A predicate for the files of a scan.
pub(crate) struct PredicateFilter {
    predicate: Predicate,
    projection: Projection,
}

impl PredicateFilter {
    /// `projection` reads the columns of the predicate.
    pub(crate) fn new(predicate: Predicate, projection: Projection) -> Self {
        Self {
            predicate,
            projection,
        }
    }
}

impl fmt::Debug for PredicateFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredicateFilter")
            .field("projection", &self.projection)
            .finish_non_exhaustive()
    }
}

impl RowFilter for PredicateFilter {
    fn projection(&self) -> &Projection {
        &self.projection
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        let frame = convert::frame(batch, &self.predicate.columns)?;
        let mask = self.predicate.evaluate(&frame)?.rechunk().into_owned();
        let mask = mask.downcast_as_array();
        let nulls = mask.validity().map(|valid| NullBuffer::new(bits(valid)));
        Ok(BooleanArray::new(bits(mask.values()), nulls))
    }
}

fn bits(bitmap: &Bitmap) -> BooleanBuffer {
    let (bytes, offset, length) = bitmap.as_slice();
    BooleanBuffer::new(Buffer::from(bytes), offset, length)
}
