//! What to read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avroscan::{Error, ErrorKind, Result, Scan, Source, block_on, find_sources};

use crate::args::ScanArgsAvro;

/// [`Limits::column_depth`](avroscan::Limits::column_depth) where nothing else is said: half
/// of what Parquet's writer bears in a debug build, in the threads of Polars, which have 2 MiB of stack.
const COLUMN_DEPTH: usize = 32;

/// Where the Avro files are: names of them, or sources that are open already.
///
/// Nobody has to write it: every function that reads takes `impl Into<AvroSources>`, which a
/// `&str`, a `String`, a path, a source, and arrays, slices and vectors of these are.
#[derive(Debug, Clone)]
pub enum AvroSources {
    /// Paths, patterns (`*`, `**`, `?`, `[..]`, `{a,b}`), directories (every Avro file below, in
    /// the order of their names), or URLs: `file://`, `s3://`, `gs://`, `az://`, `abfs://`,
    /// `http(s)://`, as [`find_sources`] understands them.
    Paths(Vec<PathBuf>),
    /// Sources: [files](avroscan::FileSource), [memory](avroscan::MemorySource),
    /// [objects](avroscan::ObjectSource), or your own.
    Sources(Vec<Arc<dyn Source>>),
}

impl AvroSources {
    /// Finds and opens them, and reads their headers.
    pub(crate) fn open(self, args: &ScanArgsAvro) -> Result<Scan> {
        block_on(async {
            let sources = self.find(args).await?;
            let mut options = args.options.clone();
            options.limits.column_depth.get_or_insert(COLUMN_DEPTH);
            Scan::from_sources(sources, options).await
        })
    }

    /// Finds them.
    pub(crate) async fn find(self, args: &ScanArgsAvro) -> Result<Vec<Arc<dyn Source>>> {
        match self {
            Self::Paths(paths) => {
                let paths = match args.glob {
                    true => paths,
                    false => paths.into_iter().map(literal).collect::<Result<_>>()?,
                };
                find_sources(&paths, &args.storage_options).await
            }
            Self::Sources(sources) => Ok(sources),
        }
    }

    /// Whether they are the files of one directory.
    pub(crate) fn is_directory(&self) -> bool {
        match self {
            Self::Paths(paths) => match &paths[..] {
                [path] => path.to_str().is_some_and(|name| name.ends_with('/')) || path.is_dir(),
                _ => false,
            },
            Self::Sources(_) => false,
        }
    }

    /// What the paths of all files begin with, if the sources are one directory or one pattern.
    pub(crate) fn root(&self) -> &str {
        let Self::Paths(paths) = self else {
            return "";
        };
        let [path] = &paths[..] else {
            return "";
        };
        let name = path.to_str().unwrap_or_default();
        if self.is_directory() {
            return name;
        }
        name.find(WILDCARDS)
            .and_then(|wildcard| name.get(..wildcard)?.rfind('/'))
            .and_then(|slash| name.get(..=slash))
            .unwrap_or_default()
    }
}

/// What makes a name a pattern.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// A path that is not taken for a pattern.
fn literal(path: PathBuf) -> Result<PathBuf> {
    let Some(name) = path.to_str().filter(|name| name.contains(WILDCARDS)) else {
        return Ok(path);
    };
    if name.contains("://") {
        let escaped = WILDCARDS.iter().fold(name.to_owned(), |name, &c| {
            name.replace(c, &format!("%{:02X}", c as u32))
        });
        return Ok(escaped.into());
    }
    match path.exists() {
        true => Ok(path),
        false => Err(Error::new(ErrorKind::NotFound, "no such file").in_file(&name.into())),
    }
}

macro_rules! from_names {
    ($($name:ty),+) => {$(
        impl From<$name> for AvroSources {
            fn from(name: $name) -> Self {
                Self::Paths(vec![PathBuf::from(name)])
            }
        }

        impl From<Vec<$name>> for AvroSources {
            fn from(names: Vec<$name>) -> Self {
                Self::Paths(names.into_iter().map(PathBuf::from).collect())
            }
        }

        impl From<&[$name]> for AvroSources {
            fn from(names: &[$name]) -> Self {
                Self::Paths(names.iter().map(PathBuf::from).collect())
            }
        }

        impl From<&Vec<$name>> for AvroSources {
            fn from(names: &Vec<$name>) -> Self {
                names.as_slice().into()
            }
        }

        impl<const N: usize> From<[$name; N]> for AvroSources {
            fn from(names: [$name; N]) -> Self {
                names.as_slice().into()
            }
        }

        impl<const N: usize> From<&[$name; N]> for AvroSources {
            fn from(names: &[$name; N]) -> Self {
                names.as_slice().into()
            }
        }
    )+};
}

from_names!(&str, String, &Path, PathBuf);

impl From<&String> for AvroSources {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl From<&PathBuf> for AvroSources {
    fn from(name: &PathBuf) -> Self {
        name.as_path().into()
    }
}

impl From<Arc<dyn Source>> for AvroSources {
    fn from(source: Arc<dyn Source>) -> Self {
        Self::Sources(vec![source])
    }
}

impl From<Vec<Arc<dyn Source>>> for AvroSources {
    fn from(sources: Vec<Arc<dyn Source>>) -> Self {
        Self::Sources(sources)
    }
}

impl From<&[Arc<dyn Source>]> for AvroSources {
    fn from(sources: &[Arc<dyn Source>]) -> Self {
        Self::Sources(sources.to_vec())
    }
}

impl<const N: usize> From<[Arc<dyn Source>; N]> for AvroSources {
    fn from(sources: [Arc<dyn Source>; N]) -> Self {
        Self::Sources(sources.into())
    }
}
