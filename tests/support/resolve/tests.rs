//! The rules of the specification, one by one.

use serde_json::{Value as Json, json};

use super::{Problem, check, value};
use crate::schema::Schema;

fn schemas(writer: &Json, reader: &Json) -> (Schema, Schema) {
    let schema = |json| Schema::from_json(json).unwrap();
    (schema(writer), schema(reader))
}

/// The value is this under the reader's schema.
#[track_caller]
fn becomes(writer: Json, reader: Json, from: Json, to: Json) {
    let (theirs, ours) = schemas(&writer, &reader);
    assert_eq!(check(&theirs, &ours), Ok(()), "{writer} as {reader}");
    let found = value(&theirs, &ours, &from);
    assert_eq!(found, Ok(to), "{from}: {writer} as {reader}");
}

/// The schemas go together, and this value is a problem.
#[track_caller]
fn problem(writer: Json, reader: Json, from: Json) -> Problem {
    let (theirs, ours) = schemas(&writer, &reader);
    assert_eq!(check(&theirs, &ours), Ok(()), "{writer} as {reader}");
    value(&theirs, &ours, &from).expect_err("a problem")
}

/// The schemas do not go together.
#[track_caller]
fn refused(writer: Json, reader: Json) {
    let (theirs, ours) = schemas(&writer, &reader);
    assert!(check(&theirs, &ours).is_err(), "{writer} as {reader}");
}

fn record(name: &str, fields: Json) -> Json {
    json!({"type": "record", "name": name, "fields": fields})
}

fn of(base: &str, logical: &str) -> Json {
    json!({"type": base, "logicalType": logical})
}

fn decimal(precision: usize, scale: usize) -> Json {
    json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
}

fn hex(digits: &str) -> Json {
    json!({ "$bytes": digits })
}

fn union(branch: usize, value: Json) -> Json {
    json!({ "$union": [branch, value] })
}

#[test]
fn numbers_become_wider_and_text_and_bytes_each_other() {
    let large = json!(i64::MAX);
    becomes(json!("int"), json!("long"), json!(-3), json!(-3));
    becomes(
        json!("int"),
        json!("float"),
        json!(16_777_217),
        json!(16_777_216.0),
    );
    becomes(
        json!("long"),
        json!("float"),
        large.clone(),
        json!(9_223_372_036_854_775_808.0),
    );
    becomes(
        json!("long"),
        json!("double"),
        large,
        json!(9_223_372_036_854_775_808.0),
    );
    becomes(json!("float"), json!("double"), json!(0.5), json!(0.5));
    becomes(json!("string"), json!("bytes"), json!("é"), hex("c3a9"));
    becomes(json!("bytes"), json!("string"), hex("c3a9"), json!("é"));
    assert_eq!(
        problem(json!("bytes"), json!("string"), hex("c3")),
        Problem::Utf8
    );
    for (writer, reader) in [("long", "int"), ("double", "float"), ("int", "string")] {
        refused(json!(writer), json!(reader));
    }
}

#[test]
fn units_and_scales_change_exactly() {
    let (millis, micros) = (
        of("long", "timestamp-millis"),
        of("long", "timestamp-micros"),
    );
    becomes(millis.clone(), micros.clone(), json!(-5), json!(-5_000));
    becomes(micros.clone(), millis.clone(), json!(-5_000), json!(-5));
    assert!(matches!(
        problem(micros, millis.clone(), json!(5_001)),
        Problem::Value(_)
    ));
    let nanos = of("long", "timestamp-nanos");
    assert!(matches!(
        problem(millis.clone(), nanos, json!(i64::MAX)),
        Problem::Value(_)
    ));
    refused(millis.clone(), of("long", "local-timestamp-millis"));
    refused(millis, of("long", "time-micros"));
    becomes(
        of("int", "time-millis"),
        of("long", "time-micros"),
        json!(7),
        json!(7_000),
    );

    let fixed = json!({"type": "fixed", "name": "F", "size": 3, "logicalType": "decimal",
                       "precision": 5, "scale": 2});
    becomes(decimal(3, 1), decimal(5, 2), hex("ff"), hex("f6"));
    becomes(decimal(3, 1), fixed.clone(), hex("ff"), hex("fffff6"));
    becomes(fixed, decimal(3, 1), hex("fffff6"), hex("ff"));
    let inexact = problem(decimal(3, 1), decimal(3, 0), hex("0f"));
    assert!(matches!(inexact, Problem::Value(_)));
    let too_wide = problem(decimal(3, 0), decimal(3, 1), hex("64"));
    assert!(matches!(too_wide, Problem::Value(_)));
}

#[test]
fn a_logical_type_on_one_side_says_nothing_about_the_value() {
    becomes(json!("int"), of("int", "date"), json!(4), json!(4));
    becomes(
        json!("int"),
        of("long", "timestamp-millis"),
        json!(4),
        json!(4),
    );
    becomes(
        of("long", "timestamp-millis"),
        json!("double"),
        json!(4),
        json!(4.0),
    );
    becomes(decimal(3, 1), json!("bytes"), hex("0f"), hex("0f"));
    refused(of("int", "date"), of("long", "timestamp-millis"));
    let of_day = problem(json!("int"), of("int", "time-millis"), json!(-1));
    assert!(matches!(of_day, Problem::Value(_)));
}

