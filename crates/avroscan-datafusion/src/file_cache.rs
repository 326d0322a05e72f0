//! Files whose header a scan has read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avroscan::{AvroFile, Error, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use object_store::ObjectMeta;
use object_store::path::Path;

/// The opened files of one scan, so that a file's header is read and parsed once however many
/// ranges it is cut into. Clones share the files.
///
/// Lives as long as the plan. Only files that are cut into ranges come in here: a file that is
/// read in one go needs its header once, and a scan of very many small files keeps none of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileCache {
    files: Arc<Mutex<HashMap<FileKey, Opening>>>,
}

/// Whoever waits for the file drives it: it depends on no partition that may not be polled any more.
type Opening = Shared<BoxFuture<'static, Opened>>;

/// Of an error, there is one: it goes to the first that takes it.
type Opened = Result<Arc<AvroFile>, Arc<Mutex<Option<Error>>>>;

/// A file at a moment: another version of it has another key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FileKey {
    path: Path,
    size: u64,
    modified_micros: i64,
    e_tag: Option<String>,
}

impl FileCache {
    /// The file that this is known of, opened now by `open` unless it was opened before or is being
    /// opened.
    ///
    /// # Errors
    /// Those of `open`. A failure is not kept: the next caller tries again.
    pub(crate) async fn open(
        &self,
        meta: &ObjectMeta,
        open: impl Fn() -> BoxFuture<'static, Result<Arc<AvroFile>>>,
    ) -> Result<Arc<AvroFile>> {
        let key = FileKey {
            path: meta.location.clone(),
            size: meta.size,
            modified_micros: meta.last_modified.timestamp_micros(),
            e_tag: meta.e_tag.clone(),
        };
        loop {
            let new = || {
                let keep = |error| Arc::new(Mutex::new(Some(error)));
                open()
                    .map(move |opened| opened.map_err(keep))
                    .boxed()
                    .shared()
            };
            let opening = lock(&self.files)
                .entry(key.clone())
                .or_insert_with(new)
                .clone();
            let failed = match opening.clone().await {
                Ok(file) => return Ok(file),
                Err(failed) => failed,
            };
            let mut files = lock(&self.files);
            if files.get(&key).is_some_and(|kept| kept.ptr_eq(&opening)) {
                files.remove(&key);
            }
            if let Some(error) = lock(&failed).take() {
                return Err(error);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
