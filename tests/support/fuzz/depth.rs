//! Types that contain themselves, with anything between two meetings, in a thread with a small stack.

use std::sync::Arc;

use avroscan::{
    AvroFile, AvroSchema, ErrorKind, Limit, Limits, OnError, Progress, Projection, ScanOptions,
    block_on,
};

use super::input;
use super::seen::Seen;
use crate::deep::{Container, Deep, on_small_stack, on_stack};
use crate::random::Rng;
use crate::raw;
use crate::read::{memory, outcome};

/// What Arrow and the assertions here take to compare columns, with room for sanitizers.
const LARGE_STACK: usize = 64 << 20;

/// Most containers of one type.
const CONTAINERS: usize = 400;

/// Any types between two meetings of a type that contains itself, and any nesting: they take no more
/// of the call stack than a small one has, whether they are read, passed over, resolved, merged,
/// checked or printed. What one way of reading gives, the others do.
///
/// The bytes are a file, what sketches one, or a recipe (`file_of`). The limits of depth are the default
/// ones, so that it is not cut off before it shows.
pub fn depth(data: &[u8]) {
    let file = match data.first() {
        None => return,
        Some(b'O' | b'{' | b'[' | b'"') => input::file(data).into_owned(),
        Some(_) => file_of(data),
    };
    on_stack(LARGE_STACK, move || in_all_ways(&file));
}

/// The file of a recipe: whether the type contains itself and how many records of it are inside each
/// other; pairs of a container and how many of it, up to a byte of 255; and changes of the value, each
/// a place and a byte.
fn file_of(recipe: &[u8]) -> Vec<u8> {
    let (first, rest) = recipe.split_first().unwrap_or((&0, &[]));
    let end = rest.iter().position(|byte| *byte == 255);
    let (runs, changes) = rest.split_at(end.unwrap_or(rest.len()));
    let mut containers = Vec::new();
    for run in runs.chunks_exact(2) {
        let kind = Container::ALL[usize::from(run[0]) % Container::ALL.len()];
        containers.extend(kind.times(run[1].into()));
    }
    containers.truncate(CONTAINERS);
    let mut deep = match first % 2 {
        0 => Deep::nested(&containers),
        _ => Deep::recursive(&containers, usize::from(first / 2).max(1)),
    };
    for change in changes.get(1..).unwrap_or_default().chunks_exact(3) {
        let length = deep.value.len();
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % length;
        deep.value[place] = change[2];
    }
    let row = |id| [deep.value.clone(), raw::long(id)].concat();
    raw::file(&deep.schema())
        .block(2, &[row(1), row(2)].concat())
        .block(1, &row(3))
        .finish()
}

/// Recipes to begin with.
pub(super) fn recipes() -> Vec<Vec<u8>> {
    let recipe = |seed| {
        let rng = &mut Rng::new(seed);
        let records = *rng.pick(&[1, 2, 5, 30, 64, 65, 66, 100]);
        let mut recipe = vec![2 * records + u8::from(!rng.one_in(4))];
        for _ in 0..rng.below(5) {
            recipe.push(rng.below(Container::ALL.len()) as u8);
            recipe.push(*rng.pick(&[1, 1, 2, 2, 3, 5, 20, 127]));
        }
        recipe.push(255);
        for _ in 0..rng.below(3) {
            let place = rng.below(400) as u16;
            recipe.extend(place.to_le_bytes());
            recipe.push(*rng.pick(&[0, 1, 2, 3, 4, 0x7f, 0x80, 0xff]));
        }
        recipe
    };
    (0..200).map(recipe).collect()
}

/// What comes of reading this in a thread with a small stack.
fn seen(file: &[u8], options: &ScanOptions) -> Seen {
    let (source, options) = (memory(file.to_vec()), options.clone());
    Seen::new(on_small_stack(move || outcome(source, &options)))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.schema_nodes = 5_000;
    limits.block_bytes = 1 << 20;
    limits.decompressed_bytes = 1 << 20;
    limits.batch_bytes = 1 << 24;
    limits.zero_byte_items = 10_000;
    limits
}

