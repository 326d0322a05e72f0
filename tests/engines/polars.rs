//! The Polars front end, end to end.

mod damaged;
mod depth;
mod evolution;
mod examples;
mod faults;
mod lambda;
mod limits;
mod memory;
mod metadata;
mod queries;
mod query_list;
mod reader;
mod row_counts;
mod runs;
mod scan_args;
mod sink;
mod sources;
mod streaming;
mod types;
mod verbs;

use std::sync::Arc;

use ::polars::prelude::*;
use avroscan::{MemorySource, Source};
use avroscan_polars::{AvroReader, ScanArgsAvro};

/// Both engines that Polars has for a query.
const ENGINES: [Engine; 2] = [Engine::InMemory, Engine::Streaming];

/// The file as a source that is not a path.
pub(super) fn memory(bytes: Vec<u8>) -> Arc<dyn Source> {
    Arc::new(MemorySource::new("memory.avro", bytes))
}

fn collect(query: LazyFrame, engine: Engine) -> PolarsResult<DataFrame> {
    Ok(query.collect_with_engine(engine)?.unwrap_single())
}

/// The result of a query, on which both engines must agree.
#[track_caller]
pub(super) fn on_both(query: &LazyFrame) -> DataFrame {
    let [first, second] = ENGINES
        .map(|engine| collect(query.clone(), engine).unwrap_or_else(|e| panic!("{engine:?}: {e}")));
    assert!(
        first.equals_missing(&second),
        "in memory: {first}\nstreaming: {second}"
    );
    assert_eq!(first.schema(), second.schema());
    first
}

/// The rows as the iterator gives them: what queries over a scan are compared with.
fn rows(bytes: Vec<u8>) -> DataFrame {
    let frames = AvroReader::open(memory(bytes), ScanArgsAvro::default()).unwrap();
    let mut all = DataFrame::empty_with_schema(frames.schema());
    for frame in frames {
        all.vstack_mut(&frame.unwrap()).unwrap();
    }
    all
}
