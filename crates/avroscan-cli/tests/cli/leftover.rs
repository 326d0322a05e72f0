//! Blocks with bytes after their last row.

use std::fs;

use avroscan_tests::raw;
use serde_json::Value as Json;

use crate::{Files, avroscan};

fn file() -> Vec<u8> {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}"#;
    raw::file(schema)
        .block(1, &raw::long(1))
        .block(1, &[raw::long(2), vec![9; 4]].concat())
        .block(1, &raw::long(3))
        .finish()
}

#[test]
fn every_command_reads_them_when_asked_to_and_says_so() {
    let files = Files::new();
    let path = files.write("f.avro", file());
    let out = files.arg("out.parquet");
    let query = format!("SELECT sum(a) AS s FROM '{path}'");
    let filtered = format!("SELECT count(*) AS n FROM '{path}' WHERE a > 1");
    let commands: [&[&str]; 5] = [
        &["cat", &path],
        &["head", &path],
        &["convert", &path, &out],
        &["sql", "--format", "csv", &query],
        &["sql", "--format", "csv", &filtered],
    ];
    for args in commands {
        let sentence = avroscan(args).fails(1);
        assert!(sentence.contains("4 bytes are left over"), "{sentence}");
        let ignoring = [args, &["--leftover-bytes", "ignore"]].concat();
        let run = avroscan(ignoring);
        assert_eq!(run.code, 0, "{}", run.err);
        let told = "avroscan: 1 block with bytes after the last row, 4 bytes in all\n";
        assert_eq!(run.err, told, "{args:?}");
        if args[0] == "sql" {
            let answer = run.out.lines().last().unwrap();
            assert_eq!(answer, if args[3] == query { "6" } else { "2" });
        }
    }
    let set = format!("SET avro.leftover_bytes = 'ignore'; {query}");
    let run = avroscan(["sql", "--format", "csv", &set]);
    assert_eq!((run.code, run.out.as_str()), (0, "s\n6\n"), "{}", run.err);
    let lines = avroscan(["cat", &path, "--leftover-bytes", "ignore"]).out;
    assert_eq!(lines, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
}

#[test]
fn they_are_verified_and_copied_by_the_same_rule() {
    let files = Files::new();
    let path = files.write("f.avro", file());
    let strict = avroscan(["verify", &path]);
    assert_eq!(strict.code, 1);
    assert!(strict.out.contains("BAD"), "{}", strict.out);
    let run = avroscan(["verify", "--leftover-bytes", "ignore", &path]).ok();
    assert!(run.contains("3 good blocks"), "{run}");
    assert!(
        run.contains("1 block with bytes after the last row\t4 bytes"),
        "{run}"
    );
    let json = avroscan([
        "verify",
        "--format",
        "json",
        "--leftover-bytes",
        "ignore",
        &path,
    ])
    .ok();
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(json["leftover_blocks"], 1);
    assert_eq!(json["leftover_bytes"], 4);

    let (left_out, kept) = (files.arg("left_out.avro"), files.arg("kept.avro"));
    let run = avroscan(["repair", &path, &left_out]);
    assert!(run.err.contains("left out 1 bad block"), "{}", run.err);
    assert_eq!(avroscan(["count", &left_out]).ok(), "2\n");
    let run = avroscan(["repair", "--leftover-bytes", "ignore", &path, &kept]);
    assert!(
        run.err.contains("1 block with bytes after the last row"),
        "{}",
        run.err
    );
    assert_eq!(fs::read(&kept).unwrap(), file());
}
