//! From the bytes that a fuzzer makes to files and parameters.

use std::borrow::Cow;

use crate::raw;

/// A file: these bytes, or what they sketch if they do not begin as a file does.
///
/// A sketch is a schema, a zero byte, and blocks: a byte for the rows, two for the length, the bytes.
pub fn file(data: &[u8]) -> Cow<'_, [u8]> {
    if data.starts_with(b"Obj") {
        return Cow::Borrowed(data);
    }
    let (schema, mut rest) = halves(data);
    let mut file = raw::file(&String::from_utf8_lossy(schema));
    while let Some((&[rows, low, high], blocks)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high]));
        let (body, blocks) = blocks.split_at(length.min(blocks.len()));
        file = file.block(rows.into(), body);
        rest = blocks;
    }
    Cow::Owned(file.finish())
}

/// What [`file`] makes a file of.
pub(super) fn sketch<'a>(
    schema: &str,
    blocks: impl IntoIterator<Item = (usize, &'a [u8])>,
) -> Option<Vec<u8>> {
    let mut sketch = [schema.as_bytes(), &[0]].concat();
    for (rows, body) in blocks {
        sketch.push(u8::try_from(rows).ok()?);
        sketch.extend(u16::try_from(body.len()).ok()?.to_le_bytes());
        sketch.extend(body);
    }
    Some(sketch)
}

/// What is before the first zero byte, and what is behind it.
pub(super) fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == 0);
    let (first, rest) = data.split_at(end.unwrap_or(data.len()));
    (first, rest.get(1..).unwrap_or_default())
}
