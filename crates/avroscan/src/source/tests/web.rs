//! Web servers: a small one, on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use pollster::block_on;

use super::{assert_kind, bytes};
use crate::error::ErrorKind;
use crate::source::{StorageOptions, conformance, find_sources};

const SIZE: usize = 500;

/// How a server answers.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Ranges,
    /// The whole file, whatever was asked for.
    WholeFiles,
}

/// A server with one file, `/some/file 1.avro?key=secret`, that notes its requests.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::default();
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let log = Arc::clone(&log);
                thread::spawn(move || serve(connection.unwrap(), manner, &log));
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn serve(mut stream: TcpStream, manner: Manner, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(n) if n > 0 => {}
                _ => return,
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let request = lines[0].clone();
        log.lock().unwrap().push(lines.join("\n"));
        let header = |name: &str| {
            lines.iter().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let answer = if !request.contains(" /some/file%201.avro?key=secret ") {
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()
        } else {
            let file = bytes(SIZE);
            let range = header("range")
                .filter(|_| manner == Manner::Ranges)
                .map(|range| {
                    let (start, end) = range
                        .strip_prefix("bytes=")
                        .unwrap()
                        .split_once('-')
                        .unwrap();
                    start.parse::<usize>().unwrap()..end.parse::<usize>().unwrap() + 1
                });
            let (status, range) = match range {
                Some(range) => (
                    format!(
                        "206 Partial Content\r\ncontent-range: bytes {}-{}/{SIZE}",
                        range.start,
                        range.end - 1
                    ),
                    range,
                ),
                None => ("200 OK".to_owned(), 0..SIZE),
            };
            let body = &file[range];
            let mut answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: \"v1\"\r\n\
                 last-modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
                body.len()
            )
            .into_bytes();
            if !request.starts_with("HEAD") {
                answer.extend_from_slice(body);
            }
            answer
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

#[test]
fn files_on_web_servers_keep_the_promises_of_a_source() {
    let server = Server::start(Manner::Ranges);
    let url = server.url("/some/file%201.avro?key=secret");
    let sources = block_on(find_sources(&[&url], &StorageOptions::new())).unwrap();
    assert_eq!(&**sources[0].location(), url);
    assert!(
        server.requests.lock().unwrap().is_empty(),
        "nothing is asked before it is needed"
    );
    block_on(conformance::check(&*sources[0], &bytes(SIZE))).unwrap();
    let requests = server.requests.lock().unwrap();
    assert!(requests[0].starts_with("HEAD"), "{}", requests[0]);
    for request in &requests[1..] {
        let request = request.to_ascii_lowercase();
        assert!(request.contains("range: bytes="), "{request}");
        assert!(request.contains("if-match: \"v1\""), "{request}");
    }
}

#[test]
fn a_file_that_is_missing_there_is_not_found() {
    let server = Server::start(Manner::Ranges);
    for path in [
        "/other.avro",
        "/some/file%201.avro",
        "/some/file%201.avro?key=wrong",
    ] {
        let url = server.url(path);
        let sources = block_on(find_sources(&[&url], &StorageOptions::new())).unwrap();
        let message = assert_kind(block_on(sources[0].size()), ErrorKind::NotFound);
        assert_eq!(message, format!("{url}: object not found"));
    }
}

#[test]
fn a_server_without_ranges_is_an_error_and_not_a_download() {
    let server = Server::start(Manner::WholeFiles);
    let url = server.url("/some/file%201.avro?key=secret");
    let sources = block_on(find_sources(&[&url], &StorageOptions::new())).unwrap();
    assert_eq!(block_on(sources[0].size()).unwrap(), SIZE as u64);
    let message = assert_kind(block_on(sources[0].read(3..9)), ErrorKind::Io);
    assert!(message.starts_with(&url), "{message}");
}
