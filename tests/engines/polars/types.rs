//! What each Avro type becomes in Polars, alone and inside every other type.

use ::polars::prelude::*;
use avroscan_polars::{AvroReader, ScanArgsAvro, read_avro, scan_avro};
use avroscan_tests::data::orders::{self, Order};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{memory, on_both, rows};

/// A type, three values of it as bytes, and the same three in Polars.
struct Case {
    /// The type as JSON where it is first used.
    avro: &'static str,
    /// And where it is used again: named types go by their name then.
    again: &'static str,
    values: [Vec<u8>; 3],
    polars: Series,
}

fn case(avro: &'static str, values: [Vec<u8>; 3], polars: Series) -> Case {
    Case {
        avro,
        again: avro,
        values,
        polars,
    }
}

fn named(avro: &'static str, name: &'static str, values: [Vec<u8>; 3], polars: Series) -> Case {
    Case {
        avro,
        again: name,
        values,
        polars,
    }
}

fn series<T, const N: usize>(values: [T; N], dtype: DataType) -> Series
where
    Series: NamedFrom<[T; N], [T]>,
    [T; N]: AsRef<[T]>,
{
    Series::new(PlSmallStr::EMPTY, values)
        .strict_cast(&dtype)
        .unwrap()
}

fn plain<T, const N: usize>(values: [T; N]) -> Series
where
    Series: NamedFrom<[T; N], [T]>,
    [T; N]: AsRef<[T]>,
{
    Series::new(PlSmallStr::EMPTY, values)
}

