//! Queries over a scan give what the same queries give over the same rows in a frame.

use ::polars::prelude::*;
use avroscan_polars::{ScanArgsAvro, scan_avro};
use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{ENGINES, collect, memory, on_both, rows};

type Query = (&'static str, fn(LazyFrame) -> LazyFrame);

fn by(column: &str) -> [Expr; 1] {
    [col(column)]
}

fn descending() -> SortMultipleOptions {
    SortMultipleOptions::default().with_order_descending(true)
}

/// What people do with a frame. Rows come in a defined order.
const QUERIES: &[Query] = &[
    ("all", |lf| lf),
    ("len", |lf| lf.select([len()])),
    ("no column but the number of rows", |lf| {
        lf.select([lit(1).alias("one"), len()])
    }),
    ("a literal", |lf| lf.select([lit(7)])),
    ("select", |lf| lf.select([col("note"), col("id")])),
    ("select, in another order", |lf| {
        lf.select([col("weight"), col("total"), col("customer"), col("id")])
    }),
    ("drop", |lf| {
        lf.drop(by_name(["items", "customer"], true, false))
    }),
    ("rename", |lf| {
        lf.rename(["id", "note"], ["note", "id"], true)
    }),
    ("filter", |lf| lf.filter(col("weight").gt(lit(100.0)))),
    ("filter and select another column", |lf| {
        lf.filter(col("weight").gt(lit(100.0)))
            .select([col("customer")])
    }),
    ("filter and count", |lf| {
        lf.filter(col("note").is_null())
            .select([lit(1).alias("one"), len()])
    }),
    ("filter on an enum", |lf| {
        lf.filter(col("status").eq(lit("PAID")))
            .select([col("id"), col("status")])
    }),
    ("filter on a field of a record", |lf| {
        lf.filter(col("customer").struct_().field_by_name("newsletter"))
            .select([col("id")])
    }),
    ("filter that keeps nothing", |lf| {
        lf.filter(col("id").lt(lit(0)))
    }),
    ("filter that keeps everything", |lf| {
        lf.filter(col("id").gt_eq(lit(0)))
    }),
    ("with_columns", |lf| {
        lf.with_columns([
            (col("id") * lit(2)).alias("twice"),
            col("note").fill_null(lit("-")),
        ])
    }),
    ("group_by", |lf| {
        lf.group_by(by("status"))
            .agg([len().alias("orders"), col("weight").sum(), col("id").max()])
            .sort(["status"], SortMultipleOptions::default())
    }),
    ("group_by in order", |lf| {
        lf.group_by_stable(by("status")).agg([col("id").first()])
    }),
    ("sort", |lf| {
        lf.sort(["weight", "id"], descending().with_nulls_last(true))
            .select([col("id")])
    }),
    ("the largest", |lf| lf.sort(["id"], descending()).limit(7)),
    ("unique", |lf| {
        lf.select([col("status")])
            .unique(None, UniqueKeepStrategy::Any)
            .sort(["status"], SortMultipleOptions::default())
    }),
    ("head", |lf| lf.limit(5)),
    ("no rows", |lf| lf.limit(0)),
    ("slice", |lf| lf.slice(1234, 77)),
    ("slice past the end", |lf| {
        lf.slice(1990, 1000).select([col("id")])
    }),
    ("tail", |lf| lf.tail(13)),
    ("reverse", |lf| {
        lf.reverse().select([col("id"), col("status")])
    }),
    ("row index", |lf| {
        lf.with_row_index("row", Some(10))
            .filter(col("id").gt(lit(1500)))
    }),
    ("row index alone", |lf| {
        lf.with_row_index("row", None).select([col("row")])
    }),
    ("explode", |lf| {
        lf.select([col("id"), col("items")]).explode(
            by_name(["items"], true, false),
            ExplodeOptions {
                empty_as_null: true,
                keep_nulls: true,
            },
        )
    }),
    ("unnest", |lf| {
        lf.select([col("id"), col("customer").alias("c")])
            .unnest(by_name(["c"], true, false), Some(".".into()))
    }),
    ("join with itself", |lf| {
        let other = lf
            .clone()
            .filter(col("weight").is_not_null())
            .select([col("id"), col("note")]);
        lf.select([col("id"), col("status")])
            .join(other, by("id"), by("id"), JoinArgs::new(JoinType::Left))
            .sort(["id"], SortMultipleOptions::default())
    }),
    ("on top of each other", |lf| {
        let ends = [
            lf.clone().limit(3).select([col("id")]),
            lf.tail(3).select([col("id")]),
        ];
        concat(ends, UnionArgs::default()).unwrap()
    }),
    ("counted twice", |lf| {
        let counts = [1, 2].map(|n| lf.clone().select([lit(n).alias("n"), len()]));
        concat(counts, UnionArgs::default()).unwrap()
    }),
];

/// 2,000 orders in blocks of 37: one file, or three.
fn files() -> [(&'static str, Vec<Vec<u8>>); 2] {
    let rows = |range: std::ops::Range<u64>| {
        let rows = range.map(orders::Order::at);
        avroscan_tests::write::rows(orders::SCHEMA, rows, Codec::Snappy, 37)
    };
    [
        ("one file", vec![rows(0..2000)]),
        (
            "three files",
            vec![rows(0..900), rows(900..901), rows(901..2000)],
        ),
    ]
}

#[test]
fn equal_those_over_a_frame() {
    let frame = rows(orders::file(2000, 2000, Codec::Null));
    for (what, files) in files() {
        let sources: Vec<_> = files.into_iter().map(memory).collect();
        // About 200 rows a piece: dozens of pieces.
        let args = ScanArgsAvro::default().with_batch_size(200);
        let scan = scan_avro(sources, args).unwrap();
        for (name, query) in QUERIES {
            let expected = query(frame.clone().lazy()).collect().unwrap();
            for engine in ENGINES {
                for merged in [OptFlags::empty(), OptFlags::COMM_SUBPLAN_ELIM] {
                    let query = query(scan.clone());
                    let flags = query.get_current_optimizations() - OptFlags::COMM_SUBPLAN_ELIM;
                    let query = query.with_optimizations(flags | merged);
                    let found = collect(query, engine);
                    let found = found.unwrap_or_else(|e| panic!("{what}, {name}, {engine:?}: {e}"));
                    assert!(
                        found.equals_missing(&expected),
                        "{what}, {name}, {engine:?}: {found}\nexpected {expected}"
                    );
                    assert_eq!(
                        found.schema(),
                        expected.schema(),
                        "{what}, {name}, {engine:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn two_scans_of_one_query_stay_two() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    let file = |values: [i64; 2]| {
        raw::file(schema)
            .block(2, &values.map(raw::long).concat())
            .finish()
    };
    let [left, right] = [[1, 2], [2, 3]]
        .map(|values| scan_avro(memory(file(values)), ScanArgsAvro::default()).unwrap());
    let joined = left.clone().join(
        right.clone(),
        by("a"),
        by("a"),
        JoinArgs::new(JoinType::Inner),
    );
    assert!(on_both(&joined).equals(&df!("a" => [2i64]).unwrap()));
    let both = concat([left, right], UnionArgs::default()).unwrap();
    assert!(on_both(&both).equals(&df!("a" => [1i64, 2, 2, 3]).unwrap()));
}

#[test]
fn a_scan_can_be_run_by_several_threads_at_once() {
    let scan = scan_avro(
        memory(orders::file(3000, 50, Codec::Deflate)),
        ScanArgsAvro::default().with_batch_size(100),
    )
    .unwrap();
    let sum = |engine| {
        let sum = collect(
            scan.clone().select([col("id").sum(), lit(1), len()]),
            engine,
        )
        .unwrap();
        assert_eq!(
            sum.column("id").unwrap().i64().unwrap().get(0),
            Some(2999 * 3000 / 2)
        );
        assert_eq!(sum.column("len").unwrap().u32().unwrap().get(0), Some(3000));
        let count = collect(scan.clone().select([lit(1), len()]), engine).unwrap();
        assert_eq!(
            count.column("len").unwrap().u32().unwrap().get(0),
            Some(3000)
        );
    };
    std::thread::scope(|scope| {
        for engine in ENGINES.repeat(3) {
            scope.spawn(move || (0..5).for_each(|_| sum(engine)));
        }
    });
}

/// A file whose column `b` is not UTF-8: whoever decodes it fails.
fn bad_text() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"long"},{"name":"b","type":"string"},{"name":"c","type":"int"}]}"#;
    let row = |n: i64| [raw::long(n), raw::bytes([0xff, 0xfe]), raw::long(-n)].concat();
    raw::file(schema)
        .block(2, &[row(1), row(2)].concat())
        .finish()
}

#[test]
fn columns_that_are_not_used_are_not_decoded() {
    let scan = scan_avro(memory(bad_text()), ScanArgsAvro::default()).unwrap();
    let used = scan.clone().filter(col("c").lt(lit(-1))).select([col("a")]);
    assert!(on_both(&used).equals(&df!("a" => [2i64]).unwrap()));
    for engine in ENGINES {
        let error = collect(scan.clone(), engine).unwrap_err().to_string();
        assert!(
            error.contains("memory.avro") && error.contains("field `b`"),
            "{error}"
        );
    }
}

#[test]
fn explain_shows_the_pruned_columns() {
    let scan = scan_avro(memory(bad_text()), ScanArgsAvro::default()).unwrap();
    let all = scan.clone().explain(true).unwrap();
    assert!(
        all.contains("AVRO SCAN") && all.contains("[memory.avro]"),
        "{all}"
    );
    assert!(all.contains("PROJECT */4 COLUMNS"), "{all}");
    // The number of the piece of work is a column of the work list too.
    let two = scan
        .clone()
        .filter(col("c").gt(lit(0)))
        .select([col("a")])
        .explain(true)
        .unwrap();
    assert!(two.contains("PROJECT 3/4 COLUMNS"), "{two}");
    let none = scan.select([lit(1), len()]).explain(true).unwrap();
    assert!(none.contains("PROJECT 1/4 COLUMNS"), "{none}");
}

#[test]
fn a_column_may_be_called_like_the_number_of_the_piece() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"piece","type":"long"},{"name":"piece_","type":"long"}]}"#;
    let body = [1, 2, 3, 4].map(raw::long).concat();
    let file = raw::file(schema).block(2, &body).finish();
    let scan = scan_avro(memory(file), ScanArgsAvro::default()).unwrap();
    let all = df!("piece" => [1i64, 3], "piece_" => [2i64, 4]).unwrap();
    assert!(on_both(&scan).equals(&all));
    let one = on_both(&scan.clone().select([col("piece_")]));
    assert!(one.equals(&all.select(["piece_"]).unwrap()));
    assert_eq!(
        on_both(&scan.select([lit(1), len()]))
            .column("len")
            .unwrap()
            .u32()
            .unwrap()
            .get(0),
        Some(2)
    );
}

