//! The DataFusion front end, end to end.

mod bounds;
mod counting;
mod damage;
mod declared;
mod depth;
mod errors;
mod evolution;
mod explain;
mod faults;
mod many_files;
mod metadata;
mod plans;
mod reading;
mod remote;
mod same_answers;
mod settings;
mod slt;
mod splits;
mod statistics;
mod tables;
mod travel;

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use avroscan_datafusion::{AvroOptions, AvroSessionExt};
use avroscan_tests::data::rows;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};

/// A session with so many partitions, in which files of any size are cut into ranges, batches are
/// small, and SQL reads Avro files with the reader under test.
pub(super) fn session(partitions: usize) -> SessionContext {
    session_with(partitions, AvroOptions::default())
}

fn session_with(partitions: usize, options: AvroOptions) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_repartition_file_min_size(1)
        .with_batch_size(64);
    let ctx = SessionContext::new_with_config(config).enable_url_table();
    ctx.enable_avroscan(options).unwrap();
    ctx
}

pub(super) async fn query(ctx: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    try_query(ctx, sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"))
}

async fn try_query(ctx: &SessionContext, sql: &str) -> datafusion::error::Result<Vec<RecordBatch>> {
    ctx.sql(sql).await?.collect().await
}

/// The error of planning or running this, as the user reads it.
async fn error(ctx: &SessionContext, sql: &str) -> String {
    match try_query(ctx, sql).await {
        Ok(batches) => panic!("{sql}\nis no error but\n{}", table(&batches)),
        Err(error) => error.to_string(),
    }
}

fn table(batches: &[RecordBatch]) -> String {
    pretty_format_batches(batches).unwrap().to_string()
}

/// The rows as text, each a line with the columns parted by `|`.
pub(super) fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let table = table(batches);
    let row = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        cells.map(str::trim).collect::<Vec<_>>().join("|")
    };
    table
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(1)
        .map(row)
        .collect()
}

/// The physical plan of a query, as EXPLAIN shows it.
async fn physical_plan(ctx: &SessionContext, sql: &str) -> String {
    let rows = query(ctx, &format!("EXPLAIN FORMAT INDENT {sql}")).await;
    let text = table(&rows);
    text.split_once("physical_plan").unwrap().1.to_owned()
}

/// Runs a query and returns its rows with the scan that read the files.
async fn run(ctx: &SessionContext, sql: &str) -> (Vec<RecordBatch>, Arc<dyn ExecutionPlan>) {
    let plan = ctx
        .sql(sql)
        .await
        .unwrap()
        .create_physical_plan()
        .await
        .unwrap();
    let batches = collect(Arc::clone(&plan), ctx.task_ctx()).await.unwrap();
    let scan = find_scan(&plan).expect("the plan has a scan");
    (batches, scan)
}

fn find_scan(plan: &Arc<dyn ExecutionPlan>) -> Option<Arc<dyn ExecutionPlan>> {
    if plan.is::<DataSourceExec>() {
        return Some(Arc::clone(plan));
    }
    plan.children().into_iter().find_map(find_scan)
}

/// A metric of a scan, over all partitions.
fn metric(scan: &Arc<dyn ExecutionPlan>, name: &str) -> usize {
    let metrics = scan.metrics().expect("the scan has run");
    if name == "output_rows" {
        return metrics.output_rows().expect("rows are counted");
    }
    metrics
        .sum_by_name(name)
        .unwrap_or_else(|| panic!("no metric {name}"))
        .as_usize()
}

pub(super) fn write(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}
