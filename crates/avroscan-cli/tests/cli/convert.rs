//! `avroscan convert`.

use std::fs;

use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;

use crate::{Files, avroscan};

#[cfg(unix)]
mod interrupt;

/// A query's answer as CSV.
fn sql(query: &str) -> String {
    avroscan(["sql", "--format", "csv", query]).ok()
}

#[test]
fn parquet_has_the_same_rows_in_order() {
    let files = Files::with_orders(1_000);
    let (avro, parquet) = (files.arg("orders.avro"), files.arg("orders.parquet"));
    assert_eq!(avroscan(["convert", &avro, &parquet]).ok(), "");
    assert_eq!(files.names(), ["orders.avro", "orders.parquet"]);

    let columns =
        "id, placed_at, updated_at, ship_date, status, customer, items, total, note, weight";
    let rows = |file: &str| sql(&format!("SELECT {columns} FROM '{file}' ORDER BY id"));
    assert_eq!(rows(&parquet), rows(&avro));
    let unsorted = sql(&format!("SELECT id FROM '{parquet}'"));
    let ids: String = (0..1_000).map(|id| format!("{id}\n")).collect();
    assert_eq!(unsorted, format!("id\n{ids}"));
}

#[test]
fn columns_inputs_and_compression_are_chosen() {
    let files = Files::new();
    files.write("in/a.avro", orders::file(150, 50, Codec::Snappy));
    files.write("in/b.avro", orders::file(50, 10, Codec::Null));
    for compression in ["zstd", "snappy", "gzip", "brotli", "lz4", "uncompressed"] {
        let parquet = files.arg("out.parquet");
        avroscan([
            "convert",
            &files.arg("in"),
            &parquet,
            "--columns",
            "customer.id,id",
            "--compression",
            compression,
        ])
        .ok();
        let query = format!(
            "SELECT count(*) AS n, sum(id) AS s, count(customer['id']) AS c FROM '{parquet}'"
        );
        assert_eq!(sql(&query), "n,s,c\n200,12400,200\n", "{compression}");
        let columns = sql(&format!("SELECT * FROM '{parquet}' LIMIT 0"));
        assert_eq!(columns, "customer,id\n");
    }
}

#[test]
fn options_of_reading_do_not_change_the_rows() {
    let files = Files::with_orders(1_000);
    let avro = files.arg("orders.avro");
    for (at, options) in [
        &["--threads", "1"][..],
        &["--threads", "3"],
        &["--batch-size", "7"],
        &["--buffer-blocks", "1", "--buffer-bytes", "1k"],
    ]
    .iter()
    .enumerate()
    {
        let parquet = files.arg(&format!("{at}.parquet"));
        avroscan(["convert", &avro, &parquet].iter().chain(*options)).ok();
        let ids = sql(&format!("SELECT id FROM '{parquet}'"));
        assert!(
            ids.lines().skip(1).eq((0..1_000).map(|id| id.to_string())),
            "{options:?}"
        );
    }
}

/// The name appears with the whole file or not at all, and nothing else stays behind.
#[test]
fn a_failure_leaves_nothing_behind() {
    let files = Files::new();
    let whole = orders::file(1_000, 100, Codec::Deflate);
    let cut = files.write("cut.avro", &whole[..whole.len() - 10]);
    let parquet = files.arg("out.parquet");
    let sentence = avroscan(["convert", &cut, &parquet]).fails(1);
    assert!(sentence.contains("cut.avro"), "{sentence}");
    assert_eq!(files.names(), ["cut.avro"]);

    // What was there before stays as it was.
    files.write("out.parquet", "precious");
    avroscan(["convert", &cut, &parquet]).fails(1);
    assert_eq!(fs::read(files.path("out.parquet")).unwrap(), b"precious");
    assert_eq!(files.names(), ["cut.avro", "out.parquet"]);
}

#[test]
fn an_older_file_is_replaced() {
    let files = Files::with_orders(10);
    let parquet = files.write("out.parquet", "old");
    avroscan(["convert", &files.arg("orders.avro"), &parquet]).ok();
    assert_eq!(
        sql(&format!("SELECT count(*) AS n FROM '{parquet}'")),
        "n\n10\n"
    );
}

#[cfg(unix)]
#[test]
fn the_file_is_as_accessible_as_any_other() {
    use std::os::unix::fs::PermissionsExt;

    let files = Files::with_orders(1);
    avroscan([
        "convert",
        &files.arg("orders.avro"),
        &files.arg("out.parquet"),
    ])
    .ok();
    let mode = |name: &str| fs::metadata(files.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("out.parquet"), mode("orders.avro"));
}

#[test]
fn outputs_that_cannot_be_are_refused() {
    let files = Files::new();
    let avro = files.write("in.parquet", orders::file(1, 1, Codec::Null));
    let before = fs::read(files.path("in.parquet")).unwrap();
    for same in [avro.clone(), files.arg("./in.parquet")] {
        let sentence = avroscan(["convert", &avro, &same]).fails(2);
        assert!(sentence.contains("in.parquet"), "{sentence}");
    }
    assert_eq!(fs::read(files.path("in.parquet")).unwrap(), before);

    avroscan(["convert", &avro, &files.arg("out.csv")]).fails(2);
    avroscan(["convert", &avro, &files.arg("out")]).fails(2);
    fs::create_dir(files.path("dir.parquet")).unwrap();
    avroscan(["convert", &avro, &files.arg("dir.parquet")]).fails(2);
    let sentence = avroscan(["convert", &avro, &files.arg("no/such/out.parquet")]).fails(1);
    assert!(sentence.contains("out.parquet"), "{sentence}");
    avroscan([
        "convert",
        &avro,
        &files.arg("out.parquet"),
        "--columns",
        "nope",
    ])
    .fails(2);
    assert_eq!(files.names(), ["dir.parquet", "in.parquet"]);
}
