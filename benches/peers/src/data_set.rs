//! The kinds of files.

use avroscan_tests::data::complex::Complex;
use avroscan_tests::data::nested::Nested;
use avroscan_tests::data::simple::Simple;
use avroscan_tests::data::strings::Strings;
use avroscan_tests::data::{complex, nested, nullable, simple, strings, wide};
use avroscan_tests::write::{Codec, Value};

use crate::answer::{Answer, Probe};

/// Rows of one schema. Every value follows from the row's number.
#[derive(Debug)]
pub(crate) struct DataSet {
    pub(crate) name: &'static str,
    /// At scale 1.
    pub(crate) rows: u64,
    /// About 64 KB of them.
    pub(crate) rows_per_block: usize,
    pub(crate) probe: Probe,
    /// Rows, rows a block, codec.
    pub(crate) write: fn(u64, usize, Codec) -> Vec<u8>,
    /// What the row of this number adds to the answer.
    row: fn(u64) -> (Option<i64>, Option<usize>),
}

impl DataSet {
    /// What a read of the first `rows` rows must come to.
    pub(crate) fn answer(&self, rows: u64) -> Answer {
        self.answer_where(rows, |_| true)
    }

    /// What those of them come to whose number is one to keep. A null is like 0.
    pub(crate) fn answer_where(&self, rows: u64, keeps: impl Fn(i64) -> bool) -> Answer {
        let row = |row| {
            let (number, text) = (self.row)(row);
            let number = number.unwrap_or(0);
            keeps(number).then(|| Answer {
                rows: 1,
                sum: number,
                text_bytes: text.unwrap_or(0) as u64,
            })
        };
        (0..rows).filter_map(row).sum()
    }

    /// The rows at this scale: at least one.
    pub(crate) fn rows_at(&self, scale: f64) -> u64 {
        ((self.rows as f64 * scale) as u64).max(1)
    }
}

pub(crate) static SIMPLE: DataSet = DataSet {
    name: "simple",
    rows: 1_000_000,
    rows_per_block: 1_750,
    probe: Probe {
        number: &["id"],
        text: &["name"],
    },
    write: simple::file,
    row: |row| {
        let row = Simple::at(row);
        (Some(row.id), Some(row.name.len()))
    },
};

pub(crate) static COMPLEX: DataSet = DataSet {
    name: "complex",
    rows: 1_000_000,
    rows_per_block: 600,
    probe: Probe {
        number: &["at"],
        text: &["comment"],
    },
    write: complex::file,
    row: |row| {
        let row = Complex::at(row);
        (Some(row.at), row.comment.map(|text| text.len()))
    },
};

pub(crate) static WIDE: DataSet = DataSet {
    name: "wide",
    rows: 200_000,
    rows_per_block: 150,
    probe: Probe {
        number: &["c10"],
        text: &["c42"],
    },
    write: wide::file,
    row: |row| (long(wide::at(row, 10)), text(wide::at(row, 42))),
};

pub(crate) static STRINGS: DataSet = DataSet {
    name: "strings",
    rows: 200_000,
    rows_per_block: 70,
    probe: Probe {
        number: &["id"],
        text: &["comment"],
    },
    write: strings::file,
    row: |row| {
        let row = Strings::at(row);
        (Some(row.id), Some(row.comment.len()))
    },
};

pub(crate) static NULLABLE: DataSet = DataSet {
    name: "nullable",
    rows: 300_000,
    rows_per_block: 400,
    probe: Probe {
        number: &["c5"],
        text: &["c8"],
    },
    write: nullable::file,
    row: |row| (long(nullable::at(row, 5)), text(nullable::at(row, 8))),
};

pub(crate) static NESTED: DataSet = DataSet {
    name: "nested",
    rows: 400_000,
    rows_per_block: 900,
    probe: Probe {
        number: &["id"],
        text: &["site", "place", "address", "street"],
    },
    write: nested::file,
    row: |row| {
        let row = Nested::at(row);
        (Some(row.id), Some(row.site.place.address.street.len()))
    },
};

/// The kind of this name.
pub(crate) fn named(name: &str) -> Option<&'static DataSet> {
    [&SIMPLE, &COMPLEX, &WIDE, &STRINGS, &NULLABLE, &NESTED]
        .into_iter()
        .find(|set| set.name == name)
}

fn long(value: Value) -> Option<i64> {
    match value {
        Value::Long(number) => Some(number),
        Value::Union(_, inner) => long(*inner),
        _ => None,
    }
}

fn text(value: Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.len()),
        Value::Union(_, inner) => text(*inner),
        _ => None,
    }
}
