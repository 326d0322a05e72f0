//! The examples of `docs/types.md` have the Polars dtype that the table says.

use avroscan_polars::{ScanArgsAvro, read_avro};
use avroscan_tests::type_examples::examples;

#[test]
fn each_example_has_its_type_in_polars() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (number, example) in examples().iter().enumerate() {
        let path = folder.path().join(format!("{number}.avro"));
        std::fs::write(&path, example.file()).unwrap();
        let frame = read_avro(path.to_str().unwrap(), ScanArgsAvro::default()).unwrap();
        assert_eq!(frame.height(), 1);
        let found = frame.column("v").unwrap().dtype().to_string();
        if found != example.polars {
            wrong.push(format!("{}: {found}", example.avro));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
