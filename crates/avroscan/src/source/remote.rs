//! Objects and prefixes of stores.

use std::collections::HashMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::{Position, Url};

use super::find::{not_a_url, parse_url};
use super::object::describe;
use super::pattern::{Meant, Pattern};
use super::{ObjectSource, Patience, Source, StorageOptions, open_store, runtime};
use crate::container::MAGIC;
use crate::error::{Error, ErrorKind, Result};

/// Objects whose first bytes are looked at at the same time.
const LOOKS_AT_ONCE: usize = 16;

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
            Pattern::directory(key),
            "the directory has no Avro files (*.avro)",
        )
    };
    let mut objects = {
        let store = store.clone();
        runtime::run(async move { find_objects(&*store, &pattern).await })
            .await
            .flatten()?
    };
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

/// The objects that are meant and have at least a byte, in any order.
async fn find_objects(store: &dyn ObjectStore, pattern: &Pattern) -> Result<Vec<ObjectMeta>> {
    let below = |path: &Path| {
        path.as_ref()
            .strip_prefix(pattern.root())
            .map(str::to_owned)
    };
    let meant = list_objects(store, pattern).await?.into_iter();
    let meant = meant.filter(|object| object.size > 0).filter_map(|object| {
        let meant = pattern.file(&below(&object.location)?)?;
        Some((object, meant))
    });
    stream::iter(meant.collect::<Vec<_>>())
        .map(|(object, meant)| async move {
            let is_read = meant == Meant::ByName || is_avro(store, &object).await?;
            Ok(is_read.then_some(object))
        })
        .buffer_unordered(LOOKS_AT_ONCE)
        .try_filter_map(|object| async { Ok(object) })
        .try_collect()
        .await
}

/// All objects below the root of a pattern, as far as they can be meant.
async fn list_objects(store: &dyn ObjectStore, pattern: &Pattern) -> Result<Vec<ObjectMeta>> {
    let root = object_path(pattern.root())?;
    if !pattern.is_flat() {
        return list_all(store, &root).await;
    }
    let listed = store.list_with_delimiter(Some(&root)).await;
    let listed = listed.map_err(describe)?;
    let mut objects = listed.objects;
    for directory in listed.common_prefixes {
        let below = directory.as_ref().strip_prefix(pattern.root());
        if below.is_some_and(|below| pattern.enters(below)) {
            objects.extend(list_all(store, &directory).await?);
        }
    }
    Ok(objects)
}

async fn list_all(store: &dyn ObjectStore, prefix: &Path) -> Result<Vec<ObjectMeta>> {
    let objects = store.list(Some(prefix)).try_collect().await;
    objects.map_err(describe)
}

/// Whether the object begins as Avro files do.
async fn is_avro(store: &dyn ObjectStore, object: &ObjectMeta) -> Result<bool> {
    let length = object.size.min(MAGIC.len() as u64);
    let start = store.get_range(&object.location, 0..length).await;
    Ok(start.map_err(describe)? == MAGIC.as_slice())
}

fn object_path(text: &str) -> Result<Path> {
    Path::parse(text)
        .map_err(|error| Error::new(ErrorKind::Usage, "not a valid object path").with_source(error))
}
