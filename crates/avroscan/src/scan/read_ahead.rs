//! Bytes that are fetched before they are asked for.
//!
//! One background task for each stream reads a range of the file piece after piece, in order, as
//! far ahead of the decoder as the window allows. It begins with the first piece that has to be
//! waited for: those before it, which the system has in memory, are read by whoever decodes them, in
//! the thread and the cache in which they are wanted. All positions are offsets in the file:
//!
//! ```text
//!    used              taken          fetched                 taken + window
//!      |---- in hand ----|---- waiting ---|······ may be fetched ······|
//! ```
//!
//! Of what may be fetched, as many requests are under way at once as the source is good for.
//!
//! In hand are the blocks that wait to be decoded or whose rows wait to be handed out. They are
//! few, or none, unless several workers decode. From `used` on, never more than `buffer_bytes`.
//!
//! Requests grow as the reading goes on, each as large as all before it, so that a preview of ten
//! rows does not begin with a request of 8 MiB. Where few rows are wanted, no more is fetched ahead than
//! was taken before: the rows may be in the first block, or a filter may drop the first thousands. A part of a file is asked for at once: whoever cut
//! the file into parts wants all of it.

use std::ops::Range;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use futures::future::{BoxFuture, Either, FutureExt, select};
use futures::poll;
use futures::stream::{FuturesOrdered, StreamExt};
use tokio::sync::{Notify, mpsc};

use crate::error::{Error, ErrorKind, Result};
use crate::scan::{AvroFile, Progress, ScanOptions};
use crate::source::runtime::{self, Task};

/// Size of the first request, unless the source's small read is larger.
const FIRST_REQUEST: u64 = 64 << 10;

/// The pieces of a range of a file, in order. Dropping it stops the fetching.
#[derive(Debug)]
pub(crate) struct ReadAhead {
    requests: Requests,
    pieces: Pieces,
    shared: Arc<Shared>,
    sizes: RequestSizes,
    buffer_blocks: u64,
    /// Some rows are wanted, and perhaps not the rest.
    is_preview: bool,
    /// Bytes of the largest block so far, with header and marker.
    largest_block: u64,
}

/// Where the next piece comes from.
#[derive(Debug)]
enum Pieces {
    /// From the source, where there was no need to wait so far. The next one begins here.
    AtOnce(u64),
    /// From the task, which stops with its handle.
    Fetched {
        pieces: mpsc::UnboundedReceiver<Result<Bytes>>,
        _task: Task<()>,
    },
}

/// Makes requests to the source.
#[derive(Clone, Debug)]
struct Requests {
    file: Arc<AvroFile>,
    progress: Progress,
}

type Piece = BoxFuture<'static, Result<Bytes>>;

impl Requests {
    fn read(&self, range: Range<u64>) -> Piece {
        let Self { file, progress } = self.clone();
        async move { file.read(range, &progress).await }.boxed()
    }
}

/// How large requests are.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestSizes {
    /// Where the reading began.
    start: u64,
    pub(super) first: u64,
    largest: u64,
    /// How many of them are under way at the same time.
    at_once: usize,
}

impl RequestSizes {
    /// For reading this range of a file.
    pub(super) fn new(file: &AvroFile, range: &Range<u64>, options: &ScanOptions) -> Self {
        let source = file.source();
        // Two requests make read-ahead: one that is used up, and one on its way.
        let buffer_bytes = options.buffer_bytes as u64;
        let largest = source.request_bytes().min(buffer_bytes / 2).max(1);
        let whole = range.start <= file.header().length && range.end >= file.size();
        Self {
            start: range.start,
            first: match whole || options.n_rows.is_some() {
                true => FIRST_REQUEST.max(source.probe_bytes()).min(largest),
                false => largest,
            },
            largest,
            at_once: source.requests_at_once().max(1),
        }
    }

