//! What Python programs read from, as sources of the core.

use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use avroscan::{Error, ErrorKind, MemorySource, Result, Source, StorageOptions, find_sources};
use bytes::Bytes;
use futures::channel::oneshot;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// One of the sources that a caller named, in the form that the Python half gives it.
#[derive(FromPyObject)]
pub(crate) enum Input {
    /// The bytes of a file, and what to call them.
    Bytes(PyBackedBytes, String),
    /// An object with `seek` and `read`, what to call it, and its size in bytes.
    File(Py<PyAny>, String, u64),
    /// A path, a pattern, a directory or a URL.
    Name(OsString),
}

/// Whether any of these is read by calling Python.
pub(crate) fn need_python(inputs: &[Input]) -> bool {
    inputs.iter().any(|input| matches!(input, Input::File(..)))
}

/// Finds the files of all inputs, in order. Names in a row are looked up together, so that those in
/// the same bucket share a store.
pub(crate) async fn find(
    inputs: Vec<Input>,
    glob: bool,
    storage: &StorageOptions,
) -> Result<Vec<Arc<dyn Source>>> {
    let mut sources: Vec<Arc<dyn Source>> = Vec::new();
    let mut names = Vec::new();
    for input in inputs {
        if let Input::Name(name) = input {
            names.push(if glob { name } else { literal(name)? });
            continue;
        }
        find_names(&mut names, storage, &mut sources).await?;
        sources.push(match input {
            Input::Bytes(bytes, name) => {
                Arc::new(MemorySource::new(name, Bytes::from_owner(bytes)))
            }
            Input::File(file, name, size) => Arc::new(PythonFile::new(file, &name, size)),
            Input::Name(_) => continue,
        });
    }
    find_names(&mut names, storage, &mut sources).await?;
    Ok(sources)
}

async fn find_names(
    names: &mut Vec<OsString>,
    storage: &StorageOptions,
    sources: &mut Vec<Arc<dyn Source>>,
) -> Result<()> {
    if !names.is_empty() {
        sources.extend(find_sources(&std::mem::take(names), storage).await?);
    }
    Ok(())
}

/// What makes a name a pattern.
pub(crate) const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// A name that is not taken for a pattern.
fn literal(name: OsString) -> Result<OsString> {
    let text = name.to_string_lossy();
    if !text.contains(WILDCARDS) {
        return Ok(name);
    }
    if text.contains("://") {
        let escape = |text: String, c| text.replace(c, &format!("%{:02X}", u32::from(c)));
        return Ok(WILDCARDS.into_iter().fold(text.into_owned(), escape).into());
    }
    match Path::new(&name).exists() {
        true => Ok(name),
        false => Err(Error::new(ErrorKind::NotFound, "no such file").in_file(&text.into())),
    }
}

/// Bytes of one request: a call into Python costs more than the bytes of a small one.
const REQUEST_BYTES: u64 = 4 << 20;

/// Enough for the header of most files.
const PROBE_BYTES: u64 = 64 << 10;

/// A Python object with `seek` and `read`, as those of fsspec.
///
/// A file object has one position, so its reads take turns. Each has a thread of its own, which
/// waits for the interpreter's lock: no thread of the core ever does.
#[derive(Debug)]
struct PythonFile {
    location: Arc<str>,
    size: u64,
    file: Arc<Mutex<Py<PyAny>>>,
}

impl PythonFile {
    fn new(file: Py<PyAny>, name: &str, size: u64) -> Self {
        Self {
            location: name.into(),
            size,
            file: Arc::new(Mutex::new(file)),
        }
    }

    fn failed(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::Io, message).in_file(&self.location)
    }
}

#[async_trait]
impl Source for PythonFile {
    fn location(&self) -> &Arc<str> {
        &self.location
    }

    fn request_bytes(&self) -> u64 {
        REQUEST_BYTES
    }

    fn probe_bytes(&self) -> u64 {
        PROBE_BYTES
    }

    async fn size(&self) -> Result<u64> {
        Ok(self.size)
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let length = range.end.saturating_sub(range.start);
        if range.end > self.size {
            let what = format!("cannot read up to byte {} of {}", range.end, self.size);
            return Err(self.failed(what));
        }
        let (sender, receiver) = oneshot::channel();
        let file = self.file.clone();
        thread::Builder::new()
            .name("avroscan-python".to_owned())
            .spawn(move || sender.send(read(&file, range.start, length)))
            .map_err(|error| self.failed("no thread for reading").with_source(error))?;
        match receiver.await {
            Ok(Some(Ok(bytes))) if bytes.len() as u64 == length => Ok(Bytes::from_owner(bytes)),
            Ok(Some(Ok(bytes))) => Err(self.failed(format!(
                "`read({length})` gave {} bytes: the file became shorter",
                bytes.len()
            ))),
            Ok(Some(Err(raised))) => Err(self.failed("reading failed").with_source(raised)),
            Ok(None) | Err(_) => Err(self.failed("the interpreter is ending")),
        }
    }
}

/// These bytes of the file, or `None` where Python is ending. `read` may give fewer than it is asked
/// for, as a raw file does.
fn read(file: &Mutex<Py<PyAny>>, start: u64, length: u64) -> Option<PyResult<PyBackedBytes>> {
    let file = file.lock().unwrap_or_else(PoisonError::into_inner);
    Python::try_attach(|py| {
        let file = file.bind(py);
        file.call_method1("seek", (start,))?;
        let mut bytes: PyBackedBytes = file.call_method1("read", (length,))?.extract()?;
        while (bytes.len() as u64) < length {
            let rest = length - bytes.len() as u64;
            let more: PyBackedBytes = file.call_method1("read", (rest,))?.extract()?;
            if more.is_empty() {
                break;
            }
            if more.len() as u64 > rest {
                return Err(
                    io::Error::other("`read` gave more bytes than it was asked for").into(),
                );
            }
            let joined = pyo3::types::PyBytes::new(py, &[&bytes[..], &more[..]].concat());
            bytes = joined.into();
        }
        Ok(bytes)
    })
}
