//! How many rows the files of a table have, as far as that is known before a query runs.

use std::sync::Arc;

use avroscan::{AvroFile, Limits, Progress, Result, Split, count_rows};
use datafusion::common::stats::Precision;

/// Bytes of the first blocks that an estimate looks at: what one small read brings.
const SAMPLE_BYTES: u64 = 64 << 10;

/// Most blocks, about, that are worth a walk over their headers while a query is planned. It takes
/// some hundredths of a second where the file is in the system's cache.
const CHEAP_BLOCKS: u64 = 16_384;

/// How the numbers of rows are found that DataFusion plans with.
///
/// With an exact number, `count(*)` is a constant of the plan. Numbers are kept in the session's
/// cache of statistics for as long as a file does not change. They are not looked for where
/// `datafusion.execution.collect_statistics` is false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowCounts {
    /// Estimated from the first blocks of each file and its size.
    Estimate,
    /// Counted, by the headers of the blocks, in local files of up to some 16,000 blocks; estimated
    /// in others.
    #[default]
    Local,
    /// Counted in all files. In an object store this takes a request for each large block.
    Exact,
}

impl RowCounts {
    /// The number of rows of a file, unknown where its first blocks cannot be read: the query that
    /// reads them says why.
    pub(crate) async fn of(
        self,
        file: &Arc<AvroFile>,
        is_local: bool,
        limits: &Limits,
    ) -> Precision<usize> {
        // `count(*)` is an Int64: what a hostile file adds up to is left to the query.
        let fits = |rows: &u64| i64::try_from(*rows).is_ok();
        match self.find(file, is_local, limits).await {
            Ok(Precision::Exact(rows)) if fits(&rows) => Precision::Exact(rows as usize),
            Ok(Precision::Inexact(rows)) if fits(&rows) => Precision::Inexact(rows as usize),
            _ => Precision::Absent,
        }
    }

    async fn find(
        self,
        file: &Arc<AvroFile>,
        is_local: bool,
        limits: &Limits,
    ) -> Result<Precision<u64>> {
        let is_counted = match self {
            Self::Estimate => false,
            Self::Local => is_local && is_cheap(file, limits).await?,
            Self::Exact => true,
        };
        if is_counted {
            let all = count_rows(file, Split::all(), limits, &Progress::default()).await?;
            return Ok(Precision::Exact(all));
        }
        let sample = Sample::of(file, limits).await?;
        Ok(Precision::Inexact(sample.in_all(sample.rows)))
    }
}

async fn is_cheap(file: &Arc<AvroFile>, limits: &Limits) -> Result<bool> {
    let sample = Sample::of(file, limits).await?;
    Ok(sample.in_all(sample.blocks) <= CHEAP_BLOCKS)
}

/// The first blocks of a file.
struct Sample {
    blocks: u64,
    rows: u64,
    bytes: u64,
    /// Bytes of all blocks.
    all_bytes: u64,
}

impl Sample {
    async fn of(file: &Arc<AvroFile>, limits: &Limits) -> Result<Self> {
        let mut walk = file.walk(Split::all(), limits, &Progress::default());
        let mut sample = Self {
            blocks: 0,
            rows: 0,
            bytes: 0,
            all_bytes: file.size().saturating_sub(file.header().length),
        };
        while sample.bytes < SAMPLE_BYTES
            && let Some(block) = walk.next().await?
        {
            sample.blocks += 1;
            sample.rows = sample.rows.saturating_add(block.rows);
            sample.bytes += block.end - block.offset;
        }
        Ok(sample)
    }

    /// So many in all, where the first blocks have so many.
    fn in_all(&self, here: u64) -> u64 {
        match self.bytes {
            0 => 0,
            bytes => {
                let all = u128::from(here) * u128::from(self.all_bytes) / u128::from(bytes);
                u64::try_from(all).unwrap_or(u64::MAX)
            }
        }
    }
}
