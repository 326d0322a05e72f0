//! Objects and prefixes of stores.

use std::collections::HashMap;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use url::{Position, Url};

use super::find::{not_a_url, parse_url};
use super::object::describe;
use super::pattern::Pattern;
use super::{ObjectSource, Patience, Source, StorageOptions, open_store, runtime};
use crate::error::{Error, ErrorKind, Result};

/// The stores of one call, by bucket: each has connections and credentials to share.
pub(super) struct Stores<'a> {
    options: &'a StorageOptions,
    open: HashMap<String, Arc<dyn ObjectStore>>,
}

impl<'a> Stores<'a> {
    pub(super) fn new(options: &'a StorageOptions) -> Self {
        Self {
            options,
            open: HashMap::new(),
        }
    }

    /// How long these stores may take.
    fn patience(&self) -> Result<Patience> {
        Patience::of(self.options)
    }

    /// The store of this URL, and where in it the URL leads.
    fn open(&mut self, url: &Url) -> Result<(Arc<dyn ObjectStore>, Path)> {
        let path = Path::from_url_path(url.path()).map_err(|error| {
            Error::new(ErrorKind::Usage, "not a valid object path").with_source(error)
        })?;
        let bucket = format!(
            "{}?{}",
            &url[..Position::BeforePath],
            url.query().unwrap_or("")
        );
        if let Some(store) = self.open.get(&bucket) {
            return Ok((store.clone(), path));
        }
        let (store, path) = open_store(url, self.options)?;
        self.open.insert(bucket, store.clone());
        Ok((store, path))
    }
}

/// The objects that a URL or a pattern of URLs names, sorted.
pub(super) async fn find(input: &str, stores: &mut Stores<'_>) -> Result<Vec<Arc<dyn Source>>> {
    if input.starts_with("http://") || input.starts_with("https://") {
        return find_http(input, stores);
    }
    let (bucket, key) = split_bucket(input);
    if key.is_empty() || key.ends_with('/') || Pattern::is_pattern(key) {
        let (store, _) = stores.open(&Url::parse(bucket).map_err(not_a_url)?)?;
        return list(store, bucket, key, stores.patience()?).await;
    }
    let (store, path) = stores.open(&parse_url(input)?)?;
    Ok(vec![Arc::new(
        ObjectSource::new(store, path, input).with_patience(stores.patience()?),
    )])
}

/// HTTP has no directories, and a `?` begins the query.
fn find_http(input: &str, stores: &mut Stores<'_>) -> Result<Vec<Arc<dyn Source>>> {
    let url = Url::parse(input).map_err(not_a_url)?;
    if url.path().ends_with('/') {
        return Err(Error::new(
            ErrorKind::Usage,
            "web servers do not list directories: give the URLs of files",
        ));
    }
    let (store, path) = stores.open(&url)?;
    Ok(vec![Arc::new(
        ObjectSource::new(store, path, input).with_patience(stores.patience()?),
    )])
}

/// `s3://bucket/some/key` as `s3://bucket` and `some/key`.
fn split_bucket(input: &str) -> (&str, &str) {
    let after_scheme = input.split_once("://").map_or(input, |(_, rest)| rest);
    let key = after_scheme.split_once('/').map_or("", |(_, key)| key);
    let bucket = input.strip_suffix(key).unwrap_or(input);
    (bucket.strip_suffix('/').unwrap_or(bucket), key)
}

pub(super) async fn list(
    store: Arc<dyn ObjectStore>,
    bucket: &str,
    key: &str,
    patience: Patience,
) -> Result<Vec<Arc<dyn Source>>> {
    let (pattern, nothing) = if Pattern::is_pattern(key) {
        (Pattern::parse(key)?, "no object matches this pattern")
    } else {
        (
            Pattern::directory(key)?,
            "the directory has no Avro files (*.avro)",
        )
    };
    let prefix = Path::parse(pattern.root()).map_err(|error| {
        Error::new(ErrorKind::Usage, "not a valid object path").with_source(error)
    })?;
    let is_flat = pattern.max_depth() == 1;
    let objects = {
        let store = store.clone();
        runtime::run(async move { list_prefix(&*store, &prefix, is_flat).await })
            .await
            .flatten()?
    };
    let mut objects: Vec<_> = objects
        .into_iter()
        .filter(|object| {
            let below = object.location.as_ref().strip_prefix(pattern.root());
            below.is_some_and(|below| pattern.matches(below))
        })
        .collect();
    if objects.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, nothing));
    }
    objects.sort_unstable_by(|a, b| a.location.cmp(&b.location));
    let source = |object: ObjectMeta| -> Arc<dyn Source> {
        // As a URL that names exactly this object when it is given as an input.
        let location = format!("{bucket}/{}", object.location.as_ref().replace('%', "%25"));
        let path = object.location.clone();
        let source = ObjectSource::new(store.clone(), path, location);
        Arc::new(source.with_meta(object).with_patience(patience))
    };
    Ok(objects.into_iter().map(source).collect())
}

/// All objects under a prefix, or only those directly in it.
async fn list_prefix(
    store: &dyn ObjectStore,
    prefix: &Path,
    is_flat: bool,
) -> Result<Vec<ObjectMeta>> {
    let objects = if is_flat {
        store
            .list_with_delimiter(Some(prefix))
            .await
            .map(|listed| listed.objects)
    } else {
        store.list(Some(prefix)).try_collect().await
    };
    objects.map_err(describe)
}
