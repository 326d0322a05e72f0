//! A flipped bit costs its block and nothing else.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use avroscan::{Error, ErrorKind, OnError, ReadReport, ScanOptions};
use avroscan_tests::data::orders;
use avroscan_tests::slow;
use avroscan_tests::write::Codec;

use crate::read::{batches, memory, outcome};

/// A sound file, and where its blocks and their rows are.
struct Sound {
    codec: Codec,
    bytes: Vec<u8>,
    blocks: Vec<slow::Block>,
    rows: RecordBatch,
}

impl Sound {
    fn new(rows: u64, rows_per_block: usize, codec: Codec) -> Self {
        let bytes = orders::file(rows, rows_per_block, codec);
        let rows = batches(&bytes, &ScanOptions::default());
        let rows = concat_batches(&rows[0].schema(), &rows).unwrap();
        Self {
            codec,
            blocks: slow::File::open(&bytes).unwrap().blocks,
            bytes,
            rows,
        }
    }

    /// Flips a bit behind the header and reads in both ways.
    fn flip(&self, at: usize, bit: usize) {
        let what = format!("{:?}, bit {bit} of byte {at}", self.codec);
        let mut bytes = self.bytes.clone();
        bytes[at] ^= 1 << bit;
        let number = self.blocks.iter().position(|block| at < block.end).unwrap();
        let block = &self.blocks[number];
        let before: usize = self.blocks[..number].iter().map(|block| block.rows).sum();
        let after = self.rows.num_rows() - before - block.rows;

        let strict = outcome(
            memory(bytes.clone()),
            &ScanOptions::default().with_workers(1),
        );
        let rows = concat_batches(&self.rows.schema(), &strict.batches).unwrap();
        match &strict.error {
            Some(error) => {
                assert!(error.is_data() || is_limit(error));
                assert!(rows == self.rows.slice(0, before), "{what}: {error}");
            }
            // No checksum: one value became another.
            None => {
                assert_eq!(rows.num_rows(), self.rows.num_rows(), "{what}");
                assert!(self.same_around(&rows, before, after), "{what}");
            }
        }

        let report = ReadReport::default();
        let options = ScanOptions::default()
            .with_workers(1)
            .with_on_error(OnError::Skip)
            .with_report(report.clone());
        let skipping = outcome(memory(bytes), &options);
        if let Some(error) = &skipping.error {
            assert!(is_limit(error), "{what}: {error}");
            return;
        }
        let rows = concat_batches(&self.rows.schema(), &skipping.batches).unwrap();
        let entries = report.entries();
        assert_eq!(entries.is_empty(), strict.error.is_none(), "{what}");
        assert!(
            self.same_around(&rows, before, after),
            "{what}: {entries:?}"
        );
        if let [entry] = &entries[..] {
            assert_eq!(rows.num_rows(), before + after, "{what}");
            let place = (entry.offset as usize, entry.bytes as usize);
            assert_eq!(place, (block.start, block.end - block.start), "{what}");
        } else {
            assert!(entries.is_empty(), "{what}: {entries:?}");
        }
    }

    /// Whether the rows of the blocks before and after the damaged one are the right ones.
    fn same_around(&self, found: &RecordBatch, before: usize, after: usize) -> bool {
        let tail = |rows: &RecordBatch| rows.slice(rows.num_rows() - after, after);
        found.num_rows() >= before + after
            && found.slice(0, before) == self.rows.slice(0, before)
            && tail(found) == tail(&self.rows)
    }

    fn body(&self) -> std::ops::Range<usize> {
        self.blocks[0].start..self.bytes.len()
    }
}

fn is_limit(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Limit(_))
}

#[test]
fn every_flipped_bit_of_a_small_file_costs_its_block_alone() {
    for codec in Codec::ALL {
        let sound = Sound::new(3, 1, codec);
        for at in sound.body() {
            for bit in 0..8 {
                sound.flip(at, bit);
            }
        }
    }
}

#[test]
fn flipped_bits_of_a_larger_file_cost_their_block_alone() {
    let files = Codec::ALL.map(|codec| Sound::new(200, 10, codec));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        // Any sequence will do that is the same every time: xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for number in 0..20_000 {
        let sound = &files[number % files.len()];
        let body = sound.body();
        let at = body.start + next(body.len());
        sound.flip(at, next(8));
    }
}