fn enumeration(symbols: &[&'static str]) -> DataType {
    DataType::from_frozen_categories(FrozenCategories::new(symbols.iter().copied()).unwrap())
}

fn cases() -> Vec<Case> {
    use raw::{bytes, long};
    let longs = |values: [i64; 3]| values.map(long);
    let utc = |unit| DataType::Datetime(unit, Some(TimeZone::UTC));
    let local = |unit| DataType::Datetime(unit, None);
    let long_text = "longer than the twelve bytes that a view holds";
    let uuid: [u8; 16] = std::array::from_fn(|i| i as u8 * 17);
    let structs = |fields: &[Series]| {
        let height = 3;
        StructChunked::from_series(PlSmallStr::EMPTY, height, fields.iter())
            .unwrap()
            .into_series()
    };
    vec![
        case(
            r#""null""#,
            [vec![], vec![], vec![]],
            Series::new_null(PlSmallStr::EMPTY, 3),
        ),
        case(
            r#""boolean""#,
            [vec![1], vec![0], vec![1]],
            plain([true, false, true]),
        ),
        case(
            r#""int""#,
            longs([1, i64::from(i32::MIN), i64::from(i32::MAX)]),
            plain([1, i32::MIN, i32::MAX]),
        ),
        case(
            r#""long""#,
            longs([-1, i64::MIN, i64::MAX]),
            plain([-1, i64::MIN, i64::MAX]),
        ),
        case(
            r#""float""#,
            [0.5f32, -0.0, f32::MAX].map(|x| x.to_le_bytes().to_vec()),
            plain([0.5f32, -0.0, f32::MAX]),
        ),
        case(
            r#""double""#,
            [0.1f64, f64::INFINITY, -1e300].map(|x| x.to_le_bytes().to_vec()),
            plain([0.1f64, f64::INFINITY, -1e300]),
        ),
        case(
            r#""string""#,
            ["é", "", long_text].map(bytes),
            plain(["é", "", long_text]),
        ),
        case(
            r#""bytes""#,
            [&b"\xff\x00"[..], b"", long_text.as_bytes()].map(bytes),
            plain([&b"\xff\x00"[..], b"", long_text.as_bytes()]),
        ),
        named(
            r#"{"type":"fixed","name":"F","size":3}"#,
            r#""F""#,
            [b"abc", b"\0\0\0", b"xyz"].map(|x| x.to_vec()),
            plain([&b"abc"[..], b"\0\0\0", b"xyz"]),
        ),
        named(
            r#"{"type":"fixed","name":"F0","size":0}"#,
            r#""F0""#,
            [vec![], vec![], vec![]],
            plain([&b""[..], b"", b""]),
        ),
        named(
            r#"{"type":"enum","name":"E","symbols":["C","A","semi;colon","unused"]}"#,
            r#""E""#,
            longs([2, 0, 1]),
            series(
                ["semi;colon", "C", "A"],
                enumeration(&["C", "A", "semi;colon", "unused"]),
            ),
        ),
        case(
            r#"{"type":"int","logicalType":"date"}"#,
            longs([0, -1, 20_000]),
            series([0, -1, 20_000], DataType::Date),
        ),
        case(
            r#"{"type":"int","logicalType":"time-millis"}"#,
            longs([0, 1, 86_399_999]),
            series([0, 1_000_000, 86_399_999_000_000i64], DataType::Time),
        ),
        case(
            r#"{"type":"long","logicalType":"time-micros"}"#,
            longs([0, 1, 86_399_999_999]),
            series([0, 1_000, 86_399_999_999_000i64], DataType::Time),
        ),
        case(
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            longs([0, -1, 1_700_000_000_123]),
            series([0, -1, 1_700_000_000_123i64], utc(TimeUnit::Milliseconds)),
        ),
        case(
            r#"{"type":"long","logicalType":"timestamp-micros"}"#,
            longs([0, -1, 1_700_000_000_123_456]),
            series(
                [0, -1, 1_700_000_000_123_456i64],
                utc(TimeUnit::Microseconds),
            ),
        ),
        case(
            r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
            longs([0, -1, 1_700_000_000_123_456_789]),
            series(
                [0, -1, 1_700_000_000_123_456_789i64],
                utc(TimeUnit::Nanoseconds),
            ),
        ),
        case(
            r#"{"type":"long","logicalType":"local-timestamp-millis"}"#,
            longs([0, -1, 5]),
            series([0, -1, 5i64], local(TimeUnit::Milliseconds)),
        ),
        case(
            r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
            longs([0, -1, 5]),
            series([0, -1, 5i64], local(TimeUnit::Microseconds)),
        ),
        case(
            r#"{"type":"long","logicalType":"local-timestamp-nanos"}"#,
            longs([0, -1, 5]),
            series([0, -1, 5i64], local(TimeUnit::Nanoseconds)),
        ),
        case(
            r#"{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}"#,
            [&[0x7d][..], &[0xff], &[0x01, 0, 0, 0, 0, 0, 0, 0]].map(bytes),
            series(
                ["1.25", "-0.01", "720575940379279.36"],
                DataType::Decimal(20, 2),
            ),
        ),
        named(
            r#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":0}"#,
            r#""D""#,
            [1i32, -1, 999_999_999].map(|x| x.to_be_bytes().to_vec()),
            series(["1", "-1", "999999999"], DataType::Decimal(9, 0)),
        ),
        case(
            r#"{"type":"string","logicalType":"uuid"}"#,
            ["00112233-4455-6677-8899-aabbccddeeff"; 3].map(bytes),
            plain(["00112233-4455-6677-8899-aabbccddeeff"; 3]),
        ),
        named(
            r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#,
            r#""U""#,
            [uuid.to_vec(), uuid.to_vec(), uuid.to_vec()],
            plain(["00112233-4455-6677-8899-aabbccddeeff"; 3]),
        ),
        case(
            r#"{"type":"array","items":"int"}"#,
            [
                vec![0],
                [long(2), long(7), long(8), long(0)].concat(),
                [long(-1), long(1), long(9), long(1), long(10), long(0)].concat(),
            ],
            Series::new(
                PlSmallStr::EMPTY,
                vec![plain([0i32; 0]), plain([7, 8]), plain([9, 10])],
            ),
        ),
        named(
            r#"{"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"y","type":["null","string"]}]}"#,
            r#""R""#,
            [
                [long(1), long(0)].concat(),
                [long(2), long(1), bytes("two")].concat(),
                [long(3), long(0)].concat(),
            ],
            structs(&[
                plain([1, 2, 3]).with_name("x".into()),
                plain([None, Some("two"), None]).with_name("y".into()),
            ]),
        ),
        named(
            r#"{"type":"record","name":"R0","fields":[]}"#,
            r#""R0""#,
            [vec![], vec![], vec![]],
            structs(&[]),
        ),
    ]
}

/// A file with the type of `case` in every position, three rows.
fn file(case: &Case) -> Vec<u8> {
    let Case {
        avro,
        again,
        values,
        ..
    } = case;
    let nullable = match *avro {
        // A union has each type once.
        r#""null""# => r#"["null"]"#.to_owned(),
        _ => format!(r#"["null",{again}]"#),
    };
    let schema = format!(
        r#"{{"type":"record","name":"Root","fields":[
        {{"name":"plain","type":{avro}}},
        {{"name":"nullable","type":{nullable}}},
        {{"name":"list","type":{{"type":"array","items":{again}}}}},
        {{"name":"map","type":{{"type":"map","values":{again}}}}},
        {{"name":"record","type":{{"type":"record","name":"Outer","fields":[{{"name":"inner","type":{again}}}]}}}},
        {{"name":"records","type":{{"type":"array","items":"Outer"}}}}]}}"#
    );
    let body: Vec<u8> = (0..3)
        .flat_map(|row| {
            let value = &values[row];
            let nullable = match (nullable.as_str(), row) {
                (r#"["null"]"#, _) | (_, 1) => raw::long(0),
                _ => [raw::long(1), value.clone()].concat(),
            };
            let list = match row {
                0 => vec![0],
                _ => [raw::long(row as i64), values[..row].concat(), raw::long(0)].concat(),
            };
            let map = [raw::long(1), raw::bytes("k"), value.clone(), raw::long(0)].concat();
            let records = [raw::long(1), value.clone(), raw::long(0)].concat();
            [value.clone(), nullable, list, map, value.clone(), records].concat()
        })
        .collect();
    raw::file(&schema).block(3, &body).finish()
}

