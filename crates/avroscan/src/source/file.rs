//! Local files, by positional reads.

use std::fs::{self, File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Source, buffers, range_len, runtime};
use crate::error::{Error, ErrorKind, Result};

/// Large enough that the system call does not show, small enough to start early and stay in the
/// cache.
const REQUEST_BYTES: u64 = 1 << 20;

/// One page: what the disk reads at least.
const PROBE_BYTES: u64 = 4 << 10;

/// Files that stay open. A scan of more files opens the others for each read: 1,024 is what many
/// systems allow a process in all.
const MAX_OPEN: usize = 256;

/// A local file.
#[derive(Debug)]
pub struct FileSource {
    location: Arc<str>,
    file: Arc<LocalFile>,
}

impl FileSource {
    /// The file at this path. Its size is what it is now: a file that grows is read up to there.
    ///
    /// This looks at the file system, and so blocks for a moment.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`] if there is no such file
    /// - [`ErrorKind::Usage`] for a directory, and for anything else that cannot be read at a
    ///   position, such as a pipe
    /// - [`ErrorKind::Io`] if it cannot be opened
    pub fn new(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let location: Arc<str> = path.to_string_lossy().into();
        let file = LocalFile::open(path).map_err(|error| error.in_file(&location))?;
        Ok(Self {
            location,
            file: Arc::new(file),
        })
    }

    /// [`FileSource::new`] for code that must not block.
    ///
    /// # Errors
    ///
    /// Those of [`FileSource::new`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        runtime::run_blocking(move || Self::new(path))
            .await
            .flatten()
    }
}

#[async_trait]
impl Source for FileSource {
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
        Ok(self.file.size)
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let len = range_len(&range, self.file.size, &self.location)?;
        if len == 0 {
            return Ok(Bytes::new());
        }
        let file = self.file.clone();
        runtime::run_blocking(move || file.read(range.start, len))
            .await
            .flatten()
            .map_err(|error| error.in_file(&self.location))
    }

    fn read_now(&self, range: Range<u64>) -> Option<Result<Bytes>> {
        let read = || {
            let len = range_len(&range, self.file.size, &self.location)?;
            if len == 0 {
                return Ok(Bytes::new());
            }
            let bytes = self.file.read(range.start, len);
            bytes.map_err(|error| error.in_file(&self.location))
        };
        Some(read())
    }
}

#[derive(Debug)]
struct LocalFile {
    path: PathBuf,
    size: u64,
    id: Option<FileId>,
    /// `None` if too many others were open.
    kept: Option<KeptOpen>,
}

impl LocalFile {
    fn open(path: &Path) -> Result<Self> {
        // Asked before opening: to open a pipe is to wait for its writer.
        check_is_file(&fs::metadata(path).map_err(cannot_open)?)?;
        let file = File::open(path).map_err(cannot_open)?;
        let metadata = file.metadata().map_err(cannot_open)?;
        check_is_file(&metadata)?;
        Ok(Self {
            path: path.to_owned(),
            size: metadata.len(),
            id: file_id(&metadata),
            kept: KeptOpen::new(file),
        })
    }

    fn read(&self, offset: u64, len: usize) -> Result<Bytes> {
        let mut bytes = buffers::take(len);
        let result = match &self.kept {
            Some(kept) => read_exact_at(&kept.0, &mut bytes, offset),
            None => read_exact_at(&self.open_again()?, &mut bytes, offset),
        };
        result.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Error::new(ErrorKind::Io, "the file became shorter while it was read")
            }
            _ => Error::new(ErrorKind::Io, "reading failed")
                .with_source(error)
                .at_offset(offset),
        })?;
        let bytes = Bytes::from(bytes);
        buffers::keep(&bytes);
        Ok(bytes)
    }

    /// The same file once more, unless the path now leads to another one.
    fn open_again(&self) -> Result<File> {
        let file = File::open(&self.path).map_err(cannot_open)?;
        if file_id(&file.metadata().map_err(cannot_open)?) != self.id {
            return Err(Error::new(
                ErrorKind::Io,
                "the file was replaced while it was read",
            ));
        }
        Ok(file)
    }
}

/// An open file, one of at most [`MAX_OPEN`].
#[derive(Debug)]
struct KeptOpen(File);

static OPEN: AtomicUsize = AtomicUsize::new(0);

impl KeptOpen {
    fn new(file: File) -> Option<Self> {
        let one_more = |open| (open < MAX_OPEN).then_some(open + 1);
        OPEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()
            .map(|_| Self(file))
    }
}

impl Drop for KeptOpen {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What tells a file from another one that takes its name: device and inode.
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;

    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_id(_: &Metadata) -> Option<FileId> {
    None
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;

    file.read_exact_at(bytes, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;

    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                bytes = &mut bytes[n..];
                offset += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn check_is_file(metadata: &Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() {
        "this is a directory, expected a file"
    } else {
        "this is not a regular file: pipes and devices cannot be read at a position"
    };
    Err(Error::new(ErrorKind::Usage, what))
}

fn cannot_open(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        Error::new(ErrorKind::NotFound, "file not found")
    } else {
        Error::new(ErrorKind::Io, "the file cannot be opened").with_source(error)
    }
}
