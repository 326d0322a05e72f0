//! The bodies of fuzz targets, on files that were changed at random: always the same ones.

use std::sync::Arc;

use avroscan::{
    AvroFile, AvroSchema, CheckedBlock, Limits, OnError, Projection, ReadReport, ScanOptions,
    Split, block_on,
};
use avroscan_tests::corpus;

use crate::read::{Opened, memory, outcome};

/// Small limits: a file of a few hundred bytes must not keep a test busy.
fn options() -> ScanOptions {
    let mut limits = Limits::default();
    limits.decompressed_bytes = 1 << 20;
    limits.batch_bytes = 1 << 20;
    limits.zero_byte_items = 1 << 12;
    ScanOptions::default().with_limits(limits).with_workers(1)
}

/// Any bytes as a file: what is skipped is what cannot be read.
fn file(bytes: &[u8]) {
    let strict = outcome(memory(bytes.to_vec()), &options());
    let report = ReadReport::default();
    let skip = options()
        .with_on_error(OnError::Skip)
        .with_report(report.clone());
    let skipping = outcome(memory(bytes.to_vec()), &skip);
    assert!(skipping.num_rows() >= strict.num_rows());
    if strict.error.is_none() {
        assert!(skipping.error.is_none());
        assert_eq!(skipping.num_rows(), strict.num_rows());
        assert_eq!(report.bad_blocks(), 0);
    }
    let none = options().with_projection(Projection::none());
    let counted = outcome(memory(bytes.to_vec()), &none);
    if strict.error.is_none() {
        assert_eq!(counted.num_rows(), strict.num_rows());
    }
    checked(bytes, &skipping.error.is_none().then_some(report));
    split(bytes, &skip);
}

/// A check comes to the same as skipping.
fn checked(bytes: &[u8], report: &Option<ReadReport>) {
    let options = options();
    let opened = block_on(AvroFile::open(
        memory(bytes.to_vec()),
        &options.limits,
        &options.progress,
    ));
    let Ok(file) = opened else { return };
    let Ok(mut blocks) = block_on(file.check(&options)) else {
        return;
    };
    let mut bad = Vec::new();
    while let Ok(Some(block)) = block_on(blocks.next()) {
        if let CheckedBlock::Bad(block) = block {
            bad.push(block);
        }
    }
    if let Some(report) = report {
        assert_eq!(bad, report.entries());
    }
}

/// The two halves of a file: no panic, whatever they find.
fn split(bytes: &[u8], options: &ScanOptions) {
    let Ok(opened) = Opened::new(memory(bytes.to_vec()), options) else {
        return;
    };
    let middle = bytes.len() as u64 / 2;
    opened.split(Split::new(0, middle));
    opened.split(Split::new(middle, u64::MAX));
}

/// Any text as a schema.
fn schema(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(schema) = AvroSchema::parse(&text, &Limits::default()) {
        let _ = ScanOptions::default().plan(&schema);
        let reader = ScanOptions::default().with_reader_schema(Arc::new(schema.clone()));
        let _ = reader.plan(&schema);
    }
}

/// Numbers that are the same every time: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// A few bytes changed, taken out, put in or doubled.
fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] = numbers.below(256) as u8,
            2 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            3 => bytes.insert(at, [0, 0x7f, 0x80, 0xff][numbers.below(4)]),
            4 => {
                let end = (at + numbers.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + numbers.below(80)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = numbers.below(bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let cases = corpus::all();
    for number in 0..4_000 {
        let case = &cases[number % cases.len()];
        if case.file.len() > 10_000 {
            continue;
        }
        let mut bytes = case.file.clone();
        mutate(&mut bytes, &mut numbers);
        file(&bytes);
        schema(&bytes);
    }
}

#[test]
fn any_text_is_a_schema_or_refused() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let seed = br#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","R"]},
        {"name":"b","type":{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}}},
        {"name":"c","type":{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":4}}]}"#;
    for _ in 0..4_000 {
        let mut bytes = seed.to_vec();
        mutate(&mut bytes, &mut numbers);
        schema(&bytes);
    }
}
