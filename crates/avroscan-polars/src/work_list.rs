//! A scan, cut into pieces of work, and the list of them as Polars reads it.

use std::ops::Range;

use avroscan::{Scan, Split, block_on};
use polars::prelude::*;
use polars_arrow::io::ipc::IpcField;
use polars_core::runtime::RAYON;

/// A byte range of one of the scan's files, by the number of the file.
pub(crate) type Part = (usize, Split);

/// How many bytes of a file one item may have, unless a single block has more. It bounds what a
/// thread holds where rows are so wide that counting them bounds nothing.
const ITEM_BYTES: u64 = 16 << 20;

/// At how many block headers is looked to learn how large blocks are: empty ones are passed over.
const BLOCKS_LOOKED_AT: usize = 8;

/// How many bytes the list may have, as Polars reads it.
const LIST_BYTES: usize = 16 << 20;

/// How many items a thread of the engine may have in hand: four wait for those before them, others
/// on both sides of the decoding (measured).
const ITEMS_IN_HAND: usize = 8;

/// What an item takes in the list (measured; only the magnitude matters): a record batch of the
/// Arrow IPC format with one number, and a field node for each column.
const BYTES_PER_ITEM: usize = 240;
const BYTES_PER_COLUMN: usize = 16;

/// The pieces in which a scan is read, in the order of the files and of their bytes.
///
/// A piece becomes one frame in one thread, so its size bounds the memory of a thread. It is as
/// many blocks as make about the number of rows that was asked for, judged by the first block of
/// the first file. But the first pieces are small: a query that needs a few rows, and says so only by
/// asking for no more, is served from the first pieces. They are one block, and grow when there are
/// as many as an engine has in hand: it reads those before it is told that there are enough rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WorkList {
    items: Vec<Vec<Part>>,
}

/// How large the blocks of a scan are, as far as one tells.
#[derive(Debug, Clone, Copy)]
struct BlockSize {
    rows: u64,
    /// Header and marker included.
    bytes: u64,
}

/// How large items are, in bytes of a file.
#[derive(Debug, Clone, Copy)]
struct ItemSize {
    /// That of the first ones: a block.
    first: u64,
    /// How many have it.
    firsts: usize,
    full: u64,
    /// How much larger than the one before it an item is, until it has the full size.
    growth: f64,
}

impl WorkList {
    /// The pieces, of about `rows` rows each, of a scan of so many columns. Reads block headers.
    pub(crate) fn new(scan: &Scan, rows: u64, columns: usize) -> Self {
        let size = ItemSize::new(rows, block_size(scan), RAYON.current_num_threads());
        let items = cut(
            scan.files()
                .iter()
                .map(|file| file.header().length..file.size()),
            size,
        );
        let most = LIST_BYTES / (BYTES_PER_ITEM + BYTES_PER_COLUMN.saturating_mul(columns));
        Self {
            items: join(items, most.max(1)),
        }
    }

    /// The parts of the piece of this number.
    pub(crate) fn item(&self, number: u64) -> Option<&[Part]> {
        Some(self.items.get(usize::try_from(number).ok()?)?)
    }

    /// The list as an Arrow IPC file: for each item a record batch of one row, with the number of
    /// the item in the column `piece`, and a column of nulls for each of `columns`.
    ///
    /// Polars reads a record batch as one morsel, and prunes columns that nobody needs: whoever is
    /// handed a batch finds what to read in `piece`, and which columns of it by their names.
    pub(crate) fn to_ipc(&self, piece: &str, columns: &Schema) -> PolarsResult<Vec<u8>> {
        let mut schema = Schema::with_capacity(columns.len() + 1);
        schema.try_insert(piece.into(), DataType::UInt64)?;
        let mut nulls = Vec::with_capacity(columns.len());
        for name in columns.iter_names() {
            schema.try_insert(name.clone(), DataType::Null)?;
            nulls.push(Column::full_null(name.clone(), 1, &DataType::Null));
        }
        let mut ipc = Vec::new();
        let fields = vec![IpcField::default(); schema.len()];
        let mut writer = IpcWriter::new(&mut ipc).batched(&schema, fields)?;
        for number in 0..self.items.len() as u64 {
            let mut row = Vec::with_capacity(schema.len());
            row.push(Column::new(piece.into(), [number]));
            row.extend(nulls.iter().cloned());
            writer.write_batch(&DataFrame::new(1, row)?)?;
        }
        writer.finish()?;
        Ok(ipc)
    }
}

