//! The plans of the main cases, whole.

use std::path::Path;

use arrow::datatypes::DataType;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;

use super::{query, rows, session, write};

/// Tables over the same rows: `t`, one file; `counted`, whose rows are counted while a query runs;
/// `above`, whose filters are evaluated above the scan; `ordered`, with an order; `hive`, with a
/// file for each of two years; `declared`, with columns of its own.
async fn tables(dir: &Path) -> SessionContext {
    let ctx = session(2);
    let path = write(dir, "t.avro", &rows::file(0..1000, 50));
    for year in [2023, 2024] {
        let name = format!("hive/year={year}/t.avro");
        write(dir, &name, &rows::file(0..10, 50));
    }
    let options = AvroOptions::default;
    let estimated = options().with_row_counts(RowCounts::Estimate);
    for (name, options) in [
        ("t", options()),
        ("counted", estimated),
        ("above", options().with_pushdown_filters(false)),
    ] {
        ctx.register_avro_table(name, path.as_str(), options.into())
            .await
            .unwrap();
    }
    let columns = vec![("year".to_owned(), DataType::Utf8)];
    let hive = AvroReadOptions::default().with_partition_columns(columns);
    let folder = format!("{}/hive/", dir.display());
    ctx.register_avro_table("hive", folder, hive).await.unwrap();
    for (table, order) in [
        ("ordered", "WITH ORDER (id ASC)"),
        ("declared (score BIGINT, missing INT, id INT)", ""),
    ] {
        let create =
            format!("CREATE EXTERNAL TABLE {table} STORED AS AVRO {order} LOCATION '{path}'");
        query(&ctx, &create).await;
    }
    ctx
}

/// The physical plan, with `DIR` for the folder and without the ranges' ends, which follow from
/// the compressed size.
async fn plan(ctx: &SessionContext, dir: &Path, sql: &str) -> String {
    let frame = ctx.sql(sql).await.unwrap();
    let plan = frame.create_physical_plan().await.unwrap();
    let text = displayable(plan.as_ref()).indent(false).to_string();
    let dir = dir.canonicalize().unwrap().display().to_string();
    let text = text.replace(dir.trim_start_matches('/'), "DIR");
    let mut parts = text.split(".avro:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        format!("{text}.avro:..{rest}")
    })
}

const PLANS: &[(&str, &str)] = &[
    (
        "SELECT id, name FROM t",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id, name], file_type=avro
"#,
    ),
    (
        "SELECT name FROM t WHERE score > 5 AND active",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[name], file_type=avro, predicate=score@2 > 5 AND active@3
"#,
    ),
    (
        "SELECT name FROM t WHERE score > 5 LIMIT 3",
        r#"
CoalescePartitionsExec: fetch=3
  DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[name], limit=3, file_type=avro, predicate=score@2 > 5
"#,
    ),
    (
        "SELECT name FROM above WHERE score > 5",
        r#"
FilterExec: score@1 > 5, projection=[name@0]
  DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[name, score], file_type=avro
"#,
    ),
    (
        "SELECT * FROM t LIMIT 3",
        r#"
DataSourceExec: file_groups={1 group: [[DIR/t.avro]]}, projection=[id, name, score, active, kind, at, day, place, tags, counts], limit=3, file_type=avro
"#,
    ),
    (
        "SELECT place['city'] AS city, id + 1 AS next FROM t WHERE place['zip'] > 7",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[get_field(place@7, city) as city, id@0 + 1 as next], file_type=avro, predicate=get_field(place@7, zip) > 7
"#,
    ),
    (
        "SELECT count(*) FROM t",
        r#"
ProjectionExec: expr=[1000 as count(*)]
  PlaceholderRowExec
"#,
    ),
    (
        "SELECT count(*) FROM counted",
        r#"
ProjectionExec: expr=[count(Int64(1))@0 as count(*)]
  AggregateExec: mode=Final, gby=[], aggr=[count(Int64(1))]
    CoalescePartitionsExec
      AggregateExec: mode=Partial, gby=[], aggr=[count(Int64(1))]
        RepartitionExec: partitioning=RoundRobinBatch(2), input_partitions=1
          DataSourceExec: file_groups={1 group: [[DIR/t.avro]]}, file_type=avro
"#,
    ),
    (
        "SELECT id FROM t ORDER BY id LIMIT 5",
        r#"
SortPreservingMergeExec: [id@0 ASC NULLS LAST], fetch=5
  SortExec: TopK(fetch=5), expr=[id@0 ASC NULLS LAST], preserve_partitioning=[true]
    DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id], file_type=avro, predicate=DynamicFilter [ empty ]
"#,
    ),
    (
        "SELECT max(id) FROM t",
        r#"
AggregateExec: mode=Final, gby=[], aggr=[max(t.id)]
  CoalescePartitionsExec
    AggregateExec: mode=Partial, gby=[], aggr=[max(t.id)]
      DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id], file_type=avro, predicate=DynamicFilter [ empty ]
"#,
    ),
    (
        "SELECT a.name FROM t a JOIN t b ON a.id = b.id WHERE b.score > 60",
        r#"
HashJoinExec: mode=CollectLeft, join_type=Inner, on=[(id@0, id@0)], projection=[name@1]
  CoalescePartitionsExec
    DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id, name], file_type=avro
  DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id], file_type=avro, predicate=score@2 > 60 AND DynamicFilter [ empty ]
"#,
    ),
    (
        "SELECT id FROM ordered ORDER BY id",
        r#"
SortPreservingMergeExec: [id@0 ASC NULLS LAST]
  DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[id], output_ordering=[id@0 ASC NULLS LAST], file_type=avro
"#,
    ),
    (
        "SELECT year, id FROM hive WHERE year = '2024' AND id < 5",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/hive/year=2024/t.avro:..], [DIR/hive/year=2024/t.avro:..]]}, projection=[year, id], file_type=avro, predicate=id@0 < 5
"#,
    ),
    (
        "SELECT input_file_name(), year FROM hive",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/hive/year=2023/t.avro], [DIR/hive/year=2024/t.avro]]}, projection=[input_file_name() as input_file_name(), year], file_type=avro
"#,
    ),
    (
        "SELECT score, missing FROM declared WHERE id > 5",
        r#"
DataSourceExec: file_groups={2 groups: [[DIR/t.avro:..], [DIR/t.avro:..]]}, projection=[score, missing], file_type=avro, predicate=id@2 > 5
"#,
    ),
];

#[tokio::test]
async fn plans_are_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = tables(dir.path()).await;
    let mut changed = String::new();
    for (sql, expected) in PLANS {
        let found = plan(&ctx, dir.path(), sql).await;
        if found.trim_end() != expected.trim() {
            changed += &format!("{sql}\n{found}\n");
        }
    }
    assert!(changed.is_empty(), "other plans:\n{changed}");
}
