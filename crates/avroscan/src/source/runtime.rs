//! The threads of this crate: those that wait, and those that compute.
//!
//! All I/O that may have to wait happens on a runtime of two threads for timers and sockets, and more
//! where a file blocks. Callers may then be polled by any executor, including one that knows no tokio, and the
//! threads of a query engine never wait in a system call. What is computed away from the caller
//! runs on a pool of as many threads as there are cores, however many streams there are.

use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tokio::time;

use crate::error::{Error, ErrorKind, Result};

/// Threads that drive sockets and timers. They never compute, so this does not follow the cores.
const WORKERS: usize = 2;

/// Reads of local files at the same time. More do not make a disk faster.
const MAX_BLOCKING: usize = 64;

/// Runs this future on the I/O runtime and returns what it does. Dropping the returned future
/// stops it at its next await.
pub(crate) async fn run<F>(future: F) -> Result<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    spawn(future)?.await
}

/// Begins to run this future on the I/O runtime. Dropping the task stops it at its next await.
pub(crate) fn spawn<F>(future: F) -> Result<Task<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    Ok(Task(io_runtime()?.spawn(future)))
}

/// Runs this future on threads of this crate and returns what it does, or `None` if it takes longer
/// than `wait`: it is dropped then. For what is good to know and not needed, such as the sizes of blocks
/// in an object of a store that may not answer.
///
/// It may be awaited from any runtime or none.
pub async fn within<F>(wait: Duration, future: F) -> Option<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    // The timer is made where there is one.
    let task = spawn(async move { time::timeout(wait, future).await });
    task.ok()?.await.ok()?.ok()
}

/// Runs this function on a thread that may block. Dropping the returned future keeps it from
/// starting, if it has not.
pub(crate) async fn run_blocking<T, F>(function: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    Task(io_runtime()?.spawn_blocking(function)).await
}

/// Begins to run this function on one of the threads that compute, after those that came before.
/// Dropping the task keeps it from starting, if it has not.
pub(crate) fn compute<T, F>(function: F) -> Result<Task<T>>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    static COMPUTE: Lazy = Lazy::new(start_compute);

    Ok(Task(COMPUTE.handle()?.spawn_blocking(function)))
}

/// Threads that can compute at the same time.
pub(crate) fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();

    // The answer takes a look at some files.
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

fn io_runtime() -> Result<&'static Handle> {
    static IO: Lazy = Lazy::new(start_io);

    IO.handle()
}

fn start_io() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(MAX_BLOCKING)
        .thread_name("avroscan-io")
        .enable_all()
        .build()
}

/// Only the threads for functions that block are used: they are started when they are needed, end
/// when they are not, and take what is to be done in order.
fn start_compute() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .max_blocking_threads(cores())
        .thread_name("avroscan-decode")
        .build()
}

/// A runtime, started by the first who needs it and never stopped.
///
/// A process that was forked has none of its parent's threads, so it starts a runtime of its own.
/// The parent's stays as it is: to stop it would mean to wait for threads that do not exist.
struct Lazy {
    start: fn() -> io::Result<Runtime>,
    first: Slot,
}

/// The runtime of a process, and the place for those of the processes that it forks.
struct Started {
    process: u32,
    runtime: Runtime,
    forked: Slot,
}

struct Slot {
    started: OnceLock<Box<Started>>,
    starting: Mutex<()>,
}

impl Lazy {
    const fn new(start: fn() -> io::Result<Runtime>) -> Self {
        Self {
            start,
            first: Slot::new(),
        }
    }

    fn handle(&self) -> Result<&Handle> {
        let process = std::process::id();
        let mut slot = &self.first;
        loop {
            let started = slot.get_or_start(process, self.start)?;
            if started.process == process {
                return Ok(started.runtime.handle());
            }
            slot = &started.forked;
        }
    }
}

impl Slot {
    const fn new() -> Self {
        Self {
            started: OnceLock::new(),
            starting: Mutex::new(()),
        }
    }

    fn get_or_start(&self, process: u32, start: fn() -> io::Result<Runtime>) -> Result<&Started> {
        if let Some(started) = self.started.get() {
            return Ok(started);
        }
        // One starts it while others wait: a second runtime could not be dropped inside of a third.
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = self.started.get() {
            return Ok(started);
        }
        let runtime = start().map_err(|error| {
            Error::new(ErrorKind::Io, "the threads for reading cannot be started")
                .with_source(error)
        })?;
        let started = Started {
            process,
            runtime,
            forked: Self::new(),
        };
        Ok(self.started.get_or_init(|| Box::new(started)))
    }
}

/// A task that ends with its handle.
#[derive(Debug)]
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| {
            result.map_err(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => {
                    Error::new(ErrorKind::Io, "the read was cancelled").with_source(error)
                }
            })
        })
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
