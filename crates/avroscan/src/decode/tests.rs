use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::{Decimal256Type, Int32Type, Int64Type, IntervalMonthDayNanoType, i256};

use super::*;
use crate::limits::Limit;
use crate::plan::{Projection, RowFilter};
use crate::schema::AvroSchema;
use crate::wire::testing::{long, text};

fn decoder(schema: &str, projection: &Projection, limits: &Limits) -> Decoder {
    let schema = AvroSchema::parse(schema, limits).unwrap();
    let plan = DecodePlan::new(&schema, None, projection, 0, limits).unwrap();
    Decoder::new(Arc::new(plan), limits.clone())
}

fn block(rows: usize, data: &[Vec<u8>]) -> Block {
    Block {
        index: 0,
        offset: 0,
        rows,
        first_row: 0,
        data: data.concat().into(),
    }
}

fn decode_with(
    schema: &str,
    projection: &Projection,
    limits: &Limits,
    rows: &[Vec<u8>],
) -> Result<RecordBatch> {
    let mut decoder = decoder(schema, projection, limits);
    decoder.open(block(rows.len(), rows))?;
    assert_eq!(decoder.decode(usize::MAX)?, Decoded::BlockEnd);
    decoder.finish()
}

fn decode(schema: &str, rows: &[Vec<u8>]) -> Result<RecordBatch> {
    decode_with(schema, &Projection::All, &Limits::default(), rows)
}

fn one_field(inner: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{{"name":"v","type":{inner}}}]}}"#)
}

#[test]
fn batches_are_filled_to_the_row_across_blocks() {
    for most in [1, 2, 3, 7, 100] {
        let mut decoder = decoder(&one_field("\"long\""), &Projection::All, &Limits::default());
        let mut batches = Vec::new();
        let mut next = 0i64;
        for rows in [0, 5, 1, 10] {
            let data: Vec<_> = (next..next + rows as i64).map(long).collect();
            next += rows as i64;
            decoder.open(block(rows, &data)).unwrap();
            while decoder.decode(most).unwrap() == Decoded::Full {
                batches.push(decoder.finish().unwrap());
            }
        }
        batches.push(decoder.finish().unwrap());
        let sizes: Vec<_> = batches.iter().map(RecordBatch::num_rows).collect();
        assert!(
            sizes[..sizes.len() - 1].iter().all(|&rows| rows == most),
            "{most}: {sizes:?}"
        );
        let values: Vec<i64> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .column(0)
                    .as_primitive::<Int64Type>()
                    .values()
                    .to_vec()
            })
            .collect();
        assert_eq!(values, (0..16).collect::<Vec<_>>());
    }
}

