//! The runtime that waits: two threads for timers and sockets, and more where a file blocks.
//!
//! All I/O of this crate happens here. Callers may then be polled by any executor, including one
//! that knows no tokio, and the threads of a query engine never sit in a system call.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

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

/// Runs this function on a thread that may block. Dropping the returned future keeps it from
/// starting, if it has not.
pub(crate) async fn run_blocking<T, F>(function: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    Task(io_runtime()?.spawn_blocking(function)).await
}

/// The runtime, started by the first who needs it and never stopped.
fn io_runtime() -> Result<&'static Handle> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());

    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    // One starts it while others wait: a second runtime could not be dropped inside of a third.
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    let runtime = start().map_err(|error| {
        Error::new(ErrorKind::Io, "the threads for input cannot be started").with_source(error)
    })?;
    Ok(RUNTIME.get_or_init(|| runtime).handle())
}

fn start() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(MAX_BLOCKING)
        .thread_name("avroscan-io")
        .enable_all()
        .build()
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
