//! Files and directories of this machine.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::pattern::{Meant, Pattern};
use super::{FileSource, Source, runtime};
use crate::container::MAGIC;
use crate::error::{Error, ErrorKind, Result};

/// The files that a path or a pattern names, sorted.
pub(super) async fn find(input: PathBuf) -> Result<Vec<Arc<dyn Source>>> {
    runtime::run_blocking(move || find_blocking(&input))
        .await
        .flatten()
}

fn find_blocking(path: &Path) -> Result<Vec<Arc<dyn Source>>> {
    let is_directory = path.is_dir();
    let text = path.to_str();
    // What exists wins over what its name would mean as a pattern.
    if !is_directory && (path.exists() || !text.is_some_and(Pattern::is_pattern)) {
        return Ok(vec![Arc::new(FileSource::new(path)?)]);
    }
    let (pattern, start, nothing) = if is_directory {
        let nothing = "the directory has no Avro files (*.avro)";
        (Pattern::directory(""), path.to_owned(), nothing)
    } else {
        let text = text.unwrap_or_default();
        let text = match cfg!(windows) {
            true => text.replace('\\', "/"),
            false => text.to_owned(),
        };
        let pattern = Pattern::parse(&text)?;
        let start = PathBuf::from(pattern.root());
        (pattern, start, "no file matches this pattern")
    };
    let mut paths = walk(&pattern, &start)?;
    if paths.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, nothing));
    }
    paths.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    paths
        .into_iter()
        .map(|path| Ok(Arc::new(FileSource::new(path)?) as _))
        .collect()
}

/// The files below `start` that are meant and have at least a byte, in any order.
fn walk(pattern: &Pattern, start: &Path) -> Result<Vec<PathBuf>> {
    let root = match start.as_os_str().is_empty() {
        true => Path::new("."),
        false => start,
    };
    let below = |path: &Path| {
        path.strip_prefix(root)
            .map(with_slashes)
            .unwrap_or_default()
    };
    let enters = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_type().is_dir() || pattern.enters(&below(entry.path()))
    };
    let entries = WalkDir::new(root)
        .min_depth(1)
        .follow_links(true)
        .into_iter()
        .filter_entry(enters);
    let mut paths = Vec::new();
    for entry in entries {
        let entry = match entry {
            Ok(entry) if entry.file_type().is_file() => Ok(entry),
            Ok(_) => continue,
            // A link to a directory around it: its files are found without it.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => Err(missing_path(error)?),
        };
        let path = match &entry {
            Ok(entry) => entry.path(),
            Err(path) => path,
        };
        let Some(meant) = pattern.file(&below(path)) else {
            continue;
        };
        let is_read = match &entry {
            Ok(entry) => !is_empty(entry)? && (meant == Meant::ByName || is_avro(path)?),
            Err(_) => meant == Meant::ByName,
        };
        if is_read && let Ok(path) = path.strip_prefix(root) {
            paths.push(start.join(path));
        }
    }
    Ok(paths)
}

fn is_empty(entry: &DirEntry) -> Result<bool> {
    let metadata = entry.metadata();
    metadata.map(|file| file.len() == 0).map_err(not_listed)
}

/// Whether the file begins as Avro files do.
fn is_avro(path: &Path) -> Result<bool> {
    let mut start = Vec::with_capacity(MAGIC.len());
    let opened = File::open(path);
    opened
        .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
        .map_err(|error| {
            Error::new(ErrorKind::Io, "the file cannot be read")
                .with_source(error)
                .in_file(&path.to_string_lossy().into())
        })?;
    Ok(start == MAGIC)
}

/// What the walk met and does not exist: a link to nothing, which is only an error if it is one
/// of the files to read. Everything else that went wrong is an error.
fn missing_path(error: walkdir::Error) -> Result<PathBuf> {
    use io::ErrorKind::{NotADirectory, NotFound};

    match (error.path(), error.io_error().map(io::Error::kind)) {
        (Some(path), Some(NotFound | NotADirectory)) => Ok(path.to_owned()),
        _ => Err(not_listed(error)),
    }
}

fn not_listed(error: walkdir::Error) -> Error {
    Error::new(ErrorKind::Io, "the directory cannot be listed").with_source(error)
}

fn with_slashes(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    names.join("/")
}
