//! Objects, in stores that tell the truth and in such that do not.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use pollster::block_on;

use super::{assert_kind, bytes};
use crate::error::ErrorKind;
use crate::source::{ObjectSource, Patience, Source, conformance};

const SIZE: usize = 3_000;

fn path() -> Path {
    Path::from("some/key.avro")
}

/// What a store makes of its honest answer to a request, given how many came before.
type Lie = Box<dyn Fn(usize, GetResult) -> Result<GetResult> + Send + Sync>;

/// A store in memory that notes what it is asked, and can lie.
struct Store {
    inner: InMemory,
    asked: Mutex<Vec<GetOptions>>,
    lie: Lie,
    /// Whether it never answers.
    silent: bool,
}

impl Store {
    fn lying(
        lie: impl Fn(usize, GetResult) -> Result<GetResult> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let inner = InMemory::new();
        block_on(inner.put(&path(), bytes(SIZE).into())).unwrap();
        Arc::new(Self {
            inner,
            asked: Mutex::default(),
            lie: Box::new(lie),
            silent: false,
        })
    }

    fn honest() -> Arc<Self> {
        Self::lying(|_, answer| Ok(answer))
    }

    /// A store whose bodies are these pieces, whatever was asked for.
    fn with_body(pieces: fn(usize, Bytes) -> Vec<Result<Bytes>>) -> Arc<Self> {
        Self::lying(move |n, mut answer| {
            if let GetResultPayload::Stream(body) = answer.payload {
                let body = block_on(body.map(Result::unwrap).collect::<Vec<_>>()).concat();
                answer.payload =
                    GetResultPayload::Stream(stream::iter(pieces(n, body.into())).boxed());
            }
            Ok(answer)
        })
    }

    fn source(self: &Arc<Self>) -> ObjectSource {
        ObjectSource::new(self.clone(), path(), "mem://some/key.avro")
    }

    fn meta(&self) -> ObjectMeta {
        block_on(self.inner.head(&path())).unwrap()
    }

    /// The ranges and `If-Match` conditions of the requests so far, `None` for a look at the head.
    fn asked(&self) -> Vec<(Option<Range<u64>>, Option<String>)> {
        let asked = self.asked.lock().unwrap();
        let range = |options: &GetOptions| match &options.range {
            None => {
                assert!(options.head, "a request for the whole object");
                None
            }
            Some(object_store::GetRange::Bounded(range)) => Some(range.clone()),
            Some(other) => panic!("not a bounded range: {other:?}"),
        };
        asked
            .iter()
            .map(|options| (range(options), options.if_match.clone()))
            .collect()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
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
        let n = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(options.clone());
            asked.len() - 1
        };
        if self.silent {
            std::future::pending::<()>().await;
        }
        (self.lie)(n, self.inner.get_opts(location, options).await?)
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

#[test]
fn objects_in_memory_keep_the_promises_of_a_source() {
    let store = Store::honest();
    block_on(conformance::check(&store.source(), &bytes(SIZE))).unwrap();
    let known = store.source().with_meta(store.meta());
    block_on(conformance::check(&known, &bytes(SIZE))).unwrap();
}

#[test]
fn empty_objects_do_too() {
    let store = Store::honest();
    block_on(store.inner.put(&path(), PutPayload::new())).unwrap();
    block_on(conformance::check(&store.source(), b"")).unwrap();
}

#[test]
fn objects_that_are_files_do_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalFileSystem::new_with_prefix(dir.path()).unwrap());
    block_on(store.put(&path(), bytes(SIZE).into())).unwrap();
    let source = ObjectSource::new(store, path(), "file://key.avro");
    block_on(conformance::check(&source, &bytes(SIZE))).unwrap();
}

#[test]
fn requests_are_bounded_and_bound_to_the_version() {
    let store = Store::honest();
    let source = store.source();
    assert_eq!(block_on(source.read(5..25)).unwrap(), bytes(SIZE)[5..25]);
    assert_eq!(block_on(source.read(0..1)).unwrap(), bytes(SIZE)[..1]);
    assert_eq!(block_on(source.size()).unwrap(), SIZE as u64);
    let e_tag = store.meta().e_tag;
    assert!(e_tag.is_some());
    assert_eq!(
        store.asked(),
        [
            (None, None),
            (Some(5..25), e_tag.clone()),
            (Some(0..1), e_tag)
        ],
        "one look, then each range"
    );
}

