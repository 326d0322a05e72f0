//! Local files, by positional reads.

use std::fs::{self, File, Metadata};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Source, became_shorter, buffers, range_len, runtime};
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
        let mut bytes = buffers::take(len);
        let there = self.file.read_cached(&mut bytes, range.start);
        if there < len {
            let file = self.file.clone();
            let read = move || file.read_from(there, bytes, range.start);
            let read = runtime::run_blocking(read).await.flatten();
            bytes = read.map_err(|error| error.in_file(&self.location))?;
        }
        Ok(buffers::lend(bytes))
    }

    fn read_now(&self, range: Range<u64>) -> Option<Result<Bytes>> {
        let read = || {
            let len = range_len(&range, self.file.size, &self.location)?;
            if len == 0 {
                return Ok(Bytes::new());
            }
            let bytes = self.file.read_from(0, buffers::take(len), range.start);
            bytes
                .map(buffers::lend)
                .map_err(|error| error.in_file(&self.location))
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

    /// Reads what the system has in memory, from the first byte on, and says how much that is. It
    /// waits for nothing, so any thread may do it.
    fn read_cached(&self, bytes: &mut [u8], offset: u64) -> usize {
        match &self.kept {
            Some(kept) if bytes.len() as u64 <= REQUEST_BYTES => {
                read_cached_at(&kept.0, bytes, offset)
            }
            _ => 0,
        }
    }

    /// Fills these bytes, of which so many are there, with those of the file from `start` on.
    fn read_from(&self, there: usize, mut bytes: Vec<u8>, start: u64) -> Result<Vec<u8>> {
        let offset = start.saturating_add(there as u64);
        let rest = bytes.get_mut(there..).unwrap_or_default();
        let result = match &self.kept {
            Some(kept) => read_exact_at(&kept.0, rest, offset),
            None => read_exact_at(&self.open_again()?, rest, offset),
        };
        result.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => became_shorter(),
            _ => Error::new(ErrorKind::Io, "reading failed")
                .with_source(error)
                .at_offset(offset),
        })?;
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

/// As many of these bytes, from the first on, as can be had without waiting for a disk.
#[cfg(target_os = "linux")]
fn read_cached_at(file: &File, bytes: &mut [u8], offset: u64) -> usize {
    use rustix::io::{ReadWriteFlags, preadv2};

    let buffers = &mut [io::IoSliceMut::new(bytes)];
    // Whatever goes wrong goes wrong again, and is said, where waiting is allowed.
    preadv2(file, buffers, offset, ReadWriteFlags::NOWAIT).unwrap_or(0)
}

/// No other system says whether a read would wait.
#[cfg(not(target_os = "linux"))]
fn read_cached_at(_: &File, _: &mut [u8], _: u64) -> usize {
    0
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
