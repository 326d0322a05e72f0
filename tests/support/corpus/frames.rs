//! Blocks that are cut off, that lie, and that do not decompress, for each codec.

use super::{Bad, Case, Skipping};
use crate::raw::{self, Container, MARKER};
use crate::write::Codec;

pub(super) fn cases() -> Vec<Case> {
    Codec::ALL.into_iter().flat_map(of_codec).collect()
}

/// Two rows with these numbers, compressed.
fn body(codec: Codec, first: i64) -> Vec<u8> {
    let text = raw::bytes("some text");
    codec.compress(&[super::row(first, &text), super::row(first + 1, &text)].concat())
}

/// How the block in the middle is damaged, and what follows from that.
struct Damage {
    name: &'static str,
    rows: i64,
    /// What is added to its size.
    size: Size,
    body: Option<Vec<u8>>,
    marker: [u8; 16],
    kind: &'static str,
    rows_lost: Option<u64>,
}

enum Size {
    More(i64),
    Is(i64),
}

impl Damage {
    fn new(name: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            rows: 2,
            size: Size::More(0),
            body: None,
            marker: MARKER,
            kind,
            rows_lost: None,
        }
    }
}

fn of_codec(codec: Codec) -> Vec<Case> {
    let schema = super::schema(r#""string""#);
    let header = || raw::file_with_codec(&schema, codec.name());
    let one = || header().block(2, &body(codec, 0));
    let two = || one().block(2, &body(codec, 2));
    let three = || two().block(2, &body(codec, 4));
    let [start, second, third] = [header().len(), one().len(), two().len()];
    let sound = three().finish();
    let end = sound.len();
    let all = vec![0, 1, 2, 3, 4, 5];
    let name = |what: &str| format!("{}: {what}", codec.name());

    let good = |what: &str, file: Vec<u8>, rows: &[i64]| Case {
        name: name(what),
        file,
        strict: rows.to_vec(),
        error: None,
        skipping: Some(Skipping {
            rows: rows.to_vec(),
            bad: Vec::new(),
        }),
    };
    let bad = |what: &str, file: Vec<u8>, strict: &[i64], rows: &[i64], bad: Bad| Case {
        name: name(what),
        file,
        strict: strict.to_vec(),
        error: Some(kind_name(&bad.kind)),
        skipping: Some(Skipping {
            rows: rows.to_vec(),
            bad: vec![bad],
        }),
    };
    let part = |kind: &str, offset: usize, end: usize, rows_lost| Bad {
        offset,
        bytes: end - offset,
        rows_lost,
        kind: kind.to_owned(),
    };

    let mut cases = vec![
        good("sound", sound.clone(), &all),
        good("no blocks", header().finish(), &[]),
        good("cut between blocks", two().finish(), &all[..4]),
        good(
            "an empty block in the middle",
            one().block(0, &[]).block(2, &body(codec, 2)).finish(),
            &all[..4],
        ),
        good(
            "padded numbers",
            one()
                .bytes(&raw::padded(2, 5))
                .bytes(&raw::padded(body(codec, 2).len() as i64, 9))
                .bytes(&body(codec, 2))
                .bytes(&MARKER)
                .finish(),
            &all[..4],
        ),
    ];
    for (what, length) in [
        ("cut in a block's header", third + 1),
        ("cut in a block", third + 5),
        ("cut in a marker", end - 3),
    ] {
        let file = sound[..length].to_vec();
        let part = part("Truncated", third, length, None);
        cases.push(bad(what, file, &all[..4], &all[..4], part));
    }
    for (what, at, from, rows) in [
        ("the first marker damaged", second, start, 0..2),
        ("the second marker damaged", third, second, 2..4),
        ("the last marker damaged", end, third, 4..6),
    ] {
        let mut file = sound.clone();
        file[at - 1] ^= 1;
        let kept: Vec<i64> = all
            .iter()
            .copied()
            .filter(|id| !rows.contains(id))
            .collect();
        let part = part("SyncMarker", from, at, Some(2));
        cases.push(bad(what, file, &all[..rows.start as usize], &kept, part));
    }
    for (what, more, kind) in [
        ("text after the end", &b"garbage"[..], "BlockHeader"),
        ("zeros after the end", &[0; 100], "SyncMarker"),
        ("a zero after the end", &[0], "Truncated"),
    ] {
        let file = [&sound[..], more].concat();
        let part = part(kind, end, file.len(), None);
        cases.push(bad(what, file, &all, &all, part));
    }
    // The second file's marker is the same: its blocks are found.
    let twice = [all.clone(), all.clone()].concat();
    cases.push(bad(
        "two files in one",
        sound.repeat(2),
        &all,
        &twice,
        part("BlockHeader", end, end + start, None),
    ));
    // No marker stands before the block that follows.
    let inserted = Container::bytes(one(), &[0x80; 30]).bytes(&sound[second..]);
    cases.push(bad(
        "a number of eleven bytes between blocks",
        inserted.finish(),
        &all[..2],
        &[0, 1, 4, 5],
        part("Varint", second, third + 30, None),
    ));
    cases.push(bad(
        "another marker",
        one()
            .block_as(2, body(codec, 2).len() as i64, &body(codec, 2), [7; 16])
            .bytes(&sound[third..])
            .finish(),
        &all[..2],
        &all[..2],
        part("SyncMarker", second, end, None),
    ));
    for damage in damages(codec) {
        let body = damage.body.unwrap_or_else(|| body(codec, 2));
        let size = match damage.size {
            Size::More(more) => body.len() as i64 + more,
            Size::Is(size) => size,
        };
        let file = one().block_as(damage.rows, size, &body, damage.marker);
        let part = part(damage.kind, second, file.len(), damage.rows_lost);
        let file = file.bytes(&sound[third..]).finish();
        cases.push(bad(damage.name, file, &all[..2], &[0, 1, 4, 5], part));
    }
    cases
}

fn damages(codec: Codec) -> Vec<Damage> {
    let of = Damage::new;
    let garbage = vec![0xff; 20];
    let not_compressed = match codec {
        Codec::Null => "Varint",
        _ => "Compression",
    };
    vec![
        Damage {
            rows: -2,
            ..of("negative count", "BlockHeader")
        },
        Damage {
            rows: i64::MIN,
            ..of("the smallest count", "BlockHeader")
        },
        Damage {
            size: Size::Is(-1),
            ..of("negative size", "BlockHeader")
        },
        Damage {
            size: Size::Is(1 << 40),
            ..of("size beyond the file", "Truncated")
        },
        Damage {
            size: Size::Is(i64::MAX),
            ..of("the largest size", "Truncated")
        },
        Damage {
            size: Size::More(-1),
            ..of("size one too small", "SyncMarker")
        },
        Damage {
            size: Size::More(1),
            ..of("size one too large", "SyncMarker")
        },
        Damage {
            rows: 3,
            rows_lost: Some(3),
            ..of("a row too many", "BlockLength")
        },
        Damage {
            rows: 1,
            rows_lost: Some(1),
            ..of("a row too few", "BlockLength")
        },
        Damage {
            rows: 1 << 40,
            rows_lost: Some(1 << 40),
            ..of("rows that do not fit", "BlockLength")
        },
        Damage {
            body: Some(garbage.clone()),
            rows_lost: Some(2),
            ..of("not compressed", not_compressed)
        },
        Damage {
            body: Some(codec.compress(&garbage)),
            rows_lost: Some(2),
            ..of("garbage", "Varint")
        },
    ]
}

fn kind_name(kind: &str) -> &'static str {
    let known = [
        "BlockHeader",
        "BlockLength",
        "Compression",
        "SyncMarker",
        "Truncated",
        "Varint",
    ];
    known
        .into_iter()
        .find(|known| *known == kind)
        .expect("a kind of block errors")
}
