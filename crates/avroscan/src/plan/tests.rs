use super::*;
use crate::error::ErrorKind;
use crate::limits::Limit;

const ORDERS: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"id","type":"long"},
    {"name":"a","type":"float"},
    {"name":"b","type":"double"},
    {"name":"flag","type":"boolean"},
    {"name":"user","type":{"type":"record","name":"User","fields":[
        {"name":"name","type":"string"},
        {"name":"email","type":["null","string"]},
        {"name":"age","type":["int","null"]}]}},
    {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
        {"name":"sku","type":"string"},
        {"name":"price","type":"double"}]}}},
    {"name":"tags","type":{"type":"map","values":"User"}},
    {"name":"user.email","type":"int"}
]}"#;

fn plan(json: &str, projection: Projection) -> Result<DecodePlan> {
    let limits = Limits::default();
    DecodePlan::new(
        &AvroSchema::parse(json, &limits)?,
        None,
        &projection,
        0,
        &limits,
    )
}

fn columns(paths: &[&str]) -> String {
    plan(ORDERS, Projection::columns(paths.iter().copied()))
        .unwrap()
        .to_string()
}

#[test]
fn unwanted_fields_are_skipped_in_runs() {
    assert_eq!(
        columns(&["flag"]),
        "skip varint, 12 bytes\n\
         keep flag: Boolean\n\
         skip length-prefixed, union(0 bytes, length-prefixed), union(varint, 0 bytes), \
         array(length-prefixed, 8 bytes), \
         map(length-prefixed, union(0 bytes, length-prefixed), union(varint, 0 bytes)), varint\n"
    );
}

#[test]
fn paths_reach_into_records_arrays_and_maps() {
    assert_eq!(
        columns(&["lines.price", "user.age", "tags.name", "user.name"]),
        "skip varint, 13 bytes\n\
         keep user: record\n\
         \u{20} keep name: Utf8View\n\
         \u{20} skip union(0 bytes, length-prefixed)\n\
         \u{20} keep age: Int32?\n\
         keep lines: array of: record\n\
         \u{20} skip length-prefixed\n\
         \u{20} keep price: Float64\n\
         keep tags: map of: record\n\
         \u{20} keep name: Utf8View\n\
         \u{20} skip union(0 bytes, length-prefixed), union(varint, 0 bytes)\n\
         skip varint\n"
    );
    let plan = plan(
        ORDERS,
        Projection::columns(["lines.price", "user.age", "id", "user.name"]),
    )
    .unwrap();
    let names: Vec<_> = plan
        .arrow_schema()
        .fields()
        .iter()
        .map(|f| f.name().as_str())
        .collect();
    assert_eq!(
        names,
        ["lines", "user", "id"],
        "in the order of first mention"
    );
    assert_eq!(plan.row().order, [2, 1, 0]);
}

#[test]
fn a_field_whose_name_holds_a_dot_wins_over_a_path() {
    assert!(columns(&["user.email"]).ends_with("keep user.email: Int32\n"));
}

#[test]
fn a_whole_column_swallows_paths_into_it() {
    let whole = columns(&["user"]);
    assert_eq!(columns(&["user.name", "user"]), whole);
    assert_eq!(columns(&["user", "user.name"]), whole);
}

