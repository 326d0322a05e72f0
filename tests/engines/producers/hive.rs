//! Hive: every column is nullable, text has a length that Avro does not know, a uniontype is a
//! union that begins with null.

use ::polars::prelude::*;
use apache_avro::types::Value;
use avroscan_tests::write::Codec;

use super::{
    answers, assert_rows, branch, decimal, field, map, none, produce, record, said, scan, some,
    sorted,
};

/// Nested records have no namespace, which an enclosing one makes Hive say.
const SCHEMA: &str = r#"{"type":"record","name":"sales","namespace":"warehouse","fields":[
    {"name":"shop","type":["null",{"type":"string","logicalType":"varchar","maxLength":20}],"default":null},
    {"name":"country","type":["null",{"type":"string","logicalType":"char","maxLength":2}],"doc":"of the shop","default":null},
    {"name":"tiny","type":["null","int"],"default":null},
    {"name":"amount","type":["null",{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}],"default":null},
    {"name":"day","type":["null",{"type":"int","logicalType":"date"}],"default":null},
    {"name":"at","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null},
    {"name":"raw","type":["null","bytes"],"default":null},
    {"name":"ratio","type":["null","float"],"default":null},
    {"name":"any","type":["null","int",{"type":"string","logicalType":"varchar","maxLength":5},{"type":"record","name":"record_0","namespace":"","doc":"struct<x:int>","fields":[{"name":"x","type":["null","int"],"doc":"int","default":null}]}],"default":null},
    {"name":"place","type":["null",{"type":"record","name":"record_1","namespace":"","doc":"struct<city:string,geo:struct<lat:double>>","fields":[
        {"name":"city","type":["null","string"],"doc":"string","default":null},
        {"name":"geo","type":["null",{"type":"record","name":"record_2","doc":"struct<lat:double>","fields":[{"name":"lat","type":["null","double"],"doc":"double","default":null}]}],"doc":"struct<lat:double>","default":null}]}],"default":null},
    {"name":"tags","type":["null",{"type":"array","items":["null","string"]}],"default":null},
    {"name":"sizes","type":["null",{"type":"map","values":["null",{"type":"bytes","logicalType":"decimal","precision":4,"scale":1}]}],"default":null},
    {"name":"nothing","type":"null","default":null}]}"#;

const DAY: i32 = 19_723;
const MILLIS: i64 = DAY as i64 * 86_400_000;

fn sale(shop: &str, cents: i128, day: i32, any: Value) -> Value {
    let geo = record([("lat", Some(48.25).into())]);
    let size = Value::Decimal(decimal(425, 2).into());
    record([
        ("shop", Some(shop).into()),
        ("country", Some("DE").into()),
        ("tiny", Some(-128).into()),
        ("amount", some(Value::Decimal(decimal(cents, 3).into()))),
        ("day", some(Value::Date(day))),
        ("at", some(Value::TimestampMillis(MILLIS - 1))),
        ("raw", some(Value::Bytes(vec![0xff, 0x00]))),
        ("ratio", Some(0.5f32).into()),
        ("any", any),
        (
            "place",
            some(record([("city", Some("Köln").into()), ("geo", some(geo))])),
        ),
        ("tags", some(Value::Array(vec![none(), some("x")]))),
        ("sizes", some(map([("s", some(size)), ("m", none())]))),
        ("nothing", Value::Null),
    ])
}

fn nulls() -> Value {
    let names = [
        "shop", "country", "tiny", "amount", "day", "at", "raw", "ratio", "any", "place", "tags",
        "sizes",
    ];
    let mut fields: Vec<_> = names.map(|name| (name.to_owned(), none())).into();
    fields.push(("nothing".to_owned(), Value::Null));
    Value::Record(fields)
}

