//! Inputs of every kind, over one directory tree.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use pollster::block_on;
use tempfile::TempDir;

use super::{assert_kind, bytes};
use crate::error::{Error, ErrorKind};
use crate::source::{Patience, Source, StorageOptions, conformance, find_sources, remote};

const FILES: [&str; 23] = [
    "a.avro",
    "b.avro",
    "c.txt",
    "_SUCCESS",
    ".hidden.avro",
    "_temporary/x.avro",
    "_y=1/part-7.avro",
    "empty/readme.txt",
    "no bytes/0.avro",
    "part-00000",
    "readme",
    "spark.avro/._SUCCESS.crc",
    "spark.avro/.part-1.avro.crc",
    "spark.avro/_SUCCESS",
    "spark.avro/part-1.avro",
    "sub/[odd].avro",
    "sub/10.avro",
    "sub/2.avro",
    "sub/deep/d.avro",
    "sub/deep/e.AVRO",
    "sub/deep/part.20240101",
    "y=1/part 0.avro",
    "y=2/part-0.avro",
];

/// What a directory means, in order.
const AVRO_FILES: [&str; 13] = [
    "_y=1/part-7.avro",
    "a.avro",
    "b.avro",
    "part-00000",
    "spark.avro/part-1.avro",
    "sub/10.avro",
    "sub/2.avro",
    "sub/[odd].avro",
    "sub/deep/d.avro",
    "sub/deep/e.AVRO",
    "sub/deep/part.20240101",
    "y=1/part 0.avro",
    "y=2/part-0.avro",
];

/// Patterns and what they find. The same on disk and in a store.
const PATTERNS: [(&str, &[&str]); 22] = [
    ("?.avro", &["a.avro", "b.avro"]),
    ("[!a].avro", &["b.avro"]),
    ("{b,a,x}.avro", &["a.avro", "b.avro"]),
    // A directory that matches is its Avro files.
    ("*.avro", &["a.avro", "b.avro", "spark.avro/part-1.avro"]),
    ("s*k.avro", &["spark.avro/part-1.avro"]),
    (
        "sub/d*",
        &[
            "sub/deep/d.avro",
            "sub/deep/e.AVRO",
            "sub/deep/part.20240101",
        ],
    ),
    // A file that matches is meant, whatever it is.
    ("[cpr]*", &["c.txt", "part-00000", "readme"]),
    ("_S*", &["_SUCCESS"]),
    (".*.avro", &[".hidden.avro"]),
    ("_temporary/*", &["_temporary/x.avro"]),
    ("_y*/", &["_y=1/part-7.avro"]),
    (
        "sub/*.avro",
        &["sub/10.avro", "sub/2.avro", "sub/[odd].avro"],
    ),
    ("sub/[0-9].avro", &["sub/2.avro"]),
    (
        "sub/**/*.avro",
        &[
            "sub/10.avro",
            "sub/2.avro",
            "sub/[odd].avro",
            "sub/deep/d.avro",
        ],
    ),
    (
        "**/deep/*",
        &[
            "sub/deep/d.avro",
            "sub/deep/e.AVRO",
            "sub/deep/part.20240101",
        ],
    ),
    (
        "**/*.avro",
        &[
            "_y=1/part-7.avro",
            "a.avro",
            "b.avro",
            "spark.avro/part-1.avro",
            "sub/10.avro",
            "sub/2.avro",
            "sub/[odd].avro",
            "sub/deep/d.avro",
            "y=1/part 0.avro",
            "y=2/part-0.avro",
        ],
    ),
    ("y=*/part*", &["y=1/part 0.avro", "y=2/part-0.avro"]),
    (
        "{sub/deep,y=1}/*.avro",
        &["sub/deep/d.avro", "y=1/part 0.avro"],
    ),
    ("y=*/", &["y=1/part 0.avro", "y=2/part-0.avro"]),
    ("y=*", &["y=1/part 0.avro", "y=2/part-0.avro"]),
    ("*/2.avro", &["sub/2.avro"]),
    ("*/2.a*", &["sub/2.avro"]),
];

/// What is in the file of this number.
fn content(number: usize) -> Vec<u8> {
    let name = FILES[number].rsplit('/').next().unwrap();
    match name {
        "0.avro" => Vec::new(),
        "part-00000" | "part.20240101" => [b"Obj\x01", &bytes(number)[..]].concat(),
        _ => bytes(number + 1).to_vec(),
    }
}

fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (i, file) in FILES.iter().enumerate() {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content(i)).unwrap();
    }
    dir
}

fn find<S: AsRef<OsStr>>(inputs: &[S]) -> Result<Vec<Arc<dyn Source>>, Error> {
    block_on(find_sources(inputs, &StorageOptions::new()))
}

/// The locations below this root.
fn below<'a>(root: &str, sources: &'a [Arc<dyn Source>]) -> Vec<&'a str> {
    sources
        .iter()
        .map(|source| source.location().strip_prefix(root).unwrap())
        .collect()
}

