//! Objects of a store, by bounded ranged reads.

use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, ObjectStore};
use tokio::sync::OnceCell;
use tokio::time;

use super::{Patience, Source, range_len, runtime};
use crate::error::{Error, ErrorKind, Result};

/// What object stores are fast with: a request's latency is then small beside its transfer.
const REQUEST_BYTES: u64 = 8 << 20;

/// Requests under way at the same time for one reader: a store gives each connection a part of what
/// it can give, and answers late.
const REQUESTS_AT_ONCE: usize = 4;

/// Holds nearly every header, and takes no longer than a few bytes would.
const PROBE_BYTES: u64 = 64 << 10;

/// The wait before the second attempt, doubled for each further one.
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// An object of a store.
///
/// The object is the one of the first look: its size and ETag then are required of every answer
/// later, so that a scan never mixes two versions. The range and the length of every body are checked. All requests are made on the I/O runtime of
/// this crate, whatever runtime the store was made in.
pub struct ObjectSource {
    location: Arc<str>,
    object: Arc<Object>,
    patience: Patience,
}

struct Object {
    store: Arc<dyn ObjectStore>,
    path: Path,
    version: OnceCell<Version>,
    /// The ETag as the store writes it in answers, required of all later ones. Listings may write it
    /// differently, or lack it.
    answered_e_tag: OnceLock<String>,
}

/// What tells that the object is still the same.
#[derive(Debug, Clone)]
struct Version {
    size: u64,
    e_tag: Option<String>,
}

impl ObjectSource {
    /// The object of this store at `path`, which errors call `location`. Nothing is requested
    /// yet: a missing object shows at the first call of a method.
    pub fn new(store: Arc<dyn ObjectStore>, path: Path, location: impl Into<Arc<str>>) -> Self {
        let version = OnceCell::new();
        let answered_e_tag = OnceLock::new();
        Self {
            location: location.into(),
            object: Arc::new(Object {
                store,
                path,
                version,
                answered_e_tag,
            }),
            patience: Patience::default(),
        }
    }

    /// The same object, of which a listing or an earlier request already told this. Saves a
    /// request.
    #[must_use]
    pub fn with_meta(mut self, meta: ObjectMeta) -> Self {
        let version = Version {
            size: meta.size,
            e_tag: meta.e_tag,
        };
        self.object = Arc::new(Object {
            store: self.object.store.clone(),
            path: self.object.path.clone(),
            version: OnceCell::new_with(Some(version)),
            answered_e_tag: OnceLock::new(),
        });
        self
    }

    /// The same object with another patience.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }
}