#[test]
fn what_is_known_is_not_asked() {
    let store = Store::honest();
    let source = store.source().with_meta(store.meta());
    assert_eq!(block_on(source.size()).unwrap(), SIZE as u64);
    assert_eq!(block_on(source.read(7..7)).unwrap(), "");
    assert_eq!(store.asked(), []);
    block_on(source.read(5..25)).unwrap();
    block_on(source.read(25..30)).unwrap();
    // The first answer shows how the store writes the ETag.
    assert_eq!(
        store.asked(),
        [(Some(5..25), None), (Some(25..30), store.meta().e_tag)]
    );
}

#[test]
fn many_first_readers_look_once() {
    let store = Store::honest();
    let source = store.source();
    let reads = (0..8).map(|i| source.read(i..i + 1));
    assert!(
        block_on(futures::future::join_all(reads))
            .into_iter()
            .all(|read| read.is_ok())
    );
    let looks = store
        .asked()
        .into_iter()
        .filter(|(range, _)| range.is_none());
    assert_eq!(looks.count(), 1);
}

#[test]
fn a_missing_object_is_not_found() {
    let source = ObjectSource::new(Store::honest(), Path::from("other"), "mem://other");
    let message = assert_kind(block_on(source.size()), ErrorKind::NotFound);
    assert_eq!(message, "mem://other: object not found");
    assert_kind(block_on(source.read(0..1)), ErrorKind::NotFound);
}

#[test]
fn an_object_that_was_replaced_is_an_error() {
    // With another size, and with the same.
    for replacement in [bytes(SIZE - 1), vec![0; SIZE]] {
        let store = Store::honest();
        let source = store.source();
        block_on(source.read(0..10)).unwrap();
        block_on(store.inner.put(&path(), replacement.clone().into())).unwrap();
        let message = assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
        assert!(
            message.starts_with("mem://some/key.avro: the object changed"),
            "{message}"
        );

        // Known from a listing, so that only the answer shows it.
        let store = Store::honest();
        let source = store.source().with_meta(store.meta());
        block_on(store.inner.put(&path(), replacement.into())).unwrap();
        let message = assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
        assert!(message.contains("the object changed"), "{message}");
    }
}

#[test]
fn without_etags_the_size_tells() {
    let store = Store::lying(|n, mut answer| {
        answer.meta.e_tag = None;
        answer.meta.size += u64::from(n == 2);
        Ok(answer)
    });
    let source = store.source();
    block_on(source.read(0..10)).unwrap();
    let message = assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
    assert!(message.contains("the object changed"), "{message}");
    assert!(store.asked().iter().all(|(_, if_match)| if_match.is_none()));
}

#[test]
fn an_answer_about_another_version_is_an_error() {
    let store = Store::lying(|n, mut answer| {
        if n == 2 {
            answer.meta.e_tag = Some("another".to_owned());
        }
        Ok(answer)
    });
    let source = store.source();
    block_on(source.read(0..10)).unwrap();
    let message = assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
    assert!(message.contains("the object changed"), "{message}");
}

#[test]
fn listings_may_write_etags_without_quotes() {
    let store = Store::lying(|_, mut answer| {
        answer.meta.e_tag = answer.meta.e_tag.map(|e_tag| format!("\"{e_tag}\""));
        Ok(answer)
    });
    let source = store.source().with_meta(store.meta());
    assert_eq!(block_on(source.read(0..10)).unwrap(), bytes(SIZE)[..10]);
}

#[test]
fn weak_etags_are_compared_but_never_a_condition() {
    let store = Store::lying(|n, mut answer| {
        answer.meta.e_tag = Some(if n < 2 { "W/\"1\"" } else { "W/\"2\"" }.to_owned());
        Ok(answer)
    });
    let source = store.source();
    block_on(source.read(0..10)).unwrap();
    assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
    assert!(store.asked().iter().all(|(_, if_match)| if_match.is_none()));
}

#[test]
fn an_answer_with_another_range_is_an_error() {
    let backwards = std::ops::Range { start: 20, end: 10 };
    for lie in [0..10, 11..20, 10..19, 10..21, 0..3_000, backwards] {
        let store = Store::lying(move |n, mut answer| {
            if n == 1 {
                answer.range = lie.clone();
            }
            Ok(answer)
        });
        let message = assert_kind(block_on(store.source().read(10..20)), ErrorKind::Io);
        assert!(message.contains("instead of 10..20"), "{message}");
    }
}

#[test]
fn bodies_in_pieces_are_put_together() {
    let store = Store::with_body(|_, body| {
        let empty = [Ok(Bytes::new())];
        empty
            .into_iter()
            .chain(body.chunks(7).map(|c| Ok(Bytes::copy_from_slice(c))))
            .collect()
    });
    block_on(conformance::check(&store.source(), &bytes(SIZE))).unwrap();
}

