//! What DataFusion counts is what batches take: a small memory pool is enough for small data.

use avroscan_datafusion::{AvroOptions, AvroSessionExt};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::raw;
use avroscan_tests::write::Codec;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{query, run, write};

const POOL: usize = 64 << 20;

/// A session with so little memory, and no disk to spill to.
fn small_session(partitions: usize) -> SessionContext {
    let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(POOL, 1.0)
        .with_disk_manager_builder(no_disk)
        .build_arc()
        .unwrap();
    let config = SessionConfig::new().with_target_partitions(partitions);
    let ctx = SessionContext::new_with_config_rt(config, runtime).enable_url_table();
    ctx.enable_avroscan(AvroOptions::default()).unwrap();
    ctx
}

/// Rows of eight longs: those of a large block are handed out in many batches.
fn eight_longs(blocks: usize, rows: usize) -> Vec<u8> {
    let field = |number| format!(r#"{{"name":"c{number}","type":"long"}}"#);
    let fields: Vec<String> = (0..8).map(field).collect();
    let schema = format!(
        r#"{{"type":"record","name":"R","fields":[{}]}}"#,
        fields.join(",")
    );
    let mut file = raw::file_with_codec(&schema, "deflate");
    for block in 0..blocks {
        let ids = (block * rows) as i64..((block + 1) * rows) as i64;
        let body: Vec<u8> = ids.flat_map(|id| raw::long(-id).repeat(8)).collect();
        file = file.block(rows as i64, &Codec::Deflate.compress(&body));
    }
    file.finish()
}

#[tokio::test]
async fn a_sort_of_large_blocks_fits_into_a_small_pool() {
    let dir = tempfile::tempdir().unwrap();
    // 20 MB of rows, in blocks of 100,000 rows and in one of all.
    for (blocks, rows) in [(3, 100_000), (1, 220_000)] {
        let path = write(
            dir.path(),
            &format!("{blocks}.avro"),
            &eight_longs(blocks, rows),
        );
        let ctx = small_session(1);
        let sql = format!("SELECT * FROM '{path}' ORDER BY c0");
        let (batches, _) = run(&ctx, &sql).await;
        let found: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        assert_eq!(found, blocks * rows);
    }
}

/// The last one may have room for as many rows as those before it.
#[tokio::test]
async fn batches_take_no_more_than_their_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "large.avro", &eight_longs(1, 200_000));
    let ctx = small_session(1);
    let batches = query(&ctx, &format!("SELECT * FROM '{path}'")).await;
    assert!(batches.len() > 20, "{}", batches.len());
    for batch in &batches {
        let bytes = batch.get_array_memory_size();
        assert!(bytes <= 8192 * 64 + (16 << 10), "{bytes}");
    }
}

#[test]
fn memory_follows_batches() {
    run_alone("datafusion::memory::memory_in_a_process_of_its_own");
}

#[test]
fn memory_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"},
        {"name":"b","type":"double"},{"name":"c","type":"double"}]}"#;
    let block = |rows: usize| Codec::Zstandard.compress(&vec![0; rows * 17]);
    let mut file = raw::file_with_codec(schema, "zstandard").block(1, &block(1));
    let dense = block(100_000);
    for _ in 0..300 {
        file = file.block(100_000, &dense);
    }
    let path = write(dir.path(), "dense.avro", &file.finish());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ctx = small_session(2);
        let watch = Watch::start();
        for filter in ["a = 0", "b + c = 0"] {
            let sql = format!("SELECT count(b) AS n, sum(c) FROM '{path}' WHERE {filter}");
            let batches = query(&ctx, &sql).await;
            assert_eq!(super::lines(&batches), ["30000001|0.0"], "{filter}");
        }
        let at_once = watch.at_once();
        assert!(at_once < 64 << 20, "{at_once} bytes");
    });
}
