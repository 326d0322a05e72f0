//! Object stores, opened when a query first names them.

use std::sync::Arc;

use avroscan::{StorageOptions, open_store};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use object_store::ObjectStore;
use url::Url;

/// DataFusion's registry, with stores opened as the core opens them: the same URLs, the same
/// `--storage-option` keys, the same environment variables.
#[derive(Debug)]
pub(super) struct Stores {
    opened: DefaultObjectStoreRegistry,
    storage_options: StorageOptions,
}

impl Stores {
    pub(super) fn new(storage_options: StorageOptions) -> Arc<Self> {
        Arc::new(Self {
            opened: DefaultObjectStoreRegistry::new(),
            storage_options,
        })
    }
}

impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        self.opened.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.opened.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if let Ok(store) = self.opened.get_store(url) {
            return Ok(store);
        }
        let (store, _) = open_store(url, &self.storage_options)
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        self.opened.register_store(url, store.clone());
        Ok(store)
    }
}
