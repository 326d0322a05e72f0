//! From what a user types to sources.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use super::remote::Stores;
use super::{Source, StorageOptions, local, remote};
use crate::error::{Error, ErrorKind, Result};

/// The files that these inputs name: in the order of the inputs, and sorted by path within each.
///
/// An input is one of
/// - a path. If nothing has exactly this name, a pattern with `*`, `**`, `?`, `[..]` or `{a,b}`.
///   A directory that matches is read as a directory
/// - a directory: all Avro files in it and below. A file is one if its name ends in `.avro`, in
///   capitals or not; a name without an extension, or with one that begins with a digit, says
///   nothing, and the first bytes decide
/// - a `file://` URL, which is a path
/// - a URL of an object store (`s3://`, `gs://`, `az://`, `abfs://`, ..), which may be a pattern
///   too. One that ends with `/` is a directory. In a URL that is no pattern, `%2A` is a `*`
/// - an `http://` or `https://` URL of a file
///
/// In directories and patterns, files without a byte are skipped, and so are names that begin with
/// `.`, or with `_` and have no `=`, unless a name in the pattern begins so too. `storage_options` are settings of the [stores](super::open_store). Inputs in
/// the same bucket share a store.
///
/// An object that is named exactly is not looked at: if it is missing, its first read says so.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`] if there are no inputs, or nothing is found for one of them: the
///   result is never empty
/// - [`ErrorKind::Usage`] for invalid URLs, patterns and options, and for what is no file
/// - [`ErrorKind::Io`] if a directory or a store cannot be listed
pub async fn find_sources<S: AsRef<OsStr>>(
    inputs: &[S],
    storage_options: &StorageOptions,
) -> Result<Vec<Arc<dyn Source>>> {
    if inputs.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            "no files were given to read",
        ));
    }
    let mut stores = Stores::new(storage_options);
    let mut sources = Vec::new();
    for input in inputs {
        let input = input.as_ref();
        let found = find(input, &mut stores).await;
        sources.extend(found.map_err(|error| error.in_file(&input.to_string_lossy().into()))?);
    }
    Ok(sources)
}

async fn find(input: &OsStr, stores: &mut Stores<'_>) -> Result<Vec<Arc<dyn Source>>> {
    let url = input.to_str().and_then(|url| Some((scheme(url)?, url)));
    match url {
        None => local::find(input.into()).await,
        Some(("file", url)) => local::find(file_path(url)?).await,
        Some((_, url)) => remote::find(url, stores).await,
    }
}

/// The scheme, if this is a URL and not a path.
fn scheme(input: &str) -> Option<&str> {
    let (scheme, _) = input.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then_some(scheme)
}

fn file_path(input: &str) -> Result<PathBuf> {
    let path = parse_url(input)?.to_file_path();
    path.map_err(|()| Error::new(ErrorKind::Usage, "not the URL of a local file"))
}

/// Parses a URL whose path may contain any character of a file's name.
pub(super) fn parse_url(input: &str) -> Result<Url> {
    // What starts a query or a fragment elsewhere is part of a name here.
    Url::parse(&input.replace('?', "%3F").replace('#', "%23")).map_err(not_a_url)
}

pub(super) fn not_a_url(error: url::ParseError) -> Error {
    Error::new(ErrorKind::Usage, "not a valid URL").with_source(error)
}
