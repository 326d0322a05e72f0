//! Files and directories of this machine.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::pattern::Pattern;
use super::{FileSource, Source, runtime};
use crate::error::{Error, ErrorKind, Result};

/// The files that a path or a pattern names, sorted.
pub(super) async fn find(input: String) -> Result<Vec<Arc<dyn Source>>> {
    runtime::run_blocking(move || find_blocking(&input))
        .await
        .flatten()
}

fn find_blocking(input: &str) -> Result<Vec<Arc<dyn Source>>> {
    let path = Path::new(input);
    let is_directory = path.is_dir();
    // What exists wins over what its name would mean as a pattern.
    if !is_directory && (path.exists() || !Pattern::is_pattern(input)) {
        return Ok(vec![Arc::new(FileSource::new(path)?)]);
    }
    let input = if cfg!(windows) {
        Cow::Owned(input.replace('\\', "/"))
    } else {
        Cow::Borrowed(input)
    };
    let (pattern, nothing) = if is_directory {
        (
            Pattern::directory(&input)?,
            "the directory has no Avro files (*.avro)",
        )
    } else {
        (Pattern::parse(&input)?, "no file matches this pattern")
    };
    let mut paths = walk(&pattern)?;
    if paths.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, nothing));
    }
    paths.sort_unstable_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    paths
        .into_iter()
        .map(|path| Ok(Arc::new(FileSource::new(path)?) as _))
        .collect()
}

/// The files that match, in any order.
fn walk(pattern: &Pattern) -> Result<Vec<PathBuf>> {
    let root = Path::new(pattern.root());
    let start = if pattern.root().is_empty() {
        Path::new(".")
    } else {
        root
    };
    let entries = WalkDir::new(start)
        .min_depth(1)
        .max_depth(pattern.max_depth())
        .follow_links(true)
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0 || pattern.enters(&entry.file_name().to_string_lossy())
        });
    let mut paths = Vec::new();
    for entry in entries {
        let path = match entry {
            Ok(entry) if entry.file_type().is_file() => entry.into_path(),
            Ok(_) => continue,
            // A link to a directory around it: its files are found without it.
            Err(error) if error.loop_ancestor().is_some() => continue,
            Err(error) => missing_path(error)?,
        };
        if let Ok(below) = path.strip_prefix(start)
            && pattern.matches(&with_slashes(below))
        {
            paths.push(root.join(below));
        }
    }
    Ok(paths)
}

/// What the walk met and does not exist: a link to nothing, which is only an error if it is one
/// of the files to read. Everything else that went wrong is an error.
fn missing_path(error: walkdir::Error) -> Result<PathBuf> {
    use io::ErrorKind::{NotADirectory, NotFound};

    match (error.path(), error.io_error().map(io::Error::kind)) {
        (Some(path), Some(NotFound | NotADirectory)) => Ok(path.to_owned()),
        _ => Err(Error::new(ErrorKind::Io, "the directory cannot be listed").with_source(error)),
    }
}

fn with_slashes(path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}
