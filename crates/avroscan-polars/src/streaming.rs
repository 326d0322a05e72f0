//! Queries on the streaming engine, with their filters and limits in the scan.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use polars::prelude::*;
use polars_plan::callback::PlanCallback;
use polars_plan::plans::{IR, IRPlan};
use polars_utils::pl_path::PlRefPath;

use crate::fuse::fuse;

/// Verbs that run a query on the streaming engine with what it filters and limits moved into the
/// scans of [`scan_avro`](crate::scan_avro) in it.
///
/// A filter then decides about a row from the columns that it uses, before any other column is
/// decoded; files are passed over whose `key=value` directories it excludes; and `limit` stops the
/// reading where there are enough rows. What cannot be moved runs as it would otherwise, so that the
/// result is that of [`LazyFrame::collect_with_engine`]. They work on every query, whatever it scans.
///
/// ```
/// use avroscan_polars::{ScanArgsAvro, StreamingExt, scan_avro};
/// use polars::prelude::*;
///
/// let heavy = scan_avro("../../docs/data/orders.avro", ScanArgsAvro::default())?
///     .filter(col("weight").gt(lit(400.0)))
///     .select([col("id"), col("note")]);
/// println!("{}", heavy.explain_streaming()?);
/// # assert!(heavy.explain_streaming()?.contains("FILTER: col(\"weight\") > 400.0"));
/// let heavy = heavy.collect_streaming()?;
/// # assert!(heavy.height() > 0);
/// # Ok::<_, PolarsError>(())
/// ```
pub trait StreamingExt: Sized {
    /// Runs the query. One that ends in a [`LazyFrame::sink`] writes what it is told to write, and the
    /// frame is empty.
    ///
    /// # Errors
    /// Those of the query, and for one of several results, as of several sinks.
    fn collect_streaming(self) -> PolarsResult<DataFrame>;

    /// Writes the rows to a Parquet file at this path.
    ///
    /// # Errors
    /// Those of the query and of writing.
    fn sink_parquet(self, path: impl AsRef<Path>, options: ParquetWriteOptions)
    -> PolarsResult<()>;

    /// Writes the rows to an Arrow IPC file at this path.
    ///
    /// # Errors
    /// Those of the query and of writing.
    fn sink_ipc(self, path: impl AsRef<Path>, options: IpcWriterOptions) -> PolarsResult<()>;

    /// Writes the rows to a file of comma-separated values at this path.
    ///
    /// # Errors
    /// Those of the query and of writing.
    #[cfg(feature = "csv")]
    fn sink_csv(self, path: impl AsRef<Path>, options: CsvWriterOptions) -> PolarsResult<()>;

    /// Hands the rows to a function, frame after frame and in order, until there are no more or it
    /// breaks.
    ///
    /// # Errors
    /// Those of the query and of the function.
    fn for_each_batch<F>(self, function: F) -> PolarsResult<()>
    where
        F: FnMut(DataFrame) -> PolarsResult<ControlFlow<()>> + Send + 'static;

    /// The plan that these verbs run: each scan says which columns it reads, how it filters, which
    /// files it reads, and how many rows are enough.
    ///
    /// # Errors
    /// Those of the query that are found before it runs.
    fn explain_streaming(&self) -> PolarsResult<String>;
}

impl StreamingExt for LazyFrame {
    fn collect_streaming(self) -> PolarsResult<DataFrame> {
        let mut plan = plan(self)?;
        polars_ensure!(
            !matches!(plan.lp_arena.get(plan.lp_top), IR::SinkMultiple { .. }),
            InvalidOperation: "the query has several results, of which none is the one to return"
        );
        plan.ensure_root_node_is_sink();
        let IRPlan {
            lp_top,
            lp_arena,
            expr_arena,
        } = &mut plan;
        Ok(polars_stream::run_query(*lp_top, lp_arena, expr_arena)?.unwrap_single())
    }

    fn sink_parquet(
        self,
        path: impl AsRef<Path>,
        options: ParquetWriteOptions,
    ) -> PolarsResult<()> {
        write(
            self,
            path.as_ref(),
            FileWriteFormat::Parquet(Arc::new(options)),
        )
    }

    fn sink_ipc(self, path: impl AsRef<Path>, options: IpcWriterOptions) -> PolarsResult<()> {
        write(self, path.as_ref(), FileWriteFormat::Ipc(options))
    }

    #[cfg(feature = "csv")]
    fn sink_csv(self, path: impl AsRef<Path>, options: CsvWriterOptions) -> PolarsResult<()> {
        write(self, path.as_ref(), FileWriteFormat::Csv(options))
    }

    fn for_each_batch<F>(self, function: F) -> PolarsResult<()>
    where
        F: FnMut(DataFrame) -> PolarsResult<ControlFlow<()>> + Send + 'static,
    {
        let function = Mutex::new(function);
        let call = PlanCallback::new(move |frame| {
            let mut function = function.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(function(frame)?.is_break())
        });
        self.sink_batches(call, true, None)?
            .collect_streaming()
            .map(drop)
    }

    fn explain_streaming(&self) -> PolarsResult<String> {
        Ok(plan(self.clone())?.describe())
    }
}

/// The optimised plan, with all in the scans that goes there.
fn plan(query: LazyFrame) -> PolarsResult<IRPlan> {
    let mut plan = query.with_streaming(true).to_alp_optimized()?;
    fuse(&mut plan)?;
    Ok(plan)
}

fn write(query: LazyFrame, path: &Path, format: FileWriteFormat) -> PolarsResult<()> {
    let target = SinkTarget::Path(PlRefPath::try_from_path(path)?);
    let destination = SinkDestination::File { target };
    query
        .sink(destination, format, UnifiedSinkArgs::default())?
        .collect_streaming()
        .map(drop)
}
