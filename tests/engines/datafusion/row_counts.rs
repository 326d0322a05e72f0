//! Blocks that cannot hold the rows that they declare: an error, whatever asks for the rows or their
//! number.

use avroscan::ErrorKind;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt, RowCounts};
use avroscan_tests::overfull::{self, TOO_MANY, fitting, kinds};
use avroscan_tests::read;
use avroscan_tests::write::Codec;
use datafusion::error::DataFusionError;

use super::{lines, query, session, try_query, write};

/// Statements that want the number of rows, some rows, or the rows.
const STATEMENTS: [&str; 6] = [
    "SELECT count(*) FROM t",
    "SELECT 1 FROM t",
    "SELECT FROM t LIMIT 1000000000000",
    "SELECT count(*) FROM (SELECT 1 FROM t LIMIT 1000000000000)",
    "SELECT count(1) FROM t WHERE 1 = 1",
    "SELECT * FROM t",
];

/// The error of the core, without which block of which range it is.
fn said(error: &DataFusionError) -> (ErrorKind, String, Option<u64>) {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<avroscan::Error>() {
            let offset = error.place().offset;
            return (error.kind(), error.message().to_owned(), offset);
        }
        source = error.source();
    }
    panic!("no error of the core: {error}");
}

#[tokio::test]
async fn every_statement_refuses_a_block_that_cannot_hold_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = session(2);
    for kind in kinds() {
        for (number, codec) in Codec::ALL.into_iter().enumerate() {
            let rows = TOO_MANY[number % TOO_MANY.len()];
            let file = overfull::file(&kind, codec, rows);
            let expected = read::outcome(read::memory(file.clone()), &Default::default());
            let expected = expected.error.unwrap();
            let expected = (
                expected.kind(),
                expected.message().to_owned(),
                expected.place().offset,
            );
            let path = write(dir.path(), &format!("{number}.avro"), &file);
            for statistics in ["true", "false"] {
                let set = "SET datafusion.execution.collect_statistics = ";
                query(&ctx, &format!("{set}{statistics}")).await;
                for counts in [RowCounts::Estimate, RowCounts::Local, RowCounts::Exact] {
                    let options = AvroOptions::default().with_row_counts(counts);
                    ctx.register_avro_table("t", &*path, AvroReadOptions::from(options))
                        .await
                        .unwrap();
                    for sql in STATEMENTS {
                        let how = format!(
                            "{sql}: {codec:?}, {rows} rows of {}, {counts:?}, {statistics}",
                            kind.schema
                        );
                        let error = try_query(&ctx, sql).await.expect_err(&how);
                        assert_eq!(said(&error), expected, "{how}");
                    }
                    ctx.deregister_table("t").unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn every_statement_takes_as_many_rows_as_fit() {
    let dir = tempfile::tempdir().unwrap();
    let ctx = session(2);
    for kind in kinds() {
        for (number, codec) in Codec::ALL.into_iter().enumerate() {
            let rows = fitting(&kind);
            let file = overfull::file(&kind, codec, rows);
            let path = write(dir.path(), &format!("{number}.avro"), &file);
            for statistics in ["true", "false"] {
                let set = "SET datafusion.execution.collect_statistics = ";
                query(&ctx, &format!("{set}{statistics}")).await;
                let options = AvroReadOptions::default();
                ctx.register_avro_table("t", &*path, options).await.unwrap();
                for sql in [
                    "SELECT count(*) FROM t",
                    "SELECT count(*) FROM (SELECT 1 FROM t LIMIT 1000000000000)",
                ] {
                    let found = lines(&query(&ctx, sql).await);
                    assert_eq!(found, [(rows + 2).to_string()], "{sql}: {codec:?}");
                }
                ctx.deregister_table("t").unwrap();
            }
        }
    }
}
