//! The tests that DataFusion has for its own Avro reader, run against this one.
//!
//! The files in `slt` are from the crate `datafusion-sqllogictest` 55.2.0 (Apache License 2.0):
//! `avro.slt` as it is, of the others what concerns Avro. Paths are replaced while they are read,
//! and a line that had to be changed stands below a comment `# changed:` that says why.

use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::try_query;

/// The folder of data in the statements, and in their plans.
const DATA: &str = "../../testing/data/avro/";
const DATA_IN_PLANS: &str = "WORKSPACE_ROOT/testing/data/avro/";

/// What a file of tests came to.
#[derive(Debug, Default, PartialEq)]
struct Summary {
    statements: usize,
    queries: usize,
    paths: usize,
    changed: usize,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/arrow-testing")
}

/// As the crate sets its sessions up, with this reader in place of the native one.
async fn session(folder: &Path) -> SessionContext {
    let config = SessionConfig::new()
        .with_create_default_catalog_and_schema(true)
        .with_information_schema(true)
        .with_target_partitions(4);
    let ctx = SessionContext::new_with_config(config).enable_url_table();
    // The native reader knows no numbers of rows: with them, count(*) is not in the plan.
    let options = AvroOptions::default().with_row_counts(RowCounts::Estimate);
    ctx.enable_avroscan(options.clone()).unwrap();
    let table = folder.join("avro");
    std::fs::create_dir(&table).unwrap();
    for copy in ["alltypes_plain1.avro", "alltypes_plain2.avro"] {
        std::fs::copy(data().join("alltypes_plain.avro"), table.join(copy)).unwrap();
    }
    let table = format!("{}/", table.display());
    let name = "alltypes_plain_multi_files";
    ctx.register_avro_table(name, table, AvroReadOptions::from(options))
        .await
        .unwrap();
    ctx
}

async fn run(text: &str) -> Option<Summary> {
    if !data().is_dir() {
        eprintln!("skipped: {} is not there", data().display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let ctx = session(folder.path()).await;
    let data = format!("{}/", data().canonicalize().unwrap().display());
    let mut summary = Summary {
        paths: text.matches(DATA).count() + text.matches(DATA_IN_PLANS).count(),
        changed: text.matches("# changed:").count(),
        ..Summary::default()
    };
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut lines = lines.peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let mut sql = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.is_empty() && *line != "----") {
            sql.push(line);
        }
        let sql = sql.join("\n").replace(DATA, &data);
        let batches = try_query(&ctx, &sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}\n{error}"));
        if line == "statement ok" {
            summary.statements += 1;
            continue;
        }
        assert!(line.starts_with("query "), "{line}");
        summary.queries += 1;
        let mut expected = Vec::new();
        lines.next_if_eq(&"----").expect("the rows of a query");
        while let Some(line) = lines.next_if(|line| !line.is_empty()) {
            expected.push(line.to_owned());
        }
        let data_in_plans = data.trim_start_matches('/');
        let found: Vec<_> = answer(&batches)
            .into_iter()
            .map(|line| line.replace(data_in_plans, DATA_IN_PLANS))
            .collect();
        assert_eq!(found, expected, "{sql}");
    }
    eprintln!("{summary:?}");
    Some(summary)
}

/// The rows as these files write them.
fn answer(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let is_plan = batch.schema().field(0).name() == "plan_type";
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| cell(column, row))
                .collect();
            match (is_plan, cells.as_slice()) {
                (true, [kind, plan]) => lines.extend(plan_lines(kind, plan)),
                _ => lines.push(cells.join(" ")),
            }
        }
    }
    lines
}

fn cell(column: &ArrayRef, row: usize) -> String {
    let column = match column.data_type() {
        DataType::Dictionary(_, values) => &arrow::compute::cast(column, values).unwrap(),
        _ => column,
    };
    let options = FormatOptions::default().with_null("NULL");
    match column.data_type() {
        _ if column.is_null(row) => "NULL".to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        _ => {
            let formatter = ArrayFormatter::try_new(column.as_ref(), &options).unwrap();
            match formatter.value(row).to_string() {
                text if text.is_empty() => "(empty)".to_owned(),
                text => text,
            }
        }
    }
}

/// A plan of one line stands behind its name, another below it, with numbers.
fn plan_lines(kind: &str, plan: &str) -> Vec<String> {
    let lines: Vec<_> = plan.trim_end().lines().collect();
    if let [line] = lines.as_slice() {
        return vec![format!("{kind} {line}")];
    }
    let numbered = lines.iter().enumerate().map(|(index, line)| {
        let text = line.trim_start();
        let dashes = "-".repeat(line.len() - text.len());
        format!("{:02}){dashes}{text}", index + 1)
    });
    std::iter::once(kind.to_owned()).chain(numbered).collect()
}

#[tokio::test]
async fn avro() {
    if let Some(summary) = run(include_str!("slt/avro.slt")).await {
        let expected = Summary {
            statements: 12,
            queries: 14,
            paths: 12,
            changed: 0,
        };
        assert_eq!(summary, expected);
    }
}

#[tokio::test]
async fn dynamic_file() {
    if let Some(summary) = run(include_str!("slt/dynamic_file.slt")).await {
        let expected = Summary {
            queries: 2,
            paths: 2,
            ..Summary::default()
        };
        assert_eq!(summary, expected);
    }
}

#[tokio::test]
async fn repartition_scan() {
    if let Some(summary) = run(include_str!("slt/repartition_scan.slt")).await {
        let expected = Summary {
            statements: 7,
            queries: 1,
            paths: 5,
            changed: 1,
        };
        assert_eq!(summary, expected);
    }
}
