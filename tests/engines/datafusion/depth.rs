//! Columns that nest deep: what DataFusion bears is read, what it does not is an error.

use avroscan_datafusion::AvroOptions;
use avroscan_tests::deep::{Container, Deep, as_deep_as, levels};

use super::{error, lines, query, session, session_with, try_query, write};

/// What is allowed where nothing else is said.
const LIMIT: usize = 32;

/// The way to the int inside of these containers.
fn innermost(containers: &[Container]) -> String {
    let steps = containers.iter().map(|container| match container {
        Container::Array | Container::NullableArray => "[1]",
        Container::Map => "['k']",
        Container::Record | Container::NullableRecord => "['f']",
        Container::Union => "['array'][1]",
    });
    format!("deep{}", steps.collect::<String>())
}

#[tokio::test]
async fn datafusion_bears_what_the_limit_allows_and_refuses_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let ctx = session(2);
    for (number, containers) in as_deep_as(LIMIT).into_iter().enumerate() {
        let file = Deep::nested(&containers).file();
        let path = write(directory.path(), &format!("{number}.avro"), &file);
        let rows = query(&ctx, &format!("SELECT * FROM '{path}' ORDER BY id")).await;
        assert_eq!(lines(&rows).len(), 3, "{containers:?}");
        for format in ["PARQUET", "JSON"] {
            let to = directory.path().join(format!("{number}.{format}"));
            let to = to.display();
            query(
                &ctx,
                &format!("COPY (SELECT * FROM '{path}') TO '{to}' STORED AS {format}"),
            )
            .await;
        }
        // CSV has no nested columns.
        let to = directory.path().join("none.csv");
        let copy = format!(
            "COPY (SELECT * FROM '{path}') TO '{}' STORED AS CSV",
            to.display()
        );
        drop(try_query(&ctx, &copy).await);
        let inner = innermost(&containers);
        let found = query(
            &ctx,
            &format!("SELECT {inner} AS i FROM '{path}' WHERE id = 2"),
        )
        .await;
        assert_eq!(lines(&found), ["7"], "{containers:?}");
        drop(try_query(&ctx, &format!("SELECT DISTINCT deep FROM '{path}'")).await);
    }
    for count in [32, 60, 128, 256, 512] {
        for containers in Container::kinds(count) {
            if levels(&containers) <= LIMIT {
                continue;
            }
            let path = write(
                directory.path(),
                "deep.avro",
                &Deep::nested(&containers).file(),
            );
            let copy = |format: &str| {
                let to = directory.path().join("none");
                format!(
                    "COPY (SELECT * FROM '{path}') TO '{}' STORED AS {format}",
                    to.display()
                )
            };
            for sql in [
                format!("SELECT * FROM '{path}'"),
                format!("SELECT deep FROM '{path}' WHERE id = 1"),
                copy("PARQUET"),
                copy("JSON"),
            ] {
                let said = error(&ctx, &sql).await;
                let limit = format!("nests {} levels deep", levels(&containers));
                assert!(said.contains(&limit) && said.contains("`deep`"), "{said}");
                assert!(said.contains("column_depth = 32"), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_column_that_is_too_deep_matters_to_who_selects_it_alone() {
    let directory = tempfile::tempdir().unwrap();
    let ctx = session(2);
    for (number, containers) in Container::kinds(512).into_iter().enumerate() {
        let name = format!("{number}.avro");
        let path = write(directory.path(), &name, &Deep::nested(&containers).file());
        let found = query(
            &ctx,
            &format!("SELECT id FROM '{path}' WHERE id > 1 ORDER BY id"),
        )
        .await;
        assert_eq!(lines(&found), ["2", "3"], "{containers:?}");
        let found = query(&ctx, &format!("SELECT count(*), sum(id) FROM '{path}'")).await;
        assert_eq!(lines(&found), ["3|6"], "{containers:?}");
        query(&ctx, &format!("EXPLAIN SELECT * FROM '{path}'")).await;
    }
}

#[tokio::test]
async fn the_limit_can_be_chosen() {
    let directory = tempfile::tempdir().unwrap();
    let file = Deep::nested(&Container::Array.times(35)).file();
    let path = write(directory.path(), "deep.avro", &file);
    let mut options = AvroOptions::default();
    options.set("limits.column_depth", "36").unwrap();
    let ctx = session_with(1, options);
    assert_eq!(
        lines(&query(&ctx, &format!("SELECT * FROM '{path}'")).await).len(),
        3
    );
}
