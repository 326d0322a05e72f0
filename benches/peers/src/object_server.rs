//! An S3 server on a loopback port: the program `s3s-fs`, which serves the files of a folder and reads
//! of them what a request asks for.
//!
//! It is looked for in `AVROSCAN_S3S_FS` and on the `PATH`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use avroscan::open_store;
use avroscan_tests::s3::options;
use object_store::ObjectStoreExt;
use tokio::runtime::Runtime;

use crate::{Result, failure};

const BUCKET: &str = "peers";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with one empty bucket, `peers`. It ends with its owner.
#[derive(Debug)]
pub(crate) struct ObjectServer {
    process: Child,
    port: u16,
}

impl ObjectServer {
    /// Starts one that keeps its objects in this folder, or says that there is none to start.
    pub(crate) fn start(folder: &Path) -> Result<Option<Self>> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join(BUCKET))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let program = std::env::var_os("AVROSCAN_S3S_FS").unwrap_or_else(|| "s3s-fs".into());
        let process = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--access-key", "test", "--secret-key", "test"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = process else {
            eprintln!("skipped: s3s-fs is not installed (cargo install s3s-fs --features binary)");
            return Ok(None);
        };
        let server = Self { process, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if began.elapsed() > PATIENCE {
                return Err(failure("the S3 server does not answer"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(server))
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Stores an object under this name, and says its URL.
    pub(crate) fn put(&self, name: &str, object: Vec<u8>) -> Result<String> {
        let url = format!("s3://{BUCKET}/{name}");
        let (store, path) = open_store(&url.parse()?, &options(self.port))?;
        Runtime::new()?.block_on(store.put(&path, object.into()))?;
        Ok(url)
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
