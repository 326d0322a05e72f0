//! Values as writers encode them, for the tests of this crate.

/// A zig-zag integer in as few bytes as possible.
pub(crate) fn long(value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    super::encode_long(value, &mut bytes);
    bytes
}

/// Bytes or text behind their length.
pub(crate) fn text(value: &[u8]) -> Vec<u8> {
    [long(value.len() as i64), value.to_vec()].concat()
}
