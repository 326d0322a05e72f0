//! An object store in memory that writes down what is read from it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What has been read: a path and the bytes of it, for each request of a body.
#[derive(Debug, Default)]
pub(super) struct CountingStore {
    inner: InMemory,
    reads: Mutex<Vec<(Path, Range<u64>)>>,
}

impl CountingStore {
    /// A store with these files, which the session knows as `mem://store/`.
    pub(super) async fn with(ctx: &SessionContext, files: &[(&str, &[u8])]) -> Arc<Self> {
        let store = Arc::new(Self::default());
        for (path, bytes) in files {
            store.insert(path, bytes).await;
        }
        let url = ObjectStoreUrl::parse("mem://store/").unwrap();
        ctx.register_object_store(url.as_ref(), Arc::clone(&store) as Arc<dyn ObjectStore>);
        store
    }

    /// Puts a file there, in the place of the one that was.
    pub(super) async fn insert(&self, path: &str, bytes: &[u8]) {
        let payload = PutPayload::from(bytes.to_vec());
        self.inner.put(&Path::from(path), payload).await.unwrap();
    }

    /// The paths of the files of which something was read since the last call, sorted.
    pub(super) fn take_paths(&self) -> Vec<String> {
        let reads = std::mem::take(&mut *self.reads.lock().unwrap());
        let paths: BTreeSet<_> = reads.iter().map(|(path, _)| path.to_string()).collect();
        paths.into_iter().collect()
    }

    /// What was read since the last call.
    pub(super) fn take_reads(&self) -> Vec<Range<u64>> {
        let reads = std::mem::take(&mut *self.reads.lock().unwrap());
        reads.into_iter().map(|(_, range)| range).collect()
    }
}

/// Number of bytes in these ranges.
pub(super) fn bytes(reads: &[Range<u64>]) -> u64 {
    reads.iter().map(|range| range.end - range.start).sum()
}

impl fmt::Display for CountingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountingStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for CountingStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        let result = self.inner.get_opts(location, options).await?;
        if !head {
            let read = (location.clone(), result.range.clone());
            self.reads.lock().unwrap().push(read);
        }
        Ok(result)
    }

    async fn put_opts(&self, to: &Path, payload: PutPayload, o: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(to, payload, o).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
