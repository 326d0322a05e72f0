//! Many files, and schemas that are deep, wide, or made to take long.

use std::time::{Duration, Instant};

use super::*;

/// More than any of these takes by far, and less than what grows with the square would.
const SOON: Duration = Duration::from_secs(20);

fn soon<T>(what: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = what();
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    result
}

#[test]
fn nothing_is_no_schema_and_one_is_itself() {
    let error = AvroSchema::union_by_name([], &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    let text = r#"{ "type": "long", "logicalType": "unknown", "x": 1 }"#;
    assert_eq!(try_merge(&[text]).unwrap().json(), text);
    assert_eq!(try_merge(&[text, text, text]).unwrap().json(), text);
}

#[test]
fn a_thousand_files_merge_one_by_one_and_all_at_once() {
    let fields: Vec<String> = (0..100).map(|i| format!("f{i}")).collect();
    let schema = |file: usize| {
        let types = [r#""int""#, r#""long""#, r#"["null","double"]"#];
        let of = |i: usize| types[(i + file) % 3];
        let mut fields: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(i, f)| (f.as_str(), of(i)))
            .collect();
        let own = format!("own{file}");
        fields.push((&own, r#"{"type":"array","items":"string"}"#));
        record_of(&fields).parse::<AvroSchema>().unwrap()
    };
    let schemas: Vec<AvroSchema> = (0..1000).map(schema).collect();
    let limits = Limits::default();
    let named = || schemas.iter().map(|schema| ("file", schema));
    let all = soon(|| AvroSchema::union_by_name(named(), &limits).unwrap());
    let one_by_one = soon(|| {
        let mut schemas = named();
        let first = schemas.next().unwrap().1.clone();
        let pair = |merged: AvroSchema, next| {
            AvroSchema::union_by_name([("merged", &merged), next], &limits).unwrap()
        };
        schemas.take(100).fold(first, pair)
    });
    assert_eq!(all.json().matches("\"own").count(), 1000);
    assert_eq!(all.json().matches(r#"["null","double"]"#).count(), 100);
    assert_eq!(one_by_one.json().matches("\"own").count(), 101);
    // Thousands with the same text are one.
    let same = std::iter::repeat_n(("file", &schemas[0]), 100_000);
    assert_eq!(
        soon(|| AvroSchema::union_by_name(same, &limits).unwrap()).json(),
        schemas[0].json()
    );
}

fn nest(depth: usize, open: impl Fn(usize) -> String, inner: &str, close: &str) -> String {
    let open: String = (0..depth).map(open).collect();
    open + inner + &close.repeat(depth)
}

#[test]
fn deep_schemas_merge_on_the_stack_of_any_thread() {
    let arrays = |inner| nest(1000, |_| r#"{"type":"array","items":"#.into(), inner, "}");
    let records = |names: &'static str, inner: &str| {
        let open =
            |i| format!(r#"{{"type":"record","name":"{names}{i}","fields":[{{"name":"f","type":"#);
        nest(300, open, inner, "}]}")
    };
    let unions = |inner: &str| {
        nest(
            300,
            |_| r#"["null",{"type":"map","values":"#.into(),
            inner,
            "}]",
        )
    };
    let check = move || {
        for (one, two) in [
            (arrays(r#""int""#), arrays(r#""long""#)),
            (records("R", r#""int""#), records("R", r#""long""#)),
            (records("R", r#""int""#), records("S", r#"["null","long"]"#)),
            (unions(r#""int""#), unions(r#""null""#)),
        ] {
            assert!(try_merge(&[&one, &two]).is_ok());
        }
        let error = mismatch(&[&arrays(r#""int""#), &arrays(r#""string""#)]);
        assert!(error.place().field.as_deref().unwrap().ends_with("[][]"));
        let deep = nest(900, |_| r#"{"a":"#.into(), "1", "}");
        let deep = record(&format!(r#""int","default":{deep}"#));
        assert!(try_merge(&[&deep, &record(r#""long""#)]).is_ok());
        let map = nest(
            500,
            |_| r#"{"type":"map","values":"#.into(),
            r#""int""#,
            "}",
        );
        let default = nest(500, |_| r#"{"a":"#.into(), "1", "}");
        let text = record(&format!(r#"{map},"default":{default}"#));
        assert!(try_merge(&[&text, &record_of(&[])]).is_ok());
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    thread.spawn(check).unwrap().join().unwrap();
}

#[test]
fn what_becomes_deeper_or_larger_than_allowed_is_an_error() {
    // Each holds the other's innermost record.
    let open = |prefix: &'static str| {
        move |i| {
            format!(
                r#"{{"type":"record","name":"{prefix}{i}","fields":[{{"name":"{prefix}","type":"#
            )
        }
    };
    let one = nest(
        1_000,
        open("A"),
        r#"{"type":"record","name":"B0","fields":[]}"#,
        "}]}",
    );
    let two = nest(1_000, open("B"), r#""int""#, "}]}");
    let error = try_merge(&[
        &record(&one),
        &record(&format!(r#"{{"type":"array","items":{two}}}"#)),
    ]);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::SchemaMismatch);
    let texts = [record_of(&[("a", &one)]), record_of(&[("b", &two)])];
    let error = try_merge(&[&texts[0], &texts[1]]).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::SchemaDepth),
        "{error}"
    );

    let limits = Limits {
        schema_nodes: 8,
        ..Limits::default()
    };
    let schemas = schemas(&[
        &record_of(&[("a", r#""int""#), ("b", r#""int""#), ("c", r#""int""#)]),
        &record_of(&[("d", r#""int""#), ("e", r#""int""#), ("f", r#""int""#)]),
    ]);
    let merged = AvroSchema::union_by_name([("", &schemas[0]), ("", &schemas[1])], &limits);
    assert_eq!(
        merged.unwrap_err().kind(),
        ErrorKind::Limit(Limit::SchemaNodes)
    );
}

/// A record of `n` fields; what each is says `field`.
fn wide(n: usize, field: impl Fn(usize) -> (String, String)) -> String {
    let fields: Vec<_> = (0..n).map(field).collect();
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, type_)| (name.as_str(), type_.as_str()))
        .collect();
    record_of(&fields)
}

#[test]
fn wide_records_that_meet_many_others_merge_soon() {
    const N: usize = 10_000;
    let empty = |i: usize, name: &str| {
        format!(r#"{{"type":"record","name":"S{i}","fields":[{{"name":"{name}","type":"int"}}]}}"#)
    };
    // One wide record in all places of many small ones, whose numbers fall.
    let big = wide(N, |i| (format!("x{i}"), r#""int""#.into())).replace(r#""R""#, r#""Big""#);
    let one = wide(N, |i| match i {
        0 => ("f0".into(), big.clone()),
        _ => (format!("f{i}"), r#""Big""#.into()),
    });
    let defined = wide(N, |i| (format!("d{i}"), empty(i, "x0")));
    let used = wide(N, |i| (format!("f{i}"), format!(r#""S{}""#, N - 1 - i)));
    let two = format!(
        "{},{}",
        defined.trim_end_matches("]}"),
        used.split_once('[').unwrap().1
    );
    let merged = soon(|| try_merge(&[&two, &one])).unwrap();
    assert_eq!(merged.json().matches(r#""x0""#).count(), 1);
    soon(|| try_merge(&[&one, &two])).unwrap();
}

#[test]
fn long_chains_of_references_merge_and_have_a_path() {
    const N: usize = 20_000;
    let chain = |last: &str| {
        wide(N, |i| {
            let inner = match i {
                0 => last.to_owned(),
                _ => format!(r#"["null","C{}"]"#, i - 1),
            };
            let record = format!(
                r#"{{"type":"record","name":"C{i}","fields":[{{"name":"f","type":{inner}}}]}}"#
            );
            (format!("c{i}"), record)
        })
    };
    let last = format!("c{}", N - 1);
    let loop_ = record_of(&[(
        &last,
        r#"{"type":"record","name":"L","fields":[{"name":"f","type":["null","L"]}]}"#,
    )]);
    let merged = soon(|| try_merge(&[&chain(r#""null""#), &loop_])).unwrap();
    assert_eq!(merged.json().matches(r#""name":"f""#).count(), 1);
    let only = chain(r#""int""#).replace(r#"{"name":"c"#, r#"{"name":"d"#);
    let only = only.replace(&format!(r#""d{}""#, N - 1), &format!(r#""{last}""#));
    let error = soon(|| {
        try_merge(&[
            &only,
            &loop_.replace(r#"["null","L"]"#, r#"["null","L","string"]"#),
        ])
    });
    assert!(error.is_ok());
    let error =
        soon(|| try_merge(&[&only, &loop_.replace(r#"["null","L"]"#, r#""string""#)])).unwrap_err();
    assert!(error.to_string().len() < 3000, "{error}");
}

#[test]
fn huge_unions_merge_soon_or_are_refused() {
    const N: usize = 30_000;
    let fixed = |prefix: &str, i: usize| {
        format!(
            r#"{{"type":"fixed","name":"{prefix}{i}.F","size":{}}}"#,
            i % 100
        )
    };
    let union = |prefix: &str| {
        let branches: Vec<String> = (0..N).map(|i| fixed(prefix, i)).collect();
        format!("[{}]", branches.join(","))
    };
    let merged = soon(|| {
        try_merge(&[
            &union("a"),
            &union("a").replace('[', "[\"null\","),
            &union("b"),
        ])
    });
    assert!(merged.is_ok());
    let same = format!("[{}]", vec!["\"int\""; N].join(","));
    let other = union("a").replace('[', "[\"long\",");
    let merged = soon(|| try_merge(&[&same, &other])).unwrap();
    assert_eq!(merged.json().matches("long").count(), 1);

    // One huge union in a record that takes the place of thousands.
    let big = format!(
        r#"{{"type":"record","name":"Big","fields":[{{"name":"u","type":{}}}]}}"#,
        union("a")
    );
    let one = wide(N, |i| match i {
        0 => ("f0".into(), big.clone()),
        _ => (format!("f{i}"), r#""Big""#.into()),
    });
    let two = wide(N / 4, |i| {
        (
            format!("f{i}"),
            format!(
                r#"{{"type":"record","name":"S{i}","fields":[{{"name":"u","type":["int","null","string"]}}]}}"#
            ),
        )
    });
    let error = soon(|| try_merge(&[&one, &two])).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Limit(Limit::UnionBranches),
        "{error}"
    );
}

#[test]
fn defaults_that_fit_in_a_thousand_ways_are_tried_only_so_often() {
    // Each level of the default may be any of many records.
    let branches: Vec<String> = (0..50)
        .map(|i| match i {
            0 => r#"{"type":"record","name":"B0","fields":[{"name":"f","type":["null"]}]}"#.to_owned(),
            _ => format!(r#"{{"type":"record","name":"B{i}","fields":[{{"name":"f","type":["null","R"]}},{{"name":"g{i}","type":"int"}}]}}"#),
        })
        .collect();
    let union = format!("[{}]", branches.join(","));
    let default = nest(40, |_| r#"{"f":"#.into(), "1", "}");
    let one = record(&format!(r#"{union},"default":{default}"#));
    let merged = soon(|| try_merge(&[&one, &record_of(&[("g", r#""int""#)])])).unwrap();
    assert!(
        merged
            .json()
            .contains(r#"["null",{"type":"record","name":"B0""#)
    );
}
