//! A web server for one file.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The URL of a server of this file.
pub(crate) fn serve(file: Vec<u8>) -> String {
    stalling(file, usize::MAX)
}

/// The URL of a server that never answers requests for what begins at `answered` or later.
pub(crate) fn stalling(file: Vec<u8>, answered: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/orders.avro", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut silent = Vec::new();
        for connection in listener.incoming() {
            silent.extend(answer(connection.unwrap(), &file, answered));
        }
    });
    url
}

/// Answers one request and closes the connection, or gives it back unanswered.
fn answer(mut connection: TcpStream, file: &[u8], answered: usize) -> Option<TcpStream> {
    let (mut head_only, mut range) = (false, 0..file.len());
    let mut whole = true;
    for line in BufReader::new(&connection).lines() {
        let line = line.unwrap_or_default().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        head_only |= line.starts_with("head ");
        if let Some((first, last)) = line
            .strip_prefix("range: bytes=")
            .and_then(|range| range.split_once('-'))
        {
            range = first.parse().unwrap()..last.parse::<usize>().unwrap() + 1;
            whole = false;
        }
    }
    if range.start >= answered {
        return Some(connection);
    }
    let end = range.end.min(file.len());
    let status = if whole {
        "200 OK".to_owned()
    } else {
        let size = file.len();
        format!(
            "206 Partial Content\r\nContent-Range: bytes {}-{}/{size}",
            range.start,
            end - 1
        )
    };
    let body = &file[range.start..end];
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    // The client may be gone.
    let _ = connection.write_all(head.as_bytes());
    if !head_only {
        let _ = connection.write_all(body);
    }
    None
}
