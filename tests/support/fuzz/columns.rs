//! Columns: some of them, under another schema, and what a schema becomes.

use std::error::Error;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use avroscan::{AvroSchema, ErrorKind, OnError, Projection, RowFilter, ScanOptions};

use super::input;
use super::seen::{Seen, limits, options};
use crate::judge;
use crate::read::Opened;
use crate::read::memory;

/// Some of the columns are those of a reading of all, and a filter gives the rows that filtering
/// afterwards does. The last two bytes say which columns, and by which to filter.
pub fn projection(data: &[u8]) {
    let Some((data, &[low, high])) = data.split_last_chunk() else {
        return;
    };
    let file = input::file(data);
    let Ok(opened) = Opened::new(memory(file.to_vec()), &options()) else {
        return;
    };
    some_columns(&file, &opened, &options(), u16::from_le_bytes([low, high]));
}

/// Compares a reading of some columns with one of all columns.
fn some_columns(file: &[u8], opened: &Opened, options: &ScanOptions, choice: u16) {
    let schema = opened.schema();
    let all = schema.fields();
    if all.is_empty() {
        return;
    }
    let mut chosen: Vec<usize> = (0..all.len())
        .filter(|index| choice >> (index % 16) & 1 == 1)
        .collect();
    if choice.is_multiple_of(3) {
        chosen.reverse();
    }
    let names = chosen.iter().map(|index| all[*index].name().as_str());
    let some = options
        .clone()
        .with_projection(Projection::columns(names.clone()));
    let whole = Seen::of(file, options);
    let part = Seen::of(file, &some);
    let expected = whole
        .rows
        .as_ref()
        .map(|rows| rows.project(&chosen).expect("columns that there are"));
    is_part(&whole, expected, &part);

    let by = all[usize::from(choice) % all.len()].name();
    let odd = Arc::new(Odd(Projection::columns([by.as_str()])));
    let filtered = Seen::of(file, &some.clone().with_filter(odd as Arc<dyn RowFilter>));
    let expected = whole.rows.as_ref().map(|rows| {
        let kept = odd_rows(rows.column_by_name(by).expect("a column that there is"));
        let rows = rows.project(&chosen).expect("columns that there are");
        filter_record_batch(&rows, &kept).expect("an answer for each row")
    });
    is_part(
        &whole,
        expected.filter(|rows| rows.num_rows() > 0),
        &filtered,
    );
}

/// What is not wanted is not looked at closely: there may be more rows before an error, or none.
#[track_caller]
fn is_part(whole: &Seen, expected: Option<RecordBatch>, part: &Seen) {
    let expected = Seen {
        rows: expected,
        error: None,
    };
    if whole.error.is_none() && !part.is_limited() {
        expected.same(part);
        return;
    }
    expected.same_beginning(part);
    assert!(part.num_rows() >= expected.num_rows() || part.is_limited());
}

/// Keeps about half of the rows, for what this column has there.
#[derive(Debug)]
struct Odd(Projection);

impl RowFilter for Odd {
    fn projection(&self) -> &Projection {
        &self.0
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<BooleanArray, Box<dyn Error + Send + Sync>> {
        Ok(odd_rows(batch.column(0)))
    }
}

fn odd_rows(column: &dyn Array) -> BooleanArray {
    let is_odd = |row| {
        let text = judge::cell(column, row).to_string();
        text.bytes().fold(0, u8::wrapping_add) % 2 == 1
    };
    (0..column.len()).map(|row| Some(is_odd(row))).collect()
}

/// Any text as a schema: what is one can be planned and read as itself. Text behind a zero byte is
/// another schema, and what both become together is one that either can be read as.
pub fn schema(data: &[u8]) {
    let (first, second) = input::halves(data);
    let parse = |text: &[u8]| AvroSchema::parse(&String::from_utf8_lossy(text), &limits());
    let first = match parse(first) {
        Ok(schema) => schema,
        Err(error) => {
            let known = matches!(error.kind(), ErrorKind::Schema | ErrorKind::Limit(_));
            assert!(known, "{error:?}");
            return;
        }
    };
    let own = options().plan(&first);
    let spaced = parse(format!("{} ", first.json()).as_bytes()).expect("a space changes nothing");
    let again = read_as(&first, &spaced);
    match (&own, &again) {
        (Ok(own), Ok(again)) => assert_eq!(own.arrow_schema(), again.arrow_schema()),
        // Two schemas beside each other have more nodes than one.
        (Ok(_), Err(error)) => assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}"),
        (Err(own), Err(again)) => assert_eq!(own.kind(), again.kind()),
        (Err(error), Ok(_)) => panic!("only the schema itself: {error}"),
    }
    let Ok(second) = parse(second) else { return };
    let both = [("first", &first), ("second", &second)];
    match AvroSchema::union_by_name(both, &limits()) {
        Ok(union) => {
            for schema in [&first, &second] {
                if let Err(error) = read_as(schema, &union) {
                    let own = options().plan(schema).map_err(|error| error.kind());
                    let known = matches!(error.kind(), ErrorKind::Limit(_))
                        || own.err() == Some(error.kind());
                    assert!(known, "{}: {error:?}", union.json());
                }
            }
        }
        Err(error) => {
            let known = matches!(
                error.kind(),
                ErrorKind::SchemaMismatch | ErrorKind::Limit(_)
            );
            assert!(known, "{error:?}");
        }
    }
}

fn read_as(writer: &AvroSchema, reader: &AvroSchema) -> avroscan::Result<avroscan::DecodePlan> {
    let reader = Arc::new(reader.clone());
    options().with_reader_schema(reader).plan(writer)
}

/// A file read as another schema: the text before the first zero byte. Some columns are those of a
/// reading of all, skipping what is bad loses no row before it, and the writer's own schema changes
/// nothing.
pub fn resolution(data: &[u8]) {
    let (reader, rest) = input::halves(data);
    let Some((rest, &[low, high])) = rest.split_last_chunk() else {
        return;
    };
    let file = input::file(rest);
    let parse = |text: &str| AvroSchema::parse(text, &limits()).map(Arc::new);
    let Ok(reader) = parse(&String::from_utf8_lossy(reader)) else {
        return;
    };
    let resolving = options().with_reader_schema(reader);
    let Ok(opened) = Opened::new(memory(file.to_vec()), &resolving) else {
        return;
    };
    let choice = u16::from_le_bytes([low, high]);
    some_columns(&file, &opened, &resolving, choice);

    let strict = Seen::of(&file, &resolving);
    let cut = resolving.clone().with_batch_size(2).with_workers(2);
    strict.same(&Seen::of(&file, &cut));
    let skipping = resolving.clone().with_on_error(OnError::Skip);
    let skipped = Seen::of(&file, &skipping);
    strict.same_beginning(&skipped);
    if strict.error.is_none() {
        strict.same(&skipped);
    }

    let own = &opened.file.header().schema;
    let Ok(own) = parse(&format!("{} ", own.json())) else {
        return;
    };
    let as_itself = options().with_reader_schema(own);
    Seen::of(&file, &options()).same(&Seen::of(&file, &as_itself));
}
