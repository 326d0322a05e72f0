//! JSON as writers put it into files, which is not always JSON.
//!
//! Python and C# write NaN as a bare word, Python and JavaScript escape half of a surrogate pair, C
//! prints numbers in forms of its own and the zero byte behind them, editors put a byte order mark in
//! front. None of that says anything about the values of a file.

use serde_json::Number;

/// Deepest nesting of JSON text that is kept. A nested record takes three levels, a nullable one four.
pub(super) const MAX_DEPTH: usize = 4096;

/// The same text as JSON, as far as it can be told what was meant.
pub(super) struct Mended {
    pub(super) text: String,
    /// Whether something nested deeper than [`MAX_DEPTH`] was replaced by null.
    pub(super) is_cut: bool,
}

/// The text without a byte order mark in front.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// How deep the text nests: nothing has recursed over it yet.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Mends text token by token: what is in order stays as it is.
///
/// - Bare words for NaN and the infinities become the text that Java writes for them, and so do
///   numbers beyond a double. Numbers in other forms (`+1`, `.5`, `1.`) become those of JSON.
/// - An escaped surrogate without its other half becomes U+FFFD, a raw control character its escape.
/// - A byte order mark goes, and so do zero bytes at the end.
/// - Objects and arrays beyond [`MAX_DEPTH`] become null.
pub(super) fn mend(text: &str) -> Mended {
    let text = without_mark(text).trim_end_matches(|c: char| c == '\0' || c.is_ascii_whitespace());
    let mut mender = Mender {
        rest: text,
        text: String::with_capacity(text.len()),
        depth: 0,
        is_cut: false,
    };
    while let Some(first) = mender.rest.chars().next() {
        match first {
            '"' => mender.string(),
            '{' | '[' => mender.open(first),
            '}' | ']' => mender.close(first),
            _ if is_of_word(first) => mender.word(),
            other => {
                mender.take(other.len_utf8());
                mender.push(other.encode_utf8(&mut [0; 4]));
            }
        }
    }
    Mended {
        text: mender.text,
        is_cut: mender.is_cut,
    }
}

struct Mender<'a> {
    rest: &'a str,
    text: String,
    /// Objects and arrays that are open.
    depth: usize,
    is_cut: bool,
}

impl<'a> Mender<'a> {
    /// The next bytes, which end at a character.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn push(&mut self, text: &str) {
        if self.depth <= MAX_DEPTH {
            self.text.push_str(text);
        }
    }

    fn open(&mut self, bracket: char) {
        self.take(1);
        if self.depth == MAX_DEPTH {
            self.push("null");
            self.is_cut = true;
        }
        self.depth += 1;
        self.push(bracket.encode_utf8(&mut [0; 4]));
    }

    fn close(&mut self, bracket: char) {
        self.take(1);
        self.push(bracket.encode_utf8(&mut [0; 4]));
        self.depth = self.depth.saturating_sub(1);
    }

    fn word(&mut self) {
        let length = self.rest.find(|c| !is_of_word(c));
        let word = self.take(length.unwrap_or(self.rest.len()));
        match mended_word(word) {
            Some(mended) => self.push(&mended),
            None => self.push(word),
        }
    }

    fn string(&mut self) {
        let quote = self.take(1);
        self.push(quote);
        loop {
            let is_special = |c: char| c == '"' || c == '\\' || c < ' ';
            let plain = self.rest.find(is_special).unwrap_or(self.rest.len());
            let plain = self.take(plain);
            self.push(plain);
            match self.rest.chars().next() {
                None => return,
                Some('"') => {
                    let quote = self.take(1);
                    return self.push(quote);
                }
                Some('\\') => self.escape(),
                Some(control) => {
                    self.take(1);
                    self.push(&format!("\\u{:04x}", u32::from(control)));
                }
            }
        }
    }

    /// An escape sequence, with the one behind it where the two are a surrogate pair.
    fn escape(&mut self) {
        let Some(unit) = code_unit(self.rest) else {
            let next = self.rest.chars().nth(1).map_or(0, char::len_utf8);
            let escape = self.take(1 + next);
            return self.push(escape);
        };
        let is_pair = || {
            let low = self.rest.get(UNIT..).and_then(code_unit);
            low.is_some_and(|low| (0xdc00..0xe000).contains(&low))
        };
        match unit {
            0xd800..0xdc00 if is_pair() => {
                let pair = self.take(2 * UNIT);
                self.push(pair);
            }
            0xd800..0xe000 => {
                self.take(UNIT);
                self.push("\\ufffd");
            }
            _ => {
                let escape = self.take(UNIT);
                self.push(escape);
            }
        }
    }
}

