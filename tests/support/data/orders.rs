//! Orders of a shop: nested records, nullable fields in both orders of the branches, an array of
//! records, a map, an enum, decimals, a date and timestamps.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{mix, pick};
use crate::write::{self, Codec};

/// The Avro schema.
pub const SCHEMA: &str = include_str!("orders.avsc");

/// How many orders the file of the documentation holds.
pub const SAMPLE_ROWS: u64 = 10_000;

/// How many orders a block of the file of the documentation holds.
pub const SAMPLE_ROWS_PER_BLOCK: usize = 200;

/// The codec of the file of the documentation.
pub const SAMPLE_CODEC: Codec = Codec::Zstandard;

/// 2024-01-01T00:00:00Z in seconds, when the first order was placed.
const FIRST_SECOND: i64 = 1_704_067_200;

const STATUSES: [Status; 5] = [
    Status::New,
    Status::Paid,
    Status::Shipped,
    Status::Delivered,
    Status::Cancelled,
];
const NAMES: [&str; 8] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Eve", "Farid", "Grace", "Hélène",
];
const SURNAMES: [&str; 6] = [
    "Lovelace",
    "Nakamura",
    "Okafor",
    "Schröder",
    "Silva",
    "Weiß",
];
const PLACES: [(&str, &str); 10] = [
    ("Berlin", "DE"),
    ("Hamburg", "DE"),
    ("Paris", "FR"),
    ("Lyon", "FR"),
    ("Lisboa", "PT"),
    ("Kyoto", "JP"),
    ("Lagos", "NG"),
    ("São Paulo", "BR"),
    ("Leeds", "GB"),
    ("Boston", "US"),
];
const NOTES: [&str; 4] = [
    "leave at the door",
    "gift",
    "call before delivery, the bell does not work",
    "línea dos, 日本語, 🎁",
];

/// What became of an order; the symbols are the enum's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Status {
    New,
    Paid,
    Shipped,
    Delivered,
    Cancelled,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    /// The row's number.
    pub id: i64,
    /// `timestamp-millis`; grows with the row's number.
    pub placed_at: i64,
    /// `timestamp-micros`, the null branch first; null for a third of the rows.
    pub updated_at: Option<i64>,
    /// `date`, the null branch last; null unless shipped or delivered.
    pub ship_date: Option<i32>,
    /// An enum of five symbols.
    pub status: Status,
    /// A nested record.
    pub customer: Customer,
    /// One to four records.
    pub items: Vec<Item>,
    /// A map with none to two entries.
    pub attributes: BTreeMap<&'static str, String>,
    /// `decimal(12, 2)` in `bytes`: the sum of the items' quantity times price.
    pub total: Cents,
    /// Null, or short, or longer than a string view holds inline.
    pub note: Option<&'static str>,
    /// Nullable double.
    pub weight: Option<f64>,
}

/// Who ordered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Customer {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub newsletter: bool,
    pub address: Address,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Address {
    pub city: &'static str,
    pub country: &'static str,
    pub zip: Option<String>,
}

/// One position of an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Item {
    pub sku: String,
    pub quantity: i32,
    /// `decimal(9, 2)` in a `fixed` of four bytes.
    #[serde(serialize_with = "four_bytes")]
    pub price: i64,
    pub discount: Option<f32>,
}

/// An amount in hundredths, written as the shortest two's-complement bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cents(pub i64);

impl Cents {
    fn be_bytes(self) -> Vec<u8> {
        let all = self.0.to_be_bytes();
        let redundant = all
            .windows(2)
            .take_while(|w| (w[0] == 0 && w[1] < 0x80) || (w[0] == 0xff && w[1] >= 0x80))
            .count();
        all[redundant..].to_vec()
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.be_bytes())
    }
}

fn four_bytes<S: Serializer>(cents: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&cents.to_be_bytes()[4..])
}

impl Order {
    /// The order of this row.
    pub fn at(row: u64) -> Self {
        let status = pick(&STATUSES, row, 1);
        let placed = FIRST_SECOND + row as i64 * 61 + (mix(row, 2) % 60) as i64;
        let items: Vec<Item> = (0..1 + mix(row, 3) % 4).map(|i| Item::at(row, i)).collect();
        let total = items
            .iter()
            .map(|item| i64::from(item.quantity) * item.price)
            .sum();
        let mut attributes = BTreeMap::new();
        if !row.is_multiple_of(3) {
            attributes.insert("channel", pick(&["web", "app", "phone"], row, 4).to_owned());
        }
        if row.is_multiple_of(4) {
            attributes.insert("coupon", format!("SAVE{}", mix(row, 5) % 30));
        }
        Self {
            id: row as i64,
            placed_at: placed * 1_000 + (row % 1_000) as i64,
            updated_at: (row % 3 != 1).then_some(placed * 1_000_000 + (row % 7) as i64),
            ship_date: matches!(status, Status::Shipped | Status::Delivered)
                .then_some((placed / 86_400) as i32 + 1),
            status,
            customer: Customer::of(mix(row, 6) % 900),
            items,
            attributes,
            total: Cents(total),
            note: row.is_multiple_of(5).then(|| pick(&NOTES, row, 7)),
            weight: row
                .is_multiple_of(2)
                .then_some((mix(row, 8) % 4_000) as f64 / 8.0),
        }
    }
}

impl Customer {
    fn of(id: u64) -> Self {
        let name = format!("{} {}", pick(&NAMES, id, 10), pick(&SURNAMES, id, 11));
        let (city, country) = pick(&PLACES, id, 12);
        Self {
            id: id as i64,
            email: (!id.is_multiple_of(4)).then(|| format!("customer{id}@example.com")),
            newsletter: id.is_multiple_of(3),
            address: Address {
                city,
                country,
                zip: (!id.is_multiple_of(6)).then(|| format!("{:05}", mix(id, 13) % 100_000)),
            },
            name,
        }
    }
}

impl Item {
    fn at(row: u64, i: u64) -> Self {
        let product = mix(row, 20 + i) % 250;
        Self {
            sku: format!("SKU-{product:04}"),
            quantity: 1 + (mix(row, 30 + i) % 5) as i32,
            price: 99 + (mix(product, 40) % 20_000) as i64,
            discount: product
                .is_multiple_of(10)
                .then_some((product % 4) as f32 / 8.0),
        }
    }
}

/// A file of the first `rows` orders, a block after every `rows_per_block`.
pub fn file(rows: u64, rows_per_block: usize, codec: Codec) -> Vec<u8> {
    write::rows(SCHEMA, (0..rows).map(Order::at), codec, rows_per_block)
}

/// The bytes of `docs/data/orders.avro`.
pub fn sample() -> Vec<u8> {
    file(SAMPLE_ROWS, SAMPLE_ROWS_PER_BLOCK, SAMPLE_CODEC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_shortest_twos_complement() {
        for (cents, expected) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x00, 0x80]),
            (-1, &[0xff]),
            (-129, &[0xff, 0x7f]),
        ] {
            assert_eq!(Cents(cents).be_bytes(), expected, "{cents}");
        }
    }
}
