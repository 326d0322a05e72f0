//! Text that a terminal can be given: control characters are escaped.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text with everything escaped that a terminal would act on, as Rust writes it: `\u{1b}`, `\n`.
///
/// That is: the control characters C0 and C1 (line breaks and tabs among them), DEL, the line and
/// paragraph separators, and the characters that change the direction of text. For names, metadata and
/// values of files where people read them; files may hold escape sequences.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = Escaping(String::with_capacity(text.len() + 8));
    // Writing to a string does not fail.
    let _ = escaped.write_str(text);
    Cow::Owned(escaped.0)
}

/// Passes on what is written to it, with control characters escaped.
pub(crate) struct Escaping<W>(pub(crate) W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while let Some((plain, character)) = text
            .find(is_control)
            .and_then(|at| text.split_at_checked(at))
            .and_then(|(plain, rest)| Some((plain, rest.chars().next()?)))
        {
            self.0.write_str(plain)?;
            match character {
                '\t' | '\n' | '\r' => write!(self.0, "{}", character.escape_default())?,
                other => write!(self.0, "{}", other.escape_unicode())?,
            }
            text = text
                .get(plain.len() + character.len_utf8()..)
                .unwrap_or_default();
        }
        self.0.write_str(text)
    }
}

fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_escaped_and_nothing_else() {
        for text in ["", "plain", "a\\b", "é 日本 🙂", "a\u{a0}b", "\u{200f}א"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
        let controls = (0..0x20).chain([0x7f]).chain(0x80..0xa0);
        let others = [0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069];
        for code in controls.chain(others) {
            let character = char::from_u32(code).unwrap();
            let escaped = printable(&format!("a{character}b")).into_owned();
            assert!(
                escaped.starts_with("a\\") && escaped.ends_with('b'),
                "{escaped:?}"
            );
            assert!(!escaped.contains(character), "{escaped:?}");
        }
        assert_eq!(printable("\u{1b}[31m\n\u{9b}é"), "\\u{1b}[31m\\n\\u{9b}é");
    }
}
