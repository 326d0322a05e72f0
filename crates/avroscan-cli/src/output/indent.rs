//! JSON text, indented.

use super::push_json;

/// Indents valid JSON by two spaces a level, token by token.
///
/// Nothing is parsed into a tree: every token stays as it was written, numbers of any size and
/// escapes included, and no depth of nesting is too deep. Only characters that a terminal would act on
/// become escapes.
pub(crate) fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut tokens = json.chars().peekable();
    while let Some(token) = tokens.next() {
        if in_string {
            push_json(token, &mut out);
            in_string = escaped || token != '"';
            escaped = !escaped && token == '\\';
            continue;
        }
        match token {
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                out.push(token);
                while tokens
                    .next_if(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
                    .is_some()
                {}
                match tokens.next_if(|&c| c == '}' || c == ']') {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(depth, &mut out);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(depth, &mut out);
                out.push(token);
            }
            ',' => {
                out.push(token);
                new_line(depth, &mut out);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = token == '"';
                out.push(token);
            }
        }
    }
    out
}

/// Most levels that are indented: text that nests thousands of levels deep would grow by as much.
const INDENTED: usize = 64;

fn new_line(depth: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(INDENTED)));
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn agrees_with_serde_json() {
        for json in [
            "null",
            "\"long\"",
            "{}",
            "[ ]",
            "{ \"a\" : [ ] }",
            r#"{"type":"record","name":"r","fields":[{"name":"a","type":["null","int"],"default":null},{"name":"b","type":{"type":"array","items":"string"}}]}"#,
            r#"{"doc":"a \"quoted\" { brace, \\","n":[1,-2.5,true],"e":"\\"}"#,
        ] {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!(indent(json), serde_json::to_string_pretty(&value).unwrap());
        }
    }

    #[test]
    fn tokens_stay_as_they_are() {
        assert_eq!(indent(r#"{"default":1e400}"#), "{\n  \"default\": 1e400\n}");
        assert_eq!(
            indent("\"\u{9b}\u{7f}\u{202e}\""),
            r#""\u009b\u007f\u202e""#
        );
        assert_eq!(indent("[\"\\u00e9\"]"), "[\n  \"\\u00e9\"\n]");
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(indent(&deep[..2000]).len() > 2000);
    }
}
