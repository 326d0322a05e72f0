//! One file a case.

mod core;
mod count;
#[cfg(feature = "engines")]
mod engines;
mod first;
mod local;
pub(crate) mod memory;
mod projection;
#[cfg(feature = "engines")]
mod remote;
#[cfg(feature = "engines")]
mod same;
#[cfg(feature = "engines")]
pub(crate) mod sink;

use avroscan_tests::write::Codec;

use crate::bench::Bench;
use crate::data_set::{self, DataSet};
use crate::{Result, args, failure};

/// A case: it measures and prints.
pub(crate) type Case = fn(&mut Bench) -> Result<()>;

const ALL: &[(&str, Case)] = &[
    ("core", core::run),
    ("local", local::run),
    ("projection", projection::run),
    ("count", count::run),
    ("first", first::run),
    ("memory", memory::run),
    #[cfg(feature = "engines")]
    ("streamed", engines::streamed),
    #[cfg(feature = "engines")]
    ("collected", engines::collected),
    #[cfg(feature = "engines")]
    ("filter", engines::filter),
    #[cfg(feature = "engines")]
    ("parquet", engines::parquet),
    #[cfg(feature = "engines")]
    ("sink", sink::run),
    #[cfg(feature = "engines")]
    ("remote", remote::run),
    #[cfg(feature = "engines")]
    ("same", same::run),
];

/// The cases of these names; all of them if there are no names.
pub(crate) fn named(names: &[String]) -> Result<Vec<Case>> {
    if names.is_empty() {
        return Ok(ALL.iter().map(|(_, case)| *case).collect());
    }
    let find = |name: &String| {
        let found = ALL.iter().find(|(known, _)| known == name);
        found
            .map(|(_, case)| *case)
            .ok_or_else(|| failure(args::USAGE))
    };
    names.iter().map(find).collect()
}

/// Everything that is read whole.
fn whole_files() -> impl Iterator<Item = (&'static DataSet, Codec)> {
    use data_set::{COMPLEX, NESTED, NULLABLE, SIMPLE, STRINGS, WIDE};
    let uncompressed = [&SIMPLE, &COMPLEX, &WIDE, &NULLABLE, &NESTED, &STRINGS];
    let codecs = [Codec::Snappy, Codec::Deflate, Codec::Zstandard];
    let compressed = [&SIMPLE, &COMPLEX, &WIDE]
        .into_iter()
        .flat_map(move |set| codecs.map(|codec| (set, codec)));
    uncompressed
        .into_iter()
        .map(|set| (set, Codec::Null))
        .chain(compressed)
}
