//! What must hold for any bytes whatever: the bodies of the fuzz targets.
//!
//! `tests/fuzz` gives them to libFuzzer; the suite runs them on seeds that were changed at random. A
//! body panics where something is wrong, and does nothing where the bytes are of no use to it.
//!
//! Most of them read a [`file()`]: the bytes as they are, or what they sketch. A sketch has its
//! frames put around it, so that what is changed at random is values and not the sizes of blocks.

mod codecs;
mod columns;
mod depth;
mod frames;
mod input;
mod peer;
mod seeds;
mod seen;

pub use codecs::codecs;
pub use columns::{projection, resolution, schema};
pub use depth::depth;
pub use frames::{chunks, skip, splits, strict};
pub use input::file;
pub use peer::peer;

/// What is run on any bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name that the target has in `tests/fuzz`.
    pub name: &'static str,
    /// Panics where something is wrong.
    pub body: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    Target {
        name: "strict",
        body: strict,
        seeds: seeds::files,
    },
    Target {
        name: "skip",
        body: skip,
        seeds: seeds::files,
    },
    Target {
        name: "chunks",
        body: chunks,
        seeds: seeds::files_with_two,
    },
    Target {
        name: "splits",
        body: splits,
        seeds: seeds::files_with_four,
    },
    Target {
        name: "projection",
        body: projection,
        seeds: seeds::files_with_two,
    },
    Target {
        name: "schema",
        body: schema,
        seeds: seeds::schemas,
    },
    Target {
        name: "resolution",
        body: resolution,
        seeds: seeds::pairs,
    },
    Target {
        name: "codecs",
        body: codecs,
        seeds: seeds::compressed,
    },
    Target {
        name: "peer",
        body: peer,
        seeds: seeds::files,
    },
    Target {
        name: "depth",
        body: depth,
        seeds: depth::recipes,
    },
];
