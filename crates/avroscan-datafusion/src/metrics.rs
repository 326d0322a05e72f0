//! What `EXPLAIN ANALYZE` shows of a scan, besides what every file scan shows.

use avroscan::Progress;
use datafusion::physical_plan::metrics::{
    Count, ExecutionPlanMetricsSet, MetricBuilder, MetricCategory, MetricType,
};

/// The counters of one partition of a scan.
#[derive(Debug, Clone)]
pub(crate) struct ScanMetrics {
    /// Bytes fetched: headers, block headers, bodies, and what was fetched around them.
    pub(crate) bytes_scanned: Count,
    /// Blocks whose rows were decoded. None when rows are only counted.
    pub(crate) blocks_read: Count,
    /// Rows that the filter of the scan dropped.
    pub(crate) rows_pruned: Count,
}

impl ScanMetrics {
    pub(crate) fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        let counter = |name: &'static str, category| {
            MetricBuilder::new(metrics)
                .with_type(MetricType::Summary)
                .with_category(category)
                .counter(name, partition)
        };
        Self {
            bytes_scanned: counter("bytes_scanned", MetricCategory::Bytes),
            blocks_read: counter("blocks_read", MetricCategory::Rows),
            rows_pruned: counter("pushdown_rows_pruned", MetricCategory::Rows),
        }
    }
}

/// Carries the progress of one range over to the counters, the last part of it when dropped.
#[derive(Debug)]
pub(crate) struct RangeMetrics {
    scan: ScanMetrics,
    progress: Progress,
    bytes: u64,
    blocks: u64,
    pruned: u64,
}

impl RangeMetrics {
    pub(crate) fn new(scan: ScanMetrics, progress: Progress) -> Self {
        Self {
            scan,
            progress,
            bytes: 0,
            blocks: 0,
            pruned: 0,
        }
    }

    /// Adds what was read since the last call.
    pub(crate) fn update(&mut self) {
        let (bytes, blocks) = (self.progress.bytes_read(), self.progress.blocks());
        let pruned = self.progress.rows_pruned();
        self.scan.bytes_scanned.add((bytes - self.bytes) as usize);
        self.scan.blocks_read.add((blocks - self.blocks) as usize);
        self.scan.rows_pruned.add((pruned - self.pruned) as usize);
        (self.bytes, self.blocks, self.pruned) = (bytes, blocks, pruned);
    }
}

impl Drop for RangeMetrics {
    fn drop(&mut self) {
        self.update();
    }
}
