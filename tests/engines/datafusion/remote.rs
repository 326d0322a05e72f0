//! Objects of a real S3 server, which answers each request after 20 ms.

use std::time::Duration;

use arrow::array::RecordBatch;
use avroscan_datafusion::{AvroOptions, AvroSessionExt};
use avroscan_tests::allocation::{Watch, is_alone, run_alone};
use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::s3::{Proxy, Request, Server};
use avroscan_tests::write::Codec;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;

use super::{lines, query};

const LATENCY: Duration = Duration::from_millis(20);
const MIB: usize = 1 << 20;
const ORDERS: u64 = 20_000;

/// A server with these objects in its bucket `data`, and a slow way to it.
fn serve(objects: &[(&str, &[u8])]) -> Option<(Server, Proxy)> {
    let server = Server::start("data")?;
    for (name, object) in objects {
        server.put(&format!("s3://data/{name}"), object);
    }
    let proxy = Proxy::start(server.port(), LATENCY);
    Some((server, proxy))
}

/// A session that goes through the proxy.
fn session(proxy: &Proxy, partitions: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(partitions);
    let ctx = SessionContext::new_with_config(config);
    ctx.enable_avroscan(AvroOptions::default()).unwrap();
    let bucket = "s3://data".parse().unwrap();
    let (store, _) = avroscan::open_store(&bucket, &proxy.options()).unwrap();
    ctx.register_object_store(&bucket, store);
    ctx
}

async fn create(ctx: &SessionContext, location: &str) {
    let location = format!("s3://data/{location}");
    let create = format!("CREATE EXTERNAL TABLE t STORED AS AVRO LOCATION '{location}'");
    query(ctx, &create).await;
}

/// At least so many bytes: orders, the blocks again and again. And how many they are.
fn many_orders(bytes: usize) -> (Vec<u8>, u64) {
    let one = orders::file(ORDERS, 1_000, Codec::Null);
    let header = raw::file_with_codec(orders::SCHEMA, "null").len();
    let (header, blocks) = one.split_at(header);
    let times = bytes.div_ceil(blocks.len());
    let object = [header, &blocks.repeat(times)].concat();
    (object, times as u64 * ORDERS)
}

fn bytes(requests: &[Request]) -> u64 {
    requests.iter().map(|request| request.bytes).sum()
}

fn num_rows(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

#[tokio::test]
async fn a_header_is_fetched_once() {
    let small = orders::file(3_000, 100, Codec::Null);
    assert!(small.len() > 256 << 10, "{}", small.len());
    let Some((_server, proxy)) = serve(&[("a.avro", &small), ("b.avro", &small)]) else {
        return;
    };
    let ctx = session(&proxy, 4);
    create(&ctx, "").await;
    for sql in [
        "SELECT count(*), sum(total) FROM t",
        "SELECT id FROM t WHERE status = 'NEW'",
        "SELECT * FROM t",
        "SELECT count(*) FROM t",
        "SELECT t.id FROM t JOIN t AS u ON t.id = u.id LIMIT 7",
    ] {
        query(&ctx, sql).await;
    }
    let requests = proxy.take_requests();
    let headers = requests.iter().filter(|request| request.start == Some(0));
    assert_eq!(headers.count(), 2, "{requests:#?}");
}

#[tokio::test]
async fn few_rows_of_a_large_object_take_few_bytes() {
    let (object, _) = many_orders(64 * MIB);
    let Some((_server, proxy)) = serve(&[("large.avro", &object)]) else {
        return;
    };
    drop(object);
    for partitions in [1, 2, 8] {
        for sql in [
            "SELECT * FROM t LIMIT 10",
            "SELECT id, total FROM t WHERE status <> 'NEW' LIMIT 10",
            "SELECT * FROM t WHERE total > 100 LIMIT 10",
        ] {
            let ctx = session(&proxy, partitions);
            create(&ctx, "large.avro").await;
            proxy.take_requests();
            assert_eq!(num_rows(&query(&ctx, sql).await), 10, "{sql}");
            let requests = proxy.take_requests();
            let bytes = bytes(&requests);
            // More than two begin to read before the first have found ten rows.
            let most = if partitions <= 2 {
                1_000_000
            } else {
                2_000_000
            };
            assert!(bytes < most, "{sql}: {bytes}, {requests:#?}");
        }
    }
}

#[test]
fn a_large_object_takes_little_memory() {
    run_alone("datafusion::remote::reads_a_large_object_in_a_process_of_its_own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_a_large_object_in_a_process_of_its_own() {
    if !is_alone() {
        return;
    }
    let (object, rows) = many_orders(128 * MIB);
    let size = object.len();
    let Some((_server, proxy)) = serve(&[("large.avro", &object)]) else {
        return;
    };
    drop(object);
    let ctx = session(&proxy, 2);
    create(&ctx, "large.avro").await;
    let watch = Watch::start();
    let frame = ctx.sql("SELECT * FROM t").await.unwrap();
    let mut batches = frame.execute_stream().await.unwrap();
    let mut read = 0;
    while let Some(batch) = batches.try_next().await.unwrap() {
        read += batch.num_rows() as u64;
    }
    assert_eq!(read, rows);
    let at_once = watch.at_once();
    assert!(at_once < 64 * MIB, "{at_once} bytes at once of {size}");
    let requests = proxy.take_requests();
    assert!(bytes(&requests) >= size as u64);
    assert!(requests.len() > size / (8 * MIB), "{requests:#?}");
}

#[tokio::test]
async fn many_objects_are_one_table() {
    let files: Vec<_> = (0..12)
        .map(|file| {
            (
                format!("many/{file:02}.avro"),
                orders::file(100, 20, Codec::Zstandard),
            )
        })
        .collect();
    let objects: Vec<_> = files
        .iter()
        .map(|(name, object)| (name.as_str(), object.as_slice()))
        .collect();
    let Some((_server, proxy)) = serve(&objects) else {
        return;
    };
    let ctx = session(&proxy, 2);
    create(&ctx, "many/").await;
    proxy.take_most_at_once();
    let count = "SELECT count(*), count(DISTINCT id) FROM t";
    assert_eq!(lines(&query(&ctx, count).await), ["1200|100"]);
    // Each partition waits for one, and has begun to read others.
    assert!(proxy.take_most_at_once() > 4);
}

#[tokio::test]
async fn ranges_are_fetched_before_their_turn() {
    let (object, rows) = many_orders(32 * MIB);
    let Some((_server, proxy)) = serve(&[("large.avro", &object)]) else {
        return;
    };
    let ctx = session(&proxy, 2);
    create(&ctx, "large.avro").await;
    let sum = "SELECT count(*), sum(id) > 0 FROM t";
    for (buffer_blocks, at_once) in [(4, 3..=8), (0, 1..=2)] {
        query(&ctx, &format!("SET avro.buffer_blocks = {buffer_blocks}")).await;
        proxy.take_most_at_once();
        assert_eq!(lines(&query(&ctx, sum).await), [format!("{rows}|true")]);
        let most = proxy.take_most_at_once();
        assert!(at_once.contains(&most), "{most} at once");
    }
}
