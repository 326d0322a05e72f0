//! The parts of a read, each by itself: `cargo bench -p avroscan-benches --bench parts`.
//!
//! A column is a file of that one column, read from memory on one thread; a skip is the same file with
//! nothing but a column behind it read. Times are for [`ROWS`] values; each run asserts how many rows
//! there were.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use avroscan::{AvroFile, MemorySource, Projection, Scan, ScanOptions, Source, block_on};
use avroscan_tests::data::{mix, simple};
use avroscan_tests::write::{self, Codec, Value};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};

const ROWS: u64 = 100_000;
const ROWS_PER_BLOCK: usize = 2_000;

/// A type by its name here, its schema, and its values.
type Part = (&'static str, &'static str, fn(u64) -> Value);

const PARTS: &[Part] = &[
    ("boolean", r#""boolean""#, |row| {
        Value::Boolean(mix(row, 0).is_multiple_of(2))
    }),
    ("int of 1 byte", r#""int""#, |row| {
        Value::Int((mix(row, 0) % 60) as i32)
    }),
    ("int of 1 to 3 bytes", r#""int""#, |row| {
        let bits = mix(row, 1) % 20;
        Value::Int((mix(row, 0) % (1 << bits)) as i32)
    }),
    ("long of 3 bytes", r#""long""#, |row| {
        Value::Long(500_000 + row as i64)
    }),
    ("long of 8 bytes", r#""long""#, |row| {
        Value::Long(1_700_000_000_000_000 + row as i64)
    }),
    ("long of 10 bytes", r#""long""#, |row| {
        Value::Long(i64::MIN + row as i64)
    }),
    ("float", r#""float""#, |row| Value::Float(row as f32)),
    ("double", r#""double""#, |row| Value::Double(row as f64)),
    ("string of 0 to 12 bytes", r#""string""#, |row| {
        Value::String("abcdefghijkl"[..(mix(row, 0) % 13) as usize].to_owned())
    }),
    ("string of 40 bytes", r#""string""#, |row| {
        Value::String(format!("{row:040}"))
    }),
    ("string of 300 bytes", r#""string""#, |row| {
        Value::String(format!("{row:0300}"))
    }),
    ("bytes of 40 bytes", r#""bytes""#, |row| {
        Value::Bytes(format!("{row:040}").into_bytes())
    }),
    (
        "fixed of 16 bytes",
        r#"{"type":"fixed","name":"F","size":16}"#,
        |row| Value::Fixed(16, format!("{row:016}").into_bytes()),
    ),
    (
        "enum",
        r#"{"type":"enum","name":"E","symbols":["A","B","C","D"]}"#,
        |row| Value::Enum((mix(row, 0) % 4) as u32, String::new()),
    ),
    (
        "decimal",
        r#"{"type":"bytes","logicalType":"decimal","precision":20,"scale":2}"#,
        |row| Value::Decimal((row as i64).to_be_bytes().to_vec().into()),
    ),
    ("nullable long", r#"["null","long"]"#, |row| {
        match mix(row, 0) % 4 {
            0 => Value::Union(0, Box::new(Value::Null)),
            _ => Value::Union(1, Box::new(Value::Long(row as i64))),
        }
    }),
    ("nullable string", r#"["string","null"]"#, |row| {
        match mix(row, 0) % 4 {
            0 => Value::Union(1, Box::new(Value::Null)),
            _ => Value::Union(0, Box::new(Value::String(format!("{row}")))),
        }
    }),
    (
        "array of 0 to 3 longs",
        r#"{"type":"array","items":"long"}"#,
        |row| {
            Value::Array(
                (0..mix(row, 0) % 4)
                    .map(|i| Value::Long(i as i64))
                    .collect(),
            )
        },
    ),
    (
        "array of 100 doubles",
        r#"{"type":"array","items":"double"}"#,
        |row| Value::Array((0..100).map(|i| Value::Double((row + i) as f64)).collect()),
    ),
    (
        "map of 2 longs",
        r#"{"type":"map","values":"long"}"#,
        |row| {
            let entry = |key: &str| (key.to_owned(), Value::Long(row as i64));
            Value::Map([entry("x"), entry("y")].into())
        },
    ),
    (
        "record of 2 longs",
        r#"{"type":"record","name":"P","fields":[{"name":"x","type":"long"},{"name":"y","type":"long"}]}"#,
        |row| {
            let field = |name: &str| (name.to_owned(), Value::Long(row as i64));
            Value::Record(vec![field("x"), field("y")])
        },
    ),
    (
        "union of long and string",
        r#"["long","string"]"#,
        |row| match row % 2 {
            0 => Value::Union(0, Box::new(Value::Long(row as i64))),
            _ => Value::Union(1, Box::new(Value::String(format!("{row}")))),
        },
    ),
];

/// A file of the column `v` of this type and a boolean `last`.
fn file((_, schema, value): &Part) -> Vec<u8> {
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"v","type":{schema}}},{{"name":"last","type":"boolean"}}]}}"#
    );
    let row = |row| {
        let last = ("last".to_owned(), Value::Boolean(true));
        Value::Record(vec![("v".to_owned(), value(row)), last])
    };
    write::values(&schema, (0..ROWS).map(row), Codec::Null, ROWS_PER_BLOCK)
}

fn source(file: Vec<u8>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory.avro", file))
}

fn bench_column(group: &mut BenchmarkGroup<'_, WallTime>, part: &Part, column: &str) {
    let options = ScanOptions::default()
        .with_workers(1)
        .with_projection(Projection::columns([column]));
    let scan = Scan::from_sources_blocking(vec![source(file(part))], options);
    let scan = scan.expect("a sound file");
    group.bench_function(part.0, |bencher| {
        bencher.iter(|| {
            let batches = scan.reader().expect("sound options");
            let rows: usize = batches
                .map(|batch| black_box(batch.expect("a sound file")).num_rows())
                .sum();
            assert_eq!(rows as u64, ROWS);
        });
    });
}

fn columns(criterion: &mut Criterion) {
    let mut group = group(criterion, "column");
    PARTS
        .iter()
        .for_each(|part| bench_column(&mut group, part, "v"));
    group.finish();
}

fn skips(criterion: &mut Criterion) {
    let mut group = group(criterion, "skip");
    PARTS
        .iter()
        .for_each(|part| bench_column(&mut group, part, "last"));
    group.finish();
}

/// Decompression and framing, without decoding.
fn codecs(criterion: &mut Criterion) {
    let mut group = group(criterion, "codec");
    let options = ScanOptions::default();
    for codec in Codec::ALL {
        let source = source(simple::file(ROWS, ROWS_PER_BLOCK, codec));
        let opened = AvroFile::open(source, &options.limits, &options.progress);
        let file = block_on(opened).expect("a sound file");
        let bytes = |options| block_on(file.summarize(options)).expect("a sound file");
        group.throughput(Throughput::Bytes(bytes(&options).decompressed_bytes));
        group.bench_function(codec.name(), |bencher| {
            bencher.iter(|| assert_eq!(bytes(&options).rows, ROWS));
        });
    }
    group.finish();
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(2));
    group
}

criterion_group!(benches, columns, skips, codecs);
criterion_main!(benches);