#[test]
fn fields_are_found_by_name_and_alias_and_else_have_a_default() {
    let writer = record(
        "A",
        json!([
            {"name": "a", "type": "int"}, {"name": "b", "type": "string"}, {"name": "c", "type": "null"},
        ]),
    );
    let reader = record(
        "B",
        json!([
            {"name": "new", "type": ["null", "bytes", "string"], "default": "é\u{ff}"},
            {"name": "d", "type": "string", "aliases": ["x", "b"], "default": "unused"},
            {"name": "a", "type": "long"},
        ]),
    );
    becomes(
        writer.clone(),
        reader,
        json!({"a": 1, "b": "text", "c": null}),
        json!({"new": {"$union": [1, {"$bytes": "e9ff"}]}, "d": "text", "a": 1}),
    );
    refused(
        writer.clone(),
        record("A", json!([{"name": "e", "type": "int"}])),
    );
    refused(
        writer,
        record(
            "A",
            json!([{"name": "e", "type": "int", "default": "text"}]),
        ),
    );
}

#[test]
fn defaults_are_of_any_type() {
    let inner = record(
        "I",
        json!([
            {"name": "x", "type": "int"},
            {"name": "y", "type": {"type": "map", "values": "float"}, "default": {"k": 0.5}},
        ]),
    );
    let fixed = json!({"type": "fixed", "name": "F", "size": 2});
    for (ty, json, expected) in [
        (json!("null"), json!(null), json!(null)),
        (json!("double"), json!(1), json!(1.0)),
        (fixed, json!("\u{0}\u{80}"), hex("0080")),
        (
            json!({"type": "array", "items": ["int", "null"]}),
            json!([null, 2]),
            json!([union(1, json!(null)), union(0, json!(2))]),
        ),
        (
            inner,
            json!({"x": 3}),
            json!({"x": 3, "y": {"$map": [["k", 0.5]]}}),
        ),
        (
            json!({"type": "enum", "name": "E", "symbols": ["s"]}),
            json!("s"),
            json!("s"),
        ),
    ] {
        let reader = record("R", json!([{"name": "f", "type": ty, "default": json}]));
        becomes(
            record("R", json!([])),
            reader,
            json!({}),
            json!({ "f": expected }),
        );
    }
}

#[test]
fn unions_go_to_the_branch_that_is_most_like_the_value() {
    let (int, text) = (json!(5), json!("text"));
    becomes(
        json!("int"),
        json!(["null", "int"]),
        int.clone(),
        union(1, int.clone()),
    );
    becomes(
        json!(["null", "int"]),
        json!("int"),
        union(1, int.clone()),
        int.clone(),
    );
    becomes(
        json!("int"),
        json!(["long", "int"]),
        int.clone(),
        union(1, int.clone()),
    );
    becomes(
        json!("int"),
        json!(["double", "long"]),
        int.clone(),
        union(0, json!(5.0)),
    );
    becomes(
        json!(["int", "string"]),
        json!(["string", "long"]),
        union(1, text.clone()),
        union(0, text),
    );
    let narrowed = problem(json!(["null", "int"]), json!("int"), union(0, json!(null)));
    assert!(matches!(narrowed, Problem::Unknown(_)));
    refused(json!("string"), json!(["null", "int"]));
    refused(json!(["string"]), json!(["null", "int"]));

    let named = |name: &str| json!({"type": "enum", "name": name, "symbols": ["s"]});
    let symbol = || json!("s");
    becomes(
        named("a.E"),
        json!([named("b.E"), named("a.E")]),
        symbol(),
        union(1, symbol()),
    );
    becomes(
        named("a.E"),
        json!([named("b.F"), named("b.E")]),
        symbol(),
        union(1, symbol()),
    );
    let alias = json!({"type": "enum", "name": "F", "aliases": ["a.E"], "symbols": ["s"]});
    becomes(
        named("a.E"),
        json!(["null", alias]),
        symbol(),
        union(1, symbol()),
    );
    refused(named("a.E"), json!(["null", named("F")]));
}

#[test]
fn records_need_a_name_only_in_unions() {
    let named = |name: &str| record(name, json!([{"name": "x", "type": "int"}]));
    let row = || json!({"x": 1});
    becomes(named("A"), named("B"), row(), row());
    let array = |items: Json| json!({"type": "array", "items": items});
    becomes(
        array(named("A")),
        array(named("B")),
        json!([row()]),
        json!([row()]),
    );
    refused(named("A"), json!(["null", named("B")]));
    let nullable = json!(["null", named("A")]);
    let other = problem(nullable, json!(["null", named("B")]), union(1, row()));
    assert!(matches!(other, Problem::Unknown(_)));
    let two = json!([named("A"), named("B")]);
    becomes(
        two.clone(),
        json!([named("C"), named("B")]),
        union(1, row()),
        union(1, row()),
    );
    assert!(matches!(
        problem(two, named("A"), union(1, row())),
        Problem::Unknown(_)
    ));
}

#[test]
fn symbols_that_are_unknown_are_the_default() {
    let all = json!({"type": "enum", "name": "E", "symbols": ["a", "b", "c"]});
    let mut some = json!({"type": "enum", "name": "E", "symbols": ["c", "a"]});
    becomes(all.clone(), some.clone(), json!("a"), json!("a"));
    let unknown = problem(all.clone(), some.clone(), json!("b"));
    assert!(matches!(unknown, Problem::Unknown(_)));
    some["default"] = json!("c");
    becomes(all, some, json!("b"), json!("c"));
}

#[test]
fn types_inside_of_themselves_are_resolved_at_every_level() {
    let node = |leaf: Json| {
        record(
            "N",
            json!([{"name": "leaf", "type": leaf}, {"name": "next", "type": ["null", "N"]}]),
        )
    };
    let end = |leaf: Json| json!({"leaf": leaf, "next": union(0, json!(null))});
    let two = |first: Json, second: Json| json!({"leaf": first, "next": union(1, end(second))});
    becomes(
        node(json!("int")),
        node(json!("double")),
        two(json!(1), json!(2)),
        two(json!(1.0), json!(2.0)),
    );
    refused(node(json!("double")), node(json!("int")));
}
