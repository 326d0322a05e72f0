//! Types and values that nest deep, in threads with a small stack.

use std::sync::Arc;

use avroscan::{
    AvroFile, AvroSchema, CheckedBlock, ErrorKind, Limit, Limits, OnError, Progress, Projection,
    Scan, ScanOptions, block_on,
};
use avroscan_tests::deep::{Container, Deep, levels, on_small_stack};
use avroscan_tests::raw;

use super::{column, reads, rows};
use crate::read::{Outcome, memory, outcome};

/// With one worker, all is done in the thread that asks.
fn options() -> ScanOptions {
    ScanOptions::default().with_workers(1)
}

fn ids() -> Projection {
    Projection::columns(["id"])
}

/// What comes of reading: the number of rows, or the limit that is exceeded.
fn come_of(outcome: &Outcome) -> Result<usize, Limit> {
    match &outcome.error {
        None => Ok(outcome.num_rows()),
        Some(error) => match error.kind() {
            ErrorKind::Limit(limit) => Err(limit),
            _ => panic!("{error}"),
        },
    }
}

/// Every way to read a file of this type and value without an error of its own: what each gives.
fn everything(deep: &Deep, projection: &Projection) -> Result<usize, Limit> {
    let file = deep.file();
    let options = options().with_projection(projection.clone());
    let strict = come_of(&outcome(memory(file.clone()), &options));
    let other_schema = AvroSchema::parse(&format!("{} ", deep.schema()), &Limits::default());
    let other = |schema| options.clone().with_reader_schema(Arc::new(schema));
    let resolved = other_schema.map(|schema| outcome(memory(file.clone()), &other(schema)));
    for (how, found) in [
        (
            "skip mode",
            outcome(
                memory(file.clone()),
                &options.clone().with_on_error(OnError::Skip),
            ),
        ),
        (
            "a row a batch",
            outcome(memory(file.clone()), &options.clone().with_batch_size(1)),
        ),
        (
            "two workers",
            outcome(memory(file.clone()), &options.clone().with_workers(2)),
        ),
    ]
    .into_iter()
    .chain(resolved.map(|found| ("reader schema", found)))
    {
        assert_eq!(come_of(&found), strict, "{how}: {}", deep.json);
    }
    strict
}

#[test]
fn whatever_is_between_two_records_of_a_recursive_type() {
    on_small_stack(|| {
        for count in [0, 1, 20, 100, 250, 400] {
            for containers in Container::kinds(count) {
                for records in [1, 2, 6, 40, 65, 66] {
                    let deep = Deep::recursive(&containers, records);
                    // A record, its containers and the union around the next.
                    let turn = 2 + containers.iter().map(|c| c.types()).sum::<usize>();
                    let fits = records <= 65 && (records - 1) * turn <= 1_024;
                    let skipped = if fits { Ok(3) } else { Err(Limit::Depth) };
                    assert_eq!(
                        everything(&deep, &ids()),
                        skipped,
                        "{records} of {containers:?}"
                    );
                    // The first record is a level of the column, and the text inside is one.
                    let read = if 1 + levels(&containers) > 256 {
                        Err(Limit::ColumnDepth)
                    } else {
                        skipped
                    };
                    let found = everything(&deep, &Projection::All);
                    assert_eq!(found, read, "{records} of {containers:?}");
                }
            }
        }
    });
}

#[test]
fn columns_may_nest_as_deep_as_the_limit_says() {
    on_small_stack(|| {
        for count in [1, 60, 127, 128, 200, 255, 256, 400, 512] {
            for containers in Container::kinds(count) {
                let deep = Deep::nested(&containers);
                let expected = if levels(&containers) > 256 {
                    Err(Limit::ColumnDepth)
                } else {
                    Ok(3)
                };
                assert_eq!(
                    everything(&deep, &Projection::All),
                    expected,
                    "{containers:?}"
                );
                assert_eq!(everything(&deep, &ids()), Ok(3), "{containers:?}");
            }
        }
    });
}

#[test]
fn a_column_that_nests_too_deep_is_named_and_matters_to_who_reads_it_alone() {
    let file = Deep::nested(&Container::Map.times(150)).file();
    let scan = Scan::from_sources_blocking(vec![memory(file.clone())], options()).unwrap();
    assert_eq!(
        scan.schema().field(0).data_type(),
        &arrow::datatypes::DataType::Null
    );
    assert_eq!(scan.empty_batch().unwrap().num_columns(), 2);
    let error = scan.reader().unwrap_err();
    let said = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::ColumnDepth));
    assert_eq!(error.place().field.as_deref(), Some("deep"));
    assert!(
        said.contains("301 levels") && said.contains("column_depth = 256"),
        "{said}"
    );

    let header = block_on(AvroFile::open(
        memory(file),
        &Limits::default(),
        &Progress::default(),
    ));
    let header = header.unwrap();
    let error = options().plan(&header.header().schema).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::ColumnDepth));
    let schema = options().arrow_schema(&header.header().schema).unwrap();
    assert_eq!(
        schema.field(1).data_type(),
        &arrow::datatypes::DataType::Int64
    );
    let mut blocks = block_on(header.check(&options())).unwrap();
    let block = block_on(blocks.next()).unwrap();
    assert!(matches!(block, Some(CheckedBlock::Good(_))), "{block:?}");

    // A part of a column that is not as deep.
    let mut containers = Container::Record.times(3);
    containers.extend(Container::Array.times(300));
    let wide = format!(
        r#"{{"type":"record","name":"Wide","fields":[
            {{"name":"deep","type":{}}},{{"name":"flat","type":"int"}}]}}"#,
        Deep::nested(&containers).json
    );
    let row = [Deep::nested(&containers).value, raw::long(5)].concat();
    let file = raw::file(&column(&wide)).block(1, &row).finish();
    let flat = options().with_projection(Projection::columns(["a.flat"]));
    assert_eq!(come_of(&outcome(memory(file.clone()), &flat)), Ok(1));
    assert_eq!(
        come_of(&outcome(memory(file), &options())),
        Err(Limit::ColumnDepth)
    );
}

