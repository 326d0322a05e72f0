//! `avroscan sql`.

use std::fs;

use avroscan_tests::data::orders::{self, Order};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::{Files, avroscan, server};

#[test]
fn a_quoted_path_is_a_table() {
    let files = Files::with_orders(500);
    let query = format!(
        "SELECT count(*) AS n, count(note) AS notes, sum(total) AS revenue FROM '{}' \
         WHERE customer['address']['country'] = 'DE'",
        files.arg("orders.avro")
    );
    let orders = (0..500)
        .map(Order::at)
        .filter(|o| o.customer.address.country == "DE");
    let orders: Vec<_> = orders.collect();
    let notes = orders.iter().filter(|order| order.note.is_some()).count();
    let cents: i64 = orders.iter().map(|order| order.total.0).sum();
    let expected = format!(
        "n,notes,revenue\n{},{notes},{}.{:02}\n",
        orders.len(),
        cents / 100,
        cents % 100
    );
    assert_eq!(avroscan(["sql", "--format", "csv", &query]).ok(), expected);
}

#[test]
fn the_forms_of_an_answer() {
    let query = "SELECT 1 AS one, CAST(NULL AS INT) AS none, 'a,b' AS text";
    assert_eq!(
        avroscan(["sql", query, "--format", "jsonl"]).ok(),
        "{\"one\":1,\"none\":null,\"text\":\"a,b\"}\n"
    );
    assert_eq!(
        avroscan(["sql", query, "--format", "csv"]).ok(),
        "one,none,text\n1,,\"a,b\"\n"
    );
    let table = "\
+-----+------+------+
| one | none | text |
+-----+------+------+
| 1   | null | a,b  |
+-----+------+------+
";
    assert_eq!(avroscan(["sql", query]).ok(), table);
}

#[test]
fn an_empty_answer_has_its_columns() {
    let files = Files::with_orders(10);
    let query = format!(
        "SELECT id, note FROM '{}' WHERE id < 0",
        files.arg("orders.avro")
    );
    assert_eq!(
        avroscan(["sql", "--format", "csv", &query]).ok(),
        "id,note\n"
    );
    assert_eq!(avroscan(["sql", "--format", "jsonl", &query]).ok(), "");
    assert!(avroscan(["sql", &query]).ok().contains("| id | note |"));
}

#[test]
fn other_formats_join() {
    let files = Files::with_orders(200);
    let file = files.arg("orders.avro");
    let csv = files.write("regions.csv", "country,region\nDE,north\nFR,south\n");
    let lines = files.write("rates.jsonl", "{\"region\":\"north\",\"rate\":2}\n");
    let parquet = files.arg("orders.parquet");
    avroscan(["convert", &file, &parquet]).ok();
    let run = avroscan([
        "sql",
        "--format",
        "csv",
        "--table",
        &format!("o={file}"),
        "--table",
        &format!("regions={csv}"),
        "--table",
        &format!("rates={lines}"),
        "--table",
        &format!("copy={parquet}"),
        "SELECT count(*) AS n, max(rate) AS rate, sum(o.total) = sum(copy.total) AS same \
         FROM o JOIN copy ON o.id = copy.id \
         JOIN regions r ON o.customer['address']['country'] = r.country \
         JOIN rates ON rates.region = r.region",
    ]);
    let german = (0..200)
        .map(Order::at)
        .filter(|o| o.customer.address.country == "DE")
        .count();
    assert_eq!(run.ok(), format!("n,rate,same\n{german},2,true\n"));
}

#[test]
fn directories_and_patterns_are_tables() {
    let files = Files::new();
    let bytes = orders::file(30, 10, Codec::Null);
    for name in ["dir/a.avro", "dir/b.avro", "dir/_SUCCESS"] {
        files.write(
            name,
            if name.ends_with("avro") {
                &bytes[..]
            } else {
                &[]
            },
        );
    }
    for path in [files.arg("dir"), files.arg("dir/"), files.arg("dir/*.avro")] {
        let query = format!("SELECT count(*) AS n, max(id) AS m FROM '{path}'");
        assert_eq!(
            avroscan(["sql", "--format", "csv", &query]).ok(),
            "n,m\n60,29\n",
            "{path}"
        );
    }
}

#[test]
fn a_url_is_a_table() {
    let url = server::serve(orders::file(300, 100, Codec::Deflate));
    let query = format!("SELECT count(*) AS n, sum(id) AS s FROM '{url}'");
    assert_eq!(
        avroscan(["sql", "--format", "csv", &query]).ok(),
        "n,s\n300,44850\n"
    );
    let table = format!("o={url}");
    let run = avroscan([
        "sql",
        "--format",
        "csv",
        "--table",
        &table,
        "SELECT max(id) AS m FROM o",
    ]);
    assert_eq!(run.ok(), "m\n299\n");
}