    /// Bytes to fetch ahead of `taken`: what is under way, and no less than two requests, so that one
    /// is under way while another is used up.
    fn ahead(self, taken: u64) -> u64 {
        self.at(taken).saturating_mul(self.at_once.max(2) as u64)
    }

    /// The size of a request at `position`.
    fn at(self, position: u64) -> u64 {
        (position.saturating_sub(self.start)).clamp(self.first, self.largest)
    }
}

/// What the decoder tells the task.
#[derive(Debug)]
struct Shared {
    wishes: Mutex<Wishes>,
    /// The next request is wanted now.
    wanted: Notify,
    sizes: RequestSizes,
    /// Where the range ends, and the file.
    end: u64,
    file_size: u64,
    buffer_bytes: u64,
}

/// For telling that bytes are no longer in hand.
#[derive(Clone, Debug)]
pub(crate) struct InHand(Arc<Shared>);

impl InHand {
    /// All bytes before `offset` are used up.
    pub(crate) fn used(&self, offset: u64) {
        self.0
            .change(|wishes| wishes.used = wishes.used.max(offset));
    }
}

#[derive(Clone, Copy, Debug)]
struct Wishes {
    /// All bytes before this offset have been used up.
    used: u64,
    /// All bytes before this offset have been taken, as blocks.
    taken: u64,
    /// All bytes before this offset are needed now.
    demanded: u64,
    /// How far beyond `taken` may be fetched.
    window: u64,
    /// Where the next request begins, if the task waits for it to be wanted.
    waits: Option<u64>,
}

impl Shared {
    /// Wakes the task only where it has something to do: to wake it for each block costs as much as
    /// to read it.
    fn change(&self, change: impl FnOnce(&mut Wishes)) {
        let mut wishes = self.lock();
        change(&mut wishes);
        let request = wishes.waits.and_then(|at| self.request_at(at, *wishes));
        if request.is_some() {
            wishes.waits = None;
            drop(wishes);
            self.wanted.notify_one();
        }
    }

    /// The end of the request at `position`, if it is wanted. If not, the task will be told.
    fn next_end(&self, position: u64) -> Option<u64> {
        let mut wishes = self.lock();
        let end = self.request_at(position, *wishes);
        wishes.waits = end.is_none().then_some(position);
        end
    }

    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of the request at `position`, if it is demanded or allowed.
    fn request_at(&self, position: u64, wishes: Wishes) -> Option<u64> {
        let is_demanded = position < wishes.demanded;
        let most = match is_demanded {
            // Beyond the range, and without read-ahead, no more than what is demanded.
            true if wishes.window == 0 => wishes.demanded,
            true => self.end.max(wishes.demanded),
            false => self.end,
        };
        let end = position.saturating_add(self.sizes.at(position));
        let end = end.min(most);
        let is_wanted = is_demanded || end <= self.allowed(wishes);
        (end > position && is_wanted && position < self.file_size)
            .then_some(end.min(self.file_size))
    }

    /// The offset up to which may be fetched without being asked.
    fn allowed(&self, wishes: Wishes) -> u64 {
        let ahead = wishes.taken.saturating_add(wishes.window);
        ahead.min(wishes.used.saturating_add(self.buffer_bytes))
    }
}

impl ReadAhead {
    /// Begins to fetch `range`, and what is demanded beyond it.
    pub(crate) fn start(
        file: Arc<AvroFile>,
        range: Range<u64>,
        options: &ScanOptions,
    ) -> Result<Self> {
        let sizes = RequestSizes::new(&file, &range, options);
        let wishes = Wishes {
            used: range.start,
            taken: range.start,
            demanded: range.start,
            window: 0,
            waits: None,
        };
        let shared = Arc::new(Shared {
            wishes: Mutex::new(wishes),
            wanted: Notify::new(),
            sizes,
            end: range.end,
            file_size: file.size(),
            buffer_bytes: options.buffer_bytes.max(1) as u64,
        });
        let progress = options.progress.clone();
        let mut ahead = Self {
            requests: Requests { file, progress },
            pieces: Pieces::AtOnce(range.start),
            shared,
            sizes,
            buffer_blocks: options.buffer_blocks as u64,
            is_preview: options.n_rows.is_some(),
            largest_block: 0,
        };
        ahead.took(range.start, 0);
        Ok(ahead)
    }

