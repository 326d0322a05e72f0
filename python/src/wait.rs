//! Waiting without the interpreter's lock.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long Ctrl-C may go unnoticed.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(50);

/// Wakes the thread that made it.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls until the result is there, without the interpreter's lock, and looks for signals meanwhile.
///
/// # Errors
/// What a signal handler raises: `KeyboardInterrupt`, as a rule.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    poll: impl FnMut(&mut Context<'_>) -> Poll<T> + Send,
) -> PyResult<T> {
    py.detach(|| wait_for_signals(poll))
}

fn wait_for_signals<T>(poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> PyResult<T> {
    let mut looked = Instant::now();
    wait_detached(poll, || {
        if looked.elapsed() < BETWEEN_SIGNALS {
            return Ok(());
        }
        looked = Instant::now();
        Python::attach(|py| py.check_signals())
    })
}

/// The same, for so long at most: `None` where the result is not there by then.
///
/// # Errors
/// Those of [`wait`].
pub(crate) fn wait_until<T: Send>(
    py: Python<'_>,
    until: Option<Instant>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T> + Send,
) -> PyResult<Option<T>> {
    wait(py, |context| match poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if until.is_some_and(|until| Instant::now() >= until) => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
}

/// The same for a thread that does not know Python, which has no signals to look for.
pub(crate) fn wait_without_python<T>(poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    match wait_detached(poll, || Ok::<_, std::convert::Infallible>(())) {
        Ok(value) => value,
    }
}

fn wait_detached<T, E>(
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    mut look: impl FnMut() -> Result<(), E>,
) -> Result<T, E> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = poll(&mut context) {
            return Ok(value);
        }
        thread::park_timeout(BETWEEN_SIGNALS);
        look()?;
    }
}

/// [`wait`] for a future, which is made and polled without the interpreter's lock.
///
/// # Errors
/// Those of [`wait`]: the future is dropped then, which stops what it does.
pub(crate) fn wait_for<T: Send, F: Future<Output = T>>(
    py: Python<'_>,
    make: impl FnOnce() -> F + Send,
) -> PyResult<T> {
    py.detach(|| {
        let mut future = Box::pin(make());
        wait_for_signals(|context| future.as_mut().poll(context))
    })
}
