use super::testing::long;
use super::*;
use crate::error::ErrorKind;

#[test]
fn longs_of_every_width_are_read_near_the_end_and_far_from_it() {
    let mut values = vec![0, -1, 1, i64::MIN, i64::MAX];
    for shift in 0..63 {
        values.extend([
            1i64 << shift,
            -(1i64 << shift),
            (1i64 << shift) - 1,
            !(1i64 << shift),
        ]);
    }
    for value in values {
        let bytes = long(value);
        for padding in [0, 1, 7, 20] {
            let mut input = bytes.clone();
            input.extend(std::iter::repeat_n(0xff, padding));
            let mut cursor = Cursor::new(&input);
            assert_eq!(cursor.long().unwrap(), value);
            assert_eq!(cursor.remaining(), padding);
        }
        assert_eq!(
            partial_long(&bytes).unwrap(),
            Partial::Value(value, bytes.len())
        );
        for cut in 0..bytes.len() {
            assert_eq!(partial_long(&bytes[..cut]).unwrap(), Partial::Incomplete);
            let error = Cursor::new(&bytes[..cut]).long().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BlockLength);
        }
    }
}

#[test]
fn padded_integers_are_read_up_to_ten_bytes() {
    for zeros in 0..9 {
        let mut bytes = vec![0x80 | 2];
        bytes.extend(std::iter::repeat_n(0x80, zeros));
        bytes.push(0);
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.long().unwrap(), 1, "{zeros} bytes of padding");
        assert_eq!(cursor.remaining(), 0);
    }
    let mut bytes = vec![0x80; 10];
    bytes.push(0);
    assert_eq!(
        Cursor::new(&bytes).long().unwrap_err().kind(),
        ErrorKind::Varint
    );
}

#[test]
fn integers_that_overflow_are_errors() {
    let mut bytes = vec![0xff; 9];
    bytes.push(2);
    assert_eq!(
        Cursor::new(&bytes).long().unwrap_err().kind(),
        ErrorKind::Varint
    );
    let wide = long(i64::from(i32::MAX) + 1);
    assert_eq!(
        Cursor::new(&wide).int().unwrap_err().kind(),
        ErrorKind::Varint
    );
    assert_eq!(
        Cursor::new(&long(i64::from(i32::MIN))).int().unwrap(),
        i32::MIN
    );
}

#[test]
fn item_blocks_are_checked_against_the_bytes_that_are_left() {
    let with_size = [long(-2), long(3), vec![0, 0, 0, 0]].concat();
    let mut cursor = Cursor::new(&with_size);
    let block = cursor.item_block(1).unwrap().unwrap();
    assert_eq!(block.count, 2);
    cursor.take(2).unwrap();
    assert_eq!(
        cursor.end_item_block(block).unwrap_err().kind(),
        ErrorKind::Length
    );
    cursor.take(1).unwrap();
    cursor.end_item_block(block).unwrap();
    assert!(cursor.item_block(1).unwrap().is_none());

    for (count, size) in [
        (5, None),
        (-5, Some(4)),
        (-1, Some(100)),
        (-1, Some(-1)),
        (i64::MIN, Some(0)),
    ] {
        let mut bytes = long(count);
        bytes.extend(size.map(long).unwrap_or_default());
        bytes.extend([0; 4]);
        let error = Cursor::new(&bytes).item_block(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Length, "{count} {size:?}");
    }
}
