//! A file that does not fit into memory goes through a query into another file.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use ::polars::prelude::*;
use avroscan_polars::{AvroReader, ScanArgsAvro, scan_avro};
use avroscan_tests::data::{complex, orders};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use super::{memory, rows};

fn sink_parquet(query: LazyFrame, path: &Path) -> PolarsResult<()> {
    let target = SinkTarget::Path(path.to_str().unwrap().into());
    let options = ParquetWriteOptions {
        row_group_size: Some(5_000),
        ..Default::default()
    };
    let format = FileWriteFormat::Parquet(Arc::new(options));
    query
        .sink(
            SinkDestination::File { target },
            format,
            UnifiedSinkArgs::default(),
        )?
        .collect_with_engine(Engine::Streaming)
        .map(|_| ())
}

fn read_parquet(path: &Path) -> DataFrame {
    ParquetReader::new(std::fs::File::open(path).unwrap())
        .finish()
        .unwrap()
}

#[test]
fn sinks_what_it_reads_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    for file in [
        orders::file(5000, 70, Codec::Deflate),
        complex::file(5000, 70, Codec::Zstandard),
    ] {
        let args = ScanArgsAvro::default().with_batch_size(200);
        sink_parquet(scan_avro(memory(file.clone()), args).unwrap(), &path).unwrap();
        let expected = rows(file);
        let found = read_parquet(&path);
        assert!(
            found.equals_missing(&expected),
            "{found}\nexpected {expected}"
        );
    }
}

#[test]
fn a_damaged_file_fails_the_sink() {
    let directory = tempfile::tempdir().unwrap();
    let mut file = orders::file(5000, 70, Codec::Deflate);
    file.truncate(file.len() - 1);
    let scan = scan_avro(memory(file), ScanArgsAvro::default().with_batch_size(200)).unwrap();
    let error = sink_parquet(scan, &directory.path().join("out.parquet"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("memory.avro") && error.contains("offset"),
        "{error}"
    );
}

/// Rows of about a kilobyte, a megabyte in each block.
const ROWS_PER_BLOCK: i64 = 1000;

/// A file of so many equal blocks, small on disk: each is compressed from a megabyte of text.
fn write_blocks(path: &Path, blocks: usize) {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"n","type":"long"},{"name":"text","type":"string"}]}"#;
    let body: Vec<u8> = (0..ROWS_PER_BLOCK)
        .flat_map(|n| [raw::long(n), raw::bytes(format!("{n:04}").repeat(256))].concat())
        .collect();
    let body = Codec::Zstandard.compress(&body);
    let mut file = raw::file_with_codec(schema, "zstandard");
    for _ in 0..blocks {
        file = file.block(ROWS_PER_BLOCK, &body);
    }
    std::fs::write(path, file.finish()).unwrap();
}

/// Runs [`in_a_process_of_its_own`], with so many KiB of address space.
fn run(action: &str, input: &Path, output: &Path, limit: Option<u64>) -> Output {
    let limit = limit.map_or("unlimited".to_owned(), |kib| kib.to_string());
    Command::new("sh")
        .args(["-c", r#"ulimit -v "$0" && exec "$@""#, &limit])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "polars::sink::in_a_process_of_its_own",
            "--ignored",
            "--nocapture",
        ])
        .env("AVROSCAN_ACTION", action)
        .env("AVROSCAN_INPUT", input)
        .env("AVROSCAN_OUTPUT", output)
        .env("POLARS_MAX_THREADS", "2")
        .env("MALLOC_ARENA_MAX", "2")
        .output()
        .unwrap()
}

#[test]
#[ignore = "the other half of `sinks_more_than_its_memory`, which runs it under a limit"]
fn in_a_process_of_its_own() {
    let path = |name| std::env::var(name).expect("set by `run`");
    let (input, output) = (path("AVROSCAN_INPUT"), path("AVROSCAN_OUTPUT"));
    let args = ScanArgsAvro::default()
        .with_batch_size(2_000)
        .with_buffer_bytes(4 << 20);
    match path("AVROSCAN_ACTION").as_str() {
        "sink" => sink_parquet(scan_avro(input, args).unwrap(), output.as_ref()).unwrap(),
        "collect" => {
            let frame = scan_avro(input, args).unwrap().collect().unwrap();
            println!("{} rows", frame.height());
        }
        "read" => {
            let rows: usize = AvroReader::open(input, args)
                .unwrap()
                .map(|f| f.unwrap().height())
                .sum();
            println!("{rows} rows");
        }
        other => panic!("{other}?"),
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmPeak"))
            .unwrap()
    );
}

/// The peak of a process' address space in KiB, as it said itself.
fn peak(output: &Output) -> u64 {
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find_map(|line| line.split_once("VmPeak:"));
    let (_, peak) =
        line.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn sinks_more_than_its_memory() {
    const BLOCKS: usize = 800;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    write_blocks(&path("small.avro"), 60);
    write_blocks(&path("large.avro"), BLOCKS);

    // What a process needs whose file is small, and a third of the large file's size more.
    let small = run("sink", &path("small.avro"), &path("small.parquet"), None);
    let limit = peak(&small) + BLOCKS as u64 * 1024 / 3;

    for action in ["sink", "read"] {
        let large = run(
            action,
            &path("large.avro"),
            &path("large.parquet"),
            Some(limit),
        );
        let errors = String::from_utf8_lossy(&large.stderr);
        assert!(large.status.success(), "{action}, {limit} KiB: {errors}");
    }
    let sunk = read_parquet(&path("large.parquet")).select(["n"]).unwrap();
    let expected = (0..BLOCKS as i64).flat_map(|_| 0..ROWS_PER_BLOCK);
    assert!(
        sunk.column("n")
            .unwrap()
            .i64()
            .unwrap()
            .into_no_null_iter()
            .eq(expected)
    );

    let collected = run("collect", &path("large.avro"), &path("none"), Some(limit));
    assert!(
        !collected.status.success(),
        "the limit must be less than the rows take in memory"
    );
    let enough = run("collect", &path("small.avro"), &path("none"), Some(limit));
    assert!(
        enough.status.success(),
        "{}",
        String::from_utf8_lossy(&enough.stderr)
    );
}
