//! Cutting files into byte ranges, so that every partition of a scan has work.
//!
//! A block belongs to the range that holds its first byte, so ranges can be cut anywhere. They are
//! cut finer than the number of partitions asks for: partitions take the next range from one queue
//! when they are done with theirs, and none waits for the one whose blocks were the slowest.

use datafusion::datasource::listing::{FileRange, PartitionedFile};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig};

/// Largest range, in bytes. Long enough that finding its first block costs little, short enough
/// that the last ranges of a scan end close to each other.
pub(crate) const RANGE_BYTES: u64 = 8 << 20;

/// Smallest range that is cut from a file for the sake of [`RANGES_EACH`].
const LEAST_RANGE_BYTES: u64 = 1 << 20;

/// How many ranges there are for each partition, if the files are large enough: one that falls
/// behind leaves the last of its share to the others.
const RANGES_EACH: u64 = 4;

/// No range is too large: files are handed out uncut.
pub(crate) const WHOLE_FILES: u64 = u64::MAX;

/// Up to this many rows, one partition alone answers an unfiltered LIMIT; more partitions would
/// only read rows that are thrown away.
const LIMIT_OF_ONE_PARTITION: usize = 100_000;

/// Whether a scan is over after so few rows that it should not be cut.
pub(crate) fn is_small_limit(config: &FileScanConfig) -> bool {
    config
        .limit
        .is_some_and(|limit| limit <= LIMIT_OF_ONE_PARTITION)
        && config.file_source().filter().is_none()
}

/// The files of a scan as ranges of at most `range_bytes` in `partitions` groups of about the same
/// number of bytes, in file order. None when there is nothing to gain: one partition, or fewer
/// bytes than `min_bytes`.
pub(crate) fn cut(
    groups: &[FileGroup],
    partitions: usize,
    min_bytes: usize,
    range_bytes: u64,
) -> Option<Vec<FileGroup>> {
    let total: u64 = groups.iter().flat_map(FileGroup::iter).map(length).sum();
    if partitions < 2 || total == 0 || total < min_bytes as u64 {
        return None;
    }
    let partitions = partitions as u64;
    let range_bytes = match range_bytes {
        WHOLE_FILES => range_bytes,
        _ => range_bytes
            .min(
                total
                    .div_ceil(partitions * RANGES_EACH)
                    .max(LEAST_RANGE_BYTES),
            )
            .min(total.div_ceil(partitions)),
    };

    let mut cut: Vec<Vec<PartitionedFile>> = vec![Vec::new(); partitions as usize];
    let mut before = 0;
    for file in groups.iter().flat_map(FileGroup::iter) {
        for range in ranges(file, range_bytes) {
            let group = u128::from(before) * u128::from(partitions) / u128::from(total);
            before += length(&range);
            if let Some(group) = cut.get_mut(group as usize) {
                group.push(range);
            }
        }
    }
    cut.retain(|group| !group.is_empty());
    Some(cut.into_iter().map(FileGroup::new).collect())
}

/// One file, or the range of it that is asked for, in equal parts of at most `range_bytes`.
fn ranges(file: &PartitionedFile, range_bytes: u64) -> Vec<PartitionedFile> {
    let length = length(file);
    let parts = length.div_ceil(range_bytes);
    if parts < 2 {
        return vec![file.clone()];
    }
    let (start, end) = file.range();
    let part = length.div_ceil(parts);
    (0..parts)
        .map(|index| (start + index * part, (start + (index + 1) * part).min(end)))
        .filter(|(start, end)| start < end)
        .map(|(start, end)| {
            let mut range = file.clone();
            range.range = Some(FileRange {
                start: start as i64,
                end: end as i64,
            });
            range
        })
        .collect()
}

fn length(file: &PartitionedFile) -> u64 {
    let (start, end) = file.range();
    end.saturating_sub(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(files: &[(&str, u64)]) -> FileGroup {
        files
            .iter()
            .map(|&(name, size)| PartitionedFile::new(name, size))
            .collect()
    }

    /// Every range as (name, start, end), group by group.
    fn shape(groups: &[FileGroup]) -> Vec<Vec<(String, u64, u64)>> {
        let range = |file: &PartitionedFile| {
            let (start, end) = file.range();
            (file.path().to_string(), start, end)
        };
        groups
            .iter()
            .map(|group| group.iter().map(range).collect())
            .collect()
    }

    #[test]
    fn one_small_file_gives_each_partition_a_range() {
        let cut = cut(&[group(&[("a", 10)])], 3, 0, RANGE_BYTES).unwrap();
        let name = || "a".to_owned();
        assert_eq!(
            shape(&cut),
            [
                vec![(name(), 0, 4)],
                vec![(name(), 4, 8)],
                vec![(name(), 8, 10)]
            ]
        );
    }

    #[test]
    fn ranges_cover_each_file_exactly_once_and_are_not_too_large() {
        for partitions in [2, 3, 8, 64] {
            let files = [("a", 100 << 20), ("b", 1), ("c", (8 << 20) + 1), ("d", 0)];
            let cut = cut(
                &[group(&files[..1]), group(&files[1..])],
                partitions,
                0,
                RANGE_BYTES,
            )
            .unwrap();
            assert!(cut.len() <= partitions);
            let flat: Vec<_> = shape(&cut).into_iter().flatten().collect();
            for (name, size) in files {
                let mut next = 0;
                for (_, start, end) in flat.iter().filter(|(file, ..)| file == name) {
                    assert_eq!(*start, next, "{name}");
                    assert!(end - start <= RANGE_BYTES);
                    next = *end;
                }
                assert_eq!(next, size, "{name}");
            }
        }
    }

    #[test]
    fn groups_get_about_the_same_number_of_bytes() {
        let files: Vec<_> = (0..1000).map(|_| ("small", 100_000)).collect();
        let cut = cut(&[group(&files)], 8, 0, RANGE_BYTES).unwrap();
        let sizes: Vec<u64> = cut
            .iter()
            .map(|group| group.iter().map(length).sum())
            .collect();
        assert_eq!(sizes, [12_500_000; 8]);
    }

    #[test]
    fn a_range_that_is_set_is_cut_within_itself() {
        let file = PartitionedFile::new_with_range("a".to_owned(), 1000, 100, 200);
        let cut = cut(&[FileGroup::new(vec![file])], 2, 0, RANGE_BYTES).unwrap();
        assert_eq!(
            shape(&cut),
            [[("a".to_owned(), 100, 150)], [("a".to_owned(), 150, 200)]]
        );
    }

    #[test]
    fn whole_files_stay_whole() {
        let files = [("a", 100 << 20), ("b", 1 << 20)];
        let cut = cut(&[group(&files)], 8, 0, WHOLE_FILES).unwrap();
        assert!(
            cut.iter()
                .flat_map(FileGroup::iter)
                .all(|file| file.range.is_none())
        );
        assert_eq!(cut.iter().map(FileGroup::len).sum::<usize>(), 2);
    }

    #[test]
    fn little_data_or_one_partition_is_left_alone() {
        assert!(cut(&[group(&[("a", 10)])], 8, 11, RANGE_BYTES).is_none());
        assert!(cut(&[group(&[("a", 10)])], 1, 0, RANGE_BYTES).is_none());
        assert!(cut(&[group(&[("a", 0)])], 8, 0, RANGE_BYTES).is_none());
        assert!(cut(&[], 8, 0, RANGE_BYTES).is_none());
    }
}