#[track_caller]
fn assert_same(found: &Series, expected: &Series, what: &str) {
    assert_eq!(found.dtype(), expected.dtype(), "{what}");
    assert!(
        found.equals_missing(expected),
        "{what}: {found}\nexpected {expected}"
    );
}

fn field(series: &Series, name: &str) -> Series {
    series.struct_().unwrap().field_by_name(name).unwrap()
}

/// The lists of a column, none of which is null.
fn lists(frame: &DataFrame, column: &str) -> Vec<Series> {
    let lists = frame.column(column).unwrap().list().unwrap();
    assert_eq!(lists.null_count(), 0);
    let items = lists
        .explode(ExplodeOptions {
            empty_as_null: false,
            keep_nulls: false,
        })
        .unwrap();
    let lengths = lists
        .downcast_iter()
        .flat_map(|chunk| chunk.offsets().lengths());
    lengths
        .scan(0, |start, length| {
            let list = items.slice(*start, length);
            *start += length as i64;
            Some(list)
        })
        .collect()
}

#[test]
fn every_type_in_every_position() {
    for case in cases() {
        let what = case.avro;
        let scan = scan_avro(memory(file(&case)), ScanArgsAvro::default()).unwrap();
        let frame = on_both(&scan);
        assert_eq!(
            &scan.clone().collect_schema().unwrap(),
            frame.schema(),
            "{what}"
        );
        let column = |name: &str| frame.column(name).unwrap().as_materialized_series().clone();
        let expected = &case.polars;

        assert_same(&column("plain"), expected, what);
        let second_null = IdxCa::from_slice_options(PlSmallStr::EMPTY, &[Some(0), None, Some(2)]);
        assert_same(
            &column("nullable"),
            &expected.take(&second_null).unwrap(),
            what,
        );
        for (row, list) in lists(&frame, "list").iter().enumerate() {
            assert_same(list, &expected.slice(0, row), what);
        }
        for (row, entries) in lists(&frame, "map").iter().enumerate() {
            assert_same(&field(entries, "key"), &plain(["k"]), what);
            assert_same(
                &field(entries, "value"),
                &expected.slice(row as i64, 1),
                what,
            );
        }
        assert_same(&field(&column("record"), "inner"), expected, what);
        for (row, records) in lists(&frame, "records").iter().enumerate() {
            assert_same(
                &field(records, "inner"),
                &expected.slice(row as i64, 1),
                what,
            );
        }
    }
}