#[test]
fn a_path_is_a_file_of_any_name() {
    let dir = tree();
    for file in FILES {
        let input = dir.path().join(file).to_str().unwrap().to_owned();
        let sources = find(&[&input]).unwrap();
        assert_eq!(below("", &sources), [&input]);
    }
}

#[test]
fn patterns_find_files_on_disk() {
    let dir = tree();
    let root = format!("{}/", dir.path().display());
    for (pattern, expected) in PATTERNS {
        let sources = find(&[format!("{root}{pattern}")]).unwrap();
        assert_eq!(below(&root, &sources), expected, "{pattern}");
    }
}

#[test]
fn a_directory_is_its_avro_files() {
    let dir = tree();
    let root = format!("{}/", dir.path().display());
    for input in [root.as_str(), root.trim_end_matches('/')] {
        assert_eq!(below(&root, &find(&[input]).unwrap()), AVRO_FILES);
    }
    // Its own name does not hide it.
    let temporary = find(&[format!("{root}_temporary")]).unwrap();
    assert_eq!(below(&root, &temporary), ["_temporary/x.avro"]);
}

#[test]
fn the_order_of_inputs_is_kept_and_each_may_repeat() {
    let dir = tree();
    let root = format!("{}/", dir.path().display());
    let inputs = ["sub/2.avro", "{a,b}.avro", "sub/2.avro"].map(|input| format!("{root}{input}"));
    let sources = find(&inputs).unwrap();
    assert_eq!(
        below(&root, &sources),
        ["sub/2.avro", "a.avro", "b.avro", "sub/2.avro"]
    );
}

#[test]
fn what_exists_wins_over_what_its_name_means() {
    let dir = tree();
    let root = format!("{}/", dir.path().display());
    let sources = find(&[format!("{root}sub/[odd].avro")]).unwrap();
    assert_eq!(below(&root, &sources), ["sub/[odd].avro"]);
    fs::create_dir(dir.path().join("d[x]")).unwrap();
    fs::write(dir.path().join("d[x]/in.avro"), b"x").unwrap();
    let sources = find(&[format!("{root}d[x]")]).unwrap();
    assert_eq!(below(&root, &sources), ["d[x]/in.avro"]);
}

#[test]
fn file_urls_are_paths() {
    let dir = tree();
    fs::write(dir.path().join("what?#.avro"), b"").unwrap();
    let root = format!("{}/", dir.path().display());
    for (input, expected) in [
        ("a.avro", "a.avro"),
        ("y=1/part%200.avro", "y=1/part 0.avro"),
        ("y=1/part 0.avro", "y=1/part 0.avro"),
        ("{x,b}.avro", "b.avro"),
        ("what?#.avro", "what?#.avro"),
        ("sub/d??p/*.avro", "sub/deep/d.avro"),
        ("spark.avro/", "spark.avro/part-1.avro"),
    ] {
        let sources = find(&[format!("file://{root}{input}")]).unwrap();
        assert_eq!(below(&root, &sources), [expected], "{input}");
    }
    assert_kind(find(&["file://elsewhere/a.avro"]), ErrorKind::Usage);
}

#[test]
fn found_files_are_readable() {
    let dir = tree();
    let sources = find(&[format!("{}/sub/2.avro", dir.path().display())]).unwrap();
    let expected = fs::read(dir.path().join("sub/2.avro")).unwrap();
    block_on(conformance::check(&*sources[0], &expected)).unwrap();
}

#[test]
fn nothing_found_is_one_clear_sentence() {
    let dir = tree();
    let at = |input: &str| format!("{}/{input}", dir.path().display());
    for (input, sentence) in [
        (at("other.avro"), "file not found"),
        (at("other/"), "file not found"),
        (at("*.orc"), "no file matches this pattern"),
        (at("other/*.avro"), "no file matches this pattern"),
        (at("a.avro/*"), "no file matches this pattern"),
        (at("empty"), "the directory has no Avro files (*.avro)"),
        (at("no bytes"), "the directory has no Avro files (*.avro)"),
        (at("no bytes/*"), "no file matches this pattern"),
    ] {
        let message = assert_kind(find(&[&input]), ErrorKind::NotFound);
        assert_eq!(message, format!("{input}: {sentence}"));
    }
    let message = assert_kind(find::<&str>(&[]), ErrorKind::NotFound);
    assert_eq!(message, "no files were given to read");
    // Also when other inputs are found.
    assert_kind(find(&[at("a.avro"), at("*.orc")]), ErrorKind::NotFound);
}

