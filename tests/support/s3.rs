//! A real S3 server on a loopback port: `moto_server`, of the Python package `moto[server,s3]`, and a
//! proxy before it that makes it as slow as one far away.
//!
//! The server is looked for in `AVROSCAN_MOTO_SERVER`, in the checkout's `.venv` and on the `PATH`.

mod proxy;

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use proxy::{Proxy, Request};

/// A server that ends with its owner.
#[derive(Debug)]
pub struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Starts a server with one empty bucket. Where none is installed that is said, and is a panic if
    /// `AVROSCAN_REQUIRE_S3` is set.
    pub fn start(bucket: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("AVROSCAN_REQUIRE_S3").is_none(),
                "moto_server is missing"
            );
            eprintln!("skipped: moto_server is not installed (pip install 'moto[server,s3]')");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let mut server = Self { process, port };
        server.wait();
        server.put_path(&format!("/{bucket}"), &[]);
        Some(server)
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while self.request("HEAD / HTTP/1.1", &[]).is_err() {
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "the server does not answer"
            );
            let ended = self.process.try_wait().expect("a child of this process");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a request and returns the first line of the answer.
    fn request(&self, first_line: &str, body: &[u8]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let host = format!("127.0.0.1:{}", self.port);
        let length = body.len();
        write!(
            stream,
            "{first_line}\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let line = answer.lines().next();
        line.map(str::to_owned)
            .ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
    }

    fn put_path(&self, path: &str, body: &[u8]) {
        let answer = self.request(&format!("PUT {path} HTTP/1.1"), body);
        let answer = answer.expect("an answer");
        assert!(answer.contains(" 200 "), "{path} is stored: {answer}");
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a scan of its objects needs.
    pub fn options(&self) -> Vec<(String, String)> {
        options(self.port)
    }

    /// Stores an object, at a URL such as `s3://bucket/key`, where there is none yet.
    ///
    /// # Panics
    /// When that is no such URL, or the server does not take it.
    pub fn put(&self, url: &str, object: &[u8]) {
        let path = url.strip_prefix("s3:/").expect("a URL of an object");
        self.put_path(path, object);
    }
}

/// The storage options for a server that listens here.
pub fn options(port: u16) -> Vec<(String, String)> {
    [
        ("aws_endpoint", format!("http://127.0.0.1:{port}")),
        ("aws_allow_http", "true".into()),
        ("aws_region", "us-east-1".into()),
        ("aws_access_key_id", "test".into()),
        ("aws_secret_access_key", "test".into()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn program() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("AVROSCAN_MOTO_SERVER") {
        return Some(program.into());
    }
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(venv)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("moto_server"))
        .find(|program| program.is_file())
}
