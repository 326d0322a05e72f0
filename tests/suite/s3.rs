//! Objects of a real S3 server: a test says that it was skipped where none is installed.

use avroscan::source::conformance;
use avroscan::{
    ErrorKind, Progress, Scan, ScanOptions, Split, StorageOptions, block_on, find_sources,
};
use avroscan_tests::data::{orders, simple};
use avroscan_tests::judge;
use avroscan_tests::s3::Server;
use avroscan_tests::write::Codec;

use crate::read::{Opened, drain};

#[test]
fn objects_are_read_like_files() {
    let Some(server) = Server::start("data") else {
        return;
    };
    let storage = server.options();
    let small = orders::file(300, 20, Codec::Zstandard);
    let large = simple::file(400_000, 2_000, Codec::Null);
    assert!(large.len() > 8 << 20, "{}", large.len());
    server.put("s3://data/year=2024/a.avro", &small);
    server.put("s3://data/year=2025/b.avro", &small);
    server.put("s3://data/year=2025/notes.txt", b"no Avro in here");
    server.put("s3://data/large.avro", &large);

    whole_objects(&storage, &small);
    ranges_of_a_large_object(&storage, &large);
    what_is_not_there(&storage);
}

fn whole_objects(storage: &StorageOptions, object: &[u8]) {
    let expected = judge::expected_rows(object);
    for (input, files) in [
        ("s3://data/year=2024/a.avro", 1),
        ("s3://data/*/*.avro", 2),
        ("s3://data/**/[ab].avro", 2),
        ("s3://data/year={2023,2025}/?.avro", 1),
        ("s3://data/year=2025/", 1),
    ] {
        let scan = Scan::open_blocking(&[input], storage, ScanOptions::default())
            .unwrap_or_else(|error| panic!("{input}: {error}"));
        let outcome = drain(scan.reader().unwrap());
        assert!(outcome.error.is_none(), "{input}: {:?}", outcome.error);
        judge::same_rows(&outcome.rows(), &vec![expected.clone(); files].concat())
            .unwrap_or_else(|e| panic!("{input}: {e}"));
        assert_eq!(scan.count_rows_blocking().unwrap(), 300 * files as u64);
    }
    let sources = block_on(find_sources(&["s3://data/year=2024/a.avro"], storage)).unwrap();
    block_on(conformance::check(&*sources[0], object)).expect("a source like any other");
}

fn ranges_of_a_large_object(storage: &StorageOptions, object: &[u8]) {
    let size = object.len() as u64;
    let progress = Progress::default();
    let options = ScanOptions::default().with_progress(progress.clone());
    let sources = block_on(find_sources(&["s3://data/large.avro"], storage)).unwrap();
    let opened = Opened::new(sources[0].clone(), &options).unwrap();
    let header = progress.bytes_read();
    assert!(header <= 64 << 10, "{header} bytes for the header");

    let (start, end) = (size / 2, size / 2 + 100_000);
    let part = opened.split(Split::new(start, end));
    assert!(part.error.is_none(), "{:?}", part.error);
    let read = progress.bytes_read() - header;
    assert!(
        read < size / 4,
        "{read} of {size} bytes for a split of 100,000"
    );
    let expected = Opened::new(
        crate::read::memory(object.to_vec()),
        &ScanOptions::default(),
    )
    .unwrap()
    .split(Split::new(start, end));
    assert!(part.num_rows() > 0);
    assert_eq!(part.rows(), expected.rows());

    let few = opened_few_rows(storage);
    assert!(few < size / 4, "{few} of {size} bytes for ten rows");

    let scan =
        Scan::from_sources_blocking(vec![sources[0].clone()], ScanOptions::default()).unwrap();
    let rows: usize = scan
        .reader()
        .unwrap()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(rows, 400_000);
    assert_eq!(scan.count_rows_blocking().unwrap(), 400_000);
}

/// Bytes that the first ten rows take.
fn opened_few_rows(storage: &StorageOptions) -> u64 {
    let options = ScanOptions::default().with_n_rows(10);
    let scan = Scan::open_blocking(&["s3://data/large.avro"], storage, options).unwrap();
    assert_eq!(drain(scan.reader().unwrap()).num_rows(), 10);
    scan.options().progress.bytes_read()
}

fn what_is_not_there(storage: &StorageOptions) {
    for input in [
        "s3://data/missing.avro",
        "s3://data/*.json",
        "s3://nobody/a.avro",
    ] {
        let opened = Scan::open_blocking(&[input], storage, ScanOptions::default());
        let error = opened.expect_err("there is nothing to open");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{input}: {error}");
        assert!(error.to_string().contains(input), "{error}");
    }
    let opened = Scan::open_blocking(
        &["s3://data/year=2025/notes.txt"],
        storage,
        ScanOptions::default(),
    );
    assert_eq!(opened.expect_err("no Avro file").kind(), ErrorKind::NotAvro);
}
