//! Which names below a directory are meant.

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Error, ErrorKind, Result};

/// A directory and a pattern for the paths below it.
///
/// `*` and `?` stand for characters of one name, `**` for any number of directories, `[a-z]` for
/// one of some characters and `{a,b}` for one of some alternatives. Names that begin with `_` or
/// `.` are skipped, as they are everywhere where tables are directories of files, unless
/// a name in the pattern begins so too.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What comes before the first name with a wildcard: empty, or up to and with its last `/`.
    root: String,
    matcher: GlobMatcher,
    /// How many names a matching path has below the root, at most.
    max_depth: usize,
    shows_hidden: bool,
}

/// What a directory is read as.
const AVRO_FILES: &str = "**/*.avro";

impl Pattern {
    /// Whether this has a character that makes it a pattern.
    pub(super) fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }

    /// The pattern, or for one that ends with `/`, all Avro files in the directories that match.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wildcard = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
        let root = text
            .get(..wildcard)
            .and_then(|fixed| fixed.rfind('/'))
            .map_or(0, |at| at + 1);
        let (root, below) = text.split_at(root);
        if below.is_empty() || below.ends_with('/') {
            Self::new(root, &format!("{below}{AVRO_FILES}"))
        } else {
            Self::new(root, below)
        }
    }

    /// All Avro files in and below a directory, whose name is not a pattern.
    pub(super) fn directory(path: &str) -> Result<Self> {
        let slash = if path.is_empty() || path.ends_with('/') {
            ""
        } else {
            "/"
        };
        Self::new(&format!("{path}{slash}"), AVRO_FILES)
    }

    fn new(root: &str, below: &str) -> Result<Self> {
        let glob = GlobBuilder::new(below)
            .literal_separator(true)
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Usage, "not a valid pattern")
                    .with_source(error.kind().to_string())
            })?;
        let max_depth = if below.contains("**") {
            usize::MAX
        } else {
            below.matches('/').count() + 1
        };
        Ok(Self {
            root: root.to_owned(),
            matcher: glob.compile_matcher(),
            max_depth,
            shows_hidden: below.split(['/', '{', ',']).any(is_hidden),
        })
    }

    /// Where to look: empty, or with a `/` at its end.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// How many names below the root a match may have.
    pub(super) fn max_depth(&self) -> usize {
        self.max_depth
    }

    /// Whether the path, from the root and with `/` between its names, is meant.
    pub(super) fn matches(&self, path: &str) -> bool {
        !path.is_empty()
            && path.split('/').all(|name| self.enters(name))
            && self.matcher.is_match(path)
    }

    /// Whether a directory of this name is looked into.
    pub(super) fn enters(&self, name: &str) -> bool {
        self.shows_hidden || !is_hidden(name)
    }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}
