//! The files that the paths of a table stand for.

use std::sync::Arc;

use avroscan::{AvroFile, Limits, Progress};
use datafusion::catalog::Session;
use datafusion::common::{Result, plan_err};
use datafusion::datasource::listing::ListingTableUrl;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{ObjectMeta, ObjectStore};

use crate::error::external;
use crate::headers::Headers;

/// The files at these places in one store, in the order of their paths.
///
/// Names in directories and patterns must end in `extension`. Files without a byte are passed over
/// there, as scans do.
///
/// # Errors
/// When there is nothing at one of the places.
pub(crate) async fn list(
    state: &dyn Session,
    store: &dyn ObjectStore,
    paths: &[ListingTableUrl],
    extension: &str,
) -> Result<Vec<ObjectMeta>> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        let listed = path.list_all_files(state, store, extension).await?;
        files.extend(listed.try_collect::<Vec<_>>().await?);
        if files.len() == before {
            return plan_err!("There are no Avro files at {path}");
        }
    }
    if paths.iter().any(ListingTableUrl::is_collection) {
        files.retain(|file| file.size > 0);
    }
    files.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(files)
}

/// The files of [`list`], with their headers read.
///
/// # Errors
/// Those of [`list`], and those of [`AvroFile::open`].
pub(crate) async fn open(
    state: &dyn Session,
    paths: &[ListingTableUrl],
    extension: &str,
    limits: &Limits,
) -> Result<Vec<Arc<AvroFile>>> {
    let Some(first) = paths.first() else {
        return Ok(Vec::new());
    };
    let store = state.runtime_env().object_store(first)?;
    let files = list(state, store.as_ref(), paths, extension).await?;
    let url = first.object_store();
    let (headers, progress) = (Headers::of(state), Progress::default());
    let opening = files
        .iter()
        .map(|meta| headers.open(&store, meta, Some(&url), limits, &progress));
    stream::iter(opening.collect::<Vec<_>>())
        .buffered(at_once(state))
        .try_collect()
        .await
        .map_err(external)
}

/// How many headers a session reads at the same time.
pub(crate) fn at_once(state: &dyn Session) -> usize {
    let options = state.config_options();
    options.execution.meta_fetch_concurrency.get()
}
