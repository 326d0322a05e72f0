//! One plan that is executed more than once, one after the other and at the same time.

use std::sync::Arc;
use std::time::Duration;

use avroscan::{OnError, ReadReport, SkipBudget};
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::SessionContext;
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use object_store::{ObjectStore, ObjectStoreExt};

use super::damage::{damaged, ids, left};
use super::{find_scan, metric, query, rows, session, write};

/// A table `t` of one damaged file, whose scans may leave out so many blocks.
async fn register(ctx: &SessionContext, path: &str, blocks: u64) -> ReadReport {
    let report = ReadReport::default();
    let options = AvroOptions::default()
        .with_on_error(OnError::Skip)
        .with_skip_budget(SkipBudget::default().with_blocks(blocks))
        .with_report(report.clone());
    let _ = ctx.deregister_table("t").unwrap();
    ctx.register_avro_table("t", path, AvroReadOptions::from(options))
        .await
        .unwrap();
    report
}

async fn plan(ctx: &SessionContext, sql: &str) -> Arc<dyn ExecutionPlan> {
    let frame = ctx.sql(sql).await.unwrap();
    frame.create_physical_plan().await.unwrap()
}

/// The same plan, as DataFusion makes it ready for another execution: the scans share their source.
fn again(plan: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
    reset_plan_states(Arc::clone(plan)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_execution_of_a_plan_has_the_whole_budget() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    for partitions in [1, 2, 8] {
        for stealing in ["true", "false"] {
            let how = format!("{partitions} partitions, work stealing {stealing}");
            let ctx = session(partitions);
            let set = "SET datafusion.execution.enable_file_stream_work_stealing = ";
            query(&ctx, &format!("{set}{stealing}")).await;
            let report = register(&ctx, &path, 4).await;
            let plan = plan(&ctx, "SELECT id FROM t").await;
            let run = |plan| collect(plan, ctx.task_ctx());
            for _ in 0..3 {
                let found = run(again(&plan)).await.unwrap();
                assert_eq!(ids(&found), left(), "{how}");
            }
            let (one, other, third) =
                tokio::join!(run(again(&plan)), run(again(&plan)), run(again(&plan)));
            for found in [one, other, third] {
                assert_eq!(ids(&found.unwrap()), left(), "{how}");
            }
            // All of them are in the table's report, and in the metrics of the plan.
            assert_eq!(report.bad_blocks(), 6 * 4, "{how}");
            let scan = find_scan(&plan).unwrap();
            assert_eq!(metric(&scan, "bad_blocks"), 6 * 4, "{how}");
            let lost = report.rows_lost() as usize;
            assert!(lost > 0 && lost.is_multiple_of(6), "{how}: {lost}");
            assert_eq!(metric(&scan, "rows_lost"), lost, "{how}");
            assert_eq!(metric(&scan, "output_rows"), 6 * 900, "{how}");

            // A smaller one is exceeded each time.
            register(&ctx, &path, 3).await;
            let plan = self::plan(&ctx, "SELECT id FROM t").await;
            for _ in 0..3 {
                let error = run(again(&plan)).await.unwrap_err().to_string();
                assert!(error.contains("skip budget"), "{how}: {error}");
            }
            let (one, other) = tokio::join!(run(again(&plan)), run(again(&plan)));
            for result in [one, other] {
                let error = result.unwrap_err().to_string();
                assert!(error.contains("skip budget"), "{how}: {error}");
            }
        }
    }
}

/// Executions that begin in turns, partition by partition, as those of two consumers can.
#[tokio::test]
async fn executions_that_begin_in_turns_have_a_budget_each() {
    let dir = tempfile::tempdir().unwrap();
    let path = write(dir.path(), "t.avro", &damaged());
    let ctx = session(4);
    let report = register(&ctx, &path, 4).await;
    let plan = plan(&ctx, "SELECT id FROM t").await;
    let plans = [again(&plan), again(&plan)];
    let partitions = plan.properties().partitioning.partition_count();
    assert!(partitions > 1);
    let mut streams = [Vec::new(), Vec::new()];
    for partition in 0..partitions {
        // Now the one is first, now the other.
        for number in [partition % 2, 1 - partition % 2] {
            let stream = plans[number].execute(partition, ctx.task_ctx()).unwrap();
            streams[number].push(stream);
        }
    }
    let [one, other] = streams.map(|streams| async {
        let mut found = Vec::new();
        for mut stream in streams {
            while let Some(batch) = stream.next().await {
                found.push(batch.unwrap());
            }
        }
        ids(&found)
    });
    let (one, other) = tokio::join!(one, other);
    assert_eq!((one, other), (left(), left()));
    assert_eq!(report.bad_blocks(), 2 * 4);
}

/// The partition that began to read a file's header is not polled any more: another one is read all the
/// same.
#[tokio::test]
async fn a_partition_does_not_wait_for_one_that_nobody_polls() {
    let inner = InMemory::new();
    let file = rows::file(0..1000, 25);
    inner.put(&Path::from("t.avro"), file.into()).await.unwrap();
    let config = ThrottleConfig {
        wait_get_per_call: Duration::from_millis(2),
        ..ThrottleConfig::default()
    };
    let store = ThrottledStore::new(inner, config);
    let ctx = session(4);
    let url = ObjectStoreUrl::parse("slow://store/").unwrap();
    ctx.register_object_store(url.as_ref(), Arc::new(store) as Arc<dyn ObjectStore>);
    query(
        &ctx,
        "SET datafusion.execution.enable_file_stream_work_stealing = false",
    )
    .await;
    for buffer in ["0", "4"] {
        query(&ctx, &format!("SET avro.buffer_blocks = {buffer}")).await;
        ctx.register_avro_table("t", "slow://store/t.avro", AvroReadOptions::default())
            .await
            .unwrap();
        let plan = plan(&ctx, "SELECT id FROM t").await;
        let stream = |partition| plan.execute(partition, ctx.task_ctx()).unwrap();
        let partitions = plan.properties().partitioning.partition_count();
        assert!(partitions > 1);
        // The session knows the header, unless it forgets it.
        let cache = ctx.runtime_env().cache_manager.get_file_metadata_cache();
        cache.clear();
        let mut first = stream(0);
        assert!(
            first.next().now_or_never().is_none(),
            "there is nothing to wait for"
        );
        let mut found = Vec::new();
        for partition in 1..partitions {
            let mut stream = stream(partition);
            while let Some(batch) = stream.next().await {
                found.push(batch.unwrap());
            }
        }
        while let Some(batch) = first.next().await {
            found.push(batch.unwrap());
        }
        assert!(ids(&found).into_iter().eq(0..1000));
        ctx.deregister_table("t").unwrap();
    }
}
