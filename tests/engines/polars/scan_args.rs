//! Row index, number of rows, file paths and hive columns, alone and together.

use std::path::{Path, PathBuf};

use ::polars::prelude::*;
use avroscan::Progress;
use avroscan_polars::{
    AvroReader, ScanArgsAvro, StreamingExt, count_rows, read_avro, read_avro_schema, scan_avro,
};
use avroscan_tests::raw;
use tempfile::TempDir;

use super::{ENGINES, collect, memory};

const SCHEMA: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},{"name":"text","type":["null","string"]}]}"#;

/// Files of a directory, with the numbers of their rows.
const FILES: [(&str, std::ops::Range<i64>); 4] = [
    ("year=2023/month=1/a.avro", 0..30),
    ("year=2023/month=2/b.avro", 30..30),
    ("year=2024/month=1/c.avro", 30..80),
    ("year=2024/month=12/d.avro", 80..83),
];

fn text(id: i64) -> Option<String> {
    (id % 4 != 1).then(|| format!("text number {}", id % 10))
}

/// A file of these rows, in blocks of seven.
fn file(rows: std::ops::Range<i64>) -> Vec<u8> {
    let row = |id: i64| match text(id) {
        None => [raw::long(id), raw::long(0)].concat(),
        Some(text) => [raw::long(id), raw::long(1), raw::bytes(text)].concat(),
    };
    let mut file = raw::file(SCHEMA);
    for start in rows.clone().step_by(7) {
        let block = start..rows.end.min(start + 7);
        let body: Vec<u8> = block.clone().flat_map(row).collect();
        file = file.block(block.end - start, &body);
    }
    file.finish()
}

fn write(folder: &Path, name: &str, bytes: Vec<u8>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The files, in a directory.
fn directory() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in FILES {
        write(folder.path(), name, file(rows));
    }
    folder
}

/// What is asked for besides the columns of the files.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    row_index: Option<IdxSize>,
    n_rows: Option<u64>,
    path: bool,
    hive: bool,
}

impl Wanted {
    fn all() -> impl Iterator<Item = Self> {
        let choices = |row_index, n_rows| {
            [(false, false), (true, false), (false, true), (true, true)].map(|(path, hive)| Self {
                row_index,
                n_rows,
                path,
                hive,
            })
        };
        [None, Some(0), Some(1_000)]
            .into_iter()
            .flat_map(move |row_index| {
                let n_rows = [None, Some(5), Some(33)];
                n_rows
                    .into_iter()
                    .flat_map(move |n_rows| choices(row_index, n_rows))
            })
    }

    fn args(self) -> ScanArgsAvro {
        let mut args = ScanArgsAvro::default()
            .with_batch_size(10)
            .with_hive_partitioning(self.hive);
        if let Some(offset) = self.row_index {
            let name = "row".into();
            args = args.with_row_index(RowIndex { name, offset });
        }
        if let Some(n_rows) = self.n_rows {
            args = args.with_n_rows(n_rows);
        }
        match self.path {
            true => args.with_include_file_paths("path"),
            false => args,
        }
    }

    /// What a scan of the directory is to hold.
    fn frame(self, folder: &Path) -> DataFrame {
        let rows: Vec<(i64, &str)> = FILES
            .into_iter()
            .flat_map(|(name, rows)| rows.map(move |id| (id, name)))
            .take(self.n_rows.unwrap_or(u64::MAX) as usize)
            .collect();
        let part = |name: &str, number: usize| -> i64 {
            let part = name.split('/').nth(number).unwrap();
            part.split_once('=').unwrap().1.parse().unwrap()
        };
        let ids = rows.iter().map(|(id, _)| *id);
        let mut columns = Vec::new();
        if let Some(offset) = self.row_index {
            let numbers = (offset..).take(rows.len()).collect::<Vec<_>>();
            columns.push(Column::new("row".into(), numbers));
        }
        columns.push(Column::new("id".into(), ids.clone().collect::<Vec<_>>()));
        columns.push(Column::new(
            "text".into(),
            ids.map(text).collect::<Vec<_>>(),
        ));
        if self.hive {
            for (number, key) in ["year", "month"].into_iter().enumerate() {
                let values: Vec<i64> = rows.iter().map(|(_, name)| part(name, number)).collect();
                columns.push(Column::new(key.into(), values));
            }
        }
        if self.path {
            let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
            let paths: Vec<String> = rows.iter().map(|(_, name)| path(name)).collect();
            columns.push(Column::new("path".into(), paths));
        }
        DataFrame::new(rows.len(), columns).unwrap()
    }
}

