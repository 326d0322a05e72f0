use std::sync::Arc;

use super::*;

#[test]
fn only_what_the_bytes_of_a_file_are_to_blame_for_is_damage() {
    for (kind, is_data) in [
        (ErrorKind::NotFound, false),
        (ErrorKind::Io, false),
        (ErrorKind::Usage, false),
        (ErrorKind::NotAvro, true),
        (ErrorKind::Header, true),
        (ErrorKind::UnknownCodec, true),
        (ErrorKind::Schema, true),
        (ErrorKind::Unsupported, false),
        (ErrorKind::SchemaMismatch, false),
        (ErrorKind::Truncated, true),
        (ErrorKind::BlockHeader, true),
        (ErrorKind::SyncMarker, true),
        (ErrorKind::Compression, true),
        (ErrorKind::Checksum, true),
        (ErrorKind::BlockLength, true),
        (ErrorKind::Varint, true),
        (ErrorKind::Boolean, true),
        (ErrorKind::Index, true),
        (ErrorKind::Length, true),
        (ErrorKind::Utf8, true),
        (ErrorKind::Value, true),
        (ErrorKind::Limit(Limit::BlockBytes), false),
        (ErrorKind::SkipBudget, false),
        (ErrorKind::Filter, false),
        (ErrorKind::OutOfMemory, false),
        (ErrorKind::Internal, false),
    ] {
        assert_eq!(Error::new(kind, "").is_data(), is_data, "{kind:?}");
    }
}

#[test]
fn no_part_of_an_error_reaches_a_terminal_as_it_is() {
    let hostile = "\u{1b}[2J\u{9b}\u{7f}\r\n\u{202e}";
    let error = Error::new(ErrorKind::Schema, hostile)
        .with_source(hostile)
        .in_file(&Arc::from(hostile))
        .in_field(hostile);
    for text in [error.to_string(), format!("{error:?}"), error.sentence()] {
        assert!(!text.contains(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.contains("\\u{1b}[2J"), "{text}");
    }
    assert_eq!(error.message(), hostile, "callers get what there is");
}

#[test]
fn the_cause_can_be_taken_out() {
    let error = Error::new(ErrorKind::Filter, "the filter failed").with_source(std::fmt::Error);
    assert_eq!(
        error.to_string(),
        format!("the filter failed: {}", std::fmt::Error)
    );
    let source = error.into_source().unwrap();
    source.downcast::<std::fmt::Error>().unwrap();
    assert!(Error::new(ErrorKind::Io, "").into_source().is_none());
}
