//! DataFusion: from files to record batches, which the judge can read.

use std::error::Error;
use std::sync::Arc;

use ::datafusion::error::DataFusionError;
use ::datafusion::prelude::{SessionConfig, SessionContext};
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use avroscan::ScanOptions;
use avroscan_datafusion::{AvroOptions, AvroReadOptions, AvroSessionExt};
use avroscan_tests::judge;
use avroscan_tests::schema::Schema as Avro;
use futures::StreamExt;
use tokio::runtime::{Builder, Runtime};

use super::{Answer, Case, Failure};

/// A session with one partition and one with several, and what runs them.
pub(super) struct Sessions {
    runtime: Runtime,
    one: SessionContext,
    several: SessionContext,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self {
            runtime: Builder::new_current_thread().build().unwrap(),
            one: session(1),
            several: session(3),
        }
    }

    /// Reads all columns, or these fields of them as `c0`, `c1` and so on.
    pub(super) fn query(
        &self,
        case: &Case<'_>,
        parallel: bool,
        paths: Option<&[Vec<String>]>,
    ) -> Result<Answer, String> {
        let session = match parallel {
            true => &self.several,
            false => &self.one,
        };
        self.runtime.block_on(async {
            let answer = answer(session, case, &sql(paths)).await;
            session.deregister_table(TABLE).unwrap();
            answer
        })
    }
}

const TABLE: &str = "t";

/// Files of any size are cut into a range for each partition.
fn session(partitions: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_repartition_file_min_size(1);
    SessionContext::new_with_config(config)
}

fn sql(paths: Option<&[Vec<String>]>) -> String {
    let items = match paths {
        None => "*".to_owned(),
        Some(paths) => {
            let items = paths.iter().enumerate().map(|(index, path)| {
                let (column, fields) = path.split_first().expect("a path has a first name");
                let fields: String = fields.iter().map(|name| format!("['{name}']")).collect();
                format!(r#""{column}"{fields} AS c{index}"#)
            });
            items.collect::<Vec<_>>().join(", ")
        }
    };
    format!("SELECT {items} FROM {TABLE}")
}

async fn answer(session: &SessionContext, case: &Case<'_>, sql: &str) -> Result<Answer, String> {
    let query = async {
        // Registering takes one path, a table over several has to be made.
        let options = options(case.options);
        match case.files {
            [file] => {
                let path = file.as_str();
                session.register_avro_table(TABLE, path, options).await?;
            }
            files => {
                let frame = session.read_avro_table(files.to_vec(), options).await?;
                session.register_table(TABLE, frame.into_view())?;
            }
        }
        session.sql(sql).await
    };
    let frame = match query.await {
        Ok(frame) => frame,
        Err(error) => return Ok(failed(Answer::default(), &error)),
    };
    let expected = table_schema(case.schema);
    if frame.schema().as_arrow() != &expected {
        return Err(format!(
            "{} instead of {expected}",
            frame.schema().as_arrow()
        ));
    }
    let mut answer = Answer::default();
    let mut batches = match frame.execute_stream().await {
        Ok(batches) => batches,
        Err(error) => return Ok(failed(answer, &error)),
    };
    while let Some(batch) = batches.next().await {
        match batch {
            Ok(batch) => answer.rows.extend(rows(&batch, &expected)?),
            Err(error) => return Ok(failed(answer, &error)),
        }
    }
    Ok(answer)
}

fn options(scan: &ScanOptions) -> AvroReadOptions {
    let options = AvroOptions::default()
        .with_batch_size(scan.batch_size)
        .with_buffer_blocks(scan.buffer_blocks)
        .with_buffer_bytes(scan.buffer_bytes)
        .with_schema_mode(scan.schema_mode)
        .with_unroll(scan.unroll)
        .with_limits(scan.limits.clone());
    match &scan.reader_schema {
        Some(schema) => options.with_reader_schema(Arc::clone(schema)).into(),
        None => options.into(),
    }
}

fn failed(answer: Answer, error: &DataFusionError) -> Answer {
    let text = error.to_string();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut kind = None;
    while let (Some(error), None) = (cause, kind) {
        let core = error.downcast_ref::<avroscan::Error>();
        kind = core.map(avroscan::Error::kind);
        cause = error.source();
    }
    Answer {
        error: Some(Failure { text, kind }),
        ..answer
    }
}

fn rows(batch: &RecordBatch, expected: &Schema) -> Result<Vec<serde_json::Value>, String> {
    if batch.schema_ref().as_ref() != expected {
        return Err(format!("{} instead of {expected}", batch.schema()));
    }
    for column in batch.columns() {
        let valid = column.to_data().validate_full();
        valid.map_err(|error| error.to_string())?;
    }
    Ok(judge::batch_rows(batch))
}

/// The columns of a table: those of its file, with the keys of maps as plain Utf8.
fn table_schema(root: &Avro) -> Schema {
    let schema = judge::arrow_schema(root);
    Schema::new(schema.fields().iter().map(plain_keys).collect::<Fields>())
}

fn plain_keys(field: &FieldRef) -> FieldRef {
    let ty = match field.data_type() {
        DataType::List(items) => DataType::List(plain_keys(items)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_keys).collect()),
        DataType::Map(entries, sorted) => {
            let DataType::Struct(fields) = entries.data_type() else {
                panic!("the entries of a map are {}", entries.data_type())
            };
            let key = Field::new("key", DataType::Utf8, false);
            let fields = [Arc::new(key), plain_keys(&fields[1])];
            let entries = Field::new("entries", DataType::Struct(fields.into()), false);
            DataType::Map(Arc::new(entries), *sorted)
        }
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), ty, field.is_nullable()))
}