/// Length of an escaped UTF-16 code unit: `\u` and four digits.
const UNIT: usize = 6;

/// The code unit whose escape the text begins with.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    let unit = u16::from_str_radix(digits, 16).ok()?;
    digits.bytes().all(is_digit).then_some(unit)
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | '_')
}

/// A number that JSON has no form for, or another; `None` where the word is right, or nothing known.
fn mended_word(word: &str) -> Option<String> {
    if matches!(word, "true" | "false" | "null") || serde_json::from_str::<Number>(word).is_ok() {
        return None;
    }
    // Rust's parser takes the words as well, in any case.
    let number: f64 = word.parse().ok()?;
    Some(match number {
        _ if number.is_nan() => "\"NaN\"".to_owned(),
        f64::INFINITY => "\"Infinity\"".to_owned(),
        f64::NEG_INFINITY => "\"-Infinity\"".to_owned(),
        finite => Number::from_f64(finite)?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_stays_as_it_is() {
        for text in [
            "{}",
            r#"{"a": [1, -2.5e-3, true, false, null, "x\"\\\n\u00e9\ud83d\ude00"], "é": ""}"#,
            "123456789012345678901234567890",
        ] {
            let Mended {
                text: mended,
                is_cut,
            } = mend(text);
            assert_eq!((mended.as_str(), is_cut), (text, false));
        }
    }

    #[test]
    fn what_writers_put_for_json_becomes_json() {
        for (text, mended) in [
            ("NaN", r#""NaN""#),
            (
                "[nan,-nan,inf,-INF]",
                r#"["NaN","NaN","Infinity","-Infinity"]"#,
            ),
            ("{\"a\":-Infinity}", r#"{"a":"-Infinity"}"#),
            ("[1e400, -1e400]", r#"["Infinity", "-Infinity"]"#),
            ("[+1, .5, 1.]", "[1.0, 0.5, 1.0]"),
            (r#""\ud800""#, r#""\ufffd""#),
            (r#""\udc00x\ud83d\ude00""#, r#""\ufffdx\ud83d\ude00""#),
            (r#""\ud800\ud800\udc00""#, r#""\ufffd\ud800\udc00""#),
            ("\"a\tb\u{1}\"", r#""a\u0009b\u0001""#),
            ("\u{feff}[1]", "[1]"),
            ("[1] \n\0\0", "[1]"),
            (r#"["NaN", "1e400"]"#, r#"["NaN", "1e400"]"#),
        ] {
            assert_eq!(mend(text).text, mended, "{text}");
            serde_json::from_str::<serde_json::Value>(mended).unwrap();
        }
    }

    #[test]
    fn what_nests_too_deep_is_null() {
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(depth(&nested(MAX_DEPTH)), MAX_DEPTH);
        assert!(!mend(&nested(MAX_DEPTH)).is_cut);
        let deep = nested(100_000);
        assert_eq!(depth(&deep), 100_000);
        let cut = mend(&format!("{{\"a\":{deep},\"b\":2}}"));
        assert!(cut.is_cut && depth(&cut.text) <= MAX_DEPTH);
        assert!(cut.text.ends_with(",\"b\":2}"));
    }

    #[test]
    fn any_text_is_mended_without_a_panic() {
        for text in [
            "\"",
            "\"\\",
            "\"\\u",
            "\"\\ud8",
            "\"\\ud800\\u",
            "\"\\é",
            "]]}",
            "\"\\ud800é",
            "-",
            "+-1",
        ] {
            let once = mend(text).text;
            assert_eq!(mend(&once).text, once);
        }
    }
}
