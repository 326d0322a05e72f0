//! A scan as a node of a Polars plan.
//!
//! Polars lets a program put a function into a plan (`LazyFrame::map`), but not a source that all
//! of its engines know. So the source is Polars' own: a list of the pieces of work, which is a tiny
//! Arrow file in memory, and the function turns each piece into the rows it stands for:
//!
//! ```text
//!   SELECT, FILTER, ..                 the query
//!     UNNEST by:[piece]                drops the number of the piece
//!       AVRO SCAN 1 [orders.avro]      piece -> rows: decodes in the engine's threads
//!         Ipc SCAN                     the list: one record batch a piece, with its number, and
//!         PROJECT 3/10 COLUMNS         columns of nulls named as those of the files
//! ```
//!
//! Columns that the query does not need are pruned from the list, which is how the function comes
//! to know what to decode. Pieces are handed out in order, to as many threads as the engine has,
//! and no more of them than the engine wants. What does not reach the function are filters and
//! limits: the engine applies them to what comes out, unless the query is run by one of the verbs of
//! [`StreamingExt`](crate::StreamingExt).
//!
//! The number of the piece must reach the function even where a query uses no column at all, as
//! `select([lit(1), len()])`. What makes sure of it is the node above: unnesting a column needs
//! the column, so it is never pruned. The function puts a struct without fields in its place, of
//! which unnesting leaves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use avroscan::Scan;
use polars::prelude::*;
use polars_plan::dsl::{DslBuilder, ScanSources};

use crate::args::ScanArgsAvro;
use crate::error::to_polars;
use crate::node::AvroNode;
use crate::sources::AvroSources;
use crate::table::Table;
use crate::work_list::WorkList;

/// The Avro files as a lazy frame: the headers are read now, the rows when the query runs.
///
/// It works on both engines of Polars. The streaming engine (`collect_with_engine`, and every
/// `sink`) decodes about a [batch](ScanArgsAvro::with_batch_size) of rows in each thread at a time
/// and stops when the query has enough; the in-memory engine (`collect`) decodes everything that is
/// in the scan first, in all threads. Rows come in the order of the files and, within a file, of
/// its bytes. Columns that the query does not use are skipped, not decoded.
///
/// # Errors
/// If a file is missing or not readable, is no Avro file, or if a column that was asked for does not
/// exist. The query itself fails where a column that it uses cannot be resolved to that of the scan,
/// and at the first byte that is not as the format says.
pub fn scan_avro(
    sources: impl Into<AvroSources>,
    mut args: ScanArgsAvro,
) -> PolarsResult<LazyFrame> {
    let rows = args.options.batch_size;
    if rows > 0 {
        // Pieces of the scan have about so many rows. A piece is not to be cut again: a block that
        // is cut is decoded twice, once to be sure of all of it.
        args.options.batch_size = usize::MAX;
    }
    // The engine decodes pieces in all of its threads.
    args.options.workers = 1;
    let table = Table::open(sources.into(), &args)?;
    table.schema_with(args.row_index.as_ref())?;
    let frame = lazy_frame(table, rows)?;
    Ok(match args.row_index {
        None => frame,
        Some(RowIndex { name, offset }) => frame.with_row_index(name, Some(offset)),
    })
}

/// The Avro files as a frame in memory: [`scan_avro`] and `collect`.
///
/// # Errors
/// As [`scan_avro`], and if the bytes of a file are not as the format says.
pub fn read_avro(sources: impl Into<AvroSources>, args: ScanArgsAvro) -> PolarsResult<DataFrame> {
    scan_avro(sources, args)?.collect()
}

/// The schema of the frame that [`read_avro`] would make of the same arguments. Reads the headers.
///
/// # Errors
/// As [`scan_avro`].
pub fn read_avro_schema(
    sources: impl Into<AvroSources>,
    args: ScanArgsAvro,
) -> PolarsResult<SchemaRef> {
    Table::open(sources.into(), &args)?.schema_with(args.row_index.as_ref())
}

/// The number of rows that [`scan_avro`] would read with the same arguments, from the headers of
/// the blocks alone: nothing is decompressed or decoded. So it skips no damaged blocks: those whose
/// header is good count, the others are an error, whatever the arguments say.
///
/// # Errors
/// As [`scan_avro`], and if a block's header is not as the format says.
pub fn count_rows(sources: impl Into<AvroSources>, args: ScanArgsAvro) -> PolarsResult<u64> {
    let scan = sources.into().open(&args).map_err(to_polars)?;
    let rows = scan.count_rows_blocking().map_err(to_polars)?;
    Ok(rows.min(args.options.n_rows.unwrap_or(u64::MAX)))
}

/// The plan of a scan in pieces of about so many rows.
fn lazy_frame(table: Table, rows: usize) -> PolarsResult<LazyFrame> {
    let Table { scan, schema, .. } = &table;
    let n_rows = scan.options().n_rows;
    let work = WorkList::new(scan, rows as u64, schema.len());
    let piece = piece_name(schema);
    let list = ScanSources::Buffers(Arc::new([work.to_ipc(&piece, schema)?.into()]));
    let list_args = UnifiedScanArgs {
        glob: false,
        hive_options: HiveOptions::new_disabled(),
        ..UnifiedScanArgs::default()
    };
    let name = node_name(scan);
    let node = AvroNode::new(name.clone(), table, work, piece.clone());
    let frame: LazyFrame = DslBuilder::scan_ipc(list, IpcScanOptions::default(), list_args)?
        .map(
            node.clone(),
            OptFlags::PROJECTION_PUSHDOWN | OptFlags::STREAMING,
            Some(Arc::new(node)),
            name.into(),
        )
        .build()
        .into();
    let frame = frame.unnest(by_name([piece], true, false), None);
    match n_rows {
        None => Ok(frame),
        Some(n_rows) => Ok(frame.slice(0, index_size(n_rows)?)),
    }
}

/// A name for the column of the pieces' numbers that no column of the files has.
fn piece_name(schema: &Schema) -> PlSmallStr {
    let mut name = "piece".to_owned();
    while schema.contains(&name) {
        name.push('_');
    }
    name.into()
}

/// What the node is called in a plan.
///
/// Polars takes two nodes of the same name over the same input for the same node, and runs one of
/// them: so no two scans of a process share a name.
fn node_name(scan: &Scan) -> String {
    static SCANS: AtomicU64 = AtomicU64::new(1);
    let number = SCANS.fetch_add(1, Ordering::Relaxed);
    let files = scan.files();
    let first = files.first().map_or("", |file| &**file.location());
    match files.len() {
        0 | 1 => format!("AVRO SCAN {number} [{first}]"),
        count => format!("AVRO SCAN {number} [{first}, .. {} more]", count - 1),
    }
}

fn index_size(rows: u64) -> PolarsResult<IdxSize> {
    IdxSize::try_from(rows).map_err(|_| {
        polars_err!(InvalidOperation: "{rows} rows are more than the {} that this build of Polars \
            can count", IdxSize::MAX)
    })
}
