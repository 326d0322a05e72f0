//! Walks over files, which look ahead, and over memory, which do not.

use super::*;
use crate::limits::Limits;
use crate::scan::{AvroFile, BlockInfo, Progress, block_on, count_rows};
use crate::source::FileSource;
use crate::split::Split;

fn walk(source: Arc<dyn Source>, split: Split) -> (Vec<BlockInfo>, Option<Error>) {
    let (limits, progress) = (Limits::default(), Progress::default());
    block_on(async {
        let file = AvroFile::open(source, &limits, &progress).await.unwrap();
        let mut walk = file.walk(split, &limits, &progress);
        let mut blocks = Vec::new();
        let error = loop {
            match walk.next().await {
                Ok(Some(block)) => blocks.push(block),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(walk.next().await.unwrap().is_none());
        (blocks, error)
    })
}

#[test]
fn a_file_is_walked_as_memory_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.avro");
    let large = 3000;
    for blocks in [
        &[][..],
        &[0],
        &[1; 100],
        &[large; 40],
        &[1, large, 2, 0, large, large, 5],
    ] {
        for cut in [0, 1, 17, 200] {
            let mut file = strings(blocks);
            let length = file.len() - cut.min(file.len() - header("\"string\"").len());
            file.truncate(length);
            std::fs::write(&path, &file).unwrap();
            for split in [
                Split::all(),
                Split::new(300, 50_000),
                Split::new(length as u64, u64::MAX),
            ] {
                let (expected, error) = walk(memory(file.clone()), split);
                let source = Arc::new(FileSource::new(&path).unwrap());
                let (found, found_error) = walk(source, split);
                assert_eq!(found, expected);
                let kind = |error: Option<Error>| {
                    error.map(|e| (e.kind(), e.place().block, e.place().offset))
                };
                assert_eq!(kind(found_error), kind(error));
            }
        }
    }
}

#[test]
fn a_count_reads_little_of_large_blocks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.avro");
    std::fs::write(&path, strings(&[3000; 100])).unwrap();
    let source: Arc<dyn Source> = Arc::new(FileSource::new(&path).unwrap());
    let (limits, progress) = (Limits::default(), Progress::default());
    let rows = block_on(async {
        let file = AvroFile::open(source, &limits, &progress).await.unwrap();
        count_rows(&file, Split::all(), &limits, &progress)
            .await
            .unwrap()
    });
    assert_eq!(rows, 300_000);
    assert!(progress.bytes_read() < 5 * 4096 + 100 * 100, "{progress:?}");
}
