//! Columns that nest deep: what Polars bears is read, what it does not is an error.

use std::sync::Arc;

use ::polars::prelude::*;
use avroscan::Limits;
use avroscan_polars::{AvroReader, ScanArgsAvro, read_avro, read_avro_schema, scan_avro};
use avroscan_tests::deep::{Container, Deep, as_deep_as, levels};

use super::{ENGINES, collect, memory, on_both};

/// What is allowed where nothing else is said.
const LIMIT: usize = 32;

fn sink(query: LazyFrame) -> PolarsResult<()> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.parquet");
    let target = SinkTarget::Path(path.to_str().unwrap().into());
    let format = FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions::default()));
    let destination = SinkDestination::File { target };
    let query = query.sink(destination, format, UnifiedSinkArgs::default())?;
    query.collect_with_engine(Engine::Streaming).map(|_| ())
}

fn ids(file: &[u8]) -> DataFrame {
    let scan = scan_avro(memory(file.to_vec()), ScanArgsAvro::default()).unwrap();
    on_both(&scan.select([col("id")]))
}

#[test]
fn polars_bears_what_the_limit_allows_and_refuses_the_rest() {
    for containers in as_deep_as(LIMIT) {
        let file = Deep::nested(&containers).file();
        let scan = || scan_avro(memory(file.clone()), ScanArgsAvro::default()).unwrap();
        assert_eq!(on_both(&scan()).shape(), (3, 2), "{containers:?}");
        let sorted = scan().sort(["id"], SortMultipleOptions::default());
        assert_eq!(on_both(&sorted.filter(col("id").gt(lit(1)))).height(), 2);
        sink(scan()).unwrap();
        let frames = AvroReader::open(memory(file.clone()), ScanArgsAvro::default()).unwrap();
        assert_eq!(
            frames.map(|frame| frame.unwrap().height()).sum::<usize>(),
            3
        );
    }
    for count in [32, 60, 128, 256, 512] {
        for containers in Container::kinds(count) {
            if levels(&containers) <= LIMIT {
                continue;
            }
            let file = Deep::nested(&containers).file();
            let says = |error: PolarsError| {
                let said = error.to_string();
                let limit = format!("nests {} levels deep", levels(&containers));
                assert!(said.contains(&limit) && said.contains("`deep`"), "{said}");
                assert!(said.contains("column_depth = 32"), "{said}");
            };
            let args = ScanArgsAvro::default;
            let scan = || scan_avro(memory(file.clone()), args()).unwrap();
            for engine in ENGINES {
                says(collect(scan(), engine).unwrap_err());
            }
            says(sink(scan()).unwrap_err());
            says(read_avro(memory(file.clone()), args()).unwrap_err());
            let mut frames = match AvroReader::open(memory(file.clone()), args()) {
                Ok(frames) => frames,
                Err(error) => {
                    says(error);
                    continue;
                }
            };
            says(frames.next().unwrap().unwrap_err());
        }
    }
}

#[test]
fn a_column_that_is_too_deep_matters_to_who_selects_it_alone() {
    for containers in Container::kinds(512) {
        let file = Deep::nested(&containers).file();
        let found = ids(&file);
        assert_eq!(found, df!["id" => [1i64, 2, 3]].unwrap(), "{containers:?}");
        let schema = read_avro_schema(memory(file.clone()), ScanArgsAvro::default()).unwrap();
        assert_eq!(schema.get("deep"), Some(&DataType::Null));
        let rows = avroscan_polars::count_rows(memory(file), ScanArgsAvro::default());
        assert_eq!(rows.unwrap(), 3);
    }
}

#[test]
fn the_limit_can_be_chosen() {
    let file = Deep::nested(&Container::Array.times(35)).file();
    let mut limits = Limits::default();
    limits.column_depth = Some(36);
    let args = ScanArgsAvro::default().with_limits(limits);
    let frame = read_avro(memory(file.clone()), args).unwrap();
    assert_eq!(frame.shape(), (3, 2));
    let args = ScanArgsAvro::default().with_limits(Limits::default());
    assert!(read_avro(memory(file), args).is_err());
}