type Query = (&'static str, fn(LazyFrame) -> LazyFrame);

/// Those whose columns are there.
const QUERIES: &[Query] = &[
    ("all", |lf| lf),
    ("head", |lf| lf.limit(10)),
    ("slice", |lf| lf.slice(25, 10)),
    ("tail", |lf| lf.tail(4)),
    ("filter", |lf| lf.filter((col("id") % lit(3)).eq(lit(0)))),
    ("filter, head", |lf| {
        lf.filter((col("id") % lit(3)).eq(lit(0))).limit(4)
    }),
    ("head, filter", |lf| {
        lf.limit(40).filter(col("text").is_null())
    }),
    ("len", |lf| lf.select([len()])),
    ("a literal and len", |lf| {
        lf.select([lit(1).alias("one"), len()])
    }),
    ("another order", |lf| lf.select([col("text"), col("id")])),
    ("row index alone", |lf| lf.select([col("row")])),
    ("row index alone, head", |lf| {
        lf.select([col("row")]).limit(7)
    }),
    ("row index and paths", |lf| {
        lf.select([col("path"), col("row")])
    }),
    ("filter by row index", |lf| {
        lf.filter(col("row").gt(lit(1_002)).or(col("row").eq(lit(3))))
    }),
    ("filter by both", |lf| {
        lf.filter(col("row").gt(lit(2)).and(col("id").lt(lit(60))))
            .select([col("row"), col("text")])
    }),
    ("filter, row index", |lf| {
        lf.filter(col("text").is_null()).select([col("row")])
    }),
    ("paths alone", |lf| lf.select([col("path")])),
    ("paths alone, slice", |lf| {
        lf.select([col("path")]).slice(28, 5)
    }),
    ("filter by path", |lf| {
        lf.filter(col("path").str().ends_with(lit("c.avro")))
    }),
    ("filter by path, head", |lf| {
        lf.filter(col("path").str().ends_with(lit("c.avro")))
            .limit(3)
    }),
    ("rows of each path", |lf| {
        lf.group_by_stable([col("path")])
            .agg([len(), col("id").sum()])
    }),
    ("hive column alone", |lf| lf.select([col("year")])),
    ("filter by a hive column", |lf| {
        lf.filter(col("year").eq(lit(2024)))
    }),
    ("filter by a hive column, others", |lf| {
        lf.filter(col("month").eq(lit(1))).select([col("id")])
    }),
    ("filter by hive columns, len", |lf| {
        lf.filter(col("month").eq(lit(1)).and(col("year").gt(lit(2023))))
            .select([lit(1).alias("one"), len()])
    }),
    ("filter by a hive column, head", |lf| {
        lf.filter(col("year").eq(lit(2024))).limit(4)
    }),
    ("filter by a hive column that no file has", |lf| {
        lf.filter(col("year").eq(lit(1999)))
    }),
    ("filter by a hive column and another", |lf| {
        lf.filter(col("year").eq(lit(2024)).and(col("text").is_null()))
    }),
    ("filter by a hive column or another", |lf| {
        lf.filter(col("year").eq(lit(2023)).or(col("id").gt(lit(75))))
    }),
    ("filter by a hive column or another, head", |lf| {
        let filter = col("month").gt(lit(1)).or(col("id").eq(lit(40)));
        lf.filter(filter).select([col("id")]).limit(2)
    }),
    ("filter by a hive column beside another", |lf| {
        lf.filter((col("year") + col("id")).gt(lit(2_060)))
            .select([col("id")])
    }),
    ("group_by a hive column", |lf| {
        lf.group_by_stable([col("year")])
            .agg([col("id").max(), len()])
    }),
    ("slice, filter by a hive column", |lf| {
        lf.slice(20, 40).filter(col("year").eq(lit(2024)))
    }),
];

fn has_columns(query: &LazyFrame) -> bool {
    query.clone().collect_schema().is_ok()
}

#[test]
fn every_combination_gives_the_same_rows_as_a_frame() {
    let folder = directory();
    let mut count = 0;
    for wanted in Wanted::all() {
        let frame = wanted.frame(folder.path());
        let scan = scan_avro(folder.path(), wanted.args()).unwrap();
        for (name, query) in QUERIES {
            let expected = query(frame.clone().lazy());
            if !has_columns(&expected) {
                assert!(!has_columns(&query(scan.clone())), "{name}, {wanted:?}");
                continue;
            }
            let expected = expected.collect().unwrap();
            let query = query(scan.clone());
            let [in_memory, streaming] = ENGINES.map(|engine| collect(query.clone(), engine));
            let verb = query.collect_streaming();
            for (way, found) in [
                ("in memory", in_memory),
                ("streaming", streaming),
                ("verb", verb),
            ] {
                let found = found.unwrap_or_else(|e| panic!("{name}, {way}, {wanted:?}: {e}"));
                assert_equal(&found, &expected, &format!("{name}, {way}, {wanted:?}"));
                count += 1;
            }
        }
    }
    assert!(count > 1_000, "{count}");
}

#[track_caller]
fn assert_equal(found: &DataFrame, expected: &DataFrame, what: &str) {
    assert_eq!(found.schema(), expected.schema(), "{what}");
    assert!(
        found.equals_missing(expected),
        "{what}: {found}\nexpected {expected}"
    );
}

#[test]
fn all_that_read_agree() {
    let folder = directory();
    for wanted in Wanted::all() {
        let expected = wanted.frame(folder.path());
        let what = format!("{wanted:?}");
        let found = read_avro(folder.path(), wanted.args()).unwrap();
        assert_equal(&found, &expected, &what);
        let schema = read_avro_schema(folder.path(), wanted.args()).unwrap();
        assert_eq!(&schema, expected.schema(), "{what}");
        let reader = AvroReader::open(folder.path(), wanted.args()).unwrap();
        let mut found = DataFrame::empty_with_schema(reader.schema());
        for frame in reader {
            let frame = frame.unwrap();
            assert!(frame.height() <= 10, "{what}");
            found.vstack_mut(&frame).unwrap();
        }
        assert_equal(&found, &expected, &what);
        let count = count_rows(folder.path(), wanted.args()).unwrap();
        assert_eq!(count, expected.height() as u64, "{what}");
    }
}

/// On both engines and through the verb.
fn on_all(query: &LazyFrame) -> [DataFrame; 3] {
    [
        collect(query.clone(), Engine::InMemory).unwrap(),
        collect(query.clone(), Engine::Streaming).unwrap(),
        query.clone().collect_streaming().unwrap(),
    ]
}

#[test]
fn a_row_index_alone_has_all_rows() {
    let row_index = RowIndex {
        name: "row".into(),
        offset: 0,
    };
    let args = ScanArgsAvro::default().with_row_index(row_index);
    let scan = scan_avro(memory(file(0..40)), args).unwrap();
    let expected = df!("row" => (0..40u32).collect::<Vec<_>>()).unwrap();
    for found in on_all(&scan.select([col("row")])) {
        assert!(found.equals(&expected), "{found}");
    }
}

#[test]
fn n_rows_bound_what_a_larger_head_sees() {
    let args = ScanArgsAvro::default().with_n_rows(5);
    let scan = scan_avro(memory(file(0..40)), args).unwrap();
    for found in on_all(&scan.limit(10).select([col("id")])) {
        assert!(
            found.equals(&df!("id" => [0i64, 1, 2, 3, 4]).unwrap()),
            "{found}"
        );
    }
}

#[test]
fn a_filter_sees_the_first_n_rows_alone() {
    let args = ScanArgsAvro::default().with_n_rows(12).with_batch_size(7);
    let files = [memory(file(0..8)), memory(file(8..40))];
    let scan = scan_avro(files, args).unwrap();
    let query = scan
        .filter((col("id") % lit(5)).eq(lit(0)))
        .select([col("id")]);
    for query in [query.clone(), query.limit(9)] {
        for found in on_all(&query) {
            assert!(
                found.equals(&df!("id" => [0i64, 5, 10]).unwrap()),
                "{found}"
            );
        }
    }
}

#[test]
fn files_that_a_filter_excludes_are_not_read() {
    let folder = directory();
    // What is in it would be an error, but for its header.
    let mut damaged = file(0..7);
    damaged.truncate(damaged.len() - 20);
    write(folder.path(), "year=2025/month=1/e.avro", damaged);
    let progress = Progress::default();
    let args = ScanArgsAvro::default()
        .with_include_file_paths("path")
        .with_progress(progress.clone());
    let scan = scan_avro(folder.path(), args).unwrap();
    assert!(scan.clone().collect_streaming().is_err());

    let of_2024 = scan.clone().filter(col("year").eq(lit(2024)));
    let plan = of_2024.explain_streaming().unwrap();
    assert!(plan.contains("FILES: 2/5"), "{plan}");
    let (blocks, rows) = (progress.blocks(), progress.rows());
    let found = of_2024.select([col("id")]).collect_streaming().unwrap();
    assert!(found.equals(&df!("id" => (30..83i64).collect::<Vec<_>>()).unwrap()));
    // 50 rows, and three.
    assert_eq!(progress.blocks() - blocks, 8 + 1);
    assert_eq!(progress.rows() - rows, 53);

    let by_path = scan.filter(col("path").str().ends_with(lit("a.avro")));
    let found = by_path.select([col("id")]).collect_streaming().unwrap();
    assert!(found.equals(&df!("id" => (0..30i64).collect::<Vec<_>>()).unwrap()));
}

#[test]
fn directories_are_columns_unless_a_file_is_named() {
    let folder = directory();
    let args = ScanArgsAvro::default;
    let columns = |sources: &[PathBuf], args: ScanArgsAvro| -> Vec<String> {
        let schema = match sources {
            [one] => read_avro_schema(one, args).unwrap(),
            more => read_avro_schema(more, args).unwrap(),
        };
        schema.iter_names().map(|name| name.to_string()).collect()
    };
    let [with, without] = [&["id", "text", "year", "month"][..], &["id", "text"]];
    let path = |name: &str| folder.path().join(name);
    assert_eq!(columns(&[path("")], args()), with);
    assert_eq!(
        columns(&[path("")], args().with_hive_partitioning(false)),
        without
    );
    let two = [path(FILES[0].0), path(FILES[2].0)];
    assert_eq!(columns(&two[..1], args()), without);
    assert_eq!(columns(&two, args()), without);
    assert_eq!(columns(&two, args().with_hive_partitioning(true)), with);
    // What is above the directory is none of its columns.
    assert_eq!(
        columns(&[path("year=2023")], args()),
        ["id", "text", "month"]
    );
}

#[test]
fn hive_columns_have_the_types_that_they_are_told_or_look_like() {
    let folder = tempfile::tempdir().unwrap();
    let name = |day: &str, n: &str| format!("day={day}/n={n}/city=S%C3%A3o Paulo/x.avro");
    write(folder.path(), &name("2024-02-29", "007"), file(0..2));
    write(
        folder.path(),
        &name("__HIVE_DEFAULT_PARTITION__", "1.5"),
        file(2..3),
    );
    let types = |args| -> Vec<DataType> {
        let schema = read_avro_schema(folder.path(), args).unwrap();
        schema.iter_values().skip(2).cloned().collect()
    };
    let args = ScanArgsAvro::default;
    use DataType::{Date, Float64, String};
    assert_eq!(types(args()), [Date, Float64, String]);
    let no_dates = args().with_try_parse_hive_dates(false);
    assert_eq!(types(no_dates), [String, Float64, String]);

    let schema = Schema::from_iter([
        Field::new("day".into(), String),
        Field::new("n".into(), String),
        Field::new("city".into(), String),
    ]);
    let told = args().with_hive_schema(Arc::new(schema));
    let scan = scan_avro(folder.path(), told).unwrap();
    let expected = df!(
        "id" => [0i64, 1, 2],
        "text" => [text(0), text(1), text(2)],
        "day" => [Some("2024-02-29"), Some("2024-02-29"), None],
        "n" => ["007", "007", "1.5"],
        "city" => ["São Paulo"; 3],
    )
    .unwrap();
    for found in on_all(&scan) {
        assert_equal(&found, &expected, "told");
    }
    for found in on_all(
        &scan
            .clone()
            .filter(col("day").is_null())
            .select([col("id")]),
    ) {
        assert!(found.equals(&df!("id" => [2i64]).unwrap()), "{found}");
    }
    for found in on_all(&scan.filter(col("day").neq(lit("x"))).select([col("id")])) {
        assert!(found.equals(&df!("id" => [0i64, 1]).unwrap()), "{found}");
    }
}

#[test]
fn a_directory_says_more_than_the_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "id=70/a.avro", file(0..2));
    write(folder.path(), "id=80/b.avro", file(5..6));
    let scan = scan_avro(folder.path(), ScanArgsAvro::default()).unwrap();
    let expected = df!("id" => [70i64, 70, 80], "text" => [text(0), text(1), text(5)]).unwrap();
    for found in on_all(&scan) {
        assert_equal(&found, &expected, "in its place");
    }
    for found in on_all(&scan.filter(col("id").eq(lit(70))).select([col("text")])) {
        let expected = df!("text" => [text(0), text(1)]).unwrap();
        assert!(found.equals_missing(&expected), "{found}");
    }
}

