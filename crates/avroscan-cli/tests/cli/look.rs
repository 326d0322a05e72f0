//! `avroscan schema`, `inspect`, `count` and `head`.

use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use serde_json::Value;

use crate::{Files, avroscan};

#[test]
fn the_schema_is_the_files_own() {
    let files = Files::with_orders(1);
    let out = avroscan(["schema", &files.arg("orders.avro")]).ok();
    let (shown, written): (Value, Value) = (
        serde_json::from_str(&out).unwrap(),
        serde_json::from_str(orders::SCHEMA).unwrap(),
    );
    assert_eq!(shown, written);
    assert!(out.lines().count() > 20, "{out}");
}

#[test]
fn the_schema_of_a_file_that_cannot_be_read_can_be_seen() {
    let files = Files::new();
    let schema = r#"{"type":"record","name":"r","fields":[{"name":"u","type":["int","string"]}]}"#;
    let file = files.write("u.avro", raw::file(schema).finish());
    assert!(avroscan(["schema", &file]).ok().contains("\"string\""));
}

#[test]
fn the_schema_as_the_engines_see_it() {
    let files = Files::with_orders(1);
    let file = files.arg("orders.avro");
    let arrow = avroscan(["schema", &file, "--as", "arrow"]).ok();
    for line in [
        "id: Int64, not null",
        "placed_at: Timestamp(ms, \"UTC\"), not null",
        "customer: Struct, not null",
        "  email: Utf8View",
        "  address: Struct, not null",
        "    city: Utf8View, not null",
        "items: List, not null",
        "  []: Struct, not null",
        "    price: Decimal128(9, 2), not null",
        "attributes: Map, not null",
        "  key: Utf8View, not null",
        "note: Utf8View",
    ] {
        assert!(arrow.lines().any(|l| l == line), "{line}\n{arrow}");
    }
    let polars = avroscan(["schema", &file, "--as", "polars"]).ok();
    for line in [
        "id: i64",
        "placed_at: datetime[ms, UTC]",
        "status: enum",
        "customer: struct",
        "  email: str",
        "items: list",
        "  []: struct",
        "    price: decimal[9,2]",
    ] {
        assert!(polars.lines().any(|l| l == line), "{line}\n{polars}");
    }
}

#[test]
fn inspect_shows_what_the_file_is_made_of() {
    let files = Files::with_orders(250);
    let out = avroscan(["inspect", &files.arg("orders.avro")]).ok();
    let value = |name: &str| {
        let line = out.lines().find(|line| line.starts_with(name));
        line.unwrap_or_else(|| panic!("{name}\n{out}"))[name.len()..]
            .trim()
            .to_owned()
    };
    assert_eq!(value("codec"), "zstandard");
    assert_eq!(value("blocks"), "3");
    assert_eq!(value("rows"), "250");
    let marker: String = raw::MARKER
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(value("sync marker"), marker);

    let taken_apart = avroscan_tests::slow::File::open(&orders::file(250, 100, Codec::Zstandard));
    let bytes: usize = taken_apart
        .unwrap()
        .blocks
        .iter()
        .map(|block| block.body.len())
        .sum();
    let digits: String = value("decompressed")
        .chars()
        .take_while(|c| *c != ' ')
        .collect();
    assert_eq!(digits.replace(',', ""), bytes.to_string(), "{out}");
}

#[test]
fn inspect_shows_metadata_safely() {
    let files = Files::new();
    let header = raw::Header::new()
        .entries(&[
            ("avro.schema", br#""int""#),
            ("writer.note", "a\u{1b}[31m\u{e9}".as_bytes()),
            ("writer.raw", &[0xff, 0x00]),
        ])
        .end();
    let out = avroscan(["inspect", &files.write("m.avro", header.finish())]).ok();
    assert!(out.contains("a\\u{1b}[31m\u{e9}"), "{out}");
    assert!(out.contains("0xff00"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
}

#[test]
fn one_file_has_one_count() {
    let files = Files::with_orders(1_234);
    assert_eq!(
        avroscan(["count", &files.arg("orders.avro")]).ok(),
        "1234\n"
    );
}

#[test]
fn several_files_have_a_count_each_and_a_total() {
    let files = Files::with_orders(250);
    // Another schema: counting does not care.
    let schema = r#"{"type":"record","name":"nothing","fields":[]}"#;
    let other = files.write("other.avro", raw::file(schema).block(3, &[]).finish());
    let orders = files.arg("orders.avro");
    let out = avroscan(["count", &orders, &other, &orders]).ok();
    assert_eq!(
        out,
        format!("250\t{orders}\n3\t{other}\n250\t{orders}\n503\ttotal\n")
    );
}

#[test]
fn head_is_a_table_of_the_first_rows() {
    let files = Files::with_orders(300);
    let file = files.arg("orders.avro");
    let out = avroscan(["head", "-n", "2", &file, "--columns", "id,note"]).ok();
    assert_eq!(
        out.lines().filter(|line| line.starts_with("| ")).count(),
        3,
        "{out}"
    );
    assert!(out.contains("| id | note "), "{out}");
    assert!(out.contains("| 1  | null "), "{out}");

    let ten = avroscan(["head", &file, "--columns", "id"]).ok();
    assert_eq!(
        ten.lines().filter(|line| line.starts_with("| ")).count(),
        11,
        "{ten}"
    );
}

/// A look at the beginning does not stumble over the end.
#[test]
fn head_does_not_read_on() {
    let files = Files::new();
    let whole = orders::file(250, 100, Codec::Null);
    let cut = files.write("cut.avro", &whole[..whole.len() - 40]);
    avroscan(["head", &cut]).ok();
}

/// One after the other, each complete, whatever their schemas.
#[test]
fn metadata_of_several_files_is_shown_file_by_file() {
    let files = Files::new();
    let file = |schema: &str, note: &str| {
        let entries = [
            ("avro.schema", schema.as_bytes()),
            ("note", note.as_bytes()),
        ];
        raw::Header::new().entries(&entries).end().finish()
    };
    files.write("dir/b.avro", file(r#""int""#, "of b"));
    files.write("dir/a.avro", file(r#""string""#, "of a"));
    let out = avroscan(["inspect", &files.arg("dir")]).ok();
    let (a, b) = out.split_once("\n\n").expect("a gap between files");
    for (part, name) in [(a, "a"), (b, "b")] {
        assert!(part.contains(&format!("{name}.avro")), "{out}");
        assert!(part.contains(&format!("of {name}")), "{out}");
        assert!(part.contains("avro.schema"), "{out}");
    }
}

#[test]
fn metadata_is_a_table_in_sql() {
    let files = Files::new();
    let header = raw::Header::new()
        .entries(&[
            ("avro.schema", br#""int""#),
            ("note", b"x"),
            ("raw", &[0xff]),
        ])
        .end();
    // Cut off behind the header, which is all that is read.
    let file = files.write("m.avro", header.bytes(&[2]).finish());
    let query = format!("SELECT key, value, bytes FROM avro_metadata('{file}')");
    let run = avroscan(["sql", "--format", "csv", &query]);
    assert_eq!(
        run.ok(),
        "key,value,bytes\navro.schema,\"\"\"int\"\"\",22696e7422\nnote,x,78\nraw,,ff\n"
    );
}
