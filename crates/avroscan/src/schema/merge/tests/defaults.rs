use super::*;

#[test]
fn a_field_that_a_record_lacks_may_be_null_and_has_a_default() {
    let lacking = |field: &str| {
        let one = format!(r#"{{"type":"record","name":"R","fields":[{{"name":"f",{field}}}]}}"#);
        let two = r#"{"type":"record","name":"R","fields":[]}"#;
        let merged = merge(&[&one, two]);
        assert_eq!(merge(&[two, &one]), merged, "whoever lacks it");
        let merged: Value = serde_json::from_str(&merged).unwrap();
        format!(
            "{} {}",
            merged["fields"][0]["type"], merged["fields"][0]["default"]
        )
    };
    for (field, becomes) in [
        (r#""type":"int""#, r#"["null","int"] null"#),
        (r#""type":"null""#, r#""null" null"#),
        (r#""type":["int","null"]"#, r#"["null","int"] null"#),
        (
            r#""type":["null","int"],"default":null"#,
            r#"["null","int"] null"#,
        ),
        (
            r#""type":["int","null"],"default":null"#,
            r#"["null","int"] null"#,
        ),
        (
            r#""type":["int","string"]"#,
            r#"["null","int","string"] null"#,
        ),
        (
            r#""type":["int","null","string"]"#,
            r#"["null","int","string"] null"#,
        ),
        // Its own default stays, in a branch in front.
        (r#""type":"int","default":7"#, r#"["int","null"] 7"#),
        (
            r#""type":["null","int"],"default":7"#,
            r#"["int","null"] 7"#,
        ),
        (
            r#""type":["int","string"],"default":"x""#,
            r#"["string","int","null"] "x""#,
        ),
        (
            r#""type":["null","int","string"],"default":"x""#,
            r#"["string","null","int"] "x""#,
        ),
        (
            r#""type":{"type":"array","items":"int"},"default":[]"#,
            r#"[{"type":"array","items":"int"},"null"] []"#,
        ),
        // Where it is wrong, it is none.
        (
            r#""type":"int","default":"no int""#,
            r#"["null","int"] null"#,
        ),
        (
            r#""type":"int","default":2147483648"#,
            r#"["null","int"] null"#,
        ),
        (
            r#""type":"boolean","default":null"#,
            r#"["null","boolean"] null"#,
        ),
        (
            r#""type":{"type":"map","values":"int"},"default":{"a":1.5}"#,
            r#"["null",{"type":"map","values":"int"}] null"#,
        ),
        (
            r#""type":{"type":"fixed","name":"F","size":2},"default":"abc""#,
            r#"["null",{"type":"fixed","name":"F","size":2}] null"#,
        ),
        (
            r#""type":{"type":"enum","name":"E","symbols":["a"]},"default":"b""#,
            r#"["null",{"type":"enum","name":"E","symbols":["a"]}] null"#,
        ),
        (
            r#""type":"bytes","default":"€""#,
            r#"["null","bytes"] null"#,
        ),
        (r#""type":"bytes","default":"ÿ""#, r#"["bytes","null"] "ÿ""#),
    ] {
        assert_eq!(lacking(field), becomes, "{field}");
    }
}

#[test]
fn a_default_stays_only_where_it_means_the_same() {
    let field = |type_: &str, default: &str| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{type_},"default":{default}}}]}}"#
        )
    };
    let default = |texts: &[&str]| {
        let merged: Value = serde_json::from_str(&merge(texts)).unwrap();
        merged["fields"][0].get("default").map(Value::to_string)
    };
    let of = |json: &str| Some(json.to_owned());
    let (millis, micros) = (
        r#"{"type":"long","logicalType":"timestamp-millis"}"#,
        r#"{"type":"long","logicalType":"timestamp-micros"}"#,
    );
    assert_eq!(default(&[&field(millis, "5"), &record(millis)]), of("5"));
    assert_eq!(default(&[&record(millis), &field(millis, "5")]), of("5"));
    assert_eq!(
        default(&[&field(millis, "5"), &field(millis, "6")]),
        of("5")
    );
    assert_eq!(default(&[&field(millis, "5"), &record(micros)]), None);
    assert_eq!(default(&[&field(millis, "0"), &record(micros)]), of("0"));
    assert_eq!(
        default(&[&field(millis, "5"), &record(micros), &record_of(&[])]),
        of("null")
    );
    let decimal = |scale: u32| {
        format!(r#"{{"type":"bytes","logicalType":"decimal","precision":9,"scale":{scale}}}"#)
    };
    assert_eq!(
        default(&[&field(&decimal(2), r#""1""#), &record(&decimal(2))]),
        of(r#""1""#)
    );
    assert_eq!(
        default(&[&field(&decimal(2), r#""1""#), &record(&decimal(3))]),
        None
    );
    // U+00FC is two bytes as text and one as bytes.
    assert_eq!(
        default(&[&field(r#""string""#, r#""u""#), &record(r#""bytes""#)]),
        of(r#""u""#)
    );
    assert_eq!(
        default(&[&field(r#""string""#, r#""ü""#), &record(r#""bytes""#)]),
        None
    );
    assert_eq!(
        default(&[&field(r#""int""#, "1"), &record(r#""double""#)]),
        of("1")
    );
    assert_eq!(
        default(&[&field(r#""int""#, "1"), &record(r#"["null","int"]"#)]),
        of("1")
    );
}

#[test]
fn records_inside_of_defaults_are_checked_field_by_field() {
    let inner = r#"{"type":"record","name":"S","fields":[
        {"name":"a","type":"int"},{"name":"b","type":["null","string"],"default":null},{"name":"c","type":"int"}]}"#;
    let text = |default: &str, inner: &str| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{inner},"default":{default}}}]}}"#
        )
    };
    let default = |json: &str| {
        // The other file's S has no `c`.
        let other = inner.replace(r#",{"name":"c","type":"int"}"#, "");
        let merged = merge(&[&text(json, inner), &text(json, &other), &record_of(&[])]);
        let merged: Value = serde_json::from_str(&merged).unwrap();
        merged["fields"][0]["default"].to_string()
    };
    assert_eq!(default(r#"{"a":1}"#), r#"{"a":1}"#);
    assert_eq!(
        default(r#"{"a":1,"b":"x","c":null}"#),
        r#"{"a":1,"b":"x","c":null}"#
    );
    assert_eq!(default(r#"{"b":null}"#), "null");
    assert_eq!(default(r#"{"a":"x"}"#), "null");
    assert_eq!(
        default(&format!("{}{}", "[".repeat(900), "]".repeat(900))),
        "null"
    );
}

#[test]
fn a_default_that_contains_itself_is_none() {
    let lacking = record_of(&[("a", r#""int""#)]);
    let with = |type_: &str| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":"int","default":1}},{{"name":"f","type":{type_},"default":{{}}}}]}}"#
        )
    };
    let default = |texts: &[&str]| {
        let merged: Value = serde_json::from_str(&merge(texts)).unwrap();
        let field = &merged["fields"][1];
        format!("{} {}", field["type"], field["default"])
    };
    // Whoever lacks the field gets it, and in it the same again.
    assert_eq!(
        default(&[&with(r#"["R","null"]"#), &lacking]),
        r#"["null","R"] null"#
    );
    // The other record lacks it as well, inside of a third.
    let outer = |inner: &str, default: &str| {
        format!(
            r#"{{"type":"record","name":"O","fields":[{{"name":"a","type":"int"}},{{"name":"f","type":{inner}{default}}}]}}"#
        )
    };
    let own = with(r#"["R","null"]"#);
    let none = outer("\"int\"", "").replace(r#",{"name":"f","type":"int"}"#, "");
    let merged = merge(&[
        &outer(&own, r#","default":{"a":2}"#),
        &outer(&lacking, ""),
        &none,
    ]);
    let merged: Value = serde_json::from_str(&merged).unwrap();
    assert_eq!(merged["fields"][1]["default"], Value::Null);
    // With a value that ends it, it stays.
    assert_eq!(
        default(&[
            &with(r#"["R","null"]"#).replace("{}", r#"{"f":null}"#),
            &lacking
        ]),
        r#"["R","null"] {"f":null}"#
    );
}

#[test]
fn a_default_that_nests_too_deep_is_none() {
    // Each record lacks its field in the other file, and its default leans on the next one's.
    for depth in 1..80 {
        let chain = |field: bool| {
            (0..depth).rev().fold(r#""int""#.to_owned(), |inner, n| {
                let field = match (field, n + 1 == depth) {
                    (false, true) => String::new(),
                    (false, false) => format!(r#"{{"name":"g","type":{inner}}}"#),
                    (true, true) => {
                        format!(r#"{{"name":"f","type":["null",{inner}],"default":null}}"#)
                    }
                    (true, false) => format!(r#"{{"name":"f","type":{inner},"default":{{}}}}"#),
                };
                format!(r#"{{"type":"record","name":"C{n}","fields":[{field}]}}"#)
            })
        };
        merge(&[&chain(true), &chain(false)]);
    }
}
