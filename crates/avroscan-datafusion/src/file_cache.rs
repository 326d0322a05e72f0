//! Files whose header a scan has read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use avroscan::{AvroFile, Result};
use object_store::ObjectMeta;
use object_store::path::Path;
use tokio::sync::OnceCell;

/// The opened files of one scan, so that a file's header is read and parsed once however many
/// ranges it is cut into. Clones share the files.
///
/// Lives as long as the plan. Only files that are cut into ranges come in here: a file that is
/// read in one go needs its header once, and a scan of very many small files keeps none of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileCache {
    files: Arc<Mutex<HashMap<FileKey, Slot>>>,
}

type Slot = Arc<OnceCell<Arc<AvroFile>>>;

/// A file at a moment: another version of it has another key.
#[derive(Debug, PartialEq, Eq, Hash)]
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
        open: impl AsyncFnOnce() -> Result<Arc<AvroFile>>,
    ) -> Result<Arc<AvroFile>> {
        let slot = self.slot(FileKey {
            path: meta.location.clone(),
            size: meta.size,
            modified_micros: meta.last_modified.timestamp_micros(),
            e_tag: meta.e_tag.clone(),
        });
        slot.get_or_try_init(async || open().await).await.cloned()
    }

    fn slot(&self, key: FileKey) -> Slot {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(key).or_default().clone()
    }
}
