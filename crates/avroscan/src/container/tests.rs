use super::*;
use crate::error::{ErrorKind, Result};
use crate::limits::{Limit, Limits};
use crate::wire::testing::{long, text};
use bytes::Bytes;

const SYNC: [u8; 16] = *b"0123456789abcdef";

fn block(rows: i64, data: &[u8]) -> Vec<u8> {
    [long(rows), text(data), SYNC.to_vec()].concat()
}

fn header(entries: &[Vec<u8>]) -> Vec<u8> {
    [
        b"Obj\x01".to_vec(),
        entries.concat(),
        long(0),
        SYNC.to_vec(),
    ]
    .concat()
}

fn parse(bytes: &[u8]) -> Result<Header> {
    match parse_header(bytes, bytes.len() as u64, &Limits::default())? {
        Step::Ready(header) => Ok(header),
        Step::Need(more) => panic!("needs {more} bytes beyond the end of the file"),
    }
}

/// Cuts `file` into blocks from 0 on, from `piece` bytes at a time.
fn frame(file: &[u8], piece: usize) -> Result<Vec<(usize, Vec<u8>)>> {
    let size = file.len() as u64;
    let limits = Limits::default();
    let mut rest = Bytes::copy_from_slice(file);
    let (mut queue, mut offset) = (ByteQueue::default(), 0);
    let mut blocks = Vec::new();
    while offset < size {
        let missing = match BlockHeader::peek(&queue, 0, offset, size, &limits)? {
            Step::Need(more) => more,
            Step::Ready(header) => match header.total().saturating_sub(queue.len()) {
                0 => {
                    let block = header.take_from(&mut queue, &SYNC)?;
                    offset = header.end();
                    blocks.push((block.header.rows, block.data.to_vec()));
                    continue;
                }
                missing => missing,
            },
        };
        assert!(missing <= rest.len(), "asks for more than the file has");
        queue.push(rest.split_to(piece.clamp(1, rest.len())));
    }
    Ok(blocks)
}