#[test]
fn no_row_of_a_bad_block_is_handed_out() {
    let schema = one_field(r#"{"type":"array","items":["null","string"]}"#);
    let good = || {
        [
            long(2),
            long(0),
            long(1),
            text(b"a string of many bytes"),
            long(0),
        ]
        .concat()
    };
    for most in [1, 2, 3, 5, 100] {
        for left_over in [vec![9u8], Vec::new()] {
            let mut decoder = decoder(&schema, &Projection::All, &Limits::default());
            decoder.open(block(2, &[good(), good()])).unwrap();
            let mut rows = 0;
            while decoder.decode(most).unwrap() == Decoded::Full {
                rows += decoder.finish().unwrap().num_rows();
            }
            let bad = if left_over.is_empty() {
                vec![2u8, 2, 0xff]
            } else {
                good()
            };
            decoder
                .open(block(3, &[good(), good(), bad, left_over]))
                .unwrap();
            let error = loop {
                match decoder.decode(most) {
                    Ok(_) => rows += decoder.finish().unwrap().num_rows(),
                    Err(error) => break error,
                }
            };
            assert!(error.place().offset.is_some());
            assert_eq!(rows + decoder.rows(), 2, "{most}: {error}");
            decoder.finish().unwrap();
        }
    }
}

/// Batches of a block that are held come out once it has ended, each with memory of its own.
#[test]
fn held_batches_come_out_when_their_block_is_good() {
    let schema = one_field("\"long\"");
    let ids = |batches: &[RecordBatch]| -> Vec<i64> {
        let values = batches
            .iter()
            .map(|batch| batch.column(0).as_primitive::<Int64Type>().values());
        values.flat_map(|values| values.to_vec()).collect()
    };
    for is_good in [true, false] {
        let mut decoder = decoder(&schema, &Projection::All, &Limits::default());
        decoder.open(block(2, &[long(0), long(1)])).unwrap();
        assert_eq!(decoder.decode(5).unwrap(), Decoded::BlockEnd);
        let mut rows: Vec<_> = (2..14).map(long).collect();
        rows.push(match is_good {
            true => long(14),
            false => vec![0x80],
        });
        decoder.open(block(13, &rows)).unwrap();
        decoder.hold();
        match decoder.decode(5) {
            Ok(decoded) => assert!(is_good && decoded == Decoded::Full),
            Err(error) => assert!(!is_good, "{error}"),
        }
        let mut batches = decoder.take_done();
        batches.push(decoder.finish().unwrap());
        let sizes: Vec<_> = batches.iter().map(RecordBatch::num_rows).collect();
        match is_good {
            true => assert_eq!(sizes, [5, 5, 5]),
            false => assert_eq!(sizes, [2, 0]),
        }
        let rows = if is_good { 15 } else { 2 };
        assert_eq!(ids(&batches), (0..rows).collect::<Vec<_>>());
        assert!(decoder.is_empty());
        for batch in &batches[..batches.len() - 1] {
            let bytes = batch.get_array_memory_size();
            assert!(bytes < 1_000 * size_of::<i64>() * 2, "{bytes}");
        }
    }
}

#[test]
fn unions_are_structs_of_which_one_field_is_filled() {
    let schema = one_field(
        r#"["int","null",{"type":"record","name":"a.P","fields":[{"name":"x","type":"long"}]},
            {"type":"record","name":"b.P","fields":[]},"string"]"#,
    );
    let rows = [
        [long(0), long(-7)].concat(),
        long(1),
        [long(2), long(70)].concat(),
        long(3),
        [long(4), text(b"text")].concat(),
    ];
    let batch = decode(&schema, &rows).unwrap();
    let union = batch.column(0).as_struct();
    assert_eq!(union.column_names(), ["int", "a.P", "b.P", "string"]);
    let filled: Vec<Vec<bool>> = (0..5)
        .map(|row| union.columns().iter().map(|c| c.is_valid(row)).collect())
        .collect();
    for (row, column) in [(0, 0), (2, 1), (3, 2), (4, 3)] {
        for (other, &valid) in filled[row].iter().enumerate() {
            assert_eq!(valid, other == column, "row {row}, branch {other}");
        }
        assert!(union.is_valid(row));
    }
    assert!(union.is_null(1) && filled[1].iter().all(|valid| !valid));
    assert_eq!(union.column(0).as_primitive::<Int32Type>().value(0), -7);
    assert_eq!(
        union
            .column(1)
            .as_struct()
            .column(0)
            .as_primitive::<Int64Type>()
            .value(2),
        70
    );
    assert_eq!(union.column(3).as_string_view().value(4), "text");

    let projected = Projection::columns(["v.string"]);
    let batch = decode_with(&schema, &projected, &Limits::default(), &rows).unwrap();
    let union = batch.column(0).as_struct();
    assert_eq!(union.column_names(), ["string"]);
    assert_eq!(union.column(0).null_count(), 4);
    assert_eq!(
        union.null_count(),
        1,
        "a branch that is not selected is no null"
    );
}

const LIST: &str = r#"{"type":"record","name":"Node","fields":[
    {"name":"value","type":"double"},
    {"name":"next","type":["null","Node"]},
    {"name":"tag","type":"string"}]}"#;

/// A list of so many nodes.
fn nodes(count: usize) -> Vec<u8> {
    match count {
        0 => long(0),
        _ => {
            let node =
                |rest: Vec<u8>| [1.5f64.to_le_bytes().to_vec(), rest, text(b"\"q\"")].concat();
            let rest = if count == 1 {
                long(0)
            } else {
                [long(1), nodes(count - 1)].concat()
            };
            node(rest)
        }
    }
}

#[test]
fn a_type_inside_of_itself_is_json_text_there() {
    let batch = decode(LIST, &[nodes(1), nodes(3)]).unwrap();
    let next = batch.column(1).as_string_view();
    assert!(next.is_null(0));
    assert_eq!(
        next.value(1),
        r#"{"value":1.5,"next":{"value":1.5,"next":null,"tag":"\"q\""},"tag":"\"q\""}"#
    );
    let tags = Projection::columns(["tag"]);
    let batch = decode_with(LIST, &tags, &Limits::default(), &[nodes(1), nodes(3)]).unwrap();
    assert_eq!(batch.column(0).as_string_view().value(1), "\"q\"");
}

