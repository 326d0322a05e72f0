//! What every [`Source`] promises, as a check that each implementation can call in its tests.
//!
//! ```
//! # pollster::block_on(async {
//! use avroscan::source::{MemorySource, conformance};
//!
//! let source = MemorySource::new("a buffer", &b"its bytes"[..]);
//! conformance::check(&source, b"its bytes").await.unwrap();
//! # });
//! ```

use std::ops::Range;

use futures::future::join_all;

use super::Source;

/// The most positions that ranges begin and end at: all of a small file, a sample of a large one.
const MAX_CUTS: u64 = 24;

/// Checks that `source` has exactly the bytes `expected`, and keeps the promises of its trait.
///
/// # Errors
///
/// The first broken promise, in words.
pub async fn check(source: &dyn Source, expected: &[u8]) -> Result<(), String> {
    check_facts(source, expected).await?;
    let size = expected.len() as u64;
    for range in ranges_within(size) {
        check_range(source, expected, range).await?;
    }
    for range in ranges_beyond(size) {
        check_error(source, range).await?;
    }
    // Not one after the other: the reads must not share a position.
    let reads = ranges_within(size)
        .into_iter()
        .map(|range| check_range(source, expected, range));
    join_all(reads)
        .await
        .into_iter()
        .collect::<Result<(), _>>()?;
    check_facts(source, expected).await
}

async fn check_facts(source: &dyn Source, expected: &[u8]) -> Result<(), String> {
    if source.location().is_empty() {
        return Err("the location is empty".to_owned());
    }
    if source.request_bytes() == 0 || source.probe_bytes() == 0 {
        return Err("a preferred size is 0".to_owned());
    }
    match source.size().await {
        Ok(size) if size == expected.len() as u64 => Ok(()),
        Ok(size) => Err(format!("the size is {size}, expected {}", expected.len())),
        Err(error) => Err(format!("the size is an error: {error}")),
    }
}

async fn check_range(
    source: &dyn Source,
    expected: &[u8],
    range: Range<u64>,
) -> Result<(), String> {
    let expected = &expected[range.start as usize..range.end as usize];
    match source.read(range.clone()).await {
        Ok(bytes) if bytes == expected => Ok(()),
        Ok(bytes) if bytes.len() != expected.len() => Err(format!(
            "the read of {range:?} has {} bytes, expected {}",
            bytes.len(),
            expected.len()
        )),
        Ok(_) => Err(format!("the read of {range:?} has other bytes")),
        Err(error) => Err(format!("the read of {range:?} is an error: {error}")),
    }
}

async fn check_error(source: &dyn Source, range: Range<u64>) -> Result<(), String> {
    match source.read(range.clone()).await {
        Ok(bytes) => Err(format!(
            "the read of {range:?} is {} bytes, not an error",
            bytes.len()
        )),
        Err(error) if error.place().file.is_none() => Err(format!(
            "the error for {range:?} does not name the file: {error}"
        )),
        Err(_) => Ok(()),
    }
}

/// Ranges between all pairs of some positions, always with the first and the last byte, the whole
/// and the empty ones.
fn ranges_within(size: u64) -> Vec<Range<u64>> {
    let step = (size / MAX_CUTS).max(1);
    let mut cuts: Vec<_> = (0..=size).step_by(step as usize).collect();
    cuts.extend([1, size.saturating_sub(1), size].map(|cut| cut.min(size)));
    cuts.sort_unstable();
    cuts.dedup();
    let from = |start| {
        cuts.iter()
            .filter(move |&&end| start <= end)
            .map(move |&end| start..end)
    };
    cuts.iter().flat_map(|&start| from(start)).collect()
}

/// Ranges that end after the end, or before they begin.
fn ranges_beyond(size: u64) -> Vec<Range<u64>> {
    let mut ranges = vec![
        0..size + 1,
        size..size + 1,
        size + 1..size + 1,
        size + 10..size + 20,
        u64::MAX - 1..u64::MAX,
    ];
    ranges.extend((size > 0).then(|| size - 1..size + 1));
    ranges.extend((size > 0).then(|| Range {
        start: size,
        end: size - 1,
    }));
    ranges
}