#[test]
fn deep_schemas_are_merged_printed_and_planned() {
    on_small_stack(|| {
        for count in [1, 100, 250, 512] {
            for containers in Container::kinds(count) {
                for deep in [Deep::nested(&containers), Deep::recursive(&containers, 1)] {
                    let schema: AvroSchema = deep.schema().parse().unwrap();
                    let other = deep.schema().replace("\"long\"", "[\"null\",\"double\"]");
                    let other: AvroSchema = other.parse().unwrap();
                    let both = [("one", &schema), ("other", &other)];
                    let merged = AvroSchema::union_by_name(both, &Limits::default()).unwrap();
                    assert!(merged.json().contains("double"));
                    let reader = options().with_reader_schema(Arc::new(merged));
                    let columns = reader.arrow_schema(&schema).unwrap();
                    assert_eq!(columns.fields().len(), 2);
                    let plan = reader.with_projection(ids()).plan(&schema).unwrap();
                    assert!(plan.to_string().contains("keep id"));
                    assert!(format!("{plan:#?} {schema:#?}").contains("keep id"));
                }
            }
        }
    });
}

#[test]
fn chains_of_references_are_no_deeper_than_allowed() {
    on_small_stack(|| {
        // Each record has the one before as its field, by name: the JSON is flat.
        let chain = |length: usize| -> String {
            let record = |n: usize, ty: String| {
                format!(
                    r#"{{"name":"f{n}","type":{{"type":"record","name":"T{n}","fields":[
                    {{"name":"v","type":{ty}}}]}}}}"#
                )
            };
            let links = (1..length).map(|n| record(n, format!("\"T{}\"", n - 1)));
            let fields = std::iter::once(record(0, "\"int\"".to_owned())).chain(links);
            fields.collect::<Vec<_>>().join(",")
        };
        let root =
            |fields: &str| format!(r#"{{"type":"record","name":"Root","fields":[{fields}]}}"#);
        let plan = |length: usize, projection| {
            let schema: AvroSchema = root(&chain(length)).parse().unwrap();
            options()
                .with_projection(projection)
                .plan(&schema)
                .map_err(|error| error.kind())
        };
        assert!(plan(250, Projection::All).is_ok());
        let last = Projection::columns([format!("f{}", 299)]);
        assert_eq!(
            plan(300, last).unwrap_err(),
            ErrorKind::Limit(Limit::ColumnDepth)
        );

        // The writer has the recursive record first, with all of the chain in it; the reader lists the
        // chain first, so that each of its pairs is known when the record is resolved.
        let length = 20_000;
        let rec = |chain: &str| {
            format!(
                r#"{{"name":"rec","type":{{"type":"record","name":"Rec","fields":[
                {{"name":"self","type":["null","Rec"]}},{chain}]}}}}"#
            )
        };
        let references: Vec<_> = (0..length)
            .map(|n| format!(r#"{{"name":"f{n}","type":"T{n}"}}"#))
            .collect();
        let references = references.join(",");
        let (chain, by_name) = (chain(length), rec(&references));
        let writer = root(&format!("{},{references}", rec(&chain)));
        let reader = root(&format!("{chain},{by_name}"));
        let (writer, reader): (AvroSchema, AvroSchema) =
            (writer.parse().unwrap(), reader.parse().unwrap());
        let read = options()
            .with_reader_schema(Arc::new(reader))
            .with_projection(Projection::columns(["rec.self"]));
        let kind = read.plan(&writer).map(drop).map_err(|error| error.kind());
        assert!(
            matches!(kind, Ok(()) | Err(ErrorKind::Limit(_))),
            "{kind:?}"
        );
    });
}

