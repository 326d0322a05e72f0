//! A real S3 server on a loopback port: `moto_server`, of the Python package `moto[server,s3]`.
//!
//! It is looked for in `AVROSCAN_MOTO_SERVER`, in the checkout's `.venv` and on the `PATH`. Where
//! it is not installed the test says that it was skipped, and fails if `AVROSCAN_REQUIRE_S3` is
//! set.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use avroscan::source::conformance;
use avroscan::{
    ErrorKind, Progress, Scan, ScanOptions, Split, StorageOptions, block_on, find_sources,
};
use avroscan_tests::data::{orders, simple};
use avroscan_tests::judge;
use avroscan_tests::write::Codec;
use object_store::{ObjectStoreExt, PutPayload};

use crate::read::{Opened, drain};

/// A server that ends with the test.
pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server with one empty bucket, if one is installed.
    pub(crate) fn start(bucket: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("AVROSCAN_REQUIRE_S3").is_none(),
                "moto_server is missing"
            );
            eprintln!("skipped: moto_server is not installed (pip install 'moto[server,s3]')");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let mut server = Self { process, port };
        server.wait();
        let answer = server.request(&format!("PUT /{bucket} HTTP/1.1"));
        assert!(
            answer.expect("an answer").contains(" 200 "),
            "the bucket is made"
        );
        Some(server)
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while self.request("HEAD / HTTP/1.1").is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "the server does not answer"
            );
            let ended = self.process.try_wait().expect("a child of this process");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a request without a body and returns the first line of the answer.
    fn request(&self, first_line: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let host = format!("127.0.0.1:{}", self.port);
        write!(
            stream,
            "{first_line}\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.lines().next() {
            Some(line) => Ok(line.to_owned()),
            None => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// What a scan of its objects needs.
    pub(crate) fn options(&self) -> StorageOptions {
        [
            ("aws_endpoint", format!("http://127.0.0.1:{}", self.port)),
            ("aws_allow_http", "true".into()),
            ("aws_region", "us-east-1".into()),
            ("aws_access_key_id", "test".into()),
            ("aws_secret_access_key", "test".into()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Stores an object.
    pub(crate) fn put(&self, url: &str, object: Vec<u8>) {
        let url = url.parse().expect("a URL");
        let (store, path) = avroscan::open_store(&url, &self.options()).expect("a store");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let put = async { store.put(&path, PutPayload::from(object)).await };
        runtime
            .expect("a runtime")
            .block_on(put)
            .expect("the object is stored");
    }
}

fn program() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("AVROSCAN_MOTO_SERVER") {
        return Some(program.into());
    }
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(venv)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("moto_server"))
        .find(|program| program.is_file())
}

#[test]
fn objects_are_read_like_files() {
    let Some(server) = Server::start("data") else {
        return;
    };
    let storage = server.options();
    let small = orders::file(300, 20, Codec::Zstandard);
    let large = simple::file(400_000, 2_000, Codec::Null);
    assert!(large.len() > 8 << 20, "{}", large.len());
    server.put("s3://data/year=2024/a.avro", small.clone());
    server.put("s3://data/year=2025/b.avro", small.clone());
    server.put("s3://data/year=2025/notes.txt", b"no Avro in here".to_vec());
    server.put("s3://data/large.avro", large.clone());

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
