//! Where the bytes of a table's files come from.

use std::path::PathBuf;
use std::sync::Arc;

use avroscan::{Error, ErrorKind, FileSource, ObjectSource, Result, Source};
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};

use crate::location::location;

/// The file of a store that this is known of. Errors name an object with the URL of its store, if
/// that is given.
///
/// What the file system has is read without the store, as the core reads files: a store opens the
/// file for each of its answers.
///
/// # Errors
/// When a local file cannot be opened, or is not the one that was listed.
pub(crate) async fn open(
    store: &Arc<dyn ObjectStore>,
    meta: &ObjectMeta,
    url: Option<&ObjectStoreUrl>,
) -> Result<Arc<dyn Source>> {
    let Some(path) = local_path(store.as_ref(), &meta.location) else {
        let path = &meta.location;
        let location = url.map_or_else(|| path.as_ref().into(), |url| location(url, path));
        let source = ObjectSource::new(Arc::clone(store), path.clone(), location);
        return Ok(Arc::new(source.with_meta(meta.clone())));
    };
    let source = FileSource::open(path).await?;
    let size = source.size().await?;
    if size != meta.size {
        let listed = meta.size;
        let what = format!("the file has {size} bytes, and had {listed} when it was listed");
        return Err(Error::new(ErrorKind::Io, what).in_file(source.location()));
    }
    Ok(Arc::new(source))
}

/// Whether the store is the file system.
pub(crate) fn is_local(store: &dyn ObjectStore) -> bool {
    // Its name is all that can be asked of a store.
    store.to_string() == LocalFileSystem::new().to_string()
}

fn local_path(store: &dyn ObjectStore, path: &Path) -> Option<PathBuf> {
    let files = LocalFileSystem::new();
    is_local(store)
        .then(|| files.path_to_filesystem(path).ok())
        .flatten()
}