#[test]
fn metadata_may_come_in_any_number_of_map_blocks() {
    let schema = [text(b"avro.schema"), text(br#""int""#)].concat();
    let user = [text(b"user"), text(b"\xff\x00")].concat();
    let sized = |entry: &[u8]| [long(-1), long(entry.len() as i64), entry.to_vec()].concat();
    let in_one = [long(2), schema.clone(), user.clone()].concat();
    let in_two = [sized(&user), long(1), schema.clone()].concat();
    for entries in [in_one, in_two] {
        let bytes = header(&[entries]);
        for more in 0..20 {
            let bytes = [bytes.clone(), vec![0; more]].concat();
            let header = parse(&bytes).unwrap();
            assert_eq!(header.length as usize, bytes.len() - more);
            assert_eq!(header.codec, crate::Codec::Null);
            assert_eq!(header.sync, SYNC);
            assert!(
                header
                    .metadata
                    .contains(&("user".to_owned(), b"\xff\x00".to_vec()))
            );
        }
        for cut in 0..bytes.len() {
            let error = parse(&bytes[..cut]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{cut}: {error}");
            assert_eq!(error.place().offset, Some(cut as u64));
            // With more to come the same bytes are no error, and ask for less than all of it.
            let step = parse_header(&bytes[..cut], bytes.len() as u64, &Limits::default()).unwrap();
            let Step::Need(more) = step else {
                panic!("{cut}: {step:?}")
            };
            assert!(cut + more <= bytes.len());
        }
    }
}

#[test]
fn headers_that_cannot_be_are_errors_of_their_kind() {
    let schema = [long(1), text(b"avro.schema"), text(br#""int""#)].concat();
    let codec = [long(1), text(b"avro.codec"), text(b"lzo")].concat();
    let huge = [b"Obj\x01".to_vec(), long(1), long(i64::MAX)].concat();
    for (bytes, kind) in [
        (b"PAR1....".to_vec(), ErrorKind::NotAvro),
        (b"Obj\x02....".to_vec(), ErrorKind::NotAvro),
        (header(&[]), ErrorKind::Header),
        (
            header(&[long(1), text(b"avro.schema"), text(b"\xff")]),
            ErrorKind::Header,
        ),
        (
            header(&[long(1), text(b"avro.schema"), text(b"{")]),
            ErrorKind::Schema,
        ),
        (header(&[long(1), long(-5)]), ErrorKind::Header),
        (header(&[schema.clone(), codec]), ErrorKind::UnknownCodec),
        (huge, ErrorKind::Truncated),
        (
            [b"Obj\x01".to_vec(), vec![0xff; 20]].concat(),
            ErrorKind::Varint,
        ),
    ] {
        assert_eq!(parse(&bytes).unwrap_err().kind(), kind, "{bytes:?}");
    }
    let limits = Limits {
        header_bytes: 10,
        ..Limits::default()
    };
    let error = parse_header(&header(&[schema])[..9], 1000, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::HeaderBytes));
}

#[test]
fn blocks_are_framed_whatever_the_pieces() {
    let large = vec![7u8; 1000];
    let blocks = [(3, &b"abc"[..]), (0, b""), (70, &large), (1, &SYNC)];
    let file: Vec<u8> = blocks
        .iter()
        .flat_map(|(rows, data)| block(*rows, data))
        .collect();
    let expected: Vec<_> = blocks
        .iter()
        .map(|(rows, data)| (*rows as usize, data.to_vec()))
        .collect();
    for piece in [1, 2, 3, 7, 16, 100, 5000] {
        assert_eq!(frame(&file, piece).unwrap(), expected, "pieces of {piece}");
    }
    for cut in 1..file.len() {
        let result = frame(&file[..cut], 64);
        let ends: Vec<_> = (1..blocks.len())
            .map(|n| {
                blocks[..n]
                    .iter()
                    .map(|(r, d)| block(*r, d).len())
                    .sum::<usize>()
            })
            .collect();
        if ends.contains(&cut) {
            result.unwrap();
        } else {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Truncated, "{cut}: {error}");
            assert!(error.place().offset.unwrap() <= cut as u64);
        }
    }
}

#[test]
fn a_block_within_one_piece_is_not_copied() {
    let file = Bytes::from(block(1, &[9; 100]));
    let mut queue = ByteQueue::default();
    queue.push(file.clone());
    let header = BlockHeader::peek(&queue, 0, 0, file.len() as u64, &Limits::default());
    let Ok(Step::Ready(header)) = header else {
        panic!()
    };
    let block = header.take_from(&mut queue, &SYNC).unwrap();
    assert!(file.as_ptr_range().contains(&block.data.as_ptr()));
}

#[test]
fn blocks_that_cannot_be_are_errors_of_their_kind() {
    let mut wrong_marker = block(1, b"abc");
    *wrong_marker.last_mut().unwrap() ^= 1;
    for (file, kind) in [
        (
            [long(-1), text(b"abc"), SYNC.to_vec()].concat(),
            ErrorKind::BlockHeader,
        ),
        (
            [long(1), long(-3), SYNC.to_vec(), vec![0; 9]].concat(),
            ErrorKind::BlockHeader,
        ),
        (
            [long(1), long(i64::MAX), vec![0; 40]].concat(),
            ErrorKind::Truncated,
        ),
        (vec![0xff; 40], ErrorKind::Varint),
        (wrong_marker, ErrorKind::SyncMarker),
        (
            [block(1, b"abc"), b"garbage".to_vec()].concat(),
            ErrorKind::BlockHeader,
        ),
    ] {
        assert_eq!(frame(&file, 64).unwrap_err().kind(), kind, "{file:?}");
    }
    let file = block(1, &[0; 100]);
    let size = file.len() as u64;
    let limits = Limits {
        block_bytes: 99,
        ..Limits::default()
    };
    let error = BlockHeader::parse(&file, 0, size, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::BlockBytes));
}

/// The offset of the first block in `start..end`, found with `piece` bytes at a time.
fn search(file: &[u8], start: u64, end: u64, piece: usize) -> Result<Option<u64>, &'static str> {
    let size = file.len() as u64;
    let mut search = SyncSearch::new(start, end, size, SYNC, Limits::default());
    let mut rest = &file[SyncSearch::first_byte(start) as usize..];
    loop {
        match search.next() {
            Step::Ready(SyncFound::At(offset, bytes)) => {
                assert!(file[offset as usize..].starts_with(&bytes));
                return Ok(Some(offset));
            }
            Step::Ready(SyncFound::Nowhere) => return Ok(None),
            Step::Ready(SyncFound::Doubt) => return Err("doubt"),
            Step::Need(more) => {
                assert!(more <= rest.len(), "asks for more than the file has");
                let (bytes, left) = rest.split_at(piece.clamp(1, rest.len()));
                search.push(bytes);
                rest = left;
            }
        }
    }
}

#[test]
fn every_split_finds_the_first_block_that_begins_in_it() {
    let head = [vec![1; 30], SYNC.to_vec()].concat();
    let mut file = head.clone();
    let mut starts = Vec::new();
    for length in [0, 5, 40, 17, 16] {
        starts.push(file.len() as u64);
        file.extend(block(1, &vec![3; length]));
    }
    let size = file.len() as u64;
    for start in head.len() as u64 + 1..=size {
        for end in [start + 1, start + 20, size] {
            for piece in [1, 13, 1000] {
                let expected = starts.iter().copied().find(|&at| start <= at && at < end);
                let found = search(&file, start, end.min(size), piece);
                assert_eq!(found, Ok(expected), "{start}..{end} in pieces of {piece}");
            }
        }
    }
}

#[test]
fn a_marker_without_a_good_block_behind_it_leaves_doubt() {
    let head = [vec![1; 30], SYNC.to_vec()].concat();
    let chance = [
        head.clone(),
        block(1, &[&SYNC[..], &[200; 90]].concat()),
        block(1, b"x"),
    ]
    .concat();
    assert_eq!(search(&chance, 48, chance.len() as u64, 9), Err("doubt"));
    let cut = [head, block(1, b"abc"), block(1, &[5; 50])].concat();
    let cut = &cut[..cut.len() - 3];
    assert_eq!(search(cut, 50, cut.len() as u64, 9), Err("doubt"));
}
