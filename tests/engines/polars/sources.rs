//! What a scan can be made of, and what is said when it cannot.

use std::path::PathBuf;

use ::polars::prelude::*;
use avroscan_polars::{ScanArgsAvro, read_avro, read_avro_schema, scan_avro};
use avroscan_tests::data::simple;
use avroscan_tests::write::Codec;

use super::{ENGINES, collect, memory, on_both};

fn height(frame: PolarsResult<DataFrame>) -> usize {
    frame.unwrap().height()
}

#[test]
fn names_in_every_shape() {
    let directory = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = [("a.avro", 10), ("b.avro", 20), ("c.avro", 30)]
        .into_iter()
        .map(|(name, rows)| {
            let path = directory.path().join(name);
            std::fs::write(&path, simple::file(rows, 7, Codec::Null)).unwrap();
            path
        })
        .collect();
    let names: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let args = ScanArgsAvro::default;

    assert_eq!(height(read_avro(names[1], args())), 20);
    assert_eq!(height(read_avro(owned[1].clone(), args())), 20);
    assert_eq!(height(read_avro(&owned[1], args())), 20);
    assert_eq!(height(read_avro(&paths[1], args())), 20);
    assert_eq!(height(read_avro(paths[1].clone(), args())), 20);
    assert_eq!(height(read_avro(paths[1].as_path(), args())), 20);
    assert_eq!(height(read_avro([names[0], names[2]], args())), 40);
    assert_eq!(height(read_avro(&names[..2], args())), 30);
    assert_eq!(height(read_avro(&names, args())), 60);
    assert_eq!(height(read_avro(names.clone(), args())), 60);
    assert_eq!(height(read_avro(owned.as_slice(), args())), 60);
    assert_eq!(height(read_avro(owned, args())), 60);
    assert_eq!(height(read_avro(&paths, args())), 60);
    assert_eq!(height(read_avro(directory.path(), args())), 60);
    let pattern = directory.path().join("[ac].avro");
    assert_eq!(height(read_avro(pattern, args())), 40);
    let url = format!("file://{}", names[2]);
    assert_eq!(height(read_avro(url, args())), 30);

    let first_ids = on_both(&scan_avro(paths, args()).unwrap().select([col("id")]));
    let expected: Vec<i64> = (0..10).chain(0..20).chain(0..30).collect();
    assert!(
        first_ids.equals(&df!("id" => expected).unwrap()),
        "in the order of the files"
    );
}

#[test]
fn the_schema_without_the_rows() {
    let file = simple::file(1000, 10, Codec::Null);
    let schema = read_avro_schema(memory(file.clone()), ScanArgsAvro::default()).unwrap();
    let frame = read_avro(memory(file.clone()), ScanArgsAvro::default()).unwrap();
    assert_eq!(&schema, frame.schema());
    let args = ScanArgsAvro::default().with_columns(["count", "id"]);
    let schema = read_avro_schema(memory(file), args).unwrap();
    let fields = [("count", DataType::Int32), ("id", DataType::Int64)];
    assert!(
        schema
            .iter()
            .map(|(name, dtype)| (name.as_str(), dtype.clone()))
            .eq(fields)
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text.avro");
    std::fs::write(&text, "just text, and more of it than a magic number has").unwrap();
    let missing = directory.path().join("missing.avro");
    let empty = directory.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let nothing: [&str; 0] = [];
    let scan = |path: &std::path::Path| {
        scan_avro(path, ScanArgsAvro::default())
            .map(|_| ())
            .unwrap_err()
    };
    assert!(scan(&text).to_string().contains("text.avro"));
    let error = scan(&missing);
    assert!(error.to_string().contains("missing.avro"), "{error}");
    assert!(
        matches!(&error, PolarsError::IO { error, .. } if error.kind() == std::io::ErrorKind::NotFound),
        "{error:?}"
    );
    assert!(scan(&empty).to_string().contains("empty"));
    assert!(scan_avro(nothing, ScanArgsAvro::default()).is_err());

    let file = simple::file(10, 10, Codec::Null);
    let args = ScanArgsAvro::default().with_columns(["id", "nope"]);
    let error = scan_avro(memory(file.clone()), args)
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(error, PolarsError::InvalidOperation(_)),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("`nope`") && error.to_string().contains("score"),
        "{error}"
    );

    let args = ScanArgsAvro::default().with_batch_size(0);
    let error = scan_avro(memory(file), args).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("batch_size"), "{error}");
}

#[test]
fn a_damaged_file_fails_the_query_with_the_place() {
    let whole = simple::file(1000, 10, Codec::Deflate);
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 100);
    for engine in ENGINES {
        let args = ScanArgsAvro::default().with_batch_size(50);
        let scan = scan_avro(vec![memory(whole.clone()), memory(cut.clone())], args).unwrap();
        for query in [
            scan.clone(),
            scan.clone().select([col("id").sum()]),
            scan.select([lit(1), len()]),
        ] {
            let error = collect(query, engine).unwrap_err().to_string();
            assert!(
                error.contains("memory.avro") && error.contains("offset"),
                "{engine:?}: {error}"
            );
        }
    }
}

#[test]
#[cfg(unix)]
fn a_path_that_is_not_utf8_is_read() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder
        .path()
        .join(std::ffi::OsStr::from_bytes(b"orders-\xff.avro"));
    std::fs::write(&path, simple::file(10, 10, Codec::Null)).unwrap();
    for glob in [true, false] {
        let args = ScanArgsAvro::default().with_glob(glob);
        let scan = scan_avro(path.as_path(), args).unwrap();
        assert_eq!(scan.collect().unwrap().height(), 10);
    }
}
