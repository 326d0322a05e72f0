//! A proxy on the loopback: each answer takes a while, and each request is written down.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::options;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method and path: `GET /bucket/key`.
    pub line: String,
    /// The first byte that was asked for, where a range was.
    pub start: Option<u64>,
    /// Bytes of the answer's body that were passed on.
    pub bytes: u64,
}

/// A proxy before a server. It ends with its owner.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    seen: Arc<Mutex<Seen>>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Request>,
    waiting: usize,
    most_at_once: usize,
}

impl Proxy {
    /// Starts one before the server that listens at the port `to`, which lets each request wait for
    /// so long.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(to: u16, latency: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::<Mutex<Seen>>::default();
        let stops = Arc::<AtomicBool>::default();
        let (watcher, stop) = (Arc::clone(&seen), Arc::clone(&stops));
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Relaxed) {
                    return;
                }
                let (Ok(client), seen) = (client, Arc::clone(&watcher)) else {
                    continue;
                };
                // A client that goes away is none of its business.
                thread::spawn(move || pass(client, to, latency, &seen));
            }
        });
        Self {
            port,
            seen,
            stops,
            thread: Some(thread),
        }
    }

    /// What a scan of the server's objects needs to go this way.
    pub fn options(&self) -> Vec<(String, String)> {
        options(self.port)
    }

    /// The requests since the last call, as they were done.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.seen().requests)
    }

    /// Most requests that waited at the same time since the last call.
    pub fn take_most_at_once(&self) -> usize {
        std::mem::take(&mut self.seen().most_at_once)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().expect("no thread panics with it")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stops.store(true, Relaxed);
        // It looks when somebody comes.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Passes one request on, and the answer back.
fn pass(client: TcpStream, to: u16, latency: Duration, seen: &Mutex<Seen>) -> Result<()> {
    let seen = || seen.lock().expect("no thread panics with it");
    let mut input = BufReader::new(client.try_clone()?);
    let (line, head) = head(&mut input)?;
    if line.is_empty() {
        return Ok(());
    }
    {
        let mut seen = seen();
        seen.waiting += 1;
        seen.most_at_once = seen.most_at_once.max(seen.waiting);
    }
    thread::sleep(latency);
    seen().waiting -= 1;
    let passed = answer(&client, input, to, &line, &head);
    let mut seen = seen();
    let range = value(&head, "range").and_then(|range| range.strip_prefix("bytes="));
    let start = range.and_then(|range| range.split_once('-')?.0.parse().ok());
    seen.requests.push(Request {
        line: line
            .rsplit_once(' ')
            .map_or(&*line, |(line, _)| line)
            .to_owned(),
        start,
        bytes: passed?,
    });
    Ok(())
}

/// The first line of a request or an answer, and the other lines of its head.
fn head(input: &mut impl BufRead) -> Result<(String, Vec<String>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let first = (!lines.is_empty()).then(|| lines.remove(0));
    Ok((first.unwrap_or_default(), lines))
}

/// The value of a header.
fn value<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    let values = head.iter().filter_map(|line| line.split_once(':'));
    let mut values = values.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value.trim())
}

/// Asks the server, and returns how many bytes the body of its answer had.
fn answer(
    mut client: &TcpStream,
    mut input: impl BufRead,
    to: u16,
    line: &str,
    head: &[String],
) -> Result<u64> {
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    let mut text = format!("{line}\r\nConnection: close\r\n");
    for line in head {
        let is_connection = line.to_ascii_lowercase().starts_with("connection:");
        if !is_connection {
            text.push_str(&format!("{line}\r\n"));
        }
    }
    server.write_all(format!("{text}\r\n").as_bytes())?;
    let length = value(head, "content-length").and_then(|length| length.parse().ok());
    std::io::copy(&mut input.by_ref().take(length.unwrap_or(0)), &mut server)?;

    let mut output = BufReader::new(server);
    let (line, head) = self::head(&mut output)?;
    let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    client.write_all(format!("{line}\r\n{head}\r\n").as_bytes())?;
    let bytes = std::io::copy(&mut output, &mut client)?;
    client.shutdown(Shutdown::Both)?;
    Ok(bytes)
}
