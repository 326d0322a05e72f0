//! Sources of every kind, without any network beyond this machine.
//!
//! Everything is awaited with `pollster`, which knows no tokio: the sources have to bring their
//! own runtime.

mod file;
mod find;
mod object;
mod runtime;
mod store;
#[cfg(feature = "http")]
mod web;

use pollster::block_on;

use super::{MemorySource, Source, conformance};
use crate::error::{Error, ErrorKind};

/// Bytes that are all different from their neighbours.
fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 256) as u8).collect()
}

#[track_caller]
fn assert_kind<T>(result: Result<T, Error>, kind: ErrorKind) -> String {
    let error = result.err().expect("an error");
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

#[test]
fn memory_keeps_the_promises_of_a_source() {
    for len in [0, 1, 2, 23, 1_000] {
        let source = MemorySource::new("memory", bytes(len));
        block_on(conformance::check(&source, &bytes(len))).unwrap();
    }
}

#[test]
fn memory_is_not_copied() {
    let bytes = bytes::Bytes::from(bytes(100));
    let source = MemorySource::new("memory", bytes.clone());
    assert_eq!(source.request_bytes(), 100);
    assert_eq!(
        block_on(source.read(10..20)).unwrap().as_ptr(),
        bytes[10..].as_ptr()
    );
}

/// The check itself: sources that break one promise each.
mod broken {
    use std::ops::Range;
    use std::sync::Arc;

    use async_trait::async_trait;
    use bytes::Bytes;

    use super::*;

    /// Reads like memory, but for what `read` makes of the range.
    #[derive(Debug)]
    struct Broken {
        memory: MemorySource,
        size: u64,
        read: fn(Range<u64>) -> Range<u64>,
    }

    #[async_trait]
    impl Source for Broken {
        fn location(&self) -> &Arc<str> {
            self.memory.location()
        }

        fn request_bytes(&self) -> u64 {
            1
        }

        fn probe_bytes(&self) -> u64 {
            1
        }

        async fn size(&self) -> crate::Result<u64> {
            Ok(self.size)
        }

        async fn read(&self, range: Range<u64>) -> crate::Result<Bytes> {
            self.memory.read((self.read)(range)).await
        }
    }

    fn check(size: u64, read: fn(Range<u64>) -> Range<u64>) -> Result<(), String> {
        let memory = MemorySource::new("memory", bytes(10));
        block_on(conformance::check(
            &Broken { memory, size, read },
            &bytes(10),
        ))
    }

    #[test]
    fn the_check_sees_each_broken_promise() {
        check(10, |range| range).unwrap();
        let other_size = check(11, |range| range).unwrap_err();
        assert!(other_size.contains("size is 11"), "{other_size}");
        let short = check(10, |range| range.start..range.end.min(9)).unwrap_err();
        assert!(short.contains("has"), "{short}");
        let shifted = check(10, |range| match range {
            Range { start: 3, end: 4 } => 4..5,
            _ => range,
        });
        assert!(shifted.unwrap_err().contains("3..4 has other bytes"));
        let lenient = check(10, |range| range.start.min(10)..range.end.min(10)).unwrap_err();
        assert!(lenient.contains("not an error"), "{lenient}");
    }
}