fn in_all_ways(file: &[u8]) {
    let options = ScanOptions::default().with_limits(limits()).with_workers(1);
    let (source, progress) = (memory(file.to_vec()), Progress::default());
    let opened = block_on(AvroFile::open(source, &options.limits, &progress));
    let Ok(opened) = opened else {
        return;
    };
    let schema = &opened.header().schema;
    let (text, of_schema) = (schema.json().to_owned(), options.clone());
    on_small_stack(move || printed_and_merged(&text, &of_schema));

    let strict = seen(file, &options);
    let skipping = options
        .clone()
        .with_on_error(OnError::Skip)
        .with_batch_size(2);
    strict.same_beginning(&seen(file, &skipping));
    let (to_check, of_check) = (opened.clone(), options.clone());
    on_small_stack(move || checked(&to_check, &of_check));
    if let Ok(same) = AvroSchema::parse(&format!("{} ", schema.json()), &limits()) {
        let resolving = options.clone().with_reader_schema(Arc::new(same));
        strict.same(&seen(file, &resolving));
    }
    drop(seen(file, &options.clone().with_unroll(3)));
    one_by_one(file, schema, &options, &strict);
}

/// Each column for itself: what all together gave, unless another one was at fault.
fn one_by_one(file: &[u8], schema: &AvroSchema, options: &ScanOptions, all: &Seen) {
    let Ok(columns) = options.arrow_schema(schema) else {
        return;
    };
    for (index, column) in columns.fields().iter().enumerate().take(4) {
        let some = options
            .clone()
            .with_projection(Projection::columns([column.name().as_str()]));
        let alone = seen(file, &some);
        if let Some(rows) = &all.rows {
            let expected = Seen {
                rows: Some(rows.project(&[index]).expect("a column that there is")),
                error: None,
            };
            expected.same_beginning(&alone);
            assert!(alone.num_rows() >= rows.num_rows() || alone.is_limited());
        }
        if all.error.is_none() {
            // What is passed over is bounded as what is read is.
            assert!(alone.error.is_none(), "{:?}", alone.error);
        }
    }
}

fn printed_and_merged(schema: &str, options: &ScanOptions) {
    let Ok(schema) = &AvroSchema::parse(schema, &limits()) else {
        return;
    };
    match options.plan(schema) {
        Ok(plan) => {
            assert!(format!("{plan}").len() < 1 << 26);
            assert!(!format!("{plan:?} {schema:?}").is_empty());
        }
        Err(error) => {
            let known = matches!(error.kind(), ErrorKind::Limit(_) | ErrorKind::Schema);
            assert!(known, "{error:?}");
            if error.kind() == ErrorKind::Limit(Limit::ColumnDepth) {
                assert!(error.place().field.is_some(), "{error:?}");
                options.arrow_schema(schema).expect("types of any depth");
            }
        }
    }
    let Ok(same) = AvroSchema::parse(&format!("{} ", schema.json()), &limits()) else {
        return;
    };
    let both = [("one", schema), ("other", &same)];
    if let Ok(merged) = AvroSchema::union_by_name(both, &limits()) {
        let read_as = options.clone().with_reader_schema(Arc::new(merged));
        drop(read_as.plan(schema));
    }
}

/// Looks at all blocks: no limit on columns ends that.
fn checked(file: &Arc<AvroFile>, options: &ScanOptions) {
    let Ok(mut blocks) = block_on(file.check(options)) else {
        return;
    };
    loop {
        match block_on(blocks.next()) {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                assert_ne!(
                    error.kind(),
                    ErrorKind::Limit(Limit::ColumnDepth),
                    "{error:?}"
                );
                return;
            }
        }
    }
}
