//! An object store that fails once, or from some point on.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use async_trait::async_trait;
use avroscan::source::Patience;
use avroscan::{ObjectSource, Source, block_on};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

/// What is wrong with the answer to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    NotFound,
    Precondition,
    PermissionDenied,
    Generic,
    /// The body breaks off, once.
    CutBody,
    /// The bodies of this call and of all later ones break off.
    CutBodies,
}

impl Fault {
    pub(crate) const ALL: [Self; 6] = [
        Self::NotFound,
        Self::Precondition,
        Self::PermissionDenied,
        Self::Generic,
        Self::CutBody,
        Self::CutBodies,
    ];

    fn error(self) -> Error {
        let (path, source) = (PATH.to_owned(), "it fails".into());
        match self {
            Self::NotFound => Error::NotFound { path, source },
            Self::Precondition => Error::Precondition { path, source },
            Self::PermissionDenied => Error::PermissionDenied { path, source },
            Self::Generic | Self::CutBody | Self::CutBodies => {
                let store = "failing";
                Error::Generic { store, source }
            }
        }
    }
}

const PATH: &str = "some/key.avro";

/// Fails its call of this number.
#[derive(Debug)]
pub(crate) struct Store {
    inner: InMemory,
    calls: AtomicUsize,
    fails_at: usize,
    fault: Fault,
}

impl Store {
    pub(crate) fn new(file: &[u8], fails_at: usize, fault: Fault) -> Arc<Self> {
        let inner = InMemory::new();
        block_on(inner.put(&Path::from(PATH), file.to_vec().into())).unwrap();
        Arc::new(Self {
            inner,
            calls: AtomicUsize::new(0),
            fails_at,
            fault,
        })
    }

    pub(crate) fn source(self: &Arc<Self>) -> Arc<dyn Source> {
        let source = ObjectSource::new(self.clone(), Path::from(PATH), "mem://some/key.avro");
        Arc::new(source.with_patience(Patience::default().with_max_attempts(2)))
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

#[async_trait]
impl ObjectStore for Store {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let call = self.calls.fetch_add(1, Relaxed);
        let mut answer = self.inner.get_opts(location, options).await?;
        match self.fault {
            Fault::CutBody if call == self.fails_at => {}
            Fault::CutBodies if call >= self.fails_at => {}
            Fault::CutBody | Fault::CutBodies => return Ok(answer),
            fault if call == self.fails_at => return Err(fault.error()),
            _ => return Ok(answer),
        }
        if let GetResultPayload::Stream(body) = answer.payload {
            let error = self.fault.error();
            let cut = body.map(|piece| piece.map(|bytes| bytes.slice(..bytes.len() / 2)));
            let body = cut.chain(stream::iter([Err(error)]));
            answer.payload = GetResultPayload::Stream(body.boxed());
        }
        Ok(answer)
    }

    async fn put_opts(&self, at: &Path, what: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(at, what, how).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(at, how).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, how).await
    }
}
