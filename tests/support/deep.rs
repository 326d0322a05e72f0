//! Types that nest deep, files with a value of such a type, and threads with a small stack.

use std::thread;

use crate::raw;

/// The stack of the smallest threads that must do: a quarter of a mebibyte.
pub const SMALL_STACK: usize = 256 << 10;

/// Runs `work` on a thread with [`SMALL_STACK`].
///
/// # Panics
/// If `work` does.
pub fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    on_stack(SMALL_STACK, work)
}

/// Runs `work` on a thread with a stack of so many bytes.
///
/// # Panics
/// If `work` does.
pub fn on_stack<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(bytes);
    let thread = thread.spawn(work).expect("a thread can be started");
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// A type around another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `array<T>`
    Array,
    /// `["null", array<T>]`
    NullableArray,
    /// `map<T>`
    Map,
    /// `record { f: T }`
    Record,
    /// `["null", record { f: T }]`
    NullableRecord,
    /// `["null", "string", array<T>]`
    Union,
}

use Container::{Array, Map, NullableArray, NullableRecord, Record, Union};

impl Container {
    /// All of them.
    pub const ALL: [Self; 6] = [Array, NullableArray, Map, Record, NullableRecord, Union];

    /// So many containers of this kind.
    pub fn times(self, count: usize) -> Vec<Self> {
        vec![self; count]
    }

    /// So many containers of all kinds.
    pub fn mixture(count: usize) -> Vec<Self> {
        Self::ALL.into_iter().cycle().take(count).collect()
    }

    /// So many containers of each kind, and so many of all kinds.
    pub fn kinds(count: usize) -> Vec<Vec<Self>> {
        let kinds = Self::ALL.iter().map(|kind| kind.times(count));
        kinds.chain([Self::mixture(count)]).collect()
    }

    /// How many levels of Arrow types it is.
    pub fn levels(self) -> usize {
        match self {
            Array | NullableArray | Record | NullableRecord => 1,
            Map | Union => 2,
        }
    }

    /// How many records, arrays, maps and unions of Avro it is.
    pub fn types(self) -> usize {
        match self {
            Array | Map | Record => 1,
            NullableArray | NullableRecord | Union => 2,
        }
    }

    fn json(self, inner: &str, number: usize) -> String {
        let array = || format!(r#"{{"type":"array","items":{inner}}}"#);
        let record = || {
            format!(
                r#"{{"type":"record","name":"C{number}","fields":[{{"name":"f","type":{inner}}}]}}"#
            )
        };
        match self {
            Array => array(),
            NullableArray => format!(r#"["null",{}]"#, array()),
            Map => format!(r#"{{"type":"map","values":{inner}}}"#),
            Record => record(),
            NullableRecord => format!(r#"["null",{}]"#, record()),
            Union => format!(r#"["null","string",{}]"#, array()),
        }
    }

    fn value(self, inner: Vec<u8>) -> Vec<u8> {
        let array = |inner: Vec<u8>| [raw::long(1), inner, raw::long(0)].concat();
        match self {
            Array => array(inner),
            NullableArray => [raw::long(1), array(inner)].concat(),
            Map => [raw::long(1), raw::bytes("k"), inner, raw::long(0)].concat(),
            Record => inner,
            NullableRecord => [raw::long(1), inner].concat(),
            Union => [raw::long(2), array(inner)].concat(),
        }
    }

    /// The path from a value of this container to what is inside of it, as a projection names it.
    pub fn path(self) -> &'static str {
        match self {
            Array | NullableArray | Map => "",
            Record | NullableRecord => ".f",
            Union => ".array",
        }
    }
}

/// A type and a value of it: its schema, and its encoding.
#[derive(Debug, Clone)]
pub struct Deep {
    /// The JSON of the type.
    pub json: String,
    /// The bytes of the value.
    pub value: Vec<u8>,
}

impl Deep {
    /// An int inside of these containers, the outermost first.
    pub fn nested(containers: &[Container]) -> Self {
        Self {
            json: around(containers, r#""int""#),
            value: inside(containers, raw::long(7)),
        }
    }

    /// A record that contains itself, or null, inside of these containers; and a value in which so many
    /// of these records are inside each other, at least one.
    pub fn recursive(containers: &[Container], records: usize) -> Self {
        let inner = around(containers, r#"["null","Rec"]"#);
        let json =
            format!(r#"{{"type":"record","name":"Rec","fields":[{{"name":"a","type":{inner}}}]}}"#);
        let mut value = inside(containers, raw::long(0));
        for _ in 1..records {
            value = inside(containers, [raw::long(1), value].concat());
        }
        Self { json, value }
    }

    /// The schema of a file with the columns `deep`, of this type, and `id`, a long.
    pub fn schema(&self) -> String {
        format!(
            r#"{{"type":"record","name":"Root","fields":[
            {{"name":"deep","type":{}}},{{"name":"id","type":"long"}}]}}"#,
            self.json
        )
    }

    /// A file of this schema with three rows, whose ids are 1, 2 and 3.
    pub fn file(&self) -> Vec<u8> {
        let row = |id| [self.value.clone(), raw::long(id)].concat();
        let rows: Vec<u8> = (1..=3).flat_map(row).collect();
        raw::file(&self.schema()).block(3, &rows).finish()
    }
}

/// The levels of Arrow types of an int inside of these containers.
pub fn levels(containers: &[Container]) -> usize {
    1 + containers.iter().map(|c| c.levels()).sum::<usize>()
}

/// As many containers of each kind, and of all kinds, as have at most so many levels.
pub fn as_deep_as(most: usize) -> Vec<Vec<Container>> {
    let mut kinds = Container::kinds(most);
    for containers in &mut kinds {
        while levels(containers) > most {
            containers.pop();
        }
    }
    kinds
}

fn around(containers: &[Container], inner: &str) -> String {
    let containers = containers.iter().enumerate().rev();
    containers.fold(inner.to_owned(), |inner, (number, container)| {
        container.json(&inner, number)
    })
}

fn inside(containers: &[Container], inner: Vec<u8>) -> Vec<u8> {
    let containers = containers.iter().rev();
    containers.fold(inner, |inner, container| container.value(inner))
}
