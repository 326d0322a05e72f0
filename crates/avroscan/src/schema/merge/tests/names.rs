use super::*;

#[test]
fn roots_merge_whatever_their_names_and_may_be_nullable() {
    let one = r#"{"type":"record","name":"a.One","fields":[{"name":"x","type":"int"}]}"#;
    let two = r#"{"type":"record","name":"Two","aliases":["b.Old"],"fields":[{"name":"x","type":"long"}]}"#;
    let both = r#"{"type":"record","name":"a.One","aliases":[".Two","b.Old"],"fields":[{"name":"x","type":"long"}]}"#;
    assert_eq!(merge(&[one, two]), both);
    let nullable = format!(r#"["null",{two}]"#);
    assert_eq!(merge(&[one, &nullable]), format!(r#"["null",{both}]"#));
    let turned = format!(r#"[{one},"null"]"#);
    assert_eq!(merge(&[&turned, two]), format!(r#"[{both},"null"]"#));
    assert_eq!(
        merge(&[r#""null""#, r#"{"type":"map","values":"int"}"#]),
        r#"["null",{"type":"map","values":"int"}]"#
    );
    assert_eq!(merge(&[r#""int""#, r#""double""#]), r#""double""#);
}

#[test]
fn a_type_of_one_name_is_one_type_also_where_one_file_alone_uses_it() {
    let one = record_of(&[
        (
            "before",
            r#"["null",{"type":"record","name":"n.Row","fields":[{"name":"id","type":"int"}]}]"#,
        ),
        ("after", r#"["null","n.Row"]"#),
    ]);
    let two = record_of(&[(
        "other",
        r#"{"type":"array","items":{"type":"record","name":"n.Row","fields":[{"name":"id","type":"long"},{"name":"new","type":"string"}]}}"#,
    )]);
    let row = r#"{"type":"record","name":"n.Row","fields":[{"name":"id","type":"long"},{"name":"new","type":["null","string"],"default":null}]}"#;
    assert_eq!(
        merge(&[&one, &two]),
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"before","type":["null",{row}],"default":null}},{{"name":"after","type":["null","n.Row"],"default":null}},{{"name":"other","type":["null",{{"type":"array","items":"n.Row"}}],"default":null}}]}}"#
        )
    );
    let error = mismatch(&[
        &one,
        &record(r#"{"type":"map","values":{"type":"enum","name":"n.Row","symbols":[]}}"#),
    ]);
    assert!(
        error
            .message()
            .contains("enum `n.Row` here and record `n.Row` before"),
        "{error}"
    );
    assert_eq!(error.place().field.as_deref(), Some("f[]"));
}

#[test]
fn types_of_several_names_in_one_place_are_one_type_with_aliases() {
    let enum_ = |name: &str, symbol: &str| {
        format!(r#"{{"type":"enum","name":"{name}","symbols":["{symbol}"]}}"#)
    };
    assert_eq!(
        field(&[&enum_("A", "x"), &enum_("b.B", "y"), &enum_("C", "x")]),
        r#"{"type":"enum","name":"A","aliases":["b.B","C"],"symbols":["x","y"]}"#
    );
    // Each file has the names in the other's places.
    let pair =
        |one: &str, two: &str| record_of(&[("p", &enum_(one, one)), ("q", &enum_(two, two))]);
    assert_eq!(
        merge(&[&pair("A", "B"), &pair("B", "A")]),
        record_of(&[
            (
                "p",
                r#"{"type":"enum","name":"A","aliases":["B"],"symbols":["A","B"]}"#
            ),
            ("q", r#""A""#)
        ])
    );
    // Two types of one union become one, and so do the branches.
    let union = format!("[{},{}]", enum_("A", "a"), enum_("B", "b"));
    assert_eq!(
        merge(&[
            &record_of(&[("u", &union), ("a", r#""A""#)]),
            &record_of(&[("u", &enum_("B", "b")), ("a", r#""B""#)]),
        ]),
        record_of(&[
            (
                "u",
                r#"[{"type":"enum","name":"A","aliases":["B"],"symbols":["a","b"]}]"#
            ),
            ("a", r#""A""#)
        ])
    );
}

#[test]
fn branches_find_their_full_name_then_their_short_name() {
    let fixed =
        |name: &str, size: u32| format!(r#"{{"type":"fixed","name":"{name}","size":{size}}}"#);
    let union = |types: &[String]| format!("[{}]", types.join(","));
    // The full name goes first, although `b.F` comes later.
    assert_eq!(
        field(&[
            &union(&[fixed("a.F", 1), fixed("b.F", 1), r#""int""#.into()]),
            &union(&[fixed("b.F", 1), fixed("c.F", 1)]),
        ]),
        r#"[{"type":"fixed","name":"a.F","aliases":["c.F"],"size":1},{"type":"fixed","name":"b.F","size":1},"int"]"#
    );
    assert_eq!(
        field(&[
            &union(&[fixed("a.F", 1), r#""int""#.into()]),
            &union(&[fixed("b.F", 2), fixed("c.G", 1)]),
        ]),
        format!(
            r#"[{},"int",{},{}]"#,
            fixed("a.F", 1),
            fixed("b.F", 2),
            fixed("c.G", 1)
        )
    );
    let named = |name: &str, type_: &str| {
        format!(r#"{{"type":"record","name":"{name}","fields":[{{"name":"x","type":{type_}}}]}}"#)
    };
    assert_eq!(
        field(&[
            &union(&[named("a.S", r#""int""#), named("T", r#""int""#)]),
            &union(&["\"null\"".into(), named("b.S", r#""long""#)]),
        ]),
        r#"["null",{"type":"record","name":"a.S","aliases":["b.S"],"fields":[{"name":"x","type":"long"}]},{"type":"record","name":"T","fields":[{"name":"x","type":"int"}]}]"#
    );
}

#[test]
fn types_that_contain_themselves_end() {
    let node = |name: &str, field: &str| {
        format!(
            r#"{{"type":"record","name":"{name}","fields":[{field},{{"name":"next","type":["null","{name}"]}}]}}"#
        )
    };
    let one = node("Node", r#"{"name":"a","type":"int"}"#);
    let two = node(
        "n.Other",
        r#"{"name":"a","type":"long"},{"name":"b","type":"int"}"#,
    );
    assert_eq!(
        merge(&[&one, &two]),
        r#"{"type":"record","name":"Node","aliases":["n.Other"],"fields":[{"name":"a","type":"long"},{"name":"next","type":["null","Node"]},{"name":"b","type":["null","int"],"default":null}]}"#
    );
    // A cycle of three types against one of one.
    let ring = r#"{"type":"record","name":"A","fields":[{"name":"f","type":["null",
        {"type":"record","name":"B","fields":[{"name":"f","type":["null",
        {"type":"record","name":"C","fields":[{"name":"f","type":["null","A"]}]}]}]}]}]}"#;
    let loop_ = r#"{"type":"record","name":"L","fields":[{"name":"f","type":["null","L"]}]}"#;
    assert_eq!(
        merge(&[ring, loop_]),
        r#"{"type":"record","name":"A","aliases":["B","C","L"],"fields":[{"name":"f","type":["null","A"]}]}"#
    );
    let error = mismatch(&[
        &record(&one),
        &record(
            &two.replace(r#""int""#, r#""string""#)
                .replace(r#""long""#, r#""string""#),
        ),
    ]);
    assert_eq!(error.place().field.as_deref(), Some("f.a"));
}

#[test]
fn aliases_are_joined_and_lead_to_no_name_that_is_in_use() {
    let one = r#"{"type":"record","name":"R","aliases":["S","Q"],"fields":[
        {"name":"new","type":"int","aliases":["old","older"]}]}"#;
    let two = r#"{"type":"record","name":"R","aliases":["Q","P"],"fields":[
        {"name":"old","type":"int"},{"name":"new","type":"int","aliases":["older","oldest"]},
        {"name":"s","type":{"type":"fixed","name":"S","size":1}}]}"#;
    assert_eq!(
        merge(&[one, two]),
        r#"{"type":"record","name":"R","aliases":["Q","P"],"fields":[{"name":"new","type":"int","aliases":["older","oldest"]},{"name":"old","type":["null","int"],"default":null},{"name":"s","type":["null",{"type":"fixed","name":"S","size":1}],"default":null}]}"#
    );
}

#[test]
fn an_alias_is_left_out_where_a_type_of_that_name_is_now_another() {
    let fixed = |name: &str| format!(r#"{{"type":"fixed","name":"{name}","size":1}}"#);
    let old = r#"{"type":"fixed","name":"A","aliases":["C","D"],"size":1}"#;
    assert_eq!(
        merge(&[
            &record_of(&[("a", old), ("b", &fixed("B"))]),
            &record_of(&[("a", r#""null""#), ("b", &fixed("C"))]),
        ]),
        record_of(&[
            (
                "a",
                r#"["null",{"type":"fixed","name":"A","aliases":["D"],"size":1}]"#
            ),
            (
                "b",
                r#"{"type":"fixed","name":"B","aliases":["C"],"size":1}"#
            ),
        ])
    );
}

#[test]
fn a_name_that_one_file_defines_twice_is_one_type() {
    let twice = record_of(&[
        (
            "a",
            r#"{"type":"record","name":"S","fields":[{"name":"x","type":"int"}]}"#,
        ),
        (
            "b",
            r#"{"type":"record","name":"S","fields":[{"name":"y","type":"int"}]}"#,
        ),
    ]);
    let merged = merge(&[&twice, &record_of(&[("c", r#""int""#)])]);
    assert_eq!(merged.matches(r#""name":"S""#).count(), 1);
    assert!(merged.contains(r#"["null","S"]"#), "{merged}");
    // One schema alone is what it is.
    assert_eq!(try_merge(&[&twice, &twice]).unwrap().json(), twice);
    let broken = twice.replace(r#""y","type":"int""#, r#""x","type":"string""#);
    let error = mismatch(&[&broken, &record_of(&[("c", r#""int""#)])]);
    assert_eq!(error.place().file.as_deref(), Some("file0"));
    assert_eq!(error.place().field.as_deref(), Some("a.x"));
}

#[test]
fn fixed_decimals_that_become_bytes_do_so_wherever_their_name_is_used() {
    let decimal = |size: u32, precision: u32| {
        format!(
            r#"{{"type":"fixed","name":"F","size":{size},"logicalType":"decimal","precision":{precision},"scale":2}}"#
        )
    };
    let bytes = r#"{"type":"bytes","logicalType":"decimal","precision":30,"scale":2}"#;
    let merged = merge(&[
        &record_of(&[("a", &decimal(8, 18)), ("b", r#"["null","F","int"]"#)]),
        &record_of(&[
            ("a", &decimal(16, 30)),
            ("b", &format!(r#"["int",{bytes}]"#)),
        ]),
        &record_of(&[("a", &decimal(8, 18)), ("b", r#""F""#)]),
    ]);
    assert_eq!(
        merged,
        record_of(&[("a", bytes), ("b", &format!(r#"["null",{bytes},"int"]"#))])
    );
}