#[test]
fn unknown_columns_are_named_with_those_that_exist() {
    for (path, says) in [
        ("nosuch", "no column `nosuch`"),
        ("user.nosuch", "no column `nosuch`"),
        ("id.x", "type long has no field `x`"),
        ("lines.price.x", "type double has no field `x`"),
        ("", "no column ``"),
    ] {
        let error = plan(ORDERS, Projection::columns([path])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{path}");
        assert!(error.to_string().contains(says), "{path}: {error}");
    }
}

#[test]
fn no_columns_need_the_headers_only() {
    assert!(plan(ORDERS, Projection::none()).unwrap().headers_suffice());
    assert!(!plan(ORDERS, Projection::All).unwrap().headers_suffice());
    let empty = r#"{"type":"record","name":"E","fields":[]}"#;
    assert!(
        !plan(empty, Projection::All).unwrap().headers_suffice(),
        "its blocks must be empty"
    );
}

#[test]
fn a_schema_that_expands_without_end_is_refused() {
    let mut json = r#""long""#.to_owned();
    for i in 0..20 {
        json = format!(
            r#"{{"type":"record","name":"T{i}","fields":[{{"name":"a","type":{json}}},{{"name":"b","type":"T{}"}}]}}"#,
            if i == 0 {
                "0x".to_owned()
            } else {
                (i - 1).to_string()
            }
        );
    }
    let json = json.replace(
        r#"{"name":"b","type":"T0x"}"#,
        r#"{"name":"b","type":"long"}"#,
    );
    for projection in [Projection::All, Projection::columns(["a"])] {
        assert_eq!(
            plan(&json, projection).unwrap_err().kind(),
            ErrorKind::Limit(Limit::SchemaNodes)
        );
    }
}

#[test]
fn smallest_and_null_sizes_are_known() {
    let sizes = |json: &str| plan(json, Projection::All).unwrap().row().sizes;
    let of = |encoded, decoded| Sizes { encoded, decoded };
    assert_eq!(
        sizes(ORDERS),
        of(
            1 + 4 + 8 + 1 + 3 + 1 + 1 + 1,
            8 + 4 + 8 + 1 + 36 + 4 + 4 + 4
        )
    );
    let fixed = r#"{"type":"record","name":"R","fields":[
        {"name":"f","type":["null",{"type":"fixed","name":"F","size":65536}]}]}"#;
    assert_eq!(sizes(fixed), of(1, 65536));
    assert_eq!(sizes(r#""null""#), of(0, 0));
}

#[test]
fn a_chain_of_references_may_not_nest_without_end() {
    let chain = |length: usize| {
        let mut fields = vec![
            r#"{"name":"f0","type":{"type":"record","name":"T0","fields":[{"name":"v","type":"int"}]}}"#
                .to_owned(),
        ];
        for i in 1..length {
            let inner = i - 1;
            fields.push(format!(
                r#"{{"name":"f{i}","type":{{"type":"record","name":"T{i}","fields":[{{"name":"v","type":"T{inner}"}}]}}}}"#
            ));
        }
        format!(
            r#"{{"type":"record","name":"R","fields":[{}]}}"#,
            fields.join(",")
        )
    };
    let last = |length: usize| {
        plan(
            &chain(length),
            Projection::columns([format!("f{}", length - 1)]),
        )
    };
    last(200).unwrap();
    assert_eq!(
        last(5000).unwrap_err().kind(),
        ErrorKind::Limit(Limit::SchemaNodes)
    );
}

#[test]
fn recursive_types_are_spelled_out_as_often_as_asked_for() {
    let schema: AvroSchema = r#"{"type":"record","name":"N","fields":[
        {"name":"id","type":"int"},{"name":"next","type":["null","N"]}]}"#
        .parse()
        .unwrap();
    let plan = |unroll, projection| {
        DecodePlan::new(&schema, None, &projection, unroll, &Limits::default())
    };
    let shown = |unroll| plan(unroll, Projection::All).unwrap().to_string();
    assert_eq!(shown(0), "keep id: Int32\nkeep next: JSON?\n");
    assert_eq!(
        shown(1),
        "keep id: Int32\nkeep next: record?\n  keep id: Int32?\n  keep next: JSON?\n"
    );
    let inner = Projection::columns(["next.next.id"]);
    assert_eq!(
        plan(2, inner.clone()).unwrap().to_string().trim(),
        "skip varint\nkeep next: record?\n  skip varint\n  keep next: record?\n    \
         keep id: Int32?\n    skip union(0 bytes, recursive 0)"
    );
    assert_eq!(plan(0, inner).unwrap_err().kind(), ErrorKind::Usage);
    let error = plan(300, Projection::All).unwrap().readable().unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::ColumnDepth),
        "{error}"
    );
    let error = plan(2_000, Projection::All).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::SchemaDepth),
        "{error}"
    );
}