#[test]
fn invalid_inputs_are_refused() {
    for (input, words) in [
        ("nowhere/[a.avro", "not a valid pattern"),
        ("ftp://host/a.avro", "unknown URL scheme `ftp`"),
        ("s3://", "store cannot be opened"),
        ("s3://bucket/a//b.avro", "not a valid object path"),
        ("http://host/directory/", "do not list directories"),
        ("https://", "not a valid URL"),
    ] {
        let message = assert_kind(find(&[input]), ErrorKind::Usage);
        assert!(
            message.contains(words) || message.contains("cargo feature"),
            "{message}"
        );
        assert!(message.starts_with(input), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_found_and_taken() {
    use std::os::unix::ffi::OsStrExt;

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(OsStr::from_bytes(b"\xe9t\xe9.avro"));
    fs::write(&file, b"x").unwrap();
    let pattern = dir.path().join("*.avro");
    for input in [&file, &dir.path().to_owned(), &pattern] {
        let sources = find(&[input]).unwrap();
        assert_eq!(**sources[0].location(), *file.to_string_lossy());
        block_on(conformance::check(&*sources[0], b"x")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;

    let dir = tree();
    let root = format!("{}/", dir.path().display());
    symlink(
        dir.path().join("sub/deep"),
        dir.path().join("sub/deep/again"),
    )
    .unwrap();
    symlink(
        dir.path().join("a.avro"),
        dir.path().join("sub/deep/link.avro"),
    )
    .unwrap();
    symlink("/nowhere", dir.path().join("sub/deep/broken.txt")).unwrap();
    let sources = find(&[format!("{root}sub/deep")]).unwrap();
    assert_eq!(
        below(&root, &sources),
        [
            "sub/deep/d.avro",
            "sub/deep/e.AVRO",
            "sub/deep/link.avro",
            "sub/deep/part.20240101"
        ]
    );
    // A link that is one of the files to read has to lead somewhere.
    symlink("/nowhere", dir.path().join("sub/deep/broken.avro")).unwrap();
    let message = assert_kind(find(&[format!("{root}sub/deep")]), ErrorKind::NotFound);
    assert!(message.contains("broken.avro"), "{message}");
}

#[test]
fn relative_patterns_start_here() {
    // The tests of a package run in its own directory.
    assert!(Path::new("Cargo.toml").exists());
    assert_eq!(below("", &find(&["*.toml"]).unwrap()), ["Cargo.toml"]);
    assert_eq!(below("", &find(&["./C*.toml"]).unwrap()), ["./Cargo.toml"]);
}

mod in_a_store {
    use super::*;

    fn store() -> Arc<dyn ObjectStore> {
        let store = InMemory::new();
        for (i, file) in FILES.iter().enumerate() {
            let path = object_store::path::Path::parse(format!("top/{file}")).unwrap();
            block_on(store.put(&path, content(i).into())).unwrap();
        }
        Arc::new(store)
    }

    fn list(store: &Arc<dyn ObjectStore>, key: &str) -> Result<Vec<Arc<dyn Source>>, Error> {
        block_on(remote::list(
            store.clone(),
            "s3://bucket",
            key,
            Patience::default(),
        ))
    }

    #[test]
    fn patterns_find_the_same_as_on_disk() {
        let store = store();
        for (pattern, expected) in PATTERNS {
            let sources = list(&store, &format!("top/{pattern}")).unwrap();
            assert_eq!(below("s3://bucket/top/", &sources), expected, "{pattern}");
        }
    }

    #[test]
    fn directories_are_their_avro_files() {
        let store = store();
        for (key, root) in [("top/", "s3://bucket/top/"), ("", "s3://bucket/top/")] {
            assert_eq!(below(root, &list(&store, key).unwrap()), AVRO_FILES);
        }
        assert_eq!(
            below("s3://bucket/top/", &list(&store, "top/y=2/").unwrap()),
            ["y=2/part-0.avro"]
        );
    }

    #[test]
    fn what_is_found_is_readable_and_its_size_known() {
        let store = store();
        let sources = list(&store, "top/sub/2.a*").unwrap();
        let at = FILES.iter().position(|file| *file == "sub/2.avro").unwrap();
        block_on(conformance::check(&*sources[0], &content(at))).unwrap();
        let size = content(at).len();
        assert!(format!("{:?}", sources[0]).contains(&format!("size: {size}")));
    }

    #[test]
    fn nothing_found_is_one_clear_sentence() {
        let store = store();
        for (key, words) in [
            ("top/*.orc", "no object matches"),
            ("other/*", "no object matches"),
            ("top/empty/", "has no Avro files"),
            ("other/", "has no Avro files"),
        ] {
            let message = assert_kind(list(&store, key), ErrorKind::NotFound);
            assert!(message.contains(words), "{message}");
        }
    }
}

#[cfg(feature = "aws")]
mod of_s3 {
    use super::*;

    #[test]
    fn a_key_is_taken_without_looking() {
        let url = "s3://bucket/some/key #1%3F.avro";
        let sources = find(&[url]).unwrap();
        assert_eq!(&**sources[0].location(), url);
        assert!(format!("{:?}", sources[0]).contains("version: None"));
    }
}
