//! Damaged files: skipped, verified, repaired; and files that ask for too much.

use std::fs;
use std::process::Command;

use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::slow;
use avroscan_tests::write::Codec;
use serde_json::{Value as Json, json};

use crate::{Files, Run, avroscan};

/// Five blocks of 20 orders, of which the second has another marker and the fourth an odd byte.
fn damaged() -> (Vec<u8>, Vec<slow::Block>) {
    let mut bytes = orders::file(100, 20, Codec::Zstandard);
    let blocks = slow::File::open(&bytes).unwrap().blocks;
    bytes[blocks[1].end - 1] ^= 1;
    let middle = (blocks[3].start + blocks[3].end) / 2;
    bytes[middle] ^= 0xff;
    (bytes, blocks)
}

fn ids(lines: &str) -> Vec<u64> {
    let id = |line: &str| {
        let row: Json = serde_json::from_str(line).unwrap();
        row["id"].as_u64().unwrap()
    };
    lines.lines().map(id).collect()
}

#[test]
fn damaged_blocks_are_skipped_when_asked_to() {
    let files = Files::new();
    let (bytes, blocks) = damaged();
    let damaged = files.write("damaged.avro", &bytes);
    let sound = files.write("sound.avro", orders::file(100, 20, Codec::Zstandard));
    let all = ids(&avroscan(["cat", &sound]).ok());

    let run = avroscan(["cat", &damaged, "--on-error", "skip"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let kept = [&all[..20], &all[40..60], &all[80..]].concat();
    assert_eq!(ids(&run.out), kept);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.err);
    assert!(lines[0].contains("skipped 2 bad blocks"), "{}", run.err);
    assert!(lines[0].ends_with("lost: 40"), "{}", run.err);
    for (line, number) in lines[1..].iter().zip([1, 3]) {
        let block = &blocks[number];
        let bytes = format!("bytes {} to {}", block.start, block.end);
        let place = format!("damaged.avro: block {number}, {bytes}");
        assert!(line.contains(&place), "{line}");
    }

    let count = avroscan(["count", "--on-error", "skip", &damaged]);
    assert_eq!((count.code, count.out.as_str()), (0, "60\n"));
    assert!(count.err.contains("skipped 2 bad blocks"), "{}", count.err);
    let head = avroscan(["head", "-n", "30", "--on-error", "skip", &damaged]);
    assert_eq!(head.code, 0, "{}", head.err);

    // Nothing is said of a sound file, and damage is an error unless asked otherwise.
    let quiet = avroscan(["cat", &sound, "--on-error", "skip"]).ok();
    assert_eq!(ids(&quiet), all);
    avroscan(["cat", &damaged]).fails(1);
}

#[test]
fn convert_leaves_damaged_blocks_out_when_asked_to() {
    let files = Files::new();
    let (bytes, blocks) = damaged();
    let damaged = files.write("damaged.avro", &bytes);
    let sound = files.write("sound.avro", orders::file(100, 20, Codec::Zstandard));
    let all = ids(&avroscan(["cat", &sound]).ok());
    let parquet = files.arg("out.parquet");

    let run = avroscan(["convert", &damaged, &parquet, "--on-error", "skip"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.err);
    assert!(lines[0].contains("skipped 2 bad blocks"), "{}", run.err);
    for (line, number) in lines[1..].iter().zip([1, 3]) {
        let place = format!("block {number}, bytes {} to", blocks[number].start);
        assert!(line.contains(&place), "{line}");
    }
    let query = format!("SELECT id FROM '{parquet}'");
    let written = avroscan(["sql", "--format", "csv", &query]).ok();
    let written: Vec<u64> = written
        .lines()
        .skip(1)
        .map(|id| id.parse().unwrap())
        .collect();
    assert_eq!(written, [&all[..20], &all[40..60], &all[80..]].concat());

    // What is too much, or not to be skipped, leaves no file behind.
    let other = files.arg("other.parquet");
    let skip = ["--on-error", "skip", "--max-bad-blocks", "1"];
    let convert = |more: &[&str]| avroscan([&["convert", &damaged, &other], more].concat());
    let sentence = convert(&skip).fails(1);
    assert!(sentence.contains("skip budget"), "{sentence}");
    convert(&[]).fails(1);
    assert_eq!(files.names(), ["damaged.avro", "out.parquet", "sound.avro"]);
}

#[test]
fn a_budget_bounds_what_is_skipped() {
    let files = Files::new();
    let damaged = files.write("damaged.avro", damaged().0);
    for (option, enough, little) in [
        ("--max-bad-blocks", "2", "1"),
        ("--max-bad-bytes", "1MiB", "10"),
        ("--max-bad-fraction", "0.9", "0.001"),
    ] {
        let run = |value| avroscan(["cat", &damaged, "--on-error", "skip", option, value]);
        assert_eq!(run(enough).code, 0, "{option}");
        let sentence = run(little).fails(1);
        assert!(sentence.contains("skip budget"), "{option}: {sentence}");
    }
}

#[test]
fn queries_skip_as_reading_does() {
    let files = Files::new();
    let damaged = files.write("damaged.avro", damaged().0);
    let cat = avroscan(["cat", "--on-error", "skip", &damaged]);
    let all = format!("SELECT * FROM '{damaged}'");
    for threads in ["1", "4"] {
        let query = ["sql", "--format", "jsonl", "--threads", threads, &all];
        let run = avroscan([&query[..], &["--on-error", "skip"]].concat());
        assert_eq!((run.code, &run.err), (cat.code, &cat.err));
        let mut rows = ids(&run.out);
        rows.sort_unstable();
        assert_eq!(rows, ids(&cat.out));
        avroscan(query).fails(1);
    }

    let count = format!("SELECT count(*) AS n FROM '{damaged}'");
    let csv = |query: &str| avroscan(["sql", "--format", "csv", "--on-error", "skip", query]);
    let run = csv(&count);
    assert_eq!((run.code, run.out.as_str()), (0, "n\n60\n"));
    assert_eq!(run.err, cat.err);
    // What statements say comes first.
    let run = csv(&format!("SET avro.on_error = 'fail'; {all}"));
    run.fails(1);

    for (option, enough, little) in [
        ("--max-bad-blocks", "2", "1"),
        ("--max-bad-bytes", "1MiB", "10"),
        ("--max-bad-fraction", "0.9", "0.001"),
    ] {
        // Each scan has the whole budget.
        let twice = format!("{count}; {count}");
        let run = |value| avroscan(["sql", "--on-error", "skip", option, value, twice.as_str()]);
        assert_eq!(run(enough).code, 0, "{option}");
        let sentence = run(little).fails(1);
        assert!(sentence.contains("skip budget"), "{option}: {sentence}");
    }
}

#[test]
fn verify_says_of_each_file_whether_it_is_good() {
    let files = Files::new();
    let (bytes, blocks) = damaged();
    let damaged = files.write("damaged.avro", &bytes);
    let sound = files.write("sound.avro", orders::file(100, 20, Codec::Snappy));
    let text = files.write("text.avro", "id,name\n1,a\n");

    let out = avroscan(["verify", &sound]).ok();
    assert_eq!(out, format!("good\t{sound}\t5 good blocks\t100 rows\n"));

    let run = avroscan(["verify", &damaged, &sound, &text]);
    assert!(run.out.contains(&format!(
        "BAD\t{damaged}\t3 good blocks\t60 rows\t2 bad blocks"
    )));
    assert!(run.out.contains(&format!("good\t{sound}")));
    assert!(run.out.contains("not an Avro object container file"));
    let sentence = run.fails(1);
    assert_eq!(sentence, "damaged or not readable: 2 of 3 files");

    let run = avroscan(["verify", "--format", "json", &damaged]);
    let report: Json = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.code, 1);
    assert_eq!(report["good"], json!(false));
    assert_eq!(report["blocks"], json!(3));
    assert_eq!(report["rows_lost"], json!(40));
    assert_eq!(report["error"], Json::Null);
    assert_eq!(report["bad"][0]["block"], json!(1));
    assert_eq!(report["bad"][0]["offset"], json!(blocks[1].start));
    assert_eq!(report["bad"][0]["kind"], json!("SyncMarker"));
    assert_eq!(report["bad"][1]["block"], json!(3));
    assert_eq!(report["bad"][1]["offset"], json!(blocks[3].start));
}

#[test]
fn repair_copies_the_good_blocks_byte_for_byte() {
    let files = Files::new();
    let (bytes, blocks) = damaged();
    let damaged = files.write("damaged.avro", &bytes);
    let output = files.arg("good.avro");
    let run = avroscan(["repair", &damaged, &output]);
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    assert!(run.err.contains("left out 2 bad blocks"), "{}", run.err);
    let good = [0, 2, 4].map(|number| &bytes[blocks[number].start..blocks[number].end]);
    let expected = [&bytes[..blocks[0].start], &good.concat()].concat();
    assert!(fs::read(&output).unwrap() == expected);
    avroscan(["verify", &output]).ok();

    // A sound file stays as it is, and nothing is said.
    let again = files.arg("again.avro");
    avroscan(["repair", &output, &again]).ok();
    assert!(fs::read(&again).unwrap() == expected);

    // Nothing is left behind where there is no header to copy.
    let text = files.write("text.avro", "id,name\n");
    let nothing = files.arg("nothing.avro");
    avroscan(["repair", &text, &nothing]).fails(1);
    let sentence = avroscan(["repair", &damaged, &damaged]).fails(2);
    assert!(sentence.contains("is the file to repair"), "{sentence}");
    assert!(fs::read(&damaged).unwrap() == bytes);
    assert_eq!(
        files.names(),
        ["again.avro", "damaged.avro", "good.avro", "text.avro"]
    );
}

/// Files of a few hundred bytes that ask for gigabytes.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let column = |ty: &str| {
        format!(r#"{{"type":"record","name":"R","fields":[{{"name":"a","type":{ty}}}]}}"#)
    };
    let longs = column(r#""long""#);
    let doubled = (0..30).fold(r#""long""#.to_owned(), |ty, level| {
        let again = match level {
            0 => r#""long""#.to_owned(),
            _ => format!(r#""T{}""#, level - 1),
        };
        format!(
            r#"{{"type":"record","name":"T{level}","fields":[
                {{"name":"a","type":{ty}}},{{"name":"b","type":{again}}}]}}"#
        )
    });
    let zeros = Codec::Zstandard.compress(&vec![0; 300 << 20]);
    vec![
        (
            "nulls of a wide type",
            raw::file(&column(
                r#"["null",{"type":"fixed","name":"F","size":65536}]"#,
            ))
            .block(20_000, &vec![0; 20_000])
            .finish(),
        ),
        (
            "a block that grows",
            raw::file_with_codec(&longs, "zstandard")
                .block(300 << 20, &zeros)
                .finish(),
        ),
        (
            "rows of no bytes",
            raw::file(&column(r#""null""#)).block(1 << 50, &[]).finish(),
        ),
        (
            "items of no bytes",
            raw::file(&column(r#"{"type":"array","items":"null"}"#))
                .block(1, &[raw::long(1 << 50), vec![0]].concat())
                .finish(),
        ),
        (
            "a length beyond all memory",
            raw::file(&column(r#""bytes""#))
                .block(1, &raw::long(1 << 50))
                .finish(),
        ),
        ("types that double", raw::file(&doubled).finish()),
        ("brackets", raw::file(&"[".repeat(1 << 20)).finish()),
        (
            "a size beyond the file",
            raw::file(&longs)
                .block_as(1, 1 << 50, &[2], raw::MARKER)
                .finish(),
        ),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn bombs_fit_into_little_memory() {
    let files = Files::new();
    let script = "ulimit -v 3000000; exec \"$0\" \"$@\"";
    for (name, bytes) in bombs() {
        let file = files.write("bomb.avro", bytes);
        for arguments in [
            &["cat", "--rows", "5"][..],
            &["cat", "--on-error", "skip", "--rows", "5"],
            &["verify"],
        ] {
            let output = Command::new("sh")
                .args(["-c", script, env!("CARGO_BIN_EXE_avroscan")])
                .args(arguments)
                .arg(&file)
                .output()
                .unwrap();
            // A signal, or a panic, is what must not be.
            let run = Run::of(output);
            assert!(
                run.code < 2,
                "{name}, {arguments:?}: {} {}",
                run.code,
                run.err
            );
            assert!(
                !run.err.contains("memory allocation"),
                "{name}: {}",
                run.err
            );
        }
    }
}