fn file() -> Vec<u8> {
    let metadata = [
        ("writer.time.zone", "Europe/Berlin"),
        ("writer.proleptic", "false"),
    ];
    let struct_of = |x: Option<i32>| branch(3, record([("x", x.into())]));
    let first = vec![
        sale("north", 1_050, DAY, branch(1, 7)),
        sale("south", 999, DAY, branch(2, "seven")),
        nulls(),
    ];
    let second = vec![
        sale("north", -50, DAY + 31, struct_of(Some(8))),
        sale("north", 1, DAY + 31, struct_of(None)),
    ];
    produce(SCHEMA, Codec::Deflate, &metadata, &[first, second])
}

#[tokio::test]
async fn in_sql() {
    answers(
        &file(),
        &[
            (
                "SELECT shop, count(*), sum(amount), min(day) FROM t GROUP BY shop ORDER BY shop",
                &["north|3|10.01|2024-01-01", "south|1|9.99|2024-01-01", "|1||"],
            ),
            (
                "SELECT CAST(date_trunc('month', day) AS DATE) AS month, sum(amount) FROM t
                 WHERE day IS NOT NULL GROUP BY month ORDER BY month",
                &["2024-01-01|20.49", "2024-02-01|-0.49"],
            ),
            ("SELECT DISTINCT at, ratio, country FROM t WHERE tiny < 0", &[
                "2023-12-31T23:59:59.999Z|0.5|DE",
            ]),
            // A uniontype has a field for each of its types.
            (
                "SELECT shop, any['int'], any['string'], any['record_0']['x'] FROM t
                 WHERE any IS NOT NULL ORDER BY day, shop, amount",
                &["north|7||", "south||seven|", "north|||8", "north|||"],
            ),
            (
                "SELECT count(any), count(any['record_0']), count(any['record_0']['x']) FROM t",
                &["4|2|1"],
            ),
            (
                "SELECT place['city'], place['geo']['lat'], count(*) FROM t GROUP BY 1, 2 ORDER BY 1",
                &["Köln|48.25|4", "||1"],
            ),
            ("SELECT sum(sizes['s']), count(sizes['m']), count(nothing) FROM t", &["170.0|0|0"]),
            ("SELECT DISTINCT encode(raw, 'hex'), tags FROM t WHERE raw IS NOT NULL", &[
                "ff00|[, x]",
            ]),
            (
                "SELECT DISTINCT arrow_typeof(shop), arrow_typeof(amount), arrow_typeof(at),
                                 arrow_typeof(nothing) FROM t",
                &["Utf8View|Decimal128(10, 2)|Timestamp(ms, \"UTC\")|Null"],
            ),
        ],
    )
    .await;
}

#[test]
fn in_polars() {
    assert_eq!(said(file(), "writer.time.zone"), "Europe/Berlin");
    let sales = scan(file());
    let shops = sales.clone().group_by([col("shop")]).agg([
        len().alias("rows"),
        col("amount").sum().cast(DataType::String),
        col("day").min(),
    ]);
    let expected = df!(
        "shop" => [None, Some("north"), Some("south")],
        "rows" => [1 as IdxSize, 3, 1],
        "amount" => ["0.00", "10.01", "9.99"],
        "day" => [None, Some(DAY), Some(DAY)],
    );
    let types = [("day", DataType::Date)];
    assert_rows(&sorted(shops, "shop"), expected, types);

    let dated = sales.clone().filter(col("day").is_not_null());
    let months = dated
        .group_by([col("day").dt().month().alias("month")])
        .agg([col("amount").max()]);
    let expected = df!("month" => [1i8, 2], "amount" => ["10.50", "0.01"]);
    let types = [("amount", DataType::Decimal(10, 2))];
    assert_rows(&sorted(months, "month"), expected, types);

    let any = sales.select([
        field("any.int"),
        field("any.string"),
        field("any.record_0.x"),
        field("any").is_null().alias("none"),
        field("any.record_0").is_null().alias("no record"),
    ]);
    let expected = df!(
        "int" => [Some(7), None, None, None, None],
        "string" => [None, Some("seven"), None, None, None],
        "x" => [None, None, None, Some(8), None],
        "none" => [false, false, true, false, false],
        "no record" => [true, true, true, false, false],
    );
    assert_rows(&any, expected, []);
}
