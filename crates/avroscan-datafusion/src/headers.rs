//! Headers of files that the session has read.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use avroscan::{AvroFile, Header, Limits, Progress, Result};
use datafusion::catalog::Session;
use datafusion::common::HashMap;
use datafusion::execution::cache::cache_manager::{
    CachedFileMetadataEntry, FileMetadata, FileMetadataCache,
};
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::{ObjectMeta, ObjectStore};

use crate::file_source;

/// A schema takes up to so many times its text in memory: an enum's symbol of one letter is four
/// bytes of the text, and a string.
const SCHEMA_IN_MEMORY: usize = 16;

/// What the allocator may add to a key and to a value of the metadata.
const ALLOCATION: usize = 16;

/// Opens files. The header of each version of a file is read once in a session: it is kept in the
/// session's cache of metadata, as long as that has room for it.
#[derive(Clone, Default)]
pub(crate) struct Headers {
    cache: Option<Arc<FileMetadataCache>>,
}

/// A header, and what must be the same for it to be that of a file with the same path.
struct Known {
    store: Weak<dyn ObjectStore>,
    e_tag: Option<String>,
    limits: Limits,
    header: Arc<Header>,
}

impl Headers {
    /// Those that this session has read.
    pub(crate) fn of(session: &dyn Session) -> Self {
        let cache = session
            .runtime_env()
            .cache_manager
            .get_file_metadata_cache();
        Self { cache: Some(cache) }
    }

    /// A file of a store, with its header. Errors name an object with the URL of its store, if it
    /// is given.
    ///
    /// # Errors
    /// Those of [`file_source::open`] and [`AvroFile::open`].
    pub(crate) async fn open(
        &self,
        store: &Arc<dyn ObjectStore>,
        meta: &ObjectMeta,
        url: Option<&ObjectStoreUrl>,
        limits: &Limits,
        progress: &Progress,
    ) -> Result<Arc<AvroFile>> {
        let source = file_source::open(store, meta, url).await?;
        if let Some(header) = self.find(store, meta, limits) {
            return AvroFile::open_again(source, header).await;
        }
        let file = AvroFile::open(source, limits, progress).await?;
        if let Some(cache) = &self.cache {
            let known = Known {
                store: Arc::downgrade(store),
                e_tag: meta.e_tag.clone(),
                limits: limits.clone(),
                header: Arc::clone(file.header()),
            };
            let entry = CachedFileMetadataEntry::new(meta.clone(), Arc::new(known));
            cache.put(&meta.location, entry);
        }
        Ok(file)
    }

    fn find(
        &self,
        store: &Arc<dyn ObjectStore>,
        meta: &ObjectMeta,
        limits: &Limits,
    ) -> Option<Arc<Header>> {
        let entry = self.cache.as_ref()?.get(&meta.location)?;
        let known = entry.file_metadata.as_any().downcast_ref::<Known>()?;
        let is_same = entry.is_valid_for(meta)
            && known.e_tag == meta.e_tag
            && known.limits == *limits
            && known
                .store
                .upgrade()
                .is_some_and(|known| Arc::ptr_eq(&known, store));
        is_same.then(|| Arc::clone(&known.header))
    }
}

impl FileMetadata for Known {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn memory_size(&self) -> usize {
        let Header {
            metadata, schema, ..
        } = &*self.header;
        let entry = |(key, value): &(String, Vec<u8>)| {
            size_of::<(String, Vec<u8>)>() + key.capacity() + value.capacity() + 2 * ALLOCATION
        };
        let metadata: usize = metadata.iter().map(entry).sum();
        size_of::<Self>() + metadata + SCHEMA_IN_MEMORY * schema.json().len()
    }

    fn extra_info(&self) -> HashMap<String, String> {
        HashMap::from_iter([("codec".to_owned(), self.header.codec.name().to_owned())])
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").finish_non_exhaustive()
    }
}