#[test]
fn several_statements_run_in_order() {
    let files = Files::with_orders(20);
    let query = format!(
        "CREATE EXTERNAL TABLE o STORED AS AVRO LOCATION '{}'; \
         CREATE VIEW v AS SELECT id FROM o WHERE id >= 15; \
         SELECT count(*) AS n FROM v; SELECT max(id) AS m FROM v;",
        files.arg("orders.avro")
    );
    assert_eq!(
        avroscan(["sql", "--format", "csv", &query]).ok(),
        "n\n5\nm\n19\n"
    );
}

#[test]
fn statements_without_an_answer_write_nothing() {
    let files = Files::with_orders(3);
    let copy = files.arg("copy.csv");
    for query in [
        "CREATE TABLE t (a INT); DROP TABLE t",
        "SET datafusion.execution.batch_size = 100",
        "PREPARE p AS SELECT $1 + 1",
    ] {
        assert_eq!(avroscan(["sql", query]).ok(), "", "{query}");
    }
    let prepared = "PREPARE p(INT) AS SELECT $1 + 1 AS n; EXECUTE p(1)";
    assert_eq!(
        avroscan(["sql", "--format", "csv", prepared]).ok(),
        "n\n2\n"
    );
    let export = format!(
        "COPY (SELECT id FROM '{}') TO '{copy}' STORED AS CSV",
        files.arg("orders.avro")
    );
    avroscan(["sql", &export]).ok();
    assert_eq!(fs::read_to_string(copy).unwrap(), "id\n0\n1\n2\n");
}

#[test]
fn rows_without_columns_are_rows() {
    let files = Files::new();
    let schema = r#"{"type":"record","name":"nothing","fields":[]}"#;
    let file = files.write("n.avro", raw::file(schema).block(2, &[]).finish());
    let query = format!("SELECT * FROM '{file}'");
    assert_eq!(
        avroscan(["sql", "--format", "jsonl", &query]).ok(),
        "{}\n{}\n"
    );
    let query = format!("SELECT count(*) AS n FROM '{file}'");
    assert_eq!(avroscan(["sql", "--format", "csv", &query]).ok(), "n\n2\n");
}

#[test]
fn options_of_reading_do_not_change_the_answer() {
    let files = Files::with_orders(1_000);
    let query = format!(
        "SELECT status, count(*), sum(total) FROM '{}' GROUP BY 1 ORDER BY 1",
        files.arg("orders.avro")
    );
    let plain = avroscan(["sql", &query]).ok();
    for options in [
        &["--threads", "1"][..],
        &["--threads", "3"],
        &["--batch-size", "3"],
        &["--buffer-blocks", "1", "--buffer-bytes", "1k"],
    ] {
        let run = avroscan(["sql", query.as_str()].iter().chain(options));
        assert_eq!(run.ok(), plain, "{options:?}");
    }
}

#[test]
fn threads_bound_the_plan() {
    let files = Files::with_orders(20_000);
    let query = format!(
        "EXPLAIN SELECT status, count(*) FROM '{}' GROUP BY 1",
        files.arg("orders.avro")
    );
    let explain = |threads| avroscan(["sql", &query, "--threads", threads]).ok();
    assert!(!explain("1").contains("RepartitionExec"));
    assert!(explain("4").contains("RepartitionExec"));
}

#[test]
fn what_is_wrong_with_a_query_is_said() {
    let files = Files::with_orders(1);
    let file = files.arg("orders.avro");
    for query in [
        "",
        ";",
        "SELEC 1",
        "SELECT * FROM nowhere",
        &format!("SELECT nope FROM '{file}'"),
        "SELECT no_such_function(1)",
    ] {
        avroscan(["sql", query]).fails(2);
    }
    let missing = files.arg("missing.avro");
    let sentence = avroscan(["sql", &format!("SELECT 1 FROM '{missing}'")]).fails(1);
    assert!(sentence.contains(&missing), "{sentence}");
    let sentence = avroscan(["sql", "SELECT 1", "--table", &format!("t={missing}")]).fails(1);
    assert!(sentence.contains(&missing), "{sentence}");
    let odd = files.write("odd.xyz", "?");
    let sentence = avroscan(["sql", &format!("SELECT 1 FROM '{odd}'")]).fails(2);
    assert!(sentence.contains("odd.xyz"), "{sentence}");
    let not_avro = files.write(
        "text.avro",
        "not Avro at all, but long enough to have a header",
    );
    let sentence = avroscan(["sql", &format!("SELECT * FROM '{not_avro}'")]).fails(1);
    assert!(sentence.contains("text.avro"), "{sentence}");
}
