//! How one file answers a query: which of its fields are decoded, and what becomes of them.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use avroscan::{AvroFile, DecodePlan, OnError, Projection, RowFilter, ScanOptions};
use datafusion::common::Result;
use datafusion::physical_expr::PhysicalExprSimplifier;
use datafusion::physical_expr::projection::Projector;
use datafusion::physical_expr::utils::reassign_expr_columns;

use crate::error::external;
use crate::field_paths::FieldPaths;
use crate::fit;
use crate::query::{FileExprs, Query};
use crate::row_filter::PredicateFilter;

/// The way from a file's decoded batches to the batches of the scan.
///
/// There are two schemas on it. *Decoded*: the fields of the file that the output needs, as the
/// core decodes them for the rows that pass the predicate. *Output*: the query's expressions over
/// them, in the table's types.
#[derive(Debug)]
pub(crate) struct FilePlan {
    location: Arc<str>,
    decode: Arc<DecodePlan>,
    counts: bool,
    projector: Projector,
    output_schema: SchemaRef,
}

impl FilePlan {
    /// # Errors
    /// When the file's columns cannot become those of the table.
    pub(crate) fn new(
        query: &Query,
        exprs: FileExprs,
        avro: &AvroFile,
        options: &ScanOptions,
    ) -> Result<Self> {
        let location = avro.location();
        let written = &avro.header().schema;
        let in_file = |error: avroscan::Error| external(error.in_file(location));
        let all = options.clone().with_projection(Projection::All);
        let file_schema = &all.arrow_schema(written).map_err(in_file)?;
        let table_columns = query.table_schema.file_schema();
        let wanted = exprs.paths(table_columns)?;
        fit::check(wanted.paths(), table_columns.fields(), file_schema.fields())
            .map_err(in_file)?;
        let exprs = adapt(query, exprs, file_schema)
            .map_err(|error| error.context(format!("while planning {location}")))?;

        // With neither path nor predicate, the core counts rows by the block headers alone. Where
        // damaged blocks are left out it must look inside: at all that a `SELECT *` would.
        let skips = options.on_error == OnError::Skip;
        let mut output = exprs.output_paths(file_schema)?;
        if skips && exprs.paths(file_schema)?.is_empty() {
            output = FieldPaths::of_columns(common(table_columns, file_schema));
        }
        let options = options.clone().with_projection(output.projection());
        let filter = match &exprs.predicate {
            Some(predicate) => {
                let mut paths = FieldPaths::default();
                paths.add(predicate, file_schema)?;
                let columns = paths.projection();
                let read = options.clone().with_projection(columns.clone());
                let schema = read.arrow_schema(written).map_err(in_file)?;
                let predicate = Arc::clone(predicate);
                Some(Arc::new(PredicateFilter::new(
                    columns,
                    predicate,
                    &schema,
                    query.bounds,
                )?) as Arc<dyn RowFilter>)
            }
            None => None,
        };
        let decode = options.with_filter(filter).plan(written);
        let decode = decode.map_err(in_file)?;
        let decoded = decode.arrow_schema();
        let counts = !skips && exprs.predicate.is_none() && decoded.fields().is_empty();
        let projector = exprs
            .projection
            .try_map_exprs(|expr| reassign_expr_columns(expr, decoded))?
            .make_projector(decoded)?;
        let output_schema = Arc::clone(&query.output_schema);
        Ok(Self {
            location: Arc::clone(location),
            decode: Arc::new(decode),
            counts,
            projector,
            output_schema,
        })
    }

    /// What to decode. No columns where the query only needs to know how many rows there are.
    pub(crate) fn decode(&self) -> &Arc<DecodePlan> {
        &self.decode
    }

    /// Whether the query only needs to know how many rows the headers of the blocks declare.
    pub(crate) fn counts(&self) -> bool {
        self.counts
    }

    /// The part of the answer that comes from this batch of decoded rows.
    ///
    /// # Errors
    /// Those of evaluating the query's expressions, and of casting values to the table's types.
    pub(crate) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        self.evaluate(batch)
            .map_err(|error| error.context(format!("while reading {}", self.location)))
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let projected = self.projector.project_batch(batch)?;
        if projected.schema_ref() == &self.output_schema {
            return Ok(projected);
        }
        // The table may call a column nullable where the file does not, and the reverse.
        let (_, columns, rows) = projected.into_parts();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::clone(&self.output_schema);
        Ok(RecordBatch::try_new_with_options(
            schema, columns, &options,
        )?)
    }
}

/// The names of the table's columns that the file has.
fn common<'a>(table: &'a Schema, file: &Schema) -> impl Iterator<Item = &'a str> {
    let names = table.fields().iter().map(|field| field.name().as_str());
    names.filter(|name| file.column_with_name(name).is_some())
}

/// The expressions over the columns of the file instead of those of the table: cast to the
/// table's types, and null for columns that the file does not have.
fn adapt(query: &Query, exprs: FileExprs, file_schema: &SchemaRef) -> Result<FileExprs> {
    let table_columns = query.table_schema.file_schema();
    let rewriter = query
        .expr_adapter_factory
        .create(Arc::clone(table_columns), Arc::clone(file_schema))?;
    let simplifier = PhysicalExprSimplifier::new(file_schema);
    let adapt = |expr| simplifier.simplify(rewriter.rewrite(expr)?);
    Ok(FileExprs {
        projection: exprs.projection.try_map_exprs(adapt)?,
        predicate: exprs.predicate.map(adapt).transpose()?,
    })
}