#[test]
fn names_that_are_taken_are_refused() {
    let args = ScanArgsAvro::default;
    let index = |name: &str| RowIndex {
        name: name.into(),
        offset: 0,
    };
    for args in [
        args().with_row_index(index("id")),
        args().with_include_file_paths("text"),
        args()
            .with_row_index(index("path"))
            .with_include_file_paths("path"),
    ] {
        let source = || memory(file(0..3));
        let errors = [
            scan_avro(source(), args.clone()).map(drop).unwrap_err(),
            read_avro(source(), args.clone()).map(drop).unwrap_err(),
            read_avro_schema(source(), args.clone())
                .map(drop)
                .unwrap_err(),
            AvroReader::open(source(), args).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, PolarsError::Duplicate(_)), "{error:?}");
        }
    }
}

#[test]
fn partitions_have_the_same_keys_everywhere() {
    let folder = directory();
    write(folder.path(), "year=2025/e.avro", file(0..1));
    let error = scan_avro(folder.path(), ScanArgsAvro::default())
        .map(drop)
        .unwrap_err();
    assert!(error.to_string().contains("year=2025/e.avro"), "{error}");
}

#[test]
fn a_name_with_a_wildcard_can_be_meant_literally() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a1.avro", "b.avro"] {
        write(folder.path(), name, file(0..3));
    }
    let pattern = folder.path().join("?*.avro");
    let args = ScanArgsAvro::default;
    assert_eq!(read_avro(&pattern, args()).unwrap().height(), 6);
    let error = read_avro(&pattern, args().with_glob(false)).unwrap_err();
    assert!(error.to_string().contains("?*.avro"), "{error}");
    assert_eq!(
        read_avro(folder.path(), args().with_glob(false))
            .unwrap()
            .height(),
        6
    );
    let odd = write(folder.path(), "a[1].avro", file(0..5));
    assert_eq!(read_avro(odd, args().with_glob(false)).unwrap().height(), 5);
}

#[test]
fn memory_has_a_path_too() {
    let args = ScanArgsAvro::default().with_include_file_paths("path");
    let scan = scan_avro([memory(file(0..2)), memory(file(2..3))], args).unwrap();
    let expected = df!("path" => ["memory.avro"; 3]).unwrap();
    for found in on_all(&scan.select([col("path")])) {
        assert!(found.equals(&expected), "{found}");
    }
}