#[test]
fn a_body_of_the_wrong_length_is_an_error() {
    let short = Store::with_body(|_, body| vec![Ok(body.slice(..body.len() - 1))]);
    let message = assert_kind(block_on(short.source().read(10..20)), ErrorKind::Io);
    assert!(message.contains("sent 9 bytes instead of 10"), "{message}");
    assert!(message.contains("offset 10"), "{message}");

    let empty = Store::with_body(|_, _| Vec::new());
    let message = assert_kind(block_on(empty.source().read(10..20)), ErrorKind::Io);
    assert!(message.contains("sent 0 bytes instead of 10"), "{message}");

    let long = Store::with_body(|_, body| vec![Ok(body.clone()), Ok(body)]);
    let message = assert_kind(block_on(long.source().read(10..20)), ErrorKind::Io);
    assert!(
        message.contains("at least 20 bytes instead of 10"),
        "{message}"
    );
}

#[test]
fn a_body_that_breaks_off_is_read_again() {
    let store = Store::with_body(|n, body| match n {
        1 => vec![Ok(body.slice(..4))],
        2 => vec![
            Ok(body.slice(..4)),
            Err(object_store::Error::Generic {
                store: "Store",
                source: "broken pipe".into(),
            }),
        ],
        _ => vec![Ok(body)],
    });
    assert_eq!(
        block_on(store.source().read(10..20)).unwrap(),
        bytes(SIZE)[10..20]
    );
    assert_eq!(store.asked().len(), 4, "one look and three attempts");
}

#[test]
fn attempts_end() {
    let store = Store::with_body(|_, _| {
        vec![Err(object_store::Error::Generic {
            store: "Store",
            source: "broken pipe".into(),
        })]
    });
    let message = assert_kind(block_on(store.source().read(10..20)), ErrorKind::Io);
    assert!(message.contains("broken pipe"), "{message}");
    assert_eq!(store.asked().len(), 5, "one look and four attempts");
}

#[test]
fn a_body_that_sends_nothing_is_given_up() {
    let store = Store::lying(|n, mut answer| {
        if n == 1 {
            answer.payload = GetResultPayload::Stream(stream::pending().boxed());
        }
        Ok(answer)
    });
    let patience = Patience::default().with_max_idle(Duration::from_millis(20));
    let source = store.source().with_patience(patience);
    assert_eq!(block_on(source.read(10..20)).unwrap(), bytes(SIZE)[10..20]);
    assert_eq!(store.asked().len(), 3, "one look and two attempts");
}

#[test]
fn attempts_are_as_many_as_wanted() {
    let store = Store::with_body(|_, body| vec![Ok(body.slice(1..))]);
    let patience = Patience::default().with_max_attempts(2);
    let source = store.source().with_patience(patience);
    assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
    assert_eq!(store.asked().len(), 3, "one look and two attempts");
}

#[test]
fn a_store_that_does_not_answer_is_given_up() {
    let patience = Patience::default().with_max_wait(Duration::from_millis(20));
    let mut store = Store::honest();
    Arc::get_mut(&mut store).unwrap().silent = true;
    let source = store.source().with_patience(patience);
    let message = assert_kind(block_on(source.size()), ErrorKind::Io);
    assert!(message.contains("did not answer"), "{message}");
}

#[test]
fn an_etag_that_the_listing_lacked_is_required_from_the_first_answer_on() {
    let store = Store::lying(|n, mut answer| {
        answer.meta.e_tag = Some(format!("{}", n.min(1)));
        Ok(answer)
    });
    let meta = ObjectMeta {
        e_tag: None,
        ..store.meta()
    };
    let source = store.source().with_meta(meta);
    block_on(source.read(0..10)).unwrap();
    let message = assert_kind(block_on(source.read(10..20)), ErrorKind::Io);
    assert!(message.contains("the object changed"), "{message}");
}

#[test]
fn refused_access_says_so() {
    let store = Store::lying(|_, answer| {
        Err(object_store::Error::PermissionDenied {
            path: answer.meta.location.to_string(),
            source: "no such luck".into(),
        })
    });
    let message = assert_kind(block_on(store.source().size()), ErrorKind::Io);
    assert!(message.contains("refused access"), "{message}");
    assert_eq!(store.asked().len(), 1, "not repeated");
}

#[test]
fn no_credentials_in_debug_output() {
    let source = Store::honest().source();
    assert_eq!(
        format!("{source:?}"),
        "ObjectSource { location: \"mem://some/key.avro\", version: None, .. }"
    );
}