    /// The next piece. All bytes up to the offset `demanded` are needed.
    pub(crate) async fn next(&mut self, demanded: u64) -> Result<Bytes> {
        self.shared
            .change(|wishes| wishes.demanded = wishes.demanded.max(demanded));
        if let Pieces::AtOnce(position) = self.pieces
            && let Some(end) = self.shared.next_end(position)
        {
            let mut piece = self.requests.read(position..end);
            if let Poll::Ready(piece) = poll!(&mut piece) {
                self.pieces = Pieces::AtOnce(end);
                return piece;
            }
            self.fetch(piece, end)?;
        }
        let piece = match &mut self.pieces {
            Pieces::AtOnce(_) => None,
            Pieces::Fetched { pieces, .. } => pieces.recv().await,
        };
        piece.unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Io,
                "reading stopped before the end of the file",
            ))
        })
    }

    /// Begins to fetch in the background: after this piece, those from `position` on.
    fn fetch(&mut self, piece: Piece, position: u64) -> Result<()> {
        let (sender, pieces) = mpsc::unbounded_channel();
        let (requests, shared) = (self.requests.clone(), self.shared.clone());
        self.pieces = Pieces::Fetched {
            pieces,
            _task: runtime::spawn(fetch(requests, piece, position, shared, sender))?,
        };
        Ok(())
    }

    /// What is to be told when blocks that were taken are used up.
    pub(crate) fn in_hand(&self) -> InHand {
        InHand(self.shared.clone())
    }

    /// All bytes before `offset` are taken, the last of them by a block of so many bytes.
    pub(crate) fn took(&mut self, offset: u64, block: u64) {
        self.largest_block = self.largest_block.max(block);
        let window = self.window(offset);
        self.shared.change(|wishes| {
            wishes.taken = offset;
            wishes.window = window;
        });
    }

    /// So many blocks, or so many requests where blocks are smaller.
    fn window(&self, taken: u64) -> u64 {
        if self.buffer_blocks == 0 {
            return 0;
        }
        let blocks = self.largest_block.saturating_mul(self.buffer_blocks);
        let window = blocks.max(self.sizes.ahead(taken));
        if !self.is_preview {
            return window;
        }
        let before = taken.saturating_sub(self.sizes.start);
        window.min(before.max(self.sizes.first))
    }
}

/// Fetches this piece, and piece after piece from `position` on, until the decoder goes away or an
/// error is delivered.
async fn fetch(
    requests: Requests,
    first: Piece,
    mut position: u64,
    shared: Arc<Shared>,
    sender: mpsc::UnboundedSender<Result<Bytes>>,
) {
    let at_once = shared.sizes.at_once;
    let mut under_way = FuturesOrdered::from_iter([first]);
    loop {
        while under_way.len() < at_once
            && let Some(end) = shared.next_end(position)
        {
            under_way.push_back(requests.read(position..end));
            position = end;
        }
        let piece = if under_way.len() < at_once {
            if under_way.is_empty() && position >= shared.file_size {
                return;
            }
            let wanted = pin!(shared.wanted.notified());
            if under_way.is_empty() {
                wanted.await;
                continue;
            }
            match select(under_way.next(), wanted).await {
                Either::Left((piece, _)) => piece,
                Either::Right(_) => continue,
            }
        } else {
            under_way.next().await
        };
        let Some(piece) = piece else { return };
        let failed = piece.is_err();
        if sender.send(piece).is_err() || failed {
            return;
        }
    }
}
