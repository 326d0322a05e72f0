//! A scan, cut into pieces of work, and the list of them as Polars reads it.

use avroscan::{Scan, Split, block_on};
use polars::prelude::*;
use polars_arrow::io::ipc::IpcField;
use polars_core::runtime::RAYON;

use crate::blocks::{self, Full, Unit};

/// A byte range of one of the scan's files, by the number of the file.
pub(crate) type Part = (usize, Split);

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
/// A piece becomes one frame in one thread, so its size bounds the memory of a thread. It is as many
/// blocks as have the rows that were asked for, or as take a quarter of `Limits::batch_bytes` when
/// they are decoded, whichever are fewer, and at least one: see [`blocks`]. But the first pieces are
/// small: a query that needs a few rows, and says so only by asking for no more, is served from the
/// first pieces. They are one block, and grow when there are as many as an engine has in hand: it
/// reads those before it is told that there are enough rows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WorkList {
    items: Vec<Vec<Part>>,
}

/// How pieces grow.
#[derive(Debug, Clone, Copy)]
struct Growth {
    /// How many pieces are one block each.
    firsts: usize,
    /// How many times as many blocks as the one before it a piece has, until it is full.
    factor: f64,
}

impl WorkList {
    /// The pieces, of about `rows` rows each, of a scan of so many columns. Reads block headers.
    pub(crate) fn new(scan: &Scan, rows: u64, columns: usize) -> Self {
        let growth = Growth::new(RAYON.current_num_threads());
        let full = Full {
            rows,
            decoded: scan.options().limits.batch_bytes as u64 / 4,
        };
        let units = block_on(blocks::units(scan, full, growth.firsts));
        let items = cut(&units, growth);
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

impl Growth {
    /// Growing by a share for each thread keeps what is in hand in proportion to what has been read,
    /// on any number of threads.
    fn new(threads: usize) -> Self {
        let threads = threads.max(1);
        Self {
            firsts: threads.saturating_mul(ITEMS_IN_HAND),
            factor: 1.0 + 0.5 / threads as f64,
        }
    }
}

/// A full piece, and what may be lost when shares of it are added up.
const FULL: f64 = 1.0 + 1e-6;

/// Joins units of the same file to items that grow from one unit until they are full.
fn cut(units: &[Unit], growth: Growth) -> Vec<Vec<Part>> {
    let mut items: Vec<Vec<Part>> = Vec::new();
    let (mut most, mut count, mut weight) = (1.0, 0.0, 0.0);
    for unit in units {
        let (file, split) = unit.part;
        if let Some([(last, before)]) = items.last_mut().map(Vec::as_mut_slice)
            && *last == file
            && before.end == split.start
            && count + 1.0 <= most
            && weight + unit.weight <= FULL
        {
            before.end = split.end;
            count += 1.0;
            weight += unit.weight;
            continue;
        }
        if items.len() >= growth.firsts {
            most *= growth.factor;
        }
        items.push(vec![unit.part]);
        (count, weight) = (1.0, unit.weight);
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
    use super::*;

    const KIB: u64 = 1 << 10;

    /// Units of files of so many, each of these bytes and this share of a full item.
    fn units(files: &[u64], bytes: u64, weight: f64) -> Vec<Unit> {
        let files = files.iter().enumerate();
        let unit = |file, number| Unit {
            part: (file, Split::new(number * bytes, (number + 1) * bytes)),
            weight,
        };
        files
            .flat_map(|(file, count)| (0..*count).map(move |number| unit(file, number)))
            .collect()
    }

    fn lengths(items: &[Vec<Part>]) -> Vec<u64> {
        items
            .iter()
            .map(|item| item.iter().map(|(_, split)| split.end - split.start).sum())
            .collect()
    }

    /// Every byte belongs to one item, and items are in order.
    fn assert_covers(items: &[Vec<Part>], units: &[Unit]) {
        let expected = units.iter().map(|unit| unit.part).collect();
        assert_eq!(merge(items.concat()), merge(expected));
    }

    #[test]
    fn items_grow_from_one_block_until_they_are_full() {
        let units = units(&[2000], 64 * KIB, 0.01);
        let items = cut(&units, Growth::new(2));
        assert_covers(&items, &units);
        let mut lengths = lengths(&items);
        assert_eq!(lengths[0], 64 * KIB);
        lengths.pop();
        assert!(lengths.is_sorted(), "{lengths:?}");
        assert!(
            lengths
                .windows(2)
                .all(|pair| pair[1] <= pair[0] * 5 / 4 + 64 * KIB),
            "{lengths:?}"
        );
        assert_eq!(lengths.last(), Some(&(100 * 64 * KIB)));
    }

    #[test]
    fn what_threads_have_in_hand_at_first_is_little() {
        for threads in [1, 2, 16, 128] {
            let units = units(&[10_000], KIB, 0.0001);
            let lengths = lengths(&cut(&units, Growth::new(threads)));
            let in_hand = lengths.iter().take(8 * threads).sum::<u64>();
            assert_eq!(in_hand, 8 * threads as u64 * KIB, "{threads}");
            assert!(lengths.len() < 38 * threads, "{threads}: {}", lengths.len());
        }
    }

    #[test]
    fn an_item_is_never_less_than_a_block() {
        let items = cut(&units(&[4], 10 * KIB, 7.0), Growth::new(2));
        assert_eq!(lengths(&items), [10 * KIB; 4]);
    }

    #[test]
    fn no_item_of_several_blocks_is_more_than_full() {
        // Blocks without rows, small ones and ones that are full alone, in any order.
        let mut state = 1u64;
        let mut units = units(&[5_000, 3_000], KIB, 0.0);
        for unit in &mut units {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            unit.weight = [0.0, 0.001, 0.2, 1.0, 3.0][(state >> 40) as usize % 5];
        }
        let items = cut(&units, Growth::new(2));
        assert_covers(&items, &units);
        let weight = |item: &[Part]| -> (usize, f64) {
            let (file, split) = item[0];
            let inside = units.iter().filter(|unit| {
                let (of, part) = unit.part;
                of == file && split.start <= part.start && part.end <= split.end
            });
            inside.fold((0, 0.0), |(count, sum), unit| {
                (count + 1, sum + unit.weight)
            })
        };
        for item in &items {
            let (count, weight) = weight(item);
            assert!(count == 1 || weight <= FULL, "{count} blocks, {weight}");
        }
    }

    #[test]
    fn growth_goes_on_from_file_to_file() {
        let units = units(&[30; 40], KIB, 0.01);
        let items = cut(&units, Growth::new(2));
        assert_covers(&items, &units);
        let lengths = lengths(&items);
        assert_eq!((lengths[0], lengths[lengths.len() - 1]), (KIB, 30 * KIB));
    }

    #[test]
    fn a_long_list_is_joined() {
        let units = units(&[100; 3], KIB, 1.0);
        let items = cut(&units, Growth::new(2));
        assert_eq!(items.len(), 300);
        let joined = join(items.clone(), 7);
        assert!(joined.len() <= 7);
        assert_covers(&joined, &units);
        assert_eq!(join(items.clone(), 300), items);
    }

    #[test]
    fn a_record_batch_of_the_list_is_an_item() {
        let list = WorkList {
            items: cut(&units(&[5], KIB, 1.0), Growth::new(2)),
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
                let items = cut(&units(&[items], KIB, 1.0), Growth::new(2));
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