impl ItemSize {
    /// The size of items that have about so many rows.
    ///
    /// Growing by a share for each thread keeps what is in hand in proportion to what has been read,
    /// on any number of threads.
    fn new(rows: u64, block: Option<BlockSize>, threads: usize) -> Self {
        let threads = threads.max(1);
        let growth = 1.0 + 0.5 / threads as f64;
        let firsts = threads.saturating_mul(ITEMS_IN_HAND);
        let Some(block) = block else {
            return Self {
                first: ITEM_BYTES,
                firsts,
                full: ITEM_BYTES,
                growth,
            };
        };
        let first = block.bytes.max(1);
        let most = (ITEM_BYTES / first).max(1);
        let blocks = (rows / block.rows.max(1)).clamp(1, most);
        Self {
            first,
            firsts,
            full: first.saturating_mul(blocks),
            growth,
        }
    }
}

/// The size of the first block with rows. Nothing is known if there is none, or if its header is
/// not sound: whoever reads the block will say so.
fn block_size(scan: &Scan) -> Option<BlockSize> {
    let options = scan.options();
    block_on(async {
        let mut looked_at = 0;
        for file in scan.files() {
            let mut walk = file.walk(Split::all(), &options.limits, &options.progress);
            while looked_at < BLOCKS_LOOKED_AT {
                looked_at += 1;
                match walk.next().await {
                    Ok(Some(block)) if block.rows > 0 => {
                        return Some(BlockSize {
                            rows: block.rows,
                            bytes: block.end - block.offset,
                        });
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => return None,
                }
            }
        }
        None
    })
}

/// Cuts the blocks of files, each a range of bytes, into items that grow from the first size to the
/// full one. A file without blocks is an item too: somebody has to look whether it ends there.
fn cut(files: impl Iterator<Item = Range<u64>>, size: ItemSize) -> Vec<Vec<Part>> {
    let mut items = Vec::new();
    let mut grown = 1.0;
    for (number, file) in files.enumerate() {
        let mut start = file.start;
        loop {
            let length = ((grown * size.first as f64) as u64).clamp(size.first, size.full);
            if items.len() >= size.firsts {
                grown *= size.growth;
            }
            let end = start.saturating_add(length);
            if end >= file.end {
                items.push(vec![(
                    number,
                    Split {
                        start,
                        end: file.end,
                    },
                )]);
                break;
            }
            items.push(vec![(number, Split { start, end })]);
            start = end;
        }
    }
    items
}

/// Joins neighbours until there are at most so many items.
fn join(items: Vec<Vec<Part>>, most: usize) -> Vec<Vec<Part>> {
    let together = items.len().div_ceil(most).max(1);
    if together == 1 {
        return items;
    }
    items
        .chunks(together)
        .map(|neighbours| merge(neighbours.concat()))
        .collect()
}

/// The same bytes in as few parts as possible.
fn merge(parts: Vec<Part>) -> Vec<Part> {
    let mut merged: Vec<Part> = Vec::new();
    for (file, split) in parts {
        match merged.last_mut() {
            Some((last, before)) if *last == file && before.end == split.start => {
                before.end = split.end;
            }
            _ => merged.push((file, split)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;

    const KIB: u64 = 1 << 10;

    /// The sizes of items of `rows` rows, for blocks of `block_rows` rows and `bytes` bytes.
    fn item_size(rows: u64, block_rows: u64, bytes: u64) -> ItemSize {
        let block = BlockSize {
            rows: block_rows,
            bytes,
        };
        ItemSize::new(rows, Some(block), 2)
    }

    fn lengths(items: &[Vec<Part>]) -> Vec<u64> {
        items
            .iter()
            .map(|item| item.iter().map(|(_, split)| split.end - split.start).sum())
            .collect()
    }

    /// Every byte after the header belongs to one item, and items are in order.
    fn assert_covers(items: &[Vec<Part>], files: &[Range<u64>]) {
        let expected: Vec<_> = files
            .iter()
            .enumerate()
            .map(|(number, file)| {
                (
                    number,
                    Split {
                        start: file.start,
                        end: file.end,
                    },
                )
            })
            .collect();
        assert_eq!(merge(items.concat()), expected);
    }

    #[test]
    fn items_grow_from_one_block_to_the_rows_asked_for() {
        let size = item_size(100_000, 1000, 64 * KIB);
        let file = 500..500 + 2000 * 64 * KIB;
        let items = cut(once(file.clone()), size);
        assert_covers(&items, &[file]);
        let mut lengths = lengths(&items);
        assert_eq!(lengths[0], 64 * KIB);
        lengths.pop();
        assert!(lengths.is_sorted(), "{lengths:?}");
        assert!(
            lengths
                .windows(2)
                .all(|pair| pair[1] <= pair[0] * 5 / 4 + 1),
            "{lengths:?}"
        );
        assert_eq!(lengths.last(), Some(&(100 * 64 * KIB)));
    }

    #[test]
    fn what_threads_have_in_hand_at_first_is_little() {
        for threads in [1, 2, 16, 128] {
            let block = BlockSize {
                rows: 100,
                bytes: KIB,
            };
            let size = ItemSize::new(1_000_000, Some(block), threads);
            let lengths = lengths(&cut(once(0..10_000 * KIB), size));
            let in_hand = lengths.iter().take(8 * threads).sum::<u64>();
            assert_eq!(in_hand, 8 * threads as u64 * KIB, "{threads}");
            assert!(lengths.len() < 38 * threads, "{threads}: {}", lengths.len());
        }
    }

    #[test]
    fn an_item_is_never_less_than_a_block() {
        let items = cut(once(100..100 + 40 * KIB), item_size(7, 5000, 10 * KIB));
        assert_eq!(lengths(&items), [10 * KIB; 4]);
    }

    #[test]
    fn wide_rows_are_bounded_by_bytes() {
        // 100,000 rows of 10 KiB would be a gigabyte.
        let file = 0..4 << 30;
        let items = cut(once(file.clone()), item_size(100_000, 100, 1000 * KIB));
        assert_covers(&items, &[file]);
        assert!(lengths(&items).iter().all(|length| *length <= ITEM_BYTES));
    }

    #[test]
    fn growth_goes_on_from_file_to_file() {
        let files = vec![10..10 + 30 * KIB; 40];
        let items = cut(files.iter().cloned(), item_size(1000, 10, KIB));
        assert_covers(&items, &files);
        let lengths = lengths(&items);
        assert_eq!((lengths[0], lengths[lengths.len() - 1]), (KIB, 30 * KIB));
    }

    #[test]
    fn a_file_without_blocks_is_an_item() {
        let items = cut(
            [300..300, 70..70].into_iter(),
            ItemSize::new(100_000, None, 2),
        );
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn a_long_list_is_joined() {
        let files = vec![0..100 * KIB; 3];
        let items = cut(files.iter().cloned(), item_size(1, 1, KIB));
        assert_eq!(items.len(), 300);
        let joined = join(items.clone(), 7);
        assert!(joined.len() <= 7);
        assert_covers(&joined, &files);
        assert_eq!(join(items.clone(), 300), items);
    }

    #[test]
    fn a_record_batch_of_the_list_is_an_item() {
        let list = WorkList {
            items: cut(once(0..5 * KIB), item_size(1, 1, KIB)),
        };
        let columns = Schema::from_iter([
            Field::new("a".into(), DataType::String),
            Field::new("é b".into(), DataType::Null),
        ]);
        let ipc = list.to_ipc("piece", &columns).unwrap();
        let frame = IpcReader::new(std::io::Cursor::new(&ipc))
            .set_rechunk(false)
            .finish()
            .unwrap();
        assert_eq!(frame.get_column_names(), ["piece", "a", "é b"]);
        let pieces = frame.column("piece").unwrap();
        assert!(pieces.u64().unwrap().into_no_null_iter().eq(0..5));
        assert_eq!(
            pieces.as_materialized_series().n_chunks(),
            5,
            "a record batch each"
        );
        let last = [(
            0,
            Split {
                start: 4 * KIB,
                end: 5 * KIB,
            },
        )];
        assert_eq!(list.item(4), Some(&last[..]));
        assert_eq!(list.item(5), None);
    }

    #[test]
    fn a_list_takes_the_bytes_that_are_reckoned_with() {
        for columns in [0, 10, 300] {
            let schema = (0..columns)
                .map(|number| Field::new(format!("column {number}").into(), DataType::Int32))
                .collect::<Schema>();
            let bytes = |items| {
                let items = cut(once(0..items * KIB), item_size(1, 1, KIB));
                WorkList { items }.to_ipc("piece", &schema).unwrap().len()
            };
            let each = (bytes(200) - bytes(100)) / 100;
            let reckoned = BYTES_PER_ITEM + BYTES_PER_COLUMN * columns;
            assert!(
                each * 10 <= reckoned * 12,
                "{columns} columns: {each} bytes an item"
            );
            assert!(
                each * 10 >= reckoned * 6,
                "{columns} columns: {each} bytes an item"
            );
        }
    }
}
