//! The list of queries: a plan that has travelled answers as one that has not.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::DataType;
use avroscan_datafusion::{AvroReadOptions, AvroSessionExt};
use avroscan_tests::data::every_type;
use avroscan_tests::queries::{HIVE_QUERIES, QUERIES, TYPE_QUERIES, over};
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::{
    DeduplicatingProtoConverter, DefaultPhysicalProtoConverter, PhysicalProtoConverterExtension,
};

use super::super::same_answers::{ROWS, answer_of};
use super::super::{query, rows, session, write};
use super::{physical, run, travel_by, travel_logical};

/// A session with the tables of the lists, each of several files.
async fn tables(dir: &Path, partitions: usize) -> SessionContext {
    let ctx = session(partitions);
    let year = vec![("year".to_owned(), DataType::Utf8)];
    for (name, columns) in [("plain", vec![]), ("hive", year), ("types", vec![])] {
        let path = format!("{}/", dir.join(name).display());
        let options = AvroReadOptions::default().with_partition_columns(columns);
        ctx.register_avro_table(name, path.as_str(), options)
            .await
            .unwrap();
    }
    ctx
}

fn files(dir: &Path) {
    write(dir, "plain/a.avro", &rows::file(0..10, 100));
    write(dir, "plain/b.avro", &rows::file(10..10, 100));
    write(dir, "plain/c.avro", &rows::file(10..1000, 20));
    write(dir, "plain/d.avro", b"");
    write(dir, "plain/e.avro", &rows::file(1000..ROWS, 50));
    write(dir, "hive/year=2022/a.avro", &rows::file(0..200, 23));
    write(dir, "hive/year=2023/a.avro", &rows::file(200..600, 23));
    write(dir, "hive/year=2024/a.avro", &rows::file(600..700, 23));
    write(dir, "types/a.avro", &every_type::file(0..ROWS, 41));
}

/// What EXPLAIN shows of the plan's scans.
fn scans(plan: &Arc<dyn ExecutionPlan>) -> Vec<String> {
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let lines = text.lines().map(str::trim);
    let scans = lines.filter(|line| line.starts_with("DataSourceExec"));
    scans.map(ToOwned::to_owned).collect()
}

const LISTS: [(&str, &[&str]); 3] = [
    ("plain", QUERIES),
    ("hive", HIVE_QUERIES),
    ("types", TYPE_QUERIES),
];

/// The queries with the names of their tables, and their answers without a trip.
async fn answers(dir: &Path) -> Vec<(&'static str, String, Vec<String>)> {
    files(dir);
    let ctx = tables(dir, 1).await;
    let mut answers = Vec::new();
    for (name, queries) in LISTS {
        for sql in queries {
            let sql = over(sql, name);
            let answer = answer_of(&query(&ctx, &sql).await, &sql, name);
            answers.push((name, sql, answer));
        }
    }
    answers
}

#[tokio::test]
async fn physical_plans_answer_the_same_after_the_trip() {
    let dir = tempfile::tempdir().unwrap();
    let answers = answers(dir.path()).await;
    let plain: &dyn PhysicalProtoConverterExtension = &DefaultPhysicalProtoConverter {};
    let linked: &dyn PhysicalProtoConverterExtension = &DeduplicatingProtoConverter {};
    for (partitions, converter) in [(1, plain), (8, plain), (8, linked)] {
        let ctx = tables(dir.path(), partitions).await;
        let receiver = session(partitions);
        for (name, sql, expected) in &answers {
            let plan = physical(&ctx, sql).await;
            let before = scans(&plan);
            let plan = travel_by(&plan, &receiver, converter)
                .unwrap_or_else(|error| panic!("{sql}\n{error}"));
            assert_eq!(scans(&plan), before, "{sql}");
            let found = answer_of(&run(&receiver, plan).await, sql, name);
            assert!(found == *expected, "{sql}\n{found:#?}\n{expected:#?}");
        }
    }
}

#[tokio::test]
async fn logical_plans_answer_the_same_after_the_trip() {
    let dir = tempfile::tempdir().unwrap();
    let answers = answers(dir.path()).await;
    for partitions in [1, 8] {
        let ctx = tables(dir.path(), partitions).await;
        let receiver = session(partitions);
        for (name, sql, expected) in &answers {
            let plan = travel_logical(&ctx, sql, &receiver)
                .await
                .unwrap_or_else(|error| panic!("{sql}\n{error}"));
            let frame = receiver.execute_logical_plan(plan).await.unwrap();
            let found = answer_of(&frame.collect().await.unwrap(), sql, name);
            assert!(found == *expected, "{sql}\n{found:#?}\n{expected:#?}");
        }
    }
}
