//! A web server for one file that does wrong once.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use avroscan::{Source, block_on, find_sources};

/// What is wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection ends after so many eighths of the body.
    CutBody(usize),
    /// Nothing more comes after half of the body.
    Stalled,
    /// The body comes in drops.
    Slow,
    /// The body is shorter than the range, and says so.
    ShortBody,
    /// The body is of another range, and says so.
    OtherRange,
    /// All of the file, as if no range had been asked for.
    WholeFile,
    /// The object has another ETag.
    OtherETag,
    /// The object has another size.
    OtherSize,
    /// The object is gone.
    Gone,
    /// The server is at its limits, for so many requests.
    Unavailable(usize),
    /// The connection ends without an answer.
    NoAnswer,
    /// The connection is reset.
    Reset,
    /// The connection stays open, and no answer comes.
    Silent,
    /// From this request on, there is no server.
    Refused,
}

impl Fault {
    pub(super) const ALL: [Self; 22] = [
        Self::CutBody(0),
        Self::CutBody(1),
        Self::CutBody(2),
        Self::CutBody(3),
        Self::CutBody(4),
        Self::CutBody(5),
        Self::CutBody(6),
        Self::CutBody(7),
        Self::Stalled,
        Self::Slow,
        Self::ShortBody,
        Self::OtherRange,
        Self::WholeFile,
        Self::OtherETag,
        Self::OtherSize,
        Self::Gone,
        Self::Unavailable(1),
        Self::Unavailable(3),
        Self::NoAnswer,
        Self::Reset,
        Self::Silent,
        Self::Refused,
    ];

    /// Whether waiting or asking again makes it good.
    pub(super) fn passes(self) -> bool {
        matches!(
            self,
            Self::CutBody(_)
                | Self::Stalled
                | Self::Slow
                | Self::Unavailable(_)
                | Self::NoAnswer
                | Self::Reset
        )
    }

    /// Whether no answer comes any more.
    pub(super) fn lasts(self) -> bool {
        matches!(self, Self::Silent | Self::Refused)
    }

    /// How long to wait for what does not come; as long as usual for what comes late.
    fn patience(self) -> Vec<(String, String)> {
        let option = |name: &str, seconds: &str| vec![(name.to_owned(), seconds.to_owned())];
        match self {
            Self::Stalled => option("max_idle", "0.3"),
            Self::Silent | Self::Refused => option("max_wait", "0.5"),
            _ => Vec::new(),
        }
    }
}

pub(super) struct Server {
    port: u16,
    patience: Vec<(String, String)>,
    requests: Arc<AtomicUsize>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves this file on the loopback, with a fault in the answer to the request of this number.
    pub(super) fn start(file: &[u8], fault: Option<(usize, Fault)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let stops = Arc::new(AtomicBool::new(false));
        let (file, counter, stop) = (Arc::<[u8]>::from(file), requests.clone(), stops.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Relaxed) {
                    return;
                }
                let (file, counter, stop) = (file.clone(), counter.clone(), stop.clone());
                let Ok(stream) = stream else { continue };
                thread::spawn(move || answer(stream, &file, &counter, fault, &stop));
            }
        });
        Self {
            port,
            patience: fault.map_or_else(Vec::new, |(_, fault)| fault.patience()),
            requests,
            stops,
            thread: Some(thread),
        }
    }

    pub(super) fn source(&self) -> Arc<dyn Source> {
        let url = format!("http://127.0.0.1:{}/orders.avro", self.port);
        let sources = block_on(find_sources(&[url], &self.patience)).unwrap();
        sources.into_iter().next().unwrap()
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stops.store(true, Relaxed);
        // The listener waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Answers the one request of a connection.
fn answer(
    mut stream: TcpStream,
    file: &[u8],
    counter: &AtomicUsize,
    fault: Option<(usize, Fault)>,
    stop: &AtomicBool,
) {
    if !matches!(stream.peek(&mut [0]), Ok(1)) {
        return;
    }
    let number = counter.fetch_add(1, Relaxed);
    let fault = fault.filter(|(at, fault)| match fault {
        Fault::Unavailable(requests) => (*at..at + requests).contains(&number),
        _ => *at == number,
    });
    let fault = fault.map(|(_, fault)| fault);
    match fault {
        // What has been received and not read makes of the end a reset.
        Some(Fault::Reset) => return,
        Some(Fault::Silent) => return hold(stop),
        Some(Fault::Refused) => {
            stop.store(true, Relaxed);
            let _ = TcpStream::connect(stream.local_addr().unwrap());
            return;
        }
        _ => {}
    }
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let mut range = None;
    for line in lines.map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(bytes) = line.strip_prefix("range: bytes=") {
            let (from, to) = bytes.trim().split_once('-').unwrap();
            range = Some((
                from.parse::<usize>().unwrap(),
                to.parse::<usize>().unwrap() + 1,
            ));
        }
    }
    let size = file.len() + usize::from(fault == Some(Fault::OtherSize));
    let e_tag = match fault {
        Some(Fault::OtherETag) => "\"another\"",
        _ => "\"one\"",
    };
    let head_only = first.starts_with("HEAD");
    let (status, from, to) = match (fault, range) {
        (Some(Fault::Gone), _) => ("404 Not Found", 0, 0),
        (Some(Fault::Unavailable(_)), _) => ("503 Service Unavailable", 0, 0),
        (Some(Fault::NoAnswer), _) => {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
        (Some(Fault::WholeFile), _) | (_, None) => ("200 OK", 0, file.len()),
        (Some(Fault::ShortBody), Some((from, to))) => {
            ("206 Partial Content", from, to.min(file.len()) - 1)
        }
        (Some(Fault::OtherRange), Some((from, to))) => {
            let by = usize::from(from > 0);
            ("206 Partial Content", from - by, to.min(file.len()) - by)
        }
        (_, Some((from, to))) => ("206 Partial Content", from, to.min(file.len())),
    };
    let body = &file[from..to];
    let length = if head_only { size } else { body.len() };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: {e_tag}\r\n\
         Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nConnection: close\r\n"
    );
    if status.starts_with("206") {
        let last = to.saturating_sub(1);
        head.push_str(&format!("Content-Range: bytes {from}-{last}/{size}\r\n"));
    }
    head.push_str("\r\n");
    let sent = match fault {
        _ if head_only => &[][..],
        Some(Fault::CutBody(eighths)) => &body[..body.len() * eighths / 8],
        Some(Fault::Stalled) => &body[..body.len() / 2],
        _ => body,
    };
    let _ = stream.write_all(head.as_bytes());
    match fault {
        Some(Fault::Slow) => {
            for drop in sent.chunks(sent.len().div_ceil(20).max(1)) {
                let _ = stream.write_all(drop);
                thread::sleep(Duration::from_millis(5));
            }
        }
        _ => {
            let _ = stream.write_all(sent);
        }
    }
    if fault == Some(Fault::Stalled) {
        hold(stop);
    }
    let _ = stream.shutdown(Shutdown::Write);
}

/// Keeps a connection until the server ends.
fn hold(stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        thread::sleep(Duration::from_millis(20));
    }
}