impl std::fmt::Debug for ObjectSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the store: some show their credentials.
        f.debug_struct("ObjectSource")
            .field("location", &self.location)
            .field("version", &self.object.version.get())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for ObjectSource {
    fn location(&self) -> &Arc<str> {
        &self.location
    }

    fn request_bytes(&self) -> u64 {
        REQUEST_BYTES
    }

    fn requests_at_once(&self) -> usize {
        REQUESTS_AT_ONCE
    }

    fn probe_bytes(&self) -> u64 {
        PROBE_BYTES
    }

    async fn size(&self) -> Result<u64> {
        let look = || {
            let object = self.object.clone();
            let max_wait = self.patience.max_wait;
            async move {
                runtime::run(async move { object.look(max_wait).await })
                    .await
                    .flatten()
            }
        };
        let version = self.object.version.get_or_try_init(look).await;
        version
            .map(|version| version.size)
            .map_err(|error| error.in_file(&self.location))
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes> {
        let size = self.size().await?;
        if range_len(&range, size, &self.location)? == 0 {
            return Ok(Bytes::new());
        }
        let object = self.object.clone();
        let patience = self.patience;
        runtime::run(async move { object.read(range, patience).await })
            .await
            .flatten()
            .map_err(|error| error.in_file(&self.location))
    }
}

/// Why a range was not read.
enum Failure {
    /// Its body broke off. Another attempt may succeed.
    Body(Error),
    /// Another attempt would fail too.
    Final(Error),
}

impl Object {
    /// Asks for size and ETag.
    async fn look(&self, max_wait: Duration) -> Result<Version> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let answer = self.ask(options, max_wait).await?;
        self.remember_e_tag(&answer.meta);
        Ok(Version {
            size: answer.meta.size,
            e_tag: answer.meta.e_tag,
        })
    }

    async fn ask(&self, options: GetOptions, max_wait: Duration) -> Result<GetResult> {
        match time::timeout(max_wait, self.store.get_opts(&self.path, options)).await {
            Ok(answer) => answer.map_err(describe),
            Err(_) => Err(Error::new(
                ErrorKind::Io,
                format!(
                    "the store did not answer for {} seconds",
                    max_wait.as_secs_f32()
                ),
            )),
        }
    }

    /// Reads a range that is not empty and lies within the object.
    async fn read(&self, range: Range<u64>, patience: Patience) -> Result<Bytes> {
        let mut attempt = 1;
        loop {
            match self.attempt(range.clone(), patience).await {
                Ok(bytes) => return Ok(bytes),
                Err(Failure::Body(_)) if attempt < patience.max_attempts => {
                    let doubled = 2_u32.saturating_pow(attempt - 1);
                    time::sleep(BACKOFF.saturating_mul(doubled).min(MAX_BACKOFF)).await;
                    attempt += 1;
                }
                Err(Failure::Body(error) | Failure::Final(error)) => {
                    return Err(error.at_offset(range.start));
                }
            }
        }
    }

    async fn attempt(&self, range: Range<u64>, patience: Patience) -> Result<Bytes, Failure> {
        let e_tag = self.answered_e_tag.get();
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            // It compares strongly (RFC 9110, 13.1.1): a weak ETag never matches.
            if_match: e_tag.filter(|e_tag| !e_tag.starts_with("W/")).cloned(),
            ..GetOptions::default()
        };
        let answer = self
            .ask(options, patience.max_wait)
            .await
            .map_err(Failure::Final)?;
        self.check(&answer, &range).map_err(Failure::Final)?;
        self.remember_e_tag(&answer.meta);
        // Checked just now to be the range that was asked for, whose length is a `usize`.
        let len = (range.end - range.start) as usize;
        let bytes = match answer.payload {
            GetResultPayload::Stream(body) => collect(body, len, patience.max_idle).await?,
            // One read, instead of a stream of small ones.
            GetResultPayload::File(..) => answer
                .bytes()
                .await
                .map_err(|error| Failure::Final(describe(error)))?,
        };
        if bytes.len() == len {
            Ok(bytes)
        } else {
            Err(Failure::Body(wrong_length(bytes.len(), len)))
        }
    }

    /// Whether the answer is about the same object and the range that was asked for.
    fn check(&self, answer: &GetResult, range: &Range<u64>) -> Result<()> {
        if let Some(version) = self.version.get() {
            if answer.meta.size != version.size {
                return Err(changed());
            }
            let known = version.e_tag.iter().chain(self.answered_e_tag.get());
            if let Some(answered) = &answer.meta.e_tag
                && !known.into_iter().all(|known| is_same(known, answered))
            {
                return Err(changed());
            }
        }
        if answer.range != *range {
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "the store answered with the bytes {}..{} instead of {}..{}",
                    answer.range.start, answer.range.end, range.start, range.end
                ),
            ));
        }
        Ok(())
    }

    fn remember_e_tag(&self, meta: &ObjectMeta) {
        if let Some(e_tag) = &meta.e_tag {
            self.answered_e_tag.get_or_init(|| e_tag.clone());
        }
    }
}

/// All of a body that should have `len` bytes, or what came until it went wrong.
async fn collect(
    mut body: BoxStream<'static, object_store::Result<Bytes>>,
    len: usize,
    max_idle: Duration,
) -> Result<Bytes, Failure> {
    // The body is often one piece, which is then not copied.
    let mut first = Bytes::new();
    let mut all = Vec::new();
    let mut have = 0;
    loop {
        let next = time::timeout(max_idle, body.next()).await.map_err(|_| {
            Failure::Body(Error::new(
                ErrorKind::Io,
                format!(
                    "the store sent nothing for {} seconds",
                    max_idle.as_secs_f32()
                ),
            ))
        })?;
        let Some(chunk) = next else {
            return Ok(if all.is_empty() { first } else { all.into() });
        };
        let chunk = chunk.map_err(|error| Failure::Body(describe(error)))?;
        if chunk.len() > len - have {
            return Err(Failure::Body(wrong_length(have + chunk.len(), len)));
        }
        if have == 0 {
            first = chunk;
            have = first.len();
            continue;
        }
        if all.is_empty() {
            all.reserve_exact(len);
            all.extend_from_slice(&first);
            first = Bytes::new();
        }
        all.extend_from_slice(&chunk);
        have += chunk.len();
    }
}

/// Whether two ETags are the same, with or without their quotes.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_matches('"') == other.trim_matches('"')
}

fn wrong_length(found: usize, expected: usize) -> Error {
    let more = if found > expected { "at least " } else { "" };
    Error::new(
        ErrorKind::Io,
        format!("the store sent {more}{found} bytes instead of {expected}"),
    )
}

fn changed() -> Error {
    Error::new(ErrorKind::Io, "the object changed while it was read")
}

/// The store's error as one of this crate.
pub(super) fn describe(error: object_store::Error) -> Error {
    use object_store::Error as StoreError;

    match error {
        // What the store adds is a page of its protocol, and nothing else can have been meant.
        StoreError::NotFound { .. } => Error::new(ErrorKind::NotFound, "object not found"),
        StoreError::Precondition { .. } => changed(),
        StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
            Error::new(ErrorKind::Io, "the store refused access").with_source(error)
        }
        _ => Error::new(ErrorKind::Io, "the store failed").with_source(error),
    }
}