#[test]
fn recursion_has_a_depth_when_it_is_read_and_when_it_is_skipped() {
    let limits = Limits {
        depth: 10,
        ..Limits::default()
    };
    for projection in [Projection::All, Projection::columns(["tag"])] {
        decode_with(LIST, &projection, &limits, &[nodes(10)]).unwrap();
        let error = decode_with(LIST, &projection, &limits, &[nodes(12)]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Limit(Limit::Depth),
            "{projection:?}"
        );
    }
    let endless = r#"{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}"#;
    let schema = AvroSchema::parse(endless, &limits).unwrap();
    let error = DecodePlan::new(&schema, None, &Projection::All, 0, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
}

#[test]
fn mutual_recursion_is_skipped_like_it_is_read() {
    let tree = r#"{"type":"record","name":"Tree","fields":[
        {"name":"kids","type":{"type":"array","items":{"type":"record","name":"Edge","fields":[
            {"name":"weight","type":"int"},{"name":"to","type":"Tree"}]}}},
        {"name":"id","type":"long"}]}"#;
    let leaf = |id| [long(0), long(id)].concat();
    let edge = |weight, tree: Vec<u8>| [long(weight), tree].concat();
    let inner = [
        long(2),
        edge(1, leaf(5)),
        edge(2, leaf(6)),
        long(0),
        long(4),
    ]
    .concat();
    let root = [long(1), edge(9, inner), long(0), long(3)].concat();
    let batch = decode(tree, std::slice::from_ref(&root)).unwrap();
    let edges = batch.column(0).as_list::<i32>().value(0);
    assert_eq!(
        edges.as_struct().column(1).as_string_view().value(0),
        r#"{"kids":[{"weight":1,"to":{"kids":[],"id":5}},{"weight":2,"to":{"kids":[],"id":6}}],"id":4}"#
    );
    let ids = Projection::columns(["id"]);
    let batch = decode_with(tree, &ids, &Limits::default(), &[root]).unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().value(0), 3);
}

#[test]
fn decimals_of_every_width_are_exact() {
    let bytes = |precision: u32, scale: u32| {
        one_field(&format!(
            r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#
        ))
    };
    let nines: Vec<u8> = (0..32).map(|i| if i == 0 { 0x7f } else { 0xff }).collect();
    let batch = decode(&bytes(76, 10), &[text(&[0xff]), text(&[0x01, 0x00])]).unwrap();
    let values = batch.column(0).as_primitive::<Decimal256Type>();
    assert_eq!(values.value(0), i256::from_i128(-1));
    assert_eq!(values.value(1), i256::from_i128(256));
    let error = decode(&bytes(76, 10), &[text(&nines)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "2^255 - 1 has 77 digits");

    let batch = decode(
        &bytes(80, 3),
        &[text(&nines), text(&[0xff]), text(&[]), text(&[0x30, 0x39])],
    );
    let batch = batch.unwrap();
    let texts: Vec<_> = batch.column(0).as_string_view().iter().flatten().collect();
    assert_eq!(texts[0].len(), 78);
    assert!(
        texts[0].starts_with(
            "57896044618658097711785492504343953926634992332820282019728792003956564819"
        )
    );
    assert_eq!(texts[1..], ["-0.001", "0.000", "12.345"]);

    let error = decode(&bytes(90_000, 0), &[text(&vec![0x7f; 20_000])]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::DecimalDigits));
}

