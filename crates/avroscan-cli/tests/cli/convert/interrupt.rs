//! A conversion that is interrupted while it waits for a server that has stopped answering.

use std::process::{Command, Stdio};
use std::thread;

use avroscan_tests::data::orders;
use avroscan_tests::write::Codec;

use crate::{Files, command, server};

/// Requests that begin here or later are never answered.
const ANSWERED: usize = 256 * 1024;

#[test]
fn an_interrupt_leaves_nothing_behind() {
    for signal in ["-INT", "-TERM"] {
        interrupted_by(signal);
    }
}

fn interrupted_by(signal: &str) {
    let url = server::stalling(orders::file(20_000, 100, Codec::Null), ANSWERED);
    let files = Files::new();
    let mut child = command()
        .args(["convert", &url, &files.arg("out.parquet")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();

    // Its file is there: it is converting.
    while files.names().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        thread::yield_now();
    }
    assert!(
        files.names()[0].starts_with(".out.parquet."),
        "{:?}",
        files.names()
    );
    Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();

    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(files.names().is_empty(), "{:?}", files.names());
}
