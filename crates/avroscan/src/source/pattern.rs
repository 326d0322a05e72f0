//! Which names below a directory are meant.

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Error, ErrorKind, Result};

/// A directory and a pattern for the paths below it.
///
/// `*` and `?` stand for characters of one name, `**` for any number of directories, `[a-z]` for
/// one of some characters and `{a,b}` for one of some alternatives. A directory that matches stands
/// for the Avro files in and below it. Hidden names are skipped, as they are everywhere where tables
/// are directories of files, unless a name in the pattern is hidden too.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What comes before the first name with a wildcard: empty, or up to and with its last `/`.
    root: String,
    below: Below,
    shows_hidden: bool,
}

#[derive(Debug)]
enum Below {
    /// The Avro files in the directory and below.
    AvroFiles,
    /// What matches: files, if they are wanted, and directories.
    Matches {
        matcher: GlobMatcher,
        /// How many names a match has below the root, at most.
        max_depth: usize,
        files: bool,
    },
}

/// Why a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// The pattern matches its path, or its name says that it is an Avro file.
    ByName,
    /// It lies in a directory that is meant, and its name says nothing: it is meant if it begins
    /// as Avro files do.
    IfAvro,
}

impl Pattern {
    /// Whether this has a character that makes it a pattern.
    pub(super) fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }

    /// The pattern. One that ends with `/` matches directories alone.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wildcard = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
        let root = text
            .get(..wildcard)
            .and_then(|fixed| fixed.rfind('/'))
            .map_or(0, |at| at + 1);
        let (root, below) = text.split_at(root);
        let names = below.trim_end_matches('/');
        let glob = GlobBuilder::new(names)
            .literal_separator(true)
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Usage, "not a valid pattern")
                    .with_source(error.kind().to_string())
            })?;
        let max_depth = match names.contains("**") {
            true => usize::MAX,
            false => names.matches('/').count() + 1,
        };
        Ok(Self {
            root: root.to_owned(),
            below: Below::Matches {
                matcher: glob.compile_matcher(),
                max_depth,
                files: names.len() == below.len(),
            },
            shows_hidden: names.split(['/', '{', ',']).any(is_hidden),
        })
    }

    /// All Avro files in and below a directory, whose name is not a pattern.
    pub(super) fn directory(path: &str) -> Self {
        let slash = match path.is_empty() || path.ends_with('/') {
            true => "",
            false => "/",
        };
        Self {
            root: format!("{path}{slash}"),
            below: Below::AvroFiles,
            shows_hidden: false,
        }
    }

    /// Where to look: empty, or with a `/` at its end.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// Whether the file at this path, from the root and with `/` between its names, is meant.
    pub(super) fn file(&self, path: &str) -> Option<Meant> {
        if path.is_empty() || !path.split('/').all(|name| self.shows(name)) {
            return None;
        }
        if let Below::Matches { matcher, files, .. } = &self.below
            && *files
            && matcher.is_match(path)
        {
            return Some(Meant::ByName);
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        match self.holds_avro_files(directory) {
            true => by_name(name),
            false => None,
        }
    }

    /// Whether the directory at this path can have files that are meant, in it or below.
    pub(super) fn enters(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.shows(name)
            && match &self.below {
                Below::AvroFiles => true,
                Below::Matches { max_depth, .. } => {
                    path.matches('/').count() + 1 < *max_depth || self.holds_avro_files(path)
                }
            }
    }

    /// Whether nothing is meant below the directories in the root but what lies in these that match.
    pub(super) fn is_flat(&self) -> bool {
        matches!(&self.below, Below::Matches { max_depth: 1, .. })
    }

    /// Whether the Avro files in this directory are meant: it or one around it is.
    fn holds_avro_files(&self, directory: &str) -> bool {
        match &self.below {
            Below::AvroFiles => true,
            Below::Matches { matcher, .. } => {
                let ends = directory.match_indices('/').map(|(end, _)| end);
                !directory.is_empty()
                    && ends.chain([directory.len()]).any(|end| {
                        directory
                            .get(..end)
                            .is_some_and(|path| matcher.is_match(path))
                    })
            }
        }
    }

    fn shows(&self, name: &str) -> bool {
        self.shows_hidden || !is_hidden(name)
    }
}

/// Whether Hadoop, Spark and Hive pass over this name: their own files and those half written. A
/// `key=value` directory is none of them, whatever the key begins with.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

/// What the name of a file in a directory says. Hadoop and Hive write names without an extension,
/// such as `part-00000`, and names that end in a number.
fn by_name(name: &str) -> Option<Meant> {
    match name.rsplit_once('.') {
        Some((_, extension)) if extension.eq_ignore_ascii_case("avro") => Some(Meant::ByName),
        Some((_, extension)) if !extension.starts_with(|c: char| c.is_ascii_digit()) => None,
        _ => Some(Meant::IfAvro),
    }
}
