//! Blocks that cannot hold the rows that they declare: every sub-command says the same of them.

use avroscan_tests::overfull::{self, TOO_MANY, fitting, kinds};
use avroscan_tests::read;
use avroscan_tests::write::Codec;

use crate::{Files, avroscan};

#[test]
fn every_command_refuses_a_block_that_cannot_hold_its_rows() {
    let files = Files::new();
    for kind in kinds() {
        for (number, codec) in Codec::ALL.into_iter().enumerate() {
            let rows = TOO_MANY[number % TOO_MANY.len()];
            let file = overfull::file(&kind, codec, rows);
            let expected = read::outcome(read::memory(file.clone()), &Default::default());
            let message = expected.error.unwrap().message().to_owned();
            let path = files.write("t.avro", &file);
            let sql = |select: &str| format!("{select} FROM '{path}'");
            let without = "SET datafusion.execution.collect_statistics = false; ";
            let commands: [&[&str]; 9] = [
                &["count", &path],
                &["count", &path, &path],
                &["inspect", &path],
                &["cat", &path],
                &["head", "-n", "1000000000", &path],
                &["sql", &sql("SELECT count(*)")],
                &["sql", &format!("{without}{}", sql("SELECT count(*)"))],
                &["sql", &sql("SELECT 1")],
                &["sql", &sql("SELECT *")],
            ];
            for command in commands {
                let run = avroscan(command);
                let how = format!("{command:?}, {codec:?}, {rows} rows of {}", kind.schema);
                assert_eq!(run.code, 1, "{how}: {}{}", run.out, run.err);
                assert!(run.err.contains(&message), "{how}: {}", run.err);
            }
            let run = avroscan(["verify", &path]);
            assert_eq!(run.code, 1, "{}", run.err);
            assert!(run.out.contains(&message), "{codec:?}: {}", run.out);
        }
    }
}

#[test]
fn every_command_counts_as_many_rows_as_fit() {
    let files = Files::new();
    for kind in kinds() {
        for codec in Codec::ALL {
            let rows = fitting(&kind);
            let path = files.write("t.avro", overfull::file(&kind, codec, rows));
            assert_eq!(avroscan(["count", &path]).ok(), format!("{}\n", rows + 2));
            let run = avroscan(["verify", &path]);
            assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        }
    }
}
