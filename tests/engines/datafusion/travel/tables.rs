//! What is in a table: the same rows wherever its plan is made.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use avroscan::SchemaMode;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::raw;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::LogicalPlan;

use super::super::{lines, query, rows, session, write};
use super::{three_answers, travel_logical};

/// A file of one block with these rows.
fn file(fields: &str, rows: &[&[i64]]) -> Vec<u8> {
    let body = rows.iter().flat_map(|row| row.iter());
    let body: Vec<u8> = body.flat_map(|value| raw::long(*value)).collect();
    let schema = format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
    raw::file(&schema).block(rows.len() as i64, &body).finish()
}

const ID: &str = r#"{"name":"id","type":"long"}"#;
const NOTE: &str = r#"{"name":"note","type":["null","long"]}"#;
const LEVEL: &str = r#"{"name":"level","type":"int","default":7}"#;

/// Which Avro schema the rows are read as is not in the columns.
#[tokio::test]
async fn files_are_read_as_the_schema_that_the_table_has() {
    let dir = tempfile::tempdir().unwrap();
    // The union's branch, then its value.
    let first = file(&format!("{ID},{NOTE},{LEVEL}"), &[&[1, 1, 5, 3]]);
    write(dir.path(), "1.avro", &first);
    write(dir.path(), "2.avro", &file(ID, &[&[2]]));
    let path = format!("{}/", dir.path().display());
    let merged = AvroOptions::default().with_schema_mode(SchemaMode::UnionByName);
    let reader = r#"{"type":"record","name":"R","fields":[
        {"name":"number","type":"double","aliases":["id"]},
        {"name":"level","type":"int","default":9}]}"#;
    let renamed = AvroOptions::default().with_reader_schema(Arc::new(reader.parse().unwrap()));
    let declared = Schema::new(vec![
        Field::new("level", DataType::Int64, true),
        Field::new("id", DataType::Int32, true),
    ]);
    let declared = AvroReadOptions::default().with_schema(Arc::new(declared));
    for (options, expected) in [
        (AvroReadOptions::default(), ["1|5|3", "2||7"]),
        (AvroReadOptions::from(merged), ["1|5|3", "2||7"]),
        (AvroReadOptions::from(renamed), ["1.0|3", "2.0|9"]),
        (declared, ["3|1", "|2"]),
    ] {
        let ctx = session(2);
        ctx.register_avro_table("t", path.as_str(), options.clone())
            .await
            .unwrap();
        for answer in three_answers(&ctx, "SELECT * FROM t", &session(2)).await {
            let mut answer = lines(&answer);
            answer.sort();
            assert_eq!(answer, expected, "{options:?}");
        }
    }
}

#[tokio::test]
async fn tables_of_sql_travel() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "year=2023/a1.avro", &rows::file(0..40, 10));
    write(dir.path(), "year=2024/a2.avro", &rows::file(40..60, 10));
    write(dir.path(), "year=2024/b3.avro", &rows::file(60..90, 10));
    let root = dir.path().display();
    for (columns, location, sql, expected) in [
        (
            "",
            "/year=2024/a*.avro",
            "SELECT count(id), max(id) FROM t",
            &["20|59"][..],
        ),
        (
            "",
            "/year=2024/b3.avro",
            "SELECT count(id), max(id) FROM t",
            &["30|89"],
        ),
        (
            "PARTITIONED BY (year)",
            "/",
            "SELECT year, max(id) FROM t WHERE year <> '2023' GROUP BY year",
            &["2024|89"],
        ),
        (
            "WITH ORDER (id ASC)",
            "/year=2024/",
            "SELECT id FROM t WHERE id > 87 ORDER BY id",
            &["88", "89"],
        ),
    ] {
        let ctx = session(4);
        query(
            &ctx,
            &format!(
                "CREATE EXTERNAL TABLE t STORED AS AVRO {columns} LOCATION '{root}{location}'"
            ),
        )
        .await;
        for answer in three_answers(&ctx, sql, &session(4)).await {
            assert_eq!(lines(&answer), expected, "{location}");
        }
    }
}

/// A table as the session has it: with its order, its statement and its options.
#[tokio::test]
async fn a_table_arrives_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..90, 10));
    let ctx = session(4);
    let statement = format!(
        "CREATE EXTERNAL TABLE t STORED AS AVRO WITH ORDER (id ASC) LOCATION '{path}' \
         OPTIONS ('avro.row_counts' 'estimate', 'avro.pushdown_filters' 'false')"
    );
    query(&ctx, &statement).await;
    let receiver = session(4);
    let sql = "SELECT id FROM t WHERE id > 7 ORDER BY id";
    let plan = travel_logical(&ctx, sql, &receiver).await.unwrap();

    let mut definition = None;
    plan.apply(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            let table = source_as_provider(&scan.source)?;
            definition = table.get_table_definition().map(ToOwned::to_owned);
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .unwrap();
    assert!(definition.unwrap().contains("CREATE EXTERNAL TABLE t"));

    let plan = receiver.state().create_physical_plan(&plan).await.unwrap();
    let plan = datafusion::physical_plan::displayable(plan.as_ref());
    let plan = plan.indent(false).to_string();
    assert!(plan.contains("FilterExec: id@0 > 7"), "{plan}");
    assert!(plan.contains("output_ordering=[id@0 ASC"), "{plan}");
    assert!(!plan.contains("SortExec"), "{plan}");
}

/// A quoted path is a table of DataFusion's own, which the codec never sees. Its scan travels.
#[tokio::test]
async fn quoted_paths_travel_as_physical_plans() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &rows::file(0..90, 10));
    let (ctx, receiver) = (session(4), session(4));
    let sql = format!("SELECT max(id) FROM '{path}' WHERE id < 50");
    let plan = super::travel(&super::physical(&ctx, &sql).await, &receiver);
    assert_eq!(lines(&super::run(&receiver, plan).await), ["49"]);
    assert!(travel_logical(&ctx, &sql, &receiver).await.is_err());
}
