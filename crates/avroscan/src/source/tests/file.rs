//! Local files.

use std::fs::{self, File};
use std::path::PathBuf;

use pollster::block_on;
use tempfile::TempDir;

use super::{assert_kind, bytes};
use crate::error::ErrorKind;
use crate::source::{FileSource, Source, conformance};

fn file(len: usize) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("some file.avro");
    fs::write(&path, bytes(len)).unwrap();
    (dir, path)
}

#[test]
fn files_keep_the_promises_of_a_source() {
    for len in [0, 1, 5_000] {
        let (_dir, path) = file(len);
        let source = FileSource::new(&path).unwrap();
        assert_eq!(&**source.location(), path.to_str().unwrap());
        block_on(conformance::check(&source, &bytes(len))).unwrap();
    }
}

#[test]
fn what_is_read_at_once_is_the_same() {
    let (_dir, path) = file(5_000);
    let source = FileSource::new(&path).unwrap();
    for range in [0..0, 0..5_000, 7..90, 4_999..5_000] {
        let expected = &bytes(5_000)[range.start as usize..range.end as usize];
        assert_eq!(source.read_now(range).unwrap().unwrap(), expected);
    }
    for range in [0..5_001, 5_001..5_001] {
        let error = source.read_now(range).unwrap().unwrap_err();
        assert_kind(Err::<(), _>(error), ErrorKind::Io);
    }
}

#[test]
fn buffers_are_filled_again_only_when_nobody_holds_them() {
    let size = 1 << 20;
    let (_dir, path) = file(3 * size);
    let source = FileSource::new(&path).unwrap();
    let read = |part: usize| {
        let start = (part * size) as u64;
        block_on(source.read(start..start + size as u64)).unwrap()
    };
    let expected = bytes(3 * size);
    let mut held = Vec::new();
    for part in (0..3).cycle().take(60) {
        held.push((part, read(part).slice(part..size - 1)));
        if part == 1 {
            held.remove(0);
        }
        for (part, found) in &held {
            assert!(found == &expected[part * size..][*part..size - 1]);
        }
    }
}

#[test]
fn more_files_than_stay_open_keep_them_too() {
    let (_dir, path) = file(300);
    let sources: Vec<_> = (0..600).map(|_| FileSource::new(&path).unwrap()).collect();
    // Which of them are open depends on the tests that run at the same time.
    for source in &sources {
        assert_eq!(block_on(source.read(7..90)).unwrap(), bytes(300)[7..90]);
    }
    block_on(conformance::check(&sources[599], &bytes(300))).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn not_all_files_stay_open() {
    let (_dir, path) = file(300);
    let sources: Vec<_> = (0..600).map(|_| FileSource::new(&path).unwrap()).collect();
    let open = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter(|fd| fs::read_link(fd.as_ref().unwrap().path()).is_ok_and(|to| to == path))
        .count();
    assert!(open <= 256, "{open}");
    drop(sources);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_opened_again_must_be_the_same() {
    let (dir, path) = file(300);
    let sources: Vec<_> = (0..600).map(|_| FileSource::new(&path).unwrap()).collect();
    let other = dir.path().join("other");
    fs::write(&other, [0; 300]).unwrap();
    fs::rename(&other, &path).unwrap();
    let mut replaced = 0;
    for source in &sources {
        match block_on(source.read(0..9)) {
            // It stayed open, and so the old one.
            Ok(read) => assert_eq!(read, bytes(300)[..9]),
            Err(error) => {
                let message = assert_kind(Err::<(), _>(error), ErrorKind::Io);
                assert!(message.contains("was replaced"), "{message}");
                replaced += 1;
            }
        }
    }
    assert!(replaced >= 600 - 256, "{replaced}");
}

#[test]
fn a_missing_file_is_not_found() {
    let (dir, _) = file(0);
    let path = dir.path().join("other.avro");
    let message = assert_kind(FileSource::new(&path), ErrorKind::NotFound);
    assert_eq!(message, format!("{}: file not found", path.display()));
}

#[test]
fn a_directory_is_refused() {
    let (dir, _) = file(0);
    let message = assert_kind(FileSource::new(dir.path()), ErrorKind::Usage);
    assert!(message.contains("is a directory"), "{message}");
}

#[cfg(unix)]
#[test]
fn what_has_no_positions_is_refused() {
    // A pipe would block here for ever; that it is not opened shows with any special file.
    let message = assert_kind(FileSource::new("/dev/null"), ErrorKind::Usage);
    assert!(message.contains("not a regular file"), "{message}");
}

#[test]
fn a_file_that_shrinks_is_an_error_with_its_offset() {
    let (_dir, path) = file(1_000);
    let source = FileSource::new(&path).unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(500)
        .unwrap();
    assert_eq!(
        block_on(source.read(400..500)).unwrap(),
        bytes(1_000)[400..500]
    );
    let error = block_on(source.read(400..501)).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Io, "the file became shorter while it was read",)
    );
    assert!(error.place().file.is_some());
}

#[test]
fn a_file_that_grows_is_read_up_to_its_first_size() {
    let (_dir, path) = file(100);
    let source = FileSource::new(&path).unwrap();
    fs::write(&path, bytes(200)).unwrap();
    block_on(conformance::check(&source, &bytes(100))).unwrap();
}