#[test]
fn deep_defaults_and_damaged_deep_schemas_are_errors() {
    on_small_stack(|| {
        let writer: AvroSchema = column(r#""int""#).parse().unwrap();
        for containers in Container::kinds(500) {
            let ty = Deep::nested(&containers).json;
            for default in [
                "[]",
                "{}",
                "null",
                &format!("{}{}", "[".repeat(3_000), "]".repeat(3_000)),
            ] {
                let reader = format!(
                    r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":"int"}},
                    {{"name":"b","type":{ty},"default":{default}}}]}}"#
                );
                let reader: AvroSchema = reader.parse().unwrap();
                let read = options().with_reader_schema(Arc::new(reader.clone()));
                let kind = read.plan(&writer).map(drop).unwrap_err().kind();
                let known = matches!(kind, ErrorKind::SchemaMismatch | ErrorKind::Limit(_));
                assert!(known, "{kind:?}");
                drop(AvroSchema::union_by_name(
                    [("a", &writer), ("b", &reader)],
                    &Limits::default(),
                ));
            }
            // An unknown type at the bottom, and behind the deepest part of all.
            for ty in [
                ty.replace("\"int\"", "\"nosuch\""),
                format!("{ty}}},{{\"name\":\"c\",\"type\":\"nosuch\""),
            ] {
                let error = column(&ty).parse::<AvroSchema>().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Schema);
            }
        }
        for text in [
            "[".repeat(1 << 20),
            "[".repeat(4_000),
            format!("{}1{}", "[".repeat(4_000), "]".repeat(4_000)),
        ] {
            assert!(text.parse::<AvroSchema>().is_err());
        }
    });
}

/// Defaults of deep types become columns.
#[test]
fn a_constant_of_a_deep_type_is_read() {
    on_small_stack(|| {
        let file = raw::file(&column(r#""int""#)).block(2, &[2, 4]).finish();
        for count in [10, 127] {
            for kind in [Container::Array, Container::Map] {
                let ty = Deep::nested(&kind.times(count)).json;
                let default = if kind == Container::Array { "[]" } else { "{}" };
                let reader = format!(
                    r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":"int"}},
                    {{"name":"b","type":{ty},"default":{default}}}]}}"#
                );
                let reader: AvroSchema = reader.parse().unwrap();
                let read = options().with_reader_schema(Arc::new(reader));
                assert_eq!(come_of(&outcome(memory(file.clone()), &read)), Ok(2));
            }
        }
    });
}

/// Items inside of a recursive type have the size that they have: only those of no bytes are counted.
#[test]
fn many_items_in_a_recursive_type_are_read() {
    let node = r#"{"type":"record","name":"N","fields":[
        {"name":"a","type":{"type":"array","items":"int"}},
        {"name":"m","type":{"type":"map","values":"null"}},
        {"name":"z","type":{"type":"array","items":"null"}},
        {"name":"next","type":["null","N"]}]}"#;
    let count = 1_100_000;
    let items = [raw::long(count), vec![2; count as usize], raw::long(0)].concat();
    let inner = [items, vec![0, 0, 0]].concat();
    let row = [vec![0, 0, 0], raw::long(1), inner].concat();
    let file = raw::file(&column(node)).block(1, &row).finish();
    let found = outcome(memory(file), &options());
    assert_eq!(come_of(&found), Ok(1));

    // What is no item is refused before it is looked for, and nulls are counted.
    let refused = |a: &[u8], m: &[u8], z: &[u8]| {
        let inner = [a, m, z, &[0]].concat();
        let row = [vec![0, 0, 0], raw::long(1), inner].concat();
        let file = raw::file(&column(node)).block(1, &row).finish();
        outcome(memory(file), &options()).error.unwrap().kind()
    };
    let many = raw::long(1 << 40);
    assert_eq!(refused(&many, &[0], &[0]), ErrorKind::Length);
    assert_eq!(refused(&[0], &many, &[0]), ErrorKind::Length);
    let nulls = [many, vec![0]].concat();
    assert_eq!(
        refused(&[0], &[0], &nulls),
        ErrorKind::Limit(Limit::ZeroByteItems)
    );
    let few = [vec![0, 0], [raw::long(3), vec![0]].concat(), vec![0]].concat();
    let row = [vec![0, 0, 0], raw::long(1), few].concat();
    let file = raw::file(&column(node)).block(1, &row).finish();
    let text = r#"{"a":[],"m":{},"z":[null,null,null],"next":null}"#;
    let value = serde_json::json!({ "a": [], "m": [], "z": [], "next": text });
    reads("a few nulls", &file, &rows([value]));
}

/// The text of a recursive type counts once against the memory of a batch.
#[test]
fn text_of_a_recursive_type_is_charged_once() {
    let node = r#"{"type":"record","name":"N","fields":[
        {"name":"s","type":"string"},{"name":"next","type":["null","N"]}]}"#;
    let long = "x".repeat(60_000);
    let inner = [raw::bytes(&long), raw::long(0)].concat();
    let row = [raw::bytes(""), raw::long(1), inner].concat();
    let file = raw::file(&column(node)).block(1, &row).finish();
    let read = |bytes: usize| {
        let mut options = options();
        options.limits.batch_bytes = bytes;
        come_of(&outcome(memory(file.clone()), &options))
    };
    assert_eq!(read(61_000), Ok(1));
    assert_eq!(read(60_000), Err(Limit::BatchBytes));
}