#[test]
fn big_decimals_are_text_with_their_own_scale() {
    let schema = one_field(r#"{"type":"bytes","logicalType":"big-decimal"}"#);
    let value = |number: &[u8], scale| text(&[text(number), long(scale)].concat());
    let rows = [
        value(&[0x30, 0x39], 2),
        value(&[0xff], 0),
        value(&[0x07], -3),
        value(&[0x00], -3),
    ];
    let batch = decode(&schema, &rows).unwrap();
    let texts: Vec<_> = batch.column(0).as_string_view().iter().flatten().collect();
    assert_eq!(texts, ["123.45", "-1", "7000", "0"]);
    let kind = |row: Vec<u8>| decode(&schema, &[row]).unwrap_err().kind();
    assert_eq!(
        kind(value(&[1], 10_001)),
        ErrorKind::Limit(Limit::DecimalDigits)
    );
    assert_eq!(
        kind(value(&[1], i64::from(i32::MIN))),
        ErrorKind::Limit(Limit::DecimalDigits)
    );
    assert_eq!(
        kind(text(&[text(&[1]), long(0), vec![0]].concat())),
        ErrorKind::Value
    );
}

#[test]
fn durations_are_intervals_where_they_fit() {
    let schema = one_field(r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#);
    let value = |months: u32, days: u32, millis: u32| {
        [months, days, millis]
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let batch = decode(&schema, &[value(1, 2, u32::MAX)]).unwrap();
    let interval = batch
        .column(0)
        .as_primitive::<IntervalMonthDayNanoType>()
        .value(0);
    assert_eq!((interval.months, interval.days), (1, 2));
    assert_eq!(interval.nanoseconds, i64::from(u32::MAX) * 1_000_000);
    assert_eq!(
        decode(&schema, &[value(1 << 31, 0, 0)]).unwrap_err().kind(),
        ErrorKind::Value
    );
}

#[test]
fn a_root_that_is_a_record_or_null_has_the_columns_of_the_record() {
    let record = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":"long"},{"name":"b","type":["string","null"]},{"name":"n","type":"null"}]}"#;
    let schema = format!(r#"["null",{record}]"#);
    let rows = [
        [long(1), long(5), long(0), text(b"x")].concat(),
        long(0),
        [long(1), long(6), long(1)].concat(),
    ];
    let batch = decode(&schema, &rows).unwrap();
    assert!(
        batch
            .schema()
            .fields()
            .iter()
            .all(|field| field.is_nullable())
    );
    let a = batch.column(0).as_primitive::<Int64Type>();
    assert_eq!(a.iter().collect::<Vec<_>>(), [Some(5), None, Some(6)]);
    let b = batch.column(1).as_string_view();
    assert_eq!(b.iter().collect::<Vec<_>>(), [Some("x"), None, None]);
    let swapped = Projection::columns(["b", "a"]);
    let batch = decode_with(&schema, &swapped, &Limits::default(), &rows).unwrap();
    assert_eq!(batch.schema().field(0).name(), "b");
    assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(0), 5);

    let batch = decode(
        r#"["null","long","string"]"#,
        &[[long(1), long(4)].concat(), long(0)],
    )
    .unwrap();
    assert_eq!(batch.schema().field(0).name(), "value");
    assert_eq!(batch.column(0).null_count(), 1);
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn memory_is_bounded_whatever_a_few_bytes_ask_for() {
    let wide = one_field(r#"["null",{"type":"fixed","name":"F","size":65536}]"#);
    let mut decoder = decoder(&wide, &Projection::All, &Limits::default());
    decoder.open(block(10_000, &vec![long(0); 10_000])).unwrap();
    let mut batches = 0;
    while decoder.decode(usize::MAX).unwrap() == Decoded::Full {
        let batch = decoder.finish().unwrap();
        assert!(batch.num_rows() * 65_536 <= 65 << 20);
        batches += 1;
    }
    assert!(batches >= 9);

    let list =
        one_field(r#"{"type":"array","items":["null",{"type":"fixed","name":"F","size":65536}]}"#);
    let row = [long(1_000_000), vec![0; 1_000_000], long(0)].concat();
    assert_eq!(
        decode(&list, &[row]).unwrap_err().kind(),
        ErrorKind::Limit(Limit::BatchBytes)
    );
    let nulls = one_field(r#"{"type":"array","items":"null"}"#);
    let row = [long(1 << 40), long(0)].concat();
    assert_eq!(
        decode(&nulls, &[row]).unwrap_err().kind(),
        ErrorKind::Limit(Limit::ZeroByteItems)
    );
    let error = decode(
        r#"{"type":"record","name":"E","fields":[]}"#,
        &vec![vec![]; 2_000_000],
    );
    assert_eq!(
        error.unwrap_err().kind(),
        ErrorKind::Limit(Limit::ZeroByteItems)
    );
}

#[test]
fn the_form_of_a_uuid_is_not_checked() {
    let schema = one_field(r#"{"type":"string","logicalType":"uuid"}"#);
    let batch = decode(&schema, &[text(b"not a UUID")]).unwrap();
    assert_eq!(batch.column(0).as_string_view().value(0), "not a UUID");
}

/// Keeps the rows in which the first column is a multiple of so many.
#[derive(Debug)]
struct Every {
    columns: Projection,
    divisor: i64,
}

impl RowFilter for Every {
    fn projection(&self) -> &Projection {
        &self.columns
    }

    fn evaluate(
        &self,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, Box<dyn std::error::Error + Send + Sync>> {
        let column = batch.column(0).as_primitive::<Int64Type>();
        Ok(column
            .iter()
            .map(|id| id.map(|id| id % self.divisor == 0))
            .collect())
    }
}

const ROW: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"name","type":"string"},
    {"name":"tags","type":{"type":"array","items":"int"}},
    {"name":"id","type":["null","long"]},
    {"name":"last","type":"boolean"}]}"#;

fn filtering(divisor: i64, projection: &Projection) -> Decoder {
    let limits = Limits::default();
    let schema = AvroSchema::parse(ROW, &limits).unwrap();
    let columns = Projection::columns(["id"]);
    let plan = |projection| DecodePlan::new(&schema, None, projection, 0, &limits).unwrap();
    let filter = plan(&columns);
    let plan = plan(projection).with_filter(filter, Arc::new(Every { columns, divisor }));
    Decoder::new(Arc::new(plan), limits)
}

fn row(id: i64) -> Vec<u8> {
    let tags = match id % 3 {
        0 => vec![0],
        1 => [long(2), long(id), long(id), vec![0]].concat(),
        // With its size: two items in two bytes.
        _ => [long(-2), long(2), vec![2, 4], vec![0]].concat(),
    };
    let id = if id % 7 == 0 {
        vec![0]
    } else {
        [vec![2], long(id)].concat()
    };
    [text(b"some text that is not inline"), tags, id, vec![1]].concat()
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn a_filter_keeps_the_rows_it_names_for_any_blocks_and_batches() {
    for (divisor, rows_per_block, most) in [
        (1, 10, 1000),
        (2, 7, 3),
        (5, 100, 8),
        (1, 3, 2),
        (1000, 50, 10),
        (3, 1, 1),
    ] {
        let mut decoder = filtering(divisor, &Projection::columns(["last", "id"]));
        let mut found = Vec::new();
        let mut finish = |decoder: &mut Decoder| {
            let batch = decoder.finish().unwrap();
            assert!(batch.num_rows() <= most);
            let ids = batch
                .column(1)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec();
            found.extend(ids);
        };
        let ids: Vec<i64> = (1..=300).collect();
        for rows in ids.chunks(rows_per_block) {
            let rows: Vec<_> = rows.iter().map(|id| row(*id)).collect();
            decoder.open(block(rows.len(), &rows)).unwrap();
            while decoder.decode(most).unwrap() == Decoded::Full {
                finish(&mut decoder);
            }
        }
        finish(&mut decoder);
        let expected = ids.iter().filter(|id| **id % 7 != 0 && **id % divisor == 0);
        assert_eq!(
            found,
            expected.copied().collect::<Vec<_>>(),
            "every {divisor}"
        );
    }
}

#[test]
fn a_filtered_block_is_framed_to_its_end() {
    let rows: Vec<_> = (1..=5).map(row).collect();
    let cut = |bytes: usize| {
        let mut data = rows.concat();
        data.truncate(data.len() - bytes);
        Block {
            data: data.into(),
            ..block(5, &[])
        }
    };
    // No row is kept, and the last one is cut off.
    let error = filtering(1000, &Projection::All).open(cut(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BlockLength);
    assert_eq!(error.place().row, Some(4));
    let left = Block { rows: 4, ..cut(0) };
    let error = filtering(1000, &Projection::All).open(left).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BlockLength);
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn a_filter_over_long_text_decides_about_fewer_rows_at_once() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"id","type":["null","long"]},
        {"name":"text","type":"string"}]}"#;
    let limits = Limits {
        batch_bytes: 100_000,
        ..Limits::default()
    };
    let schema = AvroSchema::parse(schema, &limits).unwrap();
    let columns = Projection::columns(["id", "text"]);
    let plan = |projection| DecodePlan::new(&schema, None, projection, 0, &limits).unwrap();
    let filter = plan(&columns);
    let filter = plan(&Projection::columns(["id"])).with_filter(
        filter,
        Arc::new(Every {
            columns,
            divisor: 2,
        }),
    );
    // Of 1 MB in all, ten times what a batch may take.
    let row = |id: i64| [vec![2], long(id), text(&[b'x'; 1_000])].concat();
    let rows: Vec<_> = (0..1_000).map(row).collect();
    let mut decoder = Decoder::new(Arc::new(filter), limits.clone());
    decoder.open(block(rows.len(), &rows)).unwrap();
    assert_eq!(decoder.decode(usize::MAX).unwrap(), Decoded::BlockEnd);
    assert_eq!(decoder.finish().unwrap().num_rows(), 500);
}
