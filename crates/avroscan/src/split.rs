//! Byte ranges of a file, and which blocks are theirs.

/// A range of a file's bytes.
///
/// A block belongs to the split that contains its first byte: `start <= block < end`. So splits
/// that cover a file without overlap read each of its rows exactly once, wherever they are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Split {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset after the last byte; beyond the end of the file means its end.
    pub end: u64,
}

impl Split {
    /// The whole file.
    pub const fn all() -> Self {
        Self {
            start: 0,
            end: u64::MAX,
        }
    }

    /// The bytes `start..end`.
    pub const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// Whether the block that begins at `offset` is in this split.
    pub const fn owns(&self, offset: u64) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The bytes `0..size` in at most `parts` splits of about the same length, in order.
    pub fn evenly(size: u64, parts: usize) -> Vec<Self> {
        let parts = u64::try_from(parts)
            .unwrap_or(u64::MAX)
            .clamp(1, size.max(1));
        let cut = |part: u64| (u128::from(size) * u128::from(part) / u128::from(parts)) as u64;
        (0..parts)
            .map(|part| Self::new(cut(part), cut(part + 1)))
            .collect()
    }
}

impl Default for Split {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_splits_tile_the_file() {
        for size in [0, 1, 2, 3, 10, 4097, u64::MAX] {
            for parts in [0, 1, 2, 3, 7, 100] {
                let splits = Split::evenly(size, parts);
                assert!(splits.len() <= parts.max(1));
                assert_eq!(splits.first().unwrap().start, 0);
                assert_eq!(splits.last().unwrap().end, size);
                for pair in splits.windows(2) {
                    assert_eq!(pair[0].end, pair[1].start);
                }
            }
        }
    }
}
