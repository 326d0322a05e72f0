//! Random schemas: what holds for any.

use std::fmt::Write;

use super::*;

/// Numbers that are the same in each run (Knuth's linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        let step = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = step.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Writes a schema; the names of its types are few, so that they meet.
struct Schemas {
    random: Random,
    defined: Vec<String>,
    unions: bool,
}

impl Schemas {
    fn root(&mut self) -> String {
        self.defined.clear();
        self.record(3)
    }

    fn record(&mut self, depth: u64) -> String {
        let Some(name) = self.name("R") else {
            return r#""int""#.into();
        };
        let mut text = format!(r#"{{"type":"record","name":"{name}","fields":["#);
        let (mut comma, any) = ("", self.random.below(1 << 5));
        for field in 0..5 {
            if any & (1 << field) != 0 {
                let type_ = self.type_(field, depth);
                write!(text, r#"{comma}{{"name":"f{field}","type":{type_}}}"#).unwrap();
                comma = ",";
            }
        }
        text + "]}"
    }

    /// A name that is not defined yet.
    fn name(&mut self, kind: &str) -> Option<String> {
        let name = format!("{kind}{}", self.random.below(3));
        let name = ["", "a.", "b."][self.random.below(3) as usize].to_owned() + &name;
        // A bare name would be in the namespace around it.
        let name = name
            .strip_prefix("b.")
            .map_or(format!("n.{name}"), |n| format!("b.{n}"));
        (!self.defined.contains(&name)).then(|| {
            self.defined.push(name.clone());
            name
        })
    }

    /// A type of this field: mostly of its own kind, so that there is something to merge.
    fn type_(&mut self, field: u64, depth: u64) -> String {
        let pick = self.random.below(8);
        if pick == 3 && self.unions {
            return self.union(depth);
        }
        match (pick, self.plain(field, depth)) {
            (0 | 1, plain) if !plain.starts_with('[') => format!(r#"["null",{plain}]"#),
            (2, plain) if !plain.starts_with('[') => format!(r#"[{plain},"null"]"#),
            (_, plain) => plain,
        }
    }

    fn plain(&mut self, field: u64, depth: u64) -> String {
        let records = self
            .defined
            .iter()
            .filter(|name| name.contains(".R"))
            .count() as u64;
        match (field, depth) {
            (0, _) => ["\"int\"", "\"long\"", "\"float\"", "\"double\""]
                [self.random.below(4) as usize]
                .into(),
            (1, _) => ["\"string\"", "\"bytes\""][self.random.below(2) as usize].into(),
            (2, _) => match self.name("E") {
                Some(name) => {
                    let symbol = self.random.below(4);
                    format!(r#"{{"type":"enum","name":"{name}","symbols":["s{symbol}"]}}"#)
                }
                None => r#""null""#.into(),
            },
            (3, 1..) if self.random.below(2) == 0 => {
                format!(r#"{{"type":"array","items":{}}}"#, self.type_(0, depth - 1))
            }
            (3, _) => r#"{"type":"array","items":"null"}"#.into(),
            (_, 1..) if self.random.below(3) > 0 => match self.record(depth - 1) {
                int if int == "\"int\"" => r#""null""#.into(),
                record => record,
            },
            _ => {
                let number = self.random.below(records) as usize;
                let mut records = self.defined.iter().filter(|name| name.contains(".R"));
                format!(r#"["null","{}"]"#, records.nth(number).unwrap())
            }
        }
    }

    fn union(&mut self, depth: u64) -> String {
        let mut branches = Vec::new();
        let any = self.random.below(1 << 6);
        for (bit, type_) in [
            "\"null\"",
            "\"int\"",
            "\"string\"",
            "\"long\"",
            "\"boolean\"",
        ]
        .iter()
        .enumerate()
        {
            if any & (1 << bit) != 0 {
                branches.push((*type_).to_owned());
            }
        }
        for _ in 0..2 {
            match self.record(depth.saturating_sub(1)) {
                record if record.starts_with('{') => branches.push(record),
                _ => {}
            }
        }
        match branches.len() {
            0 => r#""null""#.into(),
            _ => format!("[{}]", branches.join(",")),
        }
    }
}

#[test]
fn each_input_resolves_to_what_they_become_and_adding_it_again_changes_nothing() {
    let mut made = [0, 0];
    for seed in 0..600 {
        let mut schemas = Schemas {
            random: Random(seed),
            defined: Vec::new(),
            unions: seed % 2 == 1,
        };
        let texts: Vec<String> = (0..2 + seed % 3).map(|_| schemas.root()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match try_merge(&texts) {
            Ok(merged) => {
                made[0] += 1;
                let json = merge(&texts);
                assert_eq!(json, merged.json(), "each time the same");
                if seed % 2 == 0 {
                    assert_nothing_new(&json, &texts);
                }
            }
            Err(error) => {
                made[1] += 1;
                assert_eq!(
                    error.kind(),
                    ErrorKind::SchemaMismatch,
                    "{texts:?}: {error}"
                );
                assert!(
                    error.place().field.is_some() && error.place().file.is_some(),
                    "{error}"
                );
            }
        }
    }

    assert!(made[0] > 300 && made[1] > 10, "{made:?}");
}

/// The types without regard to order: each field with its path.
fn flat(schema: &Value) -> Vec<String> {
    fn walk(path: &str, value: &Value, lines: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object.iter().filter(|(key, _)| *key != "default") {
                    walk(&format!("{path}.{key}"), value, lines);
                }
            }
            Value::Array(items) => {
                for item in items {
                    let name = item.get("name").map(Value::to_string);
                    walk(&format!("{path}.{}", name.unwrap_or_default()), item, lines);
                }
            }
            other => lines.push(format!("{path} = {other}")),
        }
    }
    let mut lines = Vec::new();
    walk("", schema, &mut lines);
    lines.sort();
    lines
}

#[test]
fn the_order_of_the_files_decides_about_order_and_names_alone() {
    let mut different = 0;
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut text = || {
            let types = [
                [
                    r#""int""#,
                    r#""long""#,
                    r#"["null","float"]"#,
                    r#"["double","null"]"#,
                ],
                [
                    r#""string""#,
                    r#""bytes""#,
                    r#"["null","bytes"]"#,
                    r#""null""#,
                ],
                [
                    r#"["null","int","string"]"#,
                    r#""string""#,
                    r#"["boolean","int"]"#,
                    r#""null""#,
                ],
                [
                    r#"{"type":"array","items":"int"}"#,
                    r#"["null",{"type":"array","items":"double"}]"#,
                    r#"{"type":"array","items":["null","long"]}"#,
                    r#"["null",{"type":"array","items":"null"}]"#,
                ],
            ];
            let names = ["a", "b", "c", "d"];
            let picked = names.iter().zip(&types).filter_map(|(name, types)| {
                let pick = random.below(5) as usize;
                types.get(pick).map(|type_| (*name, *type_))
            });
            record_of(&picked.collect::<Vec<_>>())
        };
        let texts = [text(), text(), text()];
        let [a, b, c] = texts.each_ref().map(String::as_str);
        let parse = |text: &str| flat(&serde_json::from_str(text).unwrap());
        let all = parse(&merge(&[a, b, c]));
        for order in [[a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            assert_eq!(parse(&merge(&order)), all, "{order:?}");
        }
        let left = merge(&[&merge(&[a, b]), c]);
        let right = merge(&[a, &merge(&[b, c])]);
        assert_eq!(parse(&left), all);
        assert_eq!(parse(&right), all);
        different += usize::from(a != b && b != c);
    }
    assert!(different > 200);
}
