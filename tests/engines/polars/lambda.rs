//! The function of the guide works in a container of 128 MB, whatever the size of the object.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use avroscan_tests::data::orders;
use avroscan_tests::raw;
use avroscan_tests::s3::Server;
use avroscan_tests::write::Codec;

use super::examples::program;

const MIB: u64 = 1 << 20;
const MEMORY: u64 = 128 * MIB;
const OBJECT: u64 = 256 * MIB;
const ROWS: u64 = 20_000;

/// The function with its runtime, in a process of its own.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Function {
    /// Starts it, with so many bytes of address space, until it waits for events.
    fn start(server: &Server, limit: Option<u64>) -> Self {
        let limit = limit.map_or("unlimited".to_owned(), |bytes| (bytes / 1024).to_string());
        let mut process = Command::new("sh");
        process
            .args(["-c", r#"ulimit -v "$0" && exec "$@""#, &limit])
            .arg(program("lambda"))
            .arg("-")
            .env("POLARS_MAX_THREADS", "1")
            .env("MALLOC_ARENA_MAX", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (key, value) in server.options() {
            process.env(key.to_uppercase(), value);
        }
        let mut process = process.spawn().unwrap();
        let mut line = String::new();
        let mut errors = BufReader::new(process.stderr.as_mut().unwrap());
        errors.read_line(&mut line).unwrap();
        assert_eq!(line, "waiting for events\n");
        Self(process)
    }

    /// A number of `/proc/<pid>/status`, in bytes.
    fn status(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let kib = line.unwrap().trim_start_matches(':').trim_end_matches("kB");
        kib.trim().parse::<u64>().unwrap() * 1024
    }

    /// Sends an event and waits for the answer. `None` if the process ended instead.
    fn answer(&mut self, url: &str) -> Option<String> {
        writeln!(self.0.stdin.as_mut().unwrap(), "{url}").unwrap();
        let mut answer = String::new();
        let mut answers = BufReader::new(self.0.stdout.as_mut().unwrap());
        answers.read_line(&mut answer).unwrap();
        (!answer.is_empty()).then(|| answer.trim_end().to_owned())
    }
}

/// Orders, the blocks again and again, and how often.
fn large() -> (Vec<u8>, u64) {
    let one = orders::file(ROWS, 1_000, Codec::Null);
    let header = raw::file_with_codec(orders::SCHEMA, "null").len();
    let (header, blocks) = one.split_at(header);
    let times = OBJECT.div_ceil(blocks.len() as u64);
    let mut object = header.to_vec();
    object.reserve(blocks.len() * times as usize);
    (0..times).for_each(|_| object.extend_from_slice(blocks));
    (object, times)
}

/// What the function is to answer for so many times all orders.
fn expected(times: u64) -> String {
    let mut statuses: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    for order in (0..ROWS).map(orders::Order::at) {
        if let Some(weight) = order.weight {
            let status = format!("{:?}", order.status).to_uppercase();
            let (count, sum) = statuses.entry(status).or_default();
            *count += times;
            *sum += weight * times as f64;
        }
    }
    let statuses = statuses.into_iter();
    let answer =
        statuses.map(|(status, (count, sum))| format!("{status}: {count} orders, {sum} kg"));
    answer.collect::<Vec<_>>().join("; ")
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_object_takes_less_than_128_mb() {
    let Some(server) = Server::start("lambda") else {
        return;
    };
    let (object, times) = large();
    assert!(object.len() as u64 >= OBJECT);
    server.put("s3://lambda/large.avro", &object);

    let idle = Function::start(&server, None);
    let start = idle.status("VmSize");
    let resident = idle.status("VmRSS");
    drop(idle);
    let mut function = Function::start(&server, Some(start + MEMORY));
    let answer = function.answer("s3://lambda/large.avro");
    assert_eq!(answer.expect("it has enough memory"), expected(times));
    let peak = function.status("VmHWM");
    assert!(
        peak <= resident + MEMORY,
        "{peak} bytes, {resident} at the start"
    );
}
