use super::*;

#[test]
fn equal_types_stay_and_numbers_and_text_become_the_wider() {
    let numbers = [r#""int""#, r#""long""#, r#""float""#, r#""double""#];
    for (narrow, one) in numbers.iter().enumerate() {
        for (wide, two) in numbers.iter().enumerate() {
            assert_eq!(field(&[one, two]), numbers[narrow.max(wide)]);
        }
    }
    for (one, two, both) in [
        (r#""string""#, r#""bytes""#, r#""bytes""#),
        (r#""bytes""#, r#""string""#, r#""bytes""#),
        (r#""string""#, r#""string""#, r#""string""#),
        (r#""boolean""#, r#"{"type":"boolean"}"#, r#""boolean""#),
        (
            r#"{"type":"array","items":"int"}"#,
            r#"{"type":"array","items":"long"}"#,
            r#"{"type":"array","items":"long"}"#,
        ),
        (
            r#"{"type":"map","values":{"type":"array","items":"bytes"}}"#,
            r#"{"type":"map","values":{"type":"array","items":["null","string"]}}"#,
            r#"{"type":"map","values":{"type":"array","items":["null","bytes"]}}"#,
        ),
    ] {
        assert_eq!(field(&[one, two]), both);
    }
}

#[test]
fn an_enum_and_text_are_text_in_any_order_and_at_any_depth() {
    let symbols = r#"{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}"#;
    let uuid = r#"{"type":"string","logicalType":"uuid"}"#;
    for (text, both) in [
        (r#""string""#, r#""string""#),
        (uuid, r#""string""#),
        (r#""bytes""#, r#""bytes""#),
    ] {
        for types in [[symbols, text], [text, symbols]] {
            assert_eq!(field(&types), both);
            let nested = |open: &str, close: &str| {
                let types = types.map(|type_| format!("{open}{type_}{close}"));
                let merged = field(&[&types[0], &types[1]]);
                assert_eq!(merged, format!("{open}{both}{close}"));
            };
            nested(r#"["null","#, "]");
            nested(r#"{"type":"array","items":"#, "}");
            nested(r#"{"type":"map","values":["null","#, "]}");
            nested(
                r#"{"type":"record","name":"N","fields":[{"name":"x","type":"#,
                "}]}",
            );
            // At the root, where a column is the file.
            assert_eq!(merge(&types), both);
        }
    }
    // Whichever comes first, the widest is what all can be read as.
    for types in [
        [symbols, r#""bytes""#, r#""string""#],
        [r#""string""#, symbols, r#""bytes""#],
        [r#""bytes""#, r#""string""#, symbols],
    ] {
        assert_eq!(field(&types), r#""bytes""#);
    }
    // Of several types each stays what it is.
    assert_eq!(
        field(&[&format!(r#"["int",{symbols}]"#), r#"["null","string"]"#]),
        format!(r#"["null","int",{symbols},"string"]"#)
    );
    // One name is one type, wherever it is used.
    let twice = record_of(&[("f", symbols), ("g", r#""E""#)]);
    let text = record_of(&[("f", r#""string""#), ("g", symbols)]);
    let merged: Value = serde_json::from_str(&merge(&[&twice, &text])).unwrap();
    assert_eq!(merged["fields"][1]["type"], "string");
    // A number is no text.
    mismatch(&[&record(symbols), &record(r#""int""#)]);
    let date = r#"{"type":"bytes","logicalType":"decimal","precision":4}"#;
    mismatch(&[&record(symbols), &record(date)]);
}

#[test]
fn an_enum_with_a_default_that_is_text_too_keeps_it() {
    let schema = |type_: &str| {
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{type_},"default":"A"}}]}}"#
        )
    };
    let symbols = r#"{"type":"enum","name":"E","symbols":["A"]}"#;
    let other = r#"{"type":"record","name":"R","fields":[{"name":"g","type":"int"}]}"#;
    let merged = merge(&[&schema(symbols), &schema(r#""string""#), other]);
    let merged: Value = serde_json::from_str(&merged).unwrap();
    assert_eq!(
        merged["fields"][0]["type"],
        serde_json::json!(["string", "null"])
    );
    assert_eq!(merged["fields"][0]["default"], "A");
}

#[test]
fn null_makes_nullable() {
    for (one, two, both) in [
        (r#""null""#, r#""null""#, r#""null""#),
        (r#""null""#, r#""int""#, r#"["null","int"]"#),
        (r#""int""#, r#""null""#, r#"["null","int"]"#),
        (r#""int""#, r#"["null","long"]"#, r#"["null","long"]"#),
        (r#"["null","long"]"#, r#""int""#, r#"["null","long"]"#),
        (
            r#"["int","null"]"#,
            r#"["null","long"]"#,
            r#"["long","null"]"#,
        ),
        (r#"["int","null"]"#, r#""double""#, r#"["double","null"]"#),
        (r#""int""#, r#"["int"]"#, r#"["int"]"#),
        (r#"["null"]"#, r#"["int"]"#, r#"["null","int"]"#),
        (
            r#"{"type":"array","items":"int"}"#,
            r#"["null",{"type":"array","items":["null","int"]}]"#,
            r#"["null",{"type":"array","items":["null","int"]}]"#,
        ),
    ] {
        assert_eq!(field(&[one, two]), both);
    }
}

#[test]
fn unions_take_in_each_others_branches() {
    for (one, two, both) in [
        // The same type, then numbers and text, then one more.
        (
            r#"["null","int","string"]"#,
            r#"["string","boolean","null","int"]"#,
            r#"["null","int","string","boolean"]"#,
        ),
        (
            r#"["null","int","string"]"#,
            r#"["null","long","bytes"]"#,
            r#"["null","long","bytes"]"#,
        ),
        (
            r#"["int","string"]"#,
            r#""null""#,
            r#"["null","int","string"]"#,
        ),
        (
            r#""boolean""#,
            r#"["int","string"]"#,
            r#"["boolean","int","string"]"#,
        ),
        // Two branches of one union stay two.
        (
            r#"["int","string"]"#,
            r#"["null","double","long"]"#,
            r#"["null","double","string","long"]"#,
        ),
        (
            r#"["int","double"]"#,
            r#"["float","double"]"#,
            r#"["float","double"]"#,
        ),
        (r#"["int","long"]"#, r#""float""#, r#"["float","long"]"#),
        // Arrays and maps are one branch each.
        (
            r#"["string",{"type":"array","items":"int"}]"#,
            r#"[{"type":"map","values":"int"},{"type":"array","items":"long"}]"#,
            r#"["string",{"type":"array","items":"long"},{"type":"map","values":"int"}]"#,
        ),
        // Logical types that do not go together are branches side by side where unions may have
        // both.
        (
            r#"["boolean",{"type":"int","logicalType":"date"}]"#,
            r#"["boolean","long"]"#,
            r#"["boolean",{"type":"int","logicalType":"date"},"long"]"#,
        ),
        // The parser lets pass what has the same branch twice.
        (
            r#"["null","int"]"#,
            r#"["boolean","string","string"]"#,
            r#"["null","int","boolean","string"]"#,
        ),
    ] {
        assert_eq!(field(&[one, two]), both, "{one} {two}");
    }
}

#[test]
fn logical_types_become_the_finer_unit_and_the_wider_decimal() {
    let long = |name: &str| format!(r#"{{"type":"long","logicalType":"{name}"}}"#);
    let int = |name: &str| format!(r#"{{"type":"int","logicalType":"{name}"}}"#);
    for prefix in ["", "local-"] {
        let units =
            ["millis", "micros", "nanos"].map(|unit| long(&format!("{prefix}timestamp-{unit}")));
        for (coarse, one) in units.iter().enumerate() {
            for (fine, two) in units.iter().enumerate() {
                assert_eq!(field(&[one, two]), units[coarse.max(fine)]);
            }
        }
    }
    assert_eq!(
        field(&[&int("time-millis"), &long("time-micros")]),
        long("time-micros")
    );
    assert_eq!(
        field(&[&long("time-micros"), &int("time-millis")]),
        long("time-micros")
    );
    assert_eq!(
        field(&[&int("date"), &format!(r#"["null",{}]"#, int("date"))]),
        format!(r#"["null",{}]"#, int("date"))
    );
    let uuid = r#"{"type":"string","logicalType":"uuid"}"#;
    assert_eq!(field(&[uuid, uuid.replace(':', ": ").as_str()]), uuid);
    assert_eq!(field(&[uuid, r#""string""#]), r#""string""#);

    let bytes = |precision, scale| {
        format!(
            r#"{{"type":"bytes","logicalType":"decimal","precision":{precision},"scale":{scale}}}"#
        )
    };
    let fixed = |size, precision, scale| {
        format!(
            r#"{{"type":"fixed","name":"F","size":{size},"logicalType":"decimal","precision":{precision},"scale":{scale}}}"#
        )
    };
    for (one, two, both) in [
        (bytes(10, 2), bytes(12, 2), bytes(12, 2)),
        (bytes(10, 2), bytes(10, 5), bytes(13, 5)),
        (bytes(3, 3), bytes(3, 0), bytes(6, 3)),
        (bytes(10, 2), fixed(8, 18, 4), bytes(18, 4)),
        (fixed(8, 18, 4), bytes(10, 2), bytes(18, 4)),
        (fixed(8, 10, 2), fixed(8, 12, 4), fixed(8, 12, 4)),
        (fixed(8, 18, 2), fixed(8, 18, 4), bytes(20, 4)),
        (fixed(8, 10, 2), fixed(16, 10, 2), bytes(10, 2)),
    ] {
        assert_eq!(field(&[&one, &two]), both);
        let nullable = format!(r#"["null",{two}]"#);
        assert_eq!(field(&[&one, &nullable]), format!(r#"["null",{both}]"#));
    }
}

#[test]
fn types_without_a_common_one_are_errors_that_name_both_and_the_place() {
    let fixed = |name, size, rest: &str| {
        format!(r#"{{"type":"fixed","name":"{name}","size":{size}{rest}}}"#)
    };
    let list = |of: &str| format!(r#"{{"type":"array","items":{of}}}"#);
    let decimal = r#","logicalType":"decimal","precision":4,"scale":1"#;
    let cases = [
        (
            r#""int""#.to_owned(),
            r#""string""#.to_owned(),
            "string here and int before",
        ),
        (
            r#"["null","int"]"#.into(),
            r#"["null","string"]"#.into(),
            "string here and int before",
        ),
        (
            r#""int""#.into(),
            r#"["string","null"]"#.into(),
            "string here and int before",
        ),
        (
            r#""boolean""#.into(),
            list(r#""int""#),
            "array here and boolean before",
        ),
        (
            record(r#""int""#).replace(r#""R""#, r#""S""#),
            list(r#""int""#),
            "array here and record `S` before",
        ),
        (
            fixed("F", 2, ""),
            fixed("F", 3, ""),
            "fixed of 3 bytes `F` here and fixed of 2 bytes `F` before",
        ),
        (
            fixed("F", 2, ""),
            r#""bytes""#.into(),
            "bytes here and fixed of 2 bytes `F`",
        ),
        (
            fixed("F", 2, ""),
            fixed("F", 2, decimal),
            "(decimal of 4 digits, 1 behind the point) `F` here",
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-millis"}"#.into(),
            r#""long""#.into(),
            "long here and long (timestamp-millis) before",
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-millis"}"#.into(),
            r#"{"type":"long","logicalType":"local-timestamp-millis"}"#.into(),
            "long (local-timestamp-millis) here and long (timestamp-millis)",
        ),
        (
            r#"{"type":"int","logicalType":"date"}"#.into(),
            r#"{"type":"int","logicalType":"time-millis"}"#.into(),
            "(time-millis) here and int (date)",
        ),
        (
            r#"{"type":"string","logicalType":"uuid"}"#.into(),
            r#""bytes""#.into(),
            "bytes here and string (uuid)",
        ),
        (
            r#"["int",{"type":"long","logicalType":"timestamp-millis"}]"#.into(),
            r#"["int","long"]"#.into(),
            "long here and long (timestamp-millis)",
        ),
    ];
    for (one, two, says) in &cases {
        let error = mismatch(&[&record(one), &record(two)]);
        assert!(error.message().contains(says), "{error}");
        assert_eq!(error.place().field.as_deref(), Some("f"), "{error}");
        assert_eq!(error.place().file.as_deref(), Some("file1"));
    }
}

#[test]
fn errors_have_the_path_through_records_arrays_maps_and_unions() {
    let inner = |type_: &str| {
        format!(r#"{{"type":"record","name":"S","fields":[{{"name":"x","type":{type_}}}]}}"#)
    };
    let nested = |type_: &str| {
        record(&format!(
            r#"["null",{{"type":"array","items":{{"type":"map","values":["string",{}]}}}}]"#,
            inner(&format!(r#"{{"type":"array","items":{type_}}}"#)),
        ))
    };
    let (int, string) = (nested(r#""int""#), nested(r#""string""#));
    let error = mismatch(&[&int, &int.replace(r#""R""#, r#""Q""#), &string]);
    assert_eq!(error.place().field.as_deref(), Some("f[][].S.x[]"));
    assert_eq!(error.place().file.as_deref(), Some("file2"));
    let error = mismatch(&[r#""int""#, r#""string""#]);
    assert_eq!(error.place().field, None);
    assert_eq!(
        error.to_string(),
        "file1: the type is string here and int before: no type is for both"
    );
    let error = mismatch(&[&record(r#""int""#), r#""int""#]);
    assert_eq!(error.place().field, None);
}

#[test]
fn fields_and_symbols_come_in_the_order_of_their_first_appearance() {
    let merged = merge(&[
        &record_of(&[("z", r#""int""#), ("m", r#""int""#)]),
        &record_of(&[("b", r#""int""#), ("m", r#""long""#), ("a", r#""int""#)]),
        &record_of(&[
            ("c", r#""int""#),
            ("a", r#""int""#),
            ("y", r#""int""#),
            ("z", r#""int""#),
            ("x", r#""int""#),
        ]),
    ]);
    let merged: Value = serde_json::from_str(&merged).unwrap();
    let names = merged["fields"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["z", "m", "b", "a", "c", "y", "x"]);

    let symbols = |symbols: &str, default: &str| {
        format!(r#"{{"type":"enum","name":"E","symbols":[{symbols}]{default}}}"#)
    };
    let default = r#","default":"c""#;
    assert_eq!(
        field(&[
            &symbols(r#""b","a""#, ""),
            &symbols(r#""c","a","0""#, default)
        ]),
        symbols(r#""b","a","c","0""#, default)
    );
    assert_eq!(
        field(&[
            &symbols(r#""a""#, r#","default":"a""#),
            &symbols(r#""c""#, default)
        ]),
        symbols(r#""a","c""#, r#","default":"a""#)
    );
}
