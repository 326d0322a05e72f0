//! The file of the documentation is what its generator makes.

use std::path::Path;

use avroscan::{Scan, ScanOptions, StorageOptions};
use avroscan_tests::data::orders;
use avroscan_tests::judge;

use crate::read::drain;

#[test]
fn the_sample_file_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data/orders.avro");
    let shipped = std::fs::read(&path).unwrap();
    let generated = orders::sample();
    // Not the bytes: another version of the compression library may write others.
    let expected = judge::expected_rows(&generated);
    assert_eq!(expected.len() as u64, orders::SAMPLE_ROWS);
    judge::same_rows(&judge::expected_rows(&shipped), &expected)
        .expect("`cargo run -p avroscan-tests --bin sample-data` writes the file anew");

    let input = [path.to_str().unwrap()];
    let scan = Scan::open_blocking(&input, &StorageOptions::new(), ScanOptions::default()).unwrap();
    let outcome = drain(scan.reader().unwrap());
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    judge::same_rows(&outcome.rows(), &expected).unwrap();
    assert_eq!(scan.count_rows_blocking().unwrap(), orders::SAMPLE_ROWS);
}
