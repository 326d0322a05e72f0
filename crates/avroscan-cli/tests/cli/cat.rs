//! `avroscan cat`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::{Value, json};

use crate::{Files, Run, avroscan, command, server};

fn rows(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_row_is_a_line_in_file_order() {
    for codec in Codec::ALL {
        let files = Files::new();
        let file = files.write("orders.avro", orders::file(250, 100, codec));
        let rows = rows(&avroscan(["cat", &file]).ok());
        let ids: Vec<_> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
        assert!(ids.into_iter().eq(0..250), "{codec:?}");
    }
}

#[test]
fn a_row_has_all_its_fields_and_its_nulls() {
    let files = Files::with_orders(3);
    let rows = rows(&avroscan(["cat", &files.arg("orders.avro")]).ok());
    let order = orders::Order::at(1);
    let row = &rows[1];
    let names: Vec<_> = row
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "id",
            "placed_at",
            "updated_at",
            "ship_date",
            "status",
            "customer",
            "items",
            "attributes",
            "total",
            "note",
            "weight"
        ]
    );
    assert_eq!(row["updated_at"], Value::Null);
    assert_eq!(row["customer"]["id"], order.customer.id);
    assert_eq!(row["customer"]["name"], json!(order.customer.name));
    assert_eq!(
        row["customer"]["address"]["city"],
        order.customer.address.city
    );
    assert_eq!(row["items"].as_array().unwrap().len(), order.items.len());
    assert_eq!(row["items"][0]["sku"], json!(order.items[0].sku));
    assert_eq!(
        row["items"][0]["price"].to_string(),
        cents(order.items[0].price)
    );
    assert_eq!(row["total"].to_string(), cents(order.total.0));
    assert_eq!(row["attributes"], json!(order.attributes));
    assert!(
        row["placed_at"]
            .as_str()
            .unwrap()
            .starts_with("2024-01-01T00:0"),
        "{row}"
    );
}

fn cents(amount: i64) -> String {
    let text: f64 = format!("{}.{:02}", amount / 100, amount % 100)
        .parse()
        .unwrap();
    json!(text).to_string()
}

#[test]
fn several_files_are_one_after_the_other() {
    let files = Files::new();
    let (one, two) = (
        orders::file(5, 2, Codec::Null),
        orders::file(3, 3, Codec::Deflate),
    );
    files.write("dir/b.avro", two);
    files.write("dir/a.avro", one);
    let expected = [0, 1, 2, 3, 4, 0, 1, 2];
    let listed = [files.arg("dir/a.avro"), files.arg("dir/b.avro")];
    for inputs in [&listed[..], &[files.arg("dir")], &[files.arg("dir/*.avro")]] {
        let run = avroscan(
            ["cat", "--columns", "id"]
                .map(String::from)
                .iter()
                .chain(inputs),
        );
        let ids: Vec<_> = rows(&run.ok())
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect();
        assert_eq!(ids, expected, "{inputs:?}");
    }
}

#[test]
fn a_url_is_a_file() {
    let url = server::serve(orders::file(300, 100, Codec::Deflate));
    let out = avroscan(["cat", "--columns", "id", &url]).ok();
    assert!(
        out.lines()
            .eq((0..300).map(|id| format!("{{\"id\":{id}}}")))
    );
    assert_eq!(avroscan(["count", &url]).ok(), "300\n");
}

#[test]
fn columns_and_rows_are_chosen() {
    let files = Files::with_orders(300);
    let file = files.arg("orders.avro");
    let run = avroscan([
        "cat",
        &file,
        "--columns",
        "note,customer.email,id",
        "--rows",
        "2",
    ]);
    let orders = [orders::Order::at(0), orders::Order::at(1)];
    let line = |order: &orders::Order| {
        let email = json!({ "email": order.customer.email });
        format!(
            "{{\"note\":{},\"customer\":{email},\"id\":{}}}\n",
            json!(order.note),
            order.id
        )
    };
    assert_eq!(run.ok(), orders.iter().map(line).collect::<String>());

    assert_eq!(avroscan(["cat", &file, "--rows", "0"]).ok(), "");
    let past = avroscan(["cat", &file, "--rows", "1000000", "--columns", "id"]).ok();
    assert_eq!(past.lines().count(), 300);
}

#[test]
fn options_of_reading_do_not_change_the_rows() {
    let files = Files::with_orders(250);
    let file = files.arg("orders.avro");
    let plain = avroscan(["cat", &file]).ok();
    for options in [
        ["--batch-size", "1"],
        ["--batch-size", "7"],
        ["--buffer-blocks", "1"],
        ["--buffer-bytes", "1KiB"],
        ["--buffer-bytes", "2GB"],
    ] {
        let run = avroscan(["cat", &file].into_iter().chain(options));
        assert_eq!(run.ok(), plain, "{options:?}");
    }
}

#[test]
fn csv_has_a_header_and_json_in_its_cells() {
    let files = Files::with_orders(2);
    let file = files.arg("orders.avro");
    let columns = "id,ship_date,customer.address.city,note";
    let out = avroscan(["cat", &file, "--format", "csv", "--columns", columns]).ok();
    let cell = |order: &orders::Order| {
        let city = order.customer.address.city;
        format!("\"{{\"\"address\"\":{{\"\"city\"\":\"\"{city}\"\"}}}}\"")
    };
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("id,ship_date,customer,note"));
    for row in 0..2 {
        let order = orders::Order::at(row);
        let line = lines.next().unwrap();
        assert!(line.starts_with(&format!("{row},")), "{line}");
        assert!(line.contains(&cell(&order)), "{line}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn csv_of_a_file_without_rows_is_its_header() {
    let files = Files::with_orders(0);
    let file = files.arg("orders.avro");
    let run = avroscan(["cat", &file, "--format", "csv", "--columns", "id,total"]);
    assert_eq!(run.ok(), "id,total\n");
    assert_eq!(avroscan(["cat", &file]).ok(), "");
}

#[test]
fn rows_without_fields_are_empty_objects() {
    let files = Files::new();
    let schema = r#"{"type":"record","name":"nothing","fields":[]}"#;
    let file = files.write(
        "nothing.avro",
        raw::file(schema).block(2, &[]).block(1, &[]).finish(),
    );
    assert_eq!(avroscan(["cat", &file]).ok(), "{}\n{}\n{}\n");
}

/// A reader that has seen enough is no error, and nothing to talk about.
#[test]
fn a_closed_pipe_ends_quietly() {
    // Far more than a pipe holds.
    let files = Files::with_orders(20_000);
    for format in ["jsonl", "csv"] {
        let mut child = command()
            .args(["cat", "--format", format, &files.arg("orders.avro")])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(!first.is_empty());
        assert_eq!(Run::of(child.wait_with_output().unwrap()).ok(), "");
    }
}

/// The rows before the damage are delivered; then comes the error.
#[test]
fn rows_before_the_damage_are_written() {
    let files = Files::new();
    let whole = orders::file(250, 100, Codec::Null);
    let cut = files.write("cut.avro", &whole[..whole.len() - 40]);
    let run = avroscan(["cat", "--columns", "id", &cut]);
    assert_eq!(run.out.lines().count(), 200);
    assert_eq!(run.out.lines().last(), Some("{\"id\":199}"));
    let sentence = run.fails(1);
    assert!(
        sentence.contains("cut.avro") && sentence.contains("offset"),
        "{sentence}"
    );
}