#[test]
fn chosen_columns_and_parts_of_columns() {
    let file = orders::file(500, 50, Codec::Null);
    let frame = rows(file.clone());
    let args = || {
        let columns = [
            "note",
            "customer.address.city",
            "id",
            "customer.name",
            "items.sku",
        ];
        ScanArgsAvro::default()
            .with_columns(columns)
            .with_batch_size(60)
    };
    let scan = scan_avro(memory(file.clone()), args()).unwrap();
    let found = on_both(&scan);
    assert_eq!(
        found.get_column_names(),
        ["note", "customer", "id", "items"]
    );
    let expected = frame
        .lazy()
        .select([
            col("note"),
            as_struct(vec![
                col("customer").struct_().field_by_name("name"),
                as_struct(vec![
                    col("customer")
                        .struct_()
                        .field_by_name("address")
                        .struct_()
                        .field_by_name("city"),
                ])
                .alias("address"),
            ])
            .alias("customer"),
            col("id"),
        ])
        .collect()
        .unwrap();
    assert!(
        found
            .select(["note", "customer", "id"])
            .unwrap()
            .equals_missing(&expected),
        "{found}"
    );
    let skus = DataType::List(Box::new(DataType::Struct(vec![Field::new(
        "sku".into(),
        DataType::String,
    )])));
    assert_eq!(found.column("items").unwrap().dtype(), &skus);

    // A query prunes what was chosen further.
    let pruned = on_both(&scan.clone().select([col("id"), col("customer")]));
    assert!(pruned.equals_missing(&expected.select(["id", "customer"]).unwrap()));
    let explained = scan.select([col("id")]).explain(true).unwrap();
    assert!(explained.contains("PROJECT 2/5 COLUMNS"), "{explained}");
}

