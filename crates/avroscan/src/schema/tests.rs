use super::*;
use crate::error::ErrorKind;
use crate::limits::Limit;

fn parse(json: &str) -> Result<AvroSchema> {
    AvroSchema::parse(json, &Limits::default())
}

fn field<'a>(schema: &'a AvroSchema, path: &[&str]) -> &'a Node {
    let mut node = schema.types().node(schema.root());
    for name in path {
        let Kind::Record(fields) = &node.kind else {
            panic!("{node:?} has no field {name}")
        };
        let field = fields.iter().find(|field| field.name == *name).unwrap();
        node = schema.types().node(field.node);
    }
    node
}

#[test]
fn references_find_the_definition_in_their_own_namespace_first() {
    let schema = parse(
        r#"{"type": "record", "name": "R", "namespace": "a", "fields": [
            {"name": "one", "type": {"type": "fixed", "name": "F", "size": 1}},
            {"name": "two", "type": {"type": "fixed", "name": "b.F", "size": 2}},
            {"name": "three", "type": {"type": "fixed", "name": "F", "namespace": "", "size": 3}},
            {"name": "near", "type": "F"},
            {"name": "far", "type": "b.F"},
            {"name": "inner", "type": {"type": "record", "name": "c.S", "fields": [
                {"name": "bare", "type": "F"}, {"name": "outer", "type": "a.F"}]}}
        ]}"#,
    )
    .unwrap();
    let size = |path: &[&str]| match field(&schema, path).kind {
        Kind::Fixed(size) => size,
        ref other => panic!("{other:?}"),
    };
    assert_eq!(size(&["near"]), 1);
    assert_eq!(size(&["far"]), 2);
    assert_eq!(size(&["inner", "bare"]), 3);
    assert_eq!(size(&["inner", "outer"]), 1);
}

#[test]
fn odd_names_wrong_defaults_and_extra_attributes_are_read() {
    let schema = parse(
        r#"{"type": "record", "name": "org.x.Outer$", "connect.version": 1, "fields": [
            {"name": "a-b", "type": "int", "default": "no int"},
            {"name": "1x", "type": ["null", "string"], "default": "x"},
            {"name": "é", "type": {"type": "string", "avro.java.string": "String"}},
            {"name": "E", "type": {"type": {"type": "long"}}}
        ]}"#,
    )
    .unwrap();
    assert!(matches!(field(&schema, &["E"]).kind, Kind::Long));
    assert!(matches!(field(&schema, &["é"]).kind, Kind::String));
}

#[test]
fn logical_types_count_only_where_they_are_valid() {
    let logical = |json: &str| {
        let schema = parse(json).unwrap();
        schema.types().node(schema.root()).logical
    };
    let decimal = |precision, scale| Some(Logical::Decimal { precision, scale });
    assert_eq!(
        logical(r#"{"type":"int","logicalType":"date"}"#),
        Some(Logical::Date)
    );
    assert_eq!(logical(r#"{"type":"long","logicalType":"date"}"#), None);
    assert_eq!(logical(r#"{"type":"int","logicalType":"leap"}"#), None);
    assert_eq!(
        logical(r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":4}"#),
        decimal(4, 4)
    );
    assert_eq!(
        logical(r#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}"#),
        None
    );
    assert_eq!(
        logical(r#"{"type":"bytes","logicalType":"decimal","precision":0}"#),
        None
    );
    assert_eq!(logical(r#"{"type":"bytes","logicalType":"decimal"}"#), None);
    for (size, digits) in [(1, 2), (2, 4), (4, 9), (8, 18), (16, 38), (32, 76)] {
        let json = |digits| {
            format!(
                r#"{{"type":"fixed","name":"F","size":{size},"logicalType":"decimal","precision":{digits}}}"#
            )
        };
        assert_eq!(logical(&json(digits)), decimal(digits, 0));
        assert_eq!(logical(&json(digits + 1)), None);
    }
}

#[test]
fn broken_schemas_are_errors_that_name_the_field() {
    for (json, says) in [
        ("{", "not valid JSON"),
        ("1", "must be a JSON string"),
        (r#""nosuch""#, "unknown type `nosuch`"),
        (r#"{"name": "x"}"#, "must have a `type`"),
        ("[]", "at least one branch"),
        (r#"["null", ["int"]]"#, "directly contain"),
        (r#"{"type": "array"}"#, "no `items`"),
        (r#"{"type": "enum", "name": "E"}"#, "`symbols`"),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["a", "a"]}"#,
            "twice",
        ),
        (r#"{"type": "fixed", "name": "F", "size": -1}"#, "`size`"),
        (r#"{"type": "record", "name": "R"}"#, "`fields`"),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
            "named `a`",
        ),
    ] {
        let error = parse(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{json}");
        assert!(error.to_string().contains(says), "{json}: {error}");
    }
    let nested = r#"{"type":"record","name":"R","fields":[
        {"name":"list","type":{"type":"array","items":"nosuch"}}]}"#;
    assert_eq!(
        parse(nested).unwrap_err().place().field.as_deref(),
        Some("list[]")
    );
}

#[test]
fn two_hundred_nested_records_are_read_and_endless_nesting_is_refused() {
    let nest = |depth: usize| {
        let mut json = r#""int""#.to_owned();
        for i in 0..depth {
            json = format!(
                r#"{{"type":"record","name":"R{i}","fields":[{{"name":"f","type":{json}}}]}}"#
            );
        }
        json
    };
    parse(&nest(200)).unwrap();
    for hostile in [
        nest(5_000),
        "[".repeat(1_000_000),
        format!("\"{}", "\\\"[".repeat(5_000)),
    ] {
        let error = parse(&hostile).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Limit(Limit::SchemaDepth) | ErrorKind::Schema
            ),
            "{error}"
        );
    }
}

#[test]
fn limits_on_types_and_sizes_are_errors_of_their_own() {
    let limits = Limits {
        schema_nodes: 3,
        ..Limits::default()
    };
    let error = AvroSchema::parse(r#"["int", "long", "string"]"#, &limits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::SchemaNodes));
    let error = parse(r#"{"type":"fixed","name":"F","size":99999999999}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit(Limit::FixedBytes));
}

#[test]
fn a_name_that_is_defined_twice_means_the_latest() {
    let schema = parse(
        r#"{"type":"record","name":"R","fields":[
            {"name":"a","type":{"type":"fixed","name":"F","size":1}},
            {"name":"b","type":"F"},
            {"name":"c","type":{"type":"fixed","name":"F","size":2}},
            {"name":"d","type":"F"}]}"#,
    )
    .unwrap();
    for (name, size) in [("a", 1), ("b", 1), ("c", 2), ("d", 2)] {
        let kind = &field(&schema, &[name]).kind;
        assert!(
            matches!(kind, Kind::Fixed(found) if *found == size),
            "{name}: {kind:?}"
        );
    }
}