#[test]
fn orders_come_through_whole() {
    let count = 3000;
    let frame = rows(orders::file(count, 170, Codec::Bzip2));
    let orders: Vec<Order> = (0..count).map(Order::at).collect();
    let column = |name: &str| frame.column(name).unwrap().as_materialized_series().clone();
    let utc = |unit| DataType::Datetime(unit, Some(TimeZone::UTC));
    let check = |found: &Series, expected: Series, dtype: &DataType| {
        assert_same(found, &expected.strict_cast(dtype).unwrap(), found.name());
    };
    macro_rules! values {
        ($order:ident => $value:expr) => {
            Series::new(
                PlSmallStr::EMPTY,
                orders.iter().map(|$order| $value).collect::<Vec<_>>(),
            )
        };
    }
    check(&column("id"), values!(o => o.id), &DataType::Int64);
    check(
        &column("placed_at"),
        values!(o => o.placed_at),
        &utc(TimeUnit::Milliseconds),
    );
    check(
        &column("updated_at"),
        values!(o => o.updated_at),
        &utc(TimeUnit::Microseconds),
    );
    check(
        &column("ship_date"),
        values!(o => o.ship_date),
        &DataType::Date,
    );
    let statuses = enumeration(&["NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED"]);
    check(
        &column("status"),
        values!(o => format!("{:?}", o.status).to_uppercase()),
        &statuses,
    );
    check(&column("note"), values!(o => o.note), &DataType::String);
    check(
        &column("weight"),
        values!(o => o.weight),
        &DataType::Float64,
    );
    let amount = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    check(
        &column("total"),
        values!(o => amount(o.total.0)),
        &DataType::Decimal(12, 2),
    );

    let customer = column("customer");
    check(
        &field(&customer, "name"),
        values!(o => o.customer.name.clone()),
        &DataType::String,
    );
    check(
        &field(&customer, "email"),
        values!(o => o.customer.email.clone()),
        &DataType::String,
    );
    check(
        &field(&customer, "newsletter"),
        values!(o => o.customer.newsletter),
        &DataType::Boolean,
    );
    let address = field(&customer, "address");
    check(
        &field(&address, "city"),
        values!(o => o.customer.address.city),
        &DataType::String,
    );
    check(
        &field(&address, "zip"),
        values!(o => o.customer.address.zip.clone()),
        &DataType::String,
    );

    for (items, order) in lists(&frame, "items").iter().zip(&orders) {
        macro_rules! items {
            ($item:ident => $value:expr) => {
                Series::new(
                    PlSmallStr::EMPTY,
                    order.items.iter().map(|$item| $value).collect::<Vec<_>>(),
                )
            };
        }
        check(
            &field(items, "sku"),
            items!(i => i.sku.clone()),
            &DataType::String,
        );
        check(
            &field(items, "quantity"),
            items!(i => i.quantity),
            &DataType::Int32,
        );
        check(
            &field(items, "price"),
            items!(i => amount(i.price)),
            &DataType::Decimal(9, 2),
        );
        check(
            &field(items, "discount"),
            items!(i => i.discount),
            &DataType::Float32,
        );
    }
    for (entries, order) in lists(&frame, "attributes").iter().zip(&orders) {
        let (keys, values): (Vec<&str>, Vec<&str>) = order
            .attributes
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .unzip();
        let string = DataType::String;
        check(
            &field(entries, "key"),
            Series::new(PlSmallStr::EMPTY, keys),
            &string,
        );
        check(
            &field(entries, "value"),
            Series::new(PlSmallStr::EMPTY, values),
            &string,
        );
    }
}

#[test]
fn a_value_that_is_not_a_record_is_a_column() {
    let file = raw::file(r#"{"type":"array","items":"int"}"#)
        .block(2, &[vec![0], raw::long(1), raw::long(5), vec![0]].concat())
        .finish();
    let frame = read_avro(memory(file), ScanArgsAvro::default()).unwrap();
    assert_eq!(frame.get_column_names(), ["value"]);
    assert_eq!(lists(&frame, "value"), [plain([0i32; 0]), plain([5])]);
}

#[test]
fn symbols_of_other_files_are_matched_by_name() {
    let file = |symbols: &str, values: [i64; 2]| {
        let schema = format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"e","type":
            {{"type":"enum","name":"E","symbols":[{symbols}]}}}}]}}"#
        );
        memory(
            raw::file(&schema)
                .block(2, &values.map(raw::long).concat())
                .finish(),
        )
    };
    let first = || file(r#""A","B","C""#, [0, 2]);
    let reordered = || file(r#""C","A""#, [0, 1]);
    let scan = scan_avro(vec![first(), reordered()], ScanArgsAvro::default()).unwrap();
    let expected = series(["A", "C", "C", "A"], enumeration(&["A", "B", "C"]));
    assert_same(
        on_both(&scan).column("e").unwrap().as_materialized_series(),
        &expected,
        "scan",
    );

    let unknown = file(r#""A","Z""#, [0, 1]);
    let mut frames = AvroReader::open(vec![first(), unknown], ScanArgsAvro::default()).unwrap();
    assert!(frames.next().unwrap().is_ok());
    assert!(frames.next().unwrap().is_err(), "the first file has no Z");
}
