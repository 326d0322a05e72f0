//! Inputs to begin with.

use super::input;
use crate::corpus;
use crate::evolve;
use crate::random::{self, Rng, to_apache};
use crate::schema::Schema;
use crate::slow;
use crate::write::{self, Codec};

/// Random schemas, each with a few rows.
const RANDOM: u64 = 150;

/// Longer inputs are slow and show nothing that short ones do not.
const MOST_BYTES: usize = 4 << 10;

/// Parameters of those targets that have some, at the end of each input. One that has none would take
/// them for damage.
const PARAMETERS: [u8; 4] = [5, 7, 60, 1];

/// A random file and its schema.
fn random_file(seed: u64) -> (String, Vec<u8>) {
    let rng = &mut Rng::new(seed);
    let text = match rng.one_in(5) {
        true => random::root(rng),
        false => random::schema(rng),
    };
    let schema = Schema::parse(&text).expect("random schemas are sound");
    let rows = 1 + rng.below(4);
    let rows: Vec<_> = (0..rows).map(|_| random::value(&schema, rng)).collect();
    let values = rows.iter().map(|row| to_apache(&schema, row));
    let file = write::values(&text, values, Codec::Null, 2);
    (text, file)
}

fn sketch(file: &[u8]) -> Option<Vec<u8>> {
    let file = slow::File::open(file).ok()?;
    let blocks = file.blocks.iter();
    input::sketch(
        &file.schema,
        blocks.map(|block| (block.rows, &block.body[..])),
    )
}

/// Inputs with so many parameters.
fn with_parameters(inputs: impl IntoIterator<Item = Vec<u8>>, number: usize) -> Vec<Vec<u8>> {
    let inputs = inputs.into_iter().filter(|input| input.len() <= MOST_BYTES);
    inputs
        .map(|input| [&input, &PARAMETERS[..number]].concat())
        .collect()
}

/// All files of the corpus and some random ones, as they are and as sketches.
pub(super) fn files() -> Vec<Vec<u8>> {
    files_with(0)
}

/// The same with parameters of two bytes.
pub(super) fn files_with_two() -> Vec<Vec<u8>> {
    files_with(2)
}

/// The same with parameters of four bytes.
pub(super) fn files_with_four() -> Vec<Vec<u8>> {
    files_with(4)
}

fn files_with(parameters: usize) -> Vec<Vec<u8>> {
    let corpus = corpus::all().into_iter().map(|case| case.file);
    let random = (0..RANDOM).map(|seed| random_file(seed).1);
    let files: Vec<_> = corpus.chain(random).collect();
    let sketches: Vec<_> = files.iter().filter_map(|file| sketch(file)).collect();
    with_parameters(files.into_iter().chain(sketches), parameters)
}

/// Schemas, and pairs of them.
pub(super) fn schemas() -> Vec<Vec<u8>> {
    let of_corpus = corpus::all()
        .into_iter()
        .filter_map(|case| Some(slow::File::open(&case.file).ok()?.schema));
    let mut schemas: Vec<_> = of_corpus.collect();
    schemas.sort_unstable();
    schemas.dedup();
    let random = (0..RANDOM).map(|seed| {
        let rng = &mut Rng::new(seed);
        let text = random::schema(rng);
        let later = evolve::reader(&text, rng);
        format!("{text}\0{later}")
    });
    let inputs = schemas.into_iter().chain(random).map(String::into_bytes);
    inputs.filter(|input| input.len() <= MOST_BYTES).collect()
}

/// A reader's schema, and a file, with parameters of two bytes.
pub(super) fn pairs() -> Vec<Vec<u8>> {
    let random = (0..RANDOM).filter_map(|seed| {
        let (text, file) = random_file(seed);
        let rng = &mut Rng::new(seed);
        let reader = match rng.one_in(5) {
            true => evolve::stranger(&text, rng),
            false => evolve::reader(&text, rng),
        };
        Some([reader.as_bytes(), &[0], &sketch(&file)?].concat())
    });
    with_parameters(random, 2)
}

/// The number of a codec, and a block of it.
pub(super) fn compressed() -> Vec<Vec<u8>> {
    let bodies = [
        Vec::new(),
        b"a".to_vec(),
        b"some text, some text, some text, some text".to_vec(),
        vec![0; 2_000],
        (0..=255).collect(),
        // More than the limit.
        vec![7; 300_000],
    ];
    let blocks = bodies.iter().flat_map(|body| {
        let blocks = Codec::ALL.iter().enumerate();
        blocks.map(|(number, codec)| [&[number as u8], &codec.compress(body)[..]].concat())
    });
    blocks.filter(|block| block.len() <= MOST_BYTES).collect()
}
