//! What `EXPLAIN ANALYZE` shows of a scan, besides what every file scan shows.

use std::time::Duration;

use avroscan::Progress;
use datafusion::physical_plan::metrics::{
    Count, ExecutionPlanMetricsSet, MetricBuilder, MetricCategory, MetricType, Time,
};

/// The counters of one partition of a scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanMetrics {
    /// Bytes fetched: headers, block headers, bodies, and what was fetched around them.
    pub(crate) bytes_scanned: Count,
    /// Blocks whose rows were decoded. None when rows are only counted.
    pub(crate) blocks_read: Count,
    /// Blocks of which only the header was read.
    pub(crate) blocks_skipped: Count,
    /// Damaged blocks that were left out.
    pub(crate) bad_blocks: Count,
    /// Rows of damaged blocks, where it is known how many they are.
    pub(crate) rows_lost: Count,
    /// Rows that the filter of the scan dropped.
    pub(crate) rows_pruned: Count,
    /// Waiting for the store, most of it while blocks are decoded.
    pub(crate) time_reading: Time,
    pub(crate) time_decompressing: Time,
    /// Decoding of rows, and of the filter's columns and the filter with it.
    pub(crate) time_decoding: Time,
}

impl ScanMetrics {
    pub(crate) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str, category| {
            MetricBuilder::new(metrics)
                .with_type(MetricType::Summary)
                .with_category(category)
                .counter(name, partition)
        };
        let timer = |name: &'static str| MetricBuilder::new(metrics).subset_time(name, partition);
        Self {
            bytes_scanned: counter("bytes_scanned", MetricCategory::Bytes),
            blocks_read: counter("blocks_read", MetricCategory::Rows),
            blocks_skipped: counter("blocks_skipped", MetricCategory::Rows),
            bad_blocks: counter("bad_blocks", MetricCategory::Rows),
            rows_lost: counter("rows_lost", MetricCategory::Rows),
            rows_pruned: counter("pushdown_rows_pruned", MetricCategory::Rows),
            time_reading: timer("time_reading"),
            time_decompressing: timer("time_decompressing"),
            time_decoding: timer("time_decoding"),
        }
    }
}

/// Carries the progress of one range over to the counters, the last part of it when dropped.
#[derive(Debug)]
pub(crate) struct RangeMetrics {
    scan: ScanMetrics,
    progress: Progress,
    told: Told,
}

/// What the counters have been told.
#[derive(Debug, Default)]
struct Told {
    bytes: u64,
    blocks: u64,
    skipped: u64,
    bad: u64,
    lost: u64,
    pruned: u64,
    reading: Duration,
    decompressing: Duration,
    decoding: Duration,
}

impl RangeMetrics {
    pub(crate) fn new(scan: ScanMetrics, progress: Progress) -> Self {
        Self {
            scan,
            progress,
            told: Told::default(),
        }
    }

    /// Adds what was done since the last call.
    pub(crate) fn update(&mut self) {
        let (scan, progress, told) = (&self.scan, &self.progress, &mut self.told);
        let add = |counter: &Count, told: &mut u64, now: u64| {
            counter.add((now - *told) as usize);
            *told = now;
        };
        add(&scan.bytes_scanned, &mut told.bytes, progress.bytes_read());
        add(&scan.blocks_read, &mut told.blocks, progress.blocks());
        let skipped = progress.blocks_skipped();
        add(&scan.blocks_skipped, &mut told.skipped, skipped);
        add(&scan.bad_blocks, &mut told.bad, progress.bad_blocks());
        add(&scan.rows_lost, &mut told.lost, progress.rows_lost());
        add(&scan.rows_pruned, &mut told.pruned, progress.rows_pruned());
        let add = |timer: &Time, told: &mut Duration, now: Duration| {
            if now > *told {
                timer.add_duration(now - *told);
                *told = now;
            }
        };
        add(&scan.time_reading, &mut told.reading, progress.read_time());
        let decompressing = progress.decompress_time();
        add(
            &scan.time_decompressing,
            &mut told.decompressing,
            decompressing,
        );
        add(
            &scan.time_decoding,
            &mut told.decoding,
            progress.decode_time(),
        );
    }
}

impl Drop for RangeMetrics {
    fn drop(&mut self) {
        self.update();
    }
}
