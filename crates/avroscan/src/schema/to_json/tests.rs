use super::*;
use crate::limits::Limits;

/// Written and read again it is the same, node by node, and so is the text of that.
fn assert_round_trip(json: &str) -> String {
    let schema: AvroSchema = json.parse().unwrap();
    let text = to_json(&schema);
    let again =
        AvroSchema::parse(&text, &Limits::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(
        format!("{:?}", again.types),
        format!("{:?}", schema.types),
        "{json}"
    );
    assert_eq!(again.root, schema.root);
    assert_eq!(to_json(&again), text);
    text
}

#[test]
fn types_attributes_and_defaults_are_written() {
    for text in [
        r#""int""#,
        r#"["null","string"]"#,
        r#"{"type":"array","items":{"type":"map","values":["null","bytes"]}}"#,
        r#"{"type":"enum","name":"E","symbols":[]}"#,
        r#"{"type":"enum","name":"a.E","aliases":["a.D","b.E"],"symbols":["x","\"\\\n"],"default":"x"}"#,
        r#"{"type":"fixed","name":"F","size":12,"logicalType":"duration"}"#,
        r#"{"type":"bytes","logicalType":"decimal","precision":10,"scale":0}"#,
        r#"{"type":"record","name":"R","fields":[]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"é \"","type":["null","R"],"aliases":["x","y"],"default":null},{"name":"d","type":"double","default":1e+300}]}"#,
    ] {
        assert_eq!(assert_round_trip(text), text);
    }
    for (base, logical) in [
        (r#""bytes""#, "big-decimal"),
        (r#""string""#, "uuid"),
        (r#""fixed","name":"F","size":16"#, "uuid"),
        (r#""int""#, "date"),
        (r#""int""#, "time-millis"),
        (r#""long""#, "time-micros"),
        (r#""long""#, "timestamp-millis"),
        (r#""long""#, "timestamp-micros"),
        (r#""long""#, "timestamp-nanos"),
        (r#""long""#, "local-timestamp-millis"),
        (r#""long""#, "local-timestamp-micros"),
        (r#""long""#, "local-timestamp-nanos"),
    ] {
        let text = format!(r#"{{"type":{base},"logicalType":"{logical}"}}"#);
        assert_eq!(assert_round_trip(&text), text);
    }
    // What says nothing is left out, a scale that goes without saying is written.
    assert_eq!(
        assert_round_trip(
            r#"{"type": {"type": "bytes", "doc": "", "logicalType": "decimal", "precision": 3}}"#
        ),
        r#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":0}"#
    );
    assert_eq!(
        assert_round_trip(r#"{"type": "int", "logicalType": "timestamp-millis"}"#),
        r#""int""#
    );
}

#[test]
fn names_are_written_in_full_and_mean_the_same_in_any_namespace() {
    let text = assert_round_trip(
        r#"{"type":"record","name":"R","namespace":"a","aliases":["Q","z.Q",".P"],"fields":[
            {"name":"one","type":{"type":"fixed","name":"F","size":1}},
            {"name":"bare","type":{"type":"fixed","name":"G","namespace":"","aliases":["H","b.H"],"size":2}},
            {"name":"near","type":"F"},
            {"name":"far","type":["G","a.F"]},
            {"name":"clash","type":{"type":"fixed","name":"F","namespace":"","size":3}},
            {"name":"dot","type":".F"},
            {"name":"int","type":{"type":"fixed","name":".int","size":4}},
            {"name":"again","type":".int"},
            {"name":"inner","type":{"type":"record","name":"c.S","fields":[
                {"name":"bare","type":"F"}, {"name":"outer","type":"a.F"}, {"name":"up","type":["null","a.R"]}]}}
        ]}"#,
    );
    let at = |name: &str| {
        let begin = text.find(&format!(r#"{{"name":"{name}""#)).unwrap();
        text[begin..].split_once(r#""type":"#).unwrap().1
    };
    assert!(text.starts_with(r#"{"type":"record","name":"a.R","aliases":["a.Q","z.Q",".P"]"#));
    assert!(
        at("bare")
            .starts_with(r#"{"type":"fixed","name":"G","namespace":"","aliases":["H","b.H"]"#)
    );
    assert!(at("near").starts_with(r#""a.F"}"#));
    assert!(at("far").starts_with(r#"[".G","a.F"]}"#));
    assert!(at("dot").starts_with(r#"".F"}"#));
    assert!(at("again").starts_with(r#"".int"}"#));
    assert!(at("inner").contains(r#""type":["null","a.R"]}"#));
    assert_round_trip(
        r#"{"type":"record","name":"x.","fields":[{"name":"f","type":["null","x."]}]}"#,
    );
    assert_round_trip(
        r#"{"type":"record","name":"..","fields":[{"name":"f","type":["null",".."]}]}"#,
    );
}

#[test]
fn a_name_that_is_defined_twice_is_written_twice() {
    let text = r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":1}},{"name":"b","type":"F"},{"name":"c","type":{"type":"fixed","name":"F","size":2}},{"name":"d","type":"F"}]}"#;
    assert_eq!(assert_round_trip(text), text);
}

#[test]
fn deep_schemas_and_defaults_are_written_on_the_stack_of_any_thread() {
    let check = || {
        let arrays = format!(
            r#"{}"int"{}"#,
            r#"{"type":"array","items":"#.repeat(4096),
            "}".repeat(4096)
        );
        assert_eq!(to_json(&arrays.parse().unwrap()), arrays);
        let default = "[".repeat(4092) + &"]".repeat(4092);
        let text = format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":"int","default":{default}}}]}}"#
        );
        assert_eq!(to_json(&text.parse().unwrap()), text);
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    thread.spawn(check).unwrap().join().unwrap();
}
