//! What to read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avroscan::{Error, ErrorKind, Result, Scan, Source, StorageOptions, find_sources};

use crate::args::ScanArgsAvro;

/// Where the Avro files are: names of them, or sources that are open already.
///
/// Nobody has to write it: every function that reads takes `impl Into<AvroSources>`, which a
/// `&str`, a `String`, a path, a source, and arrays, slices and vectors of these are.
#[derive(Debug, Clone)]
pub enum AvroSources {
    /// Paths, patterns (`*`, `**`, `?`, `[..]`, `{a,b}`), directories (every `*.avro` file below,
    /// in the order of their names), or URLs: `file://`, `s3://`, `gs://`, `az://`, `abfs://`,
    /// `http(s)://`.
    Paths(Vec<PathBuf>),
    /// Sources: [files](avroscan::FileSource), [memory](avroscan::MemorySource),
    /// [objects](avroscan::ObjectSource), or your own.
    Sources(Vec<Arc<dyn Source>>),
}

impl AvroSources {
    /// Finds and opens them, and reads their headers.
    pub(crate) fn open(self, args: ScanArgsAvro) -> Result<Scan> {
        let ScanArgsAvro {
            options,
            storage_options,
        } = args;
        match self {
            Self::Paths(paths) => Scan::open_blocking(&names(&paths)?, &storage_options, options),
            Self::Sources(sources) => Scan::from_sources_blocking(sources, options),
        }
    }

    /// Finds them.
    pub(crate) async fn find(
        self,
        storage_options: &StorageOptions,
    ) -> Result<Vec<Arc<dyn Source>>> {
        match self {
            Self::Paths(paths) => find_sources(&names(&paths)?, storage_options).await,
            Self::Sources(sources) => Ok(sources),
        }
    }
}

fn names(paths: &[PathBuf]) -> Result<Vec<&str>> {
    paths.iter().map(|path| name(path)).collect()
}

fn name(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("the path {} is not UTF-8", path.display()),
        )
    })
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
