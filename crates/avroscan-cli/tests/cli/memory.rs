//! A machine that has not enough memory for a sound file.

use std::process::Command;

use avroscan_tests::raw;
use avroscan_tests::write::Codec;

use crate::{Files, Run};

/// Runs the command with `mib` MiB of address space.
fn limited(mib: usize, args: &[&str]) -> std::process::Output {
    let script = format!("ulimit -v {} && exec \"$0\" \"$@\"", mib << 10);
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_avroscan")]);
    // Arenas of the allocator, one a thread, take address space and no memory.
    command
        .env("MALLOC_ARENA_MAX", "1")
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn too_little_memory_is_an_error_of_its_own_and_costs_no_block() {
    const BYTES: usize = 250 << 20;

    let files = Files::new();
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"a","type":"bytes"},{"name":"b","type":"int"}]}"#;
    let small = [raw::bytes("x"), raw::long(1)].concat();
    let large = [raw::long(BYTES as i64), vec![0; BYTES], raw::long(2)].concat();
    for codec in [Codec::Deflate, Codec::Zstandard, Codec::Bzip2, Codec::Xz] {
        let start = || raw::file_with_codec(schema, codec.name()).block(1, &codec.compress(&small));
        let sound = files.write("small.avro", start().finish());
        let file = files.write(
            "large.avro",
            start().block(1, &codec.compress(&large)).finish(),
        );
        // What the command takes before it reads a block depends on the machine.
        let args = |file| {
            [
                "cat",
                "--columns",
                "b",
                "--workers",
                "1",
                "--on-error",
                "skip",
                file,
            ]
        };
        let works = |mib: &usize| limited(*mib, &args(&sound)).status.code() == Some(0);
        let least = (1..64)
            .map(|step| step * 64)
            .find(works)
            .expect("it works with 4 GiB");
        let run = Run::of(limited(least + 64, &args(&file)));
        assert_eq!(
            (run.code, run.out.as_str()),
            (1, "{\"b\":1}\n"),
            "{}",
            run.err
        );
        assert!(
            run.err.contains("not enough memory"),
            "{}: {}",
            codec.name(),
            run.err
        );
        assert!(!run.err.contains("skipped"), "{}", run.err);
        let verified = Run::of(limited(least + 64, &["verify", &file]));
        assert_eq!(verified.code, 1);
        assert!(verified.out.contains("1 good block"), "{}", verified.out);
        assert!(
            verified.out.contains("not enough memory"),
            "{}",
            verified.out
        );
        let out = files.arg("repaired.avro");
        let repaired = Run::of(limited(least + 64, &["repair", &file, &out]));
        assert_eq!(repaired.code, 1, "{}", repaired.err);
        assert!(!files.names().contains(&"repaired.avro".to_owned()));
    }
}
