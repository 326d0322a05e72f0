//! What a scan is asked for, the same for all of its files.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr::{PhysicalExpr, PhysicalExprSimplifier, split_conjunction};
use datafusion::physical_expr_adapter::rewrite::rewrite_input_file_name_in_projection;
use datafusion::physical_expr_adapter::{
    PhysicalExprAdapterFactory, replace_columns_with_literals,
};

use crate::dynamic_filters::{self, Bounds};
use crate::field_paths::FieldPaths;

/// The columns and rows that a scan returns, in terms of the table.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) table_schema: TableSchema,
    pub(crate) projection: ProjectionExprs,
    /// Rows for which this is not true are dropped. It may hold dynamic filters, which tighten
    /// while the scan runs.
    pub(crate) predicate: Option<Arc<dyn PhysicalExpr>>,
    /// What these are worth.
    pub(crate) bounds: Bounds,
    /// The schema of the scan's batches.
    pub(crate) output_schema: SchemaRef,
    pub(crate) expr_adapter_factory: Arc<dyn PhysicalExprAdapterFactory>,
}

/// The expressions of a query for one file, over the columns of the table that files hold.
pub(crate) struct FileExprs {
    pub(crate) projection: ProjectionExprs,
    pub(crate) predicate: Option<Arc<dyn PhysicalExpr>>,
}

impl FileExprs {
    /// Whether no row of the file passes the predicate, whatever is in the file: its name or its
    /// directories say so.
    pub(crate) fn rule_out_the_file(&self, table_columns: &Schema, bounds: Bounds) -> bool {
        let Some(predicate) = &self.predicate else {
            return false;
        };
        // Dynamic filters as they are now: they only become narrower.
        let Ok(predicate) = dynamic_filters::as_they_are(predicate, bounds) else {
            return false;
        };
        let simplifier = PhysicalExprSimplifier::new(table_columns);
        split_conjunction(&predicate).into_iter().any(|part| {
            // What cannot be evaluated is an error of the query if it comes to a row.
            let simplified = simplifier.simplify(Arc::clone(part));
            let literal = simplified.as_ref().ok().and_then(|expr| {
                let literal = expr.downcast_ref::<Literal>()?;
                Some(literal.value().clone())
            });
            matches!(
                literal,
                Some(ScalarValue::Null | ScalarValue::Boolean(Some(false) | None))
            )
        })
    }

    /// What the output reads of rows with this schema.
    pub(crate) fn output_paths(&self, schema: &Schema) -> Result<FieldPaths> {
        let mut paths = FieldPaths::default();
        for expr in self.projection.expr_iter() {
            paths.add(&expr, schema)?;
        }
        Ok(paths)
    }

    /// What the output and the predicate read of rows with this schema.
    pub(crate) fn paths(&self, schema: &Schema) -> Result<FieldPaths> {
        let mut paths = self.output_paths(schema)?;
        if let Some(predicate) = &self.predicate {
            paths.add(predicate, schema)?;
        }
        Ok(paths)
    }
}

impl Query {
    /// The query's expressions with what is constant in `file` filled in: partition columns and
    /// the file's name.
    pub(crate) fn for_file(&self, file: &PartitionedFile) -> Result<FileExprs> {
        let constants: HashMap<&str, &ScalarValue> = self
            .table_schema
            .table_partition_cols()
            .iter()
            .map(|field| field.name().as_str())
            .zip(&file.partition_values)
            .collect();
        // The predicate goes the same way as the projection, as one more expression of it.
        let predicate = self.predicate.iter().map(|predicate| ProjectionExpr {
            expr: Arc::clone(predicate),
            alias: "predicate".to_owned(),
        });
        let exprs = ProjectionExprs::new(self.projection.iter().cloned().chain(predicate))
            .try_map_exprs(|expr| replace_columns_with_literals(expr, &constants))?;
        let name = file.object_meta.location.as_ref();
        let exprs = rewrite_input_file_name_in_projection(exprs, name)?;

        let mut exprs: Vec<ProjectionExpr> = exprs.iter().cloned().collect();
        let predicate = match self.predicate {
            Some(_) => exprs.pop().map(|predicate| predicate.expr),
            None => None,
        };
        Ok(FileExprs {
            projection: ProjectionExprs::new(exprs),
            predicate,
        })
    }
}
