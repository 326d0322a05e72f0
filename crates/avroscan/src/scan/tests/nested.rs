//! Damage inside of damage: the same rows and the same report for any splits.

use super::skip::{Skipped, first_block, read_cuts, skipping};
use super::*;
use crate::scan::inner::MAX_LEVELS;

/// Numbers that are the same in each run (Knuth's linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A block whose size is written in three bytes, so that it can become any other.
struct Placed {
    start: usize,
    end: usize,
}

/// Blocks of a row or two each.
fn file(random: &mut Random, count: usize) -> (Vec<u8>, Vec<Placed>) {
    let mut file = header("\"string\"");
    let mut placed = Vec::new();
    for number in 0..count {
        let rows = 1 + random.below(2);
        let text = text(&vec![b'x'; random.below(30)]);
        let data = super::rows(2 * number, rows, &text);
        let start = file.len();
        file.extend(long(rows as i64));
        file.extend(padded(data.len()));
        file.extend(data);
        file.extend(SYNC);
        let end = file.len();
        placed.push(Placed { start, end });
    }
    (file, placed)
}

/// A size in three bytes.
fn padded(size: usize) -> [u8; 3] {
    let size = size << 1;
    [
        size as u8 | 0x80,
        (size >> 7) as u8 | 0x80,
        (size >> 14) as u8,
    ]
}

/// Lets a block reach to the end of a later one.
fn stretch(file: &mut [u8], placed: &[Placed], from: usize, to: usize) {
    let Placed { start, .. } = placed[from];
    let size = placed[to].end - 16 - (start + 4);
    file[start + 1..start + 4].copy_from_slice(&padded(size));
}

/// Damages something of one block.
fn damage(file: &mut [u8], placed: &[Placed], random: &mut Random, number: usize) {
    let Placed { start, end } = placed[number];
    match random.below(8) {
        // Its number of rows.
        0 => file[start] ^= 1 << random.below(8),
        // Its size.
        1 => file[start + 1 + random.below(3)] ^= 1 << random.below(8),
        // A marker that can still be made out, and one that cannot.
        2 | 3 => file[end - 1 - random.below(16)] ^= 1 << random.below(8),
        4 => file[end - 16..end].fill(0xff),
        // What it holds.
        5 => file[start + 4 + random.below(end - 20 - start)] ^= 1 << random.below(8),
        _ => file[start..end - 16].fill(0xff),
    }
}

#[track_caller]
fn same(found: &Skipped, expected: &Skipped, how: &str) {
    assert!(found.error.is_none(), "{how}: {:?}", found.error);
    assert_eq!(found.ids, expected.ids, "{how}");
    assert_eq!(found.report.entries(), expected.report.entries(), "{how}");
    assert_eq!(
        found.report.bytes_skipped(),
        expected.report.bytes_skipped()
    );
    assert_eq!(found.report.rows_lost(), expected.report.rows_lost());
}

/// All splits of two, and some of many, against the file as a whole.
fn for_all_splits(file: &[u8], random: &mut Random, how: &str) -> Skipped {
    let whole = read_cuts(file, &skipping().with_workers(1), &[]);
    for cut in first_block(file)..file.len() {
        let workers = 1 + 2 * usize::from(cut % 16 == 0);
        let options = skipping().with_workers(workers);
        let found = read_cuts(file, &options, &[cut]);
        same(&found, &whole, &format!("{how}, cut at {cut}"));
    }
    for _ in 0..20 {
        let mut cuts: Vec<_> = (0..2 + random.below(12))
            .map(|_| random.below(file.len()))
            .collect();
        cuts.sort_unstable();
        let found = read_cuts(file, &skipping().with_workers(1), &cuts);
        same(&found, &whole, &format!("{how}, cut at {cuts:?}"));
    }
    whole
}

#[test]
fn damage_inside_of_damage_inside_of_damage_is_the_same_for_any_splits() {
    let first = std::env::var("AVROSCAN_FIRST_SEED").ok();
    let first: u64 = first.map_or(0, |seed| seed.parse().expect("a number"));
    let mut deepest = 0;
    for seed in first..first + 60 {
        let random = &mut Random(seed);
        let count = 6 + random.below(7);
        let (mut file, placed) = self::file(random, count);
        // Sizes that lie, each to the end of some later block: inside of one another or across.
        let mut at = random.below(3);
        for _ in 0..1 + random.below(4) {
            if at + 1 >= count {
                break;
            }
            let to = at + 1 + random.below(count - at - 1);
            stretch(&mut file, &placed, at, to);
            at += 1 + random.below(2);
        }
        for _ in 0..random.below(4) {
            let number = random.below(count);
            damage(&mut file, &placed, random, number);
        }
        let found = for_all_splits(&file, random, &format!("seed {seed}"));
        deepest = deepest.max(found.report.entries().len());
    }
    assert!(deepest >= 3, "{deepest}");
}

#[test]
fn blocks_are_looked_for_in_so_many_blocks_inside_of_each_other() {
    // Each block reaches to the end of the file.
    let count = MAX_LEVELS + 4;
    let stretched = |levels: usize| {
        let (mut file, placed) = self::file(&mut Random(7), count);
        for from in 0..levels {
            stretch(&mut file, &placed, from, count - 1);
        }
        file
    };
    let found = for_all_splits(&stretched(MAX_LEVELS), &mut Random(1), "levels");
    assert_eq!(found.report.bad_blocks(), MAX_LEVELS as u64);
    assert_eq!(found.ids.first(), Some(&(2 * MAX_LEVELS as i64)));
    // The last of them is given up as a whole.
    let file = stretched(MAX_LEVELS + 1);
    let found = read_cuts(&file, &skipping().with_workers(1), &[]);
    assert_eq!(found.report.bad_blocks(), MAX_LEVELS as u64 + 1);
    assert!(found.ids.is_empty(), "{:?}", found.ids);
}