#[test]
fn rows_without_columns() {
    let schema = r#"{"type":"record","name":"R","fields":[]}"#;
    let file = raw::file(schema)
        .block(3, &[])
        .block(0, &[])
        .block(4, &[])
        .finish();
    let scan = scan_avro(memory(file), ScanArgsAvro::default()).unwrap();
    assert_eq!(on_both(&scan).shape(), (7, 0));
    assert_eq!(on_both(&scan.clone().limit(5)).shape(), (5, 0));
    let count = on_both(&scan.clone().select([len()]));
    assert!(count.equals(&df!("len" => [7u32]).unwrap()));
    let numbered = on_both(&scan.with_row_index("i", None));
    assert!(numbered.equals(&df!("i" => (0..7u32).collect::<Vec<_>>()).unwrap()));

    let none: [&str; 0] = [];
    let args = ScanArgsAvro::default().with_columns(none);
    let scan = scan_avro(memory(orders::file(100, 30, Codec::Xz)), args).unwrap();
    assert_eq!(on_both(&scan).shape(), (100, 0));
}

#[test]
fn files_without_rows() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","string"]}]}"#;
    let header_alone = raw::file(schema).finish();
    let empty_blocks = raw::file(schema).block(0, &[]).block(0, &[]).finish();
    for sources in [
        vec![memory(header_alone.clone())],
        vec![memory(empty_blocks.clone())],
        vec![memory(header_alone), memory(empty_blocks)],
    ] {
        let scan = scan_avro(sources, ScanArgsAvro::default()).unwrap();
        let found = on_both(&scan);
        assert_eq!(found.shape(), (0, 1));
        assert_eq!(found.dtypes(), [DataType::String]);
        assert_eq!(
            on_both(&scan.select([len()]))
                .column("len")
                .unwrap()
                .u32()
                .unwrap()
                .get(0),
            Some(0)
        );
    }
}
