//! The progress bar of long commands.

use std::io::{IsTerminal, stderr, stdout};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use avroscan::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::grouped;

/// How long a command runs before a bar appears: shorter ones only flicker.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often the bar is drawn anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// How far a command is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    /// Bytes of the files that are dealt with.
    pub(crate) bytes_done: u64,
    /// Bytes of the files in all, as far as they have been opened.
    pub(crate) bytes_total: u64,
    /// Rows seen.
    pub(crate) rows: u64,
}

impl From<&Progress> for Position {
    fn from(progress: &Progress) -> Self {
        Self {
            bytes_done: progress.bytes_done(),
            bytes_total: progress.bytes_total(),
            rows: progress.rows(),
        }
    }
}

/// A bar on standard error that follows what a command does; gone when dropped.
///
/// A thread of its own looks at the position, so the bar moves whoever drives the reading.
pub(crate) struct Bar(Option<(Sender<()>, JoinHandle<()>)>);

impl Bar {
    /// Shows what `position` says where standard error is a terminal, and nothing otherwise.
    pub(crate) fn new(position: impl Fn() -> Position + Send + 'static) -> Self {
        Self(stderr().is_terminal().then(|| {
            let (stop, stopped) = channel();
            let thread = spawn(move || {
                if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                let bar = ProgressBar::new(0).with_style(style());
                loop {
                    let position = position();
                    bar.set_length(position.bytes_total);
                    bar.set_position(position.bytes_done);
                    bar.set_message(format!("{} rows", grouped(position.rows)));
                    if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                }
                bar.finish_and_clear();
            });
            (stop, thread)
        }))
    }

    /// Shows the progress of a scan.
    pub(crate) fn of(progress: &Progress) -> Self {
        let progress = progress.clone();
        Self::new(move || Position::from(&progress))
    }

    /// Shows the progress of a scan whose rows are written to standard output, unless that is a
    /// terminal: the two would overwrite each other.
    pub(crate) fn beside_output(progress: &Progress) -> Self {
        if stdout().is_terminal() {
            Self(None)
        } else {
            Self::of(progress)
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // A bar that failed to draw is no reason to fail the command.
            let _ = thread.join();
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template(
        "{bar:30} {percent:>3}%  {binary_bytes} of {binary_total_bytes}  {msg}  {elapsed}",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar())
}
