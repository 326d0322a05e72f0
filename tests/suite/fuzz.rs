//! The bodies of the fuzz targets, on inputs that were changed at random: always the same ones.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use avroscan_tests::fuzz::{TARGETS, Target};
use avroscan_tests::random::Rng;

/// How many inputs each body is given.
const INPUTS: u64 = 2_000;

/// A few bytes changed, taken out, put in or doubled.
fn change(bytes: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..rng.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        match rng.below(6) {
            0 => bytes.truncate(at),
            1 => bytes[at] = rng.below(256) as u8,
            2 => bytes[at] ^= 1 << rng.below(8),
            3 => bytes.insert(at, *rng.pick(&[0, 0x7f, 0x80, 0xff])),
            4 => {
                let end = (at + rng.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + rng.below(80)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = rng.below(bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    for number in 0..INPUTS {
        let rng = &mut Rng::new(number);
        let mut input = seeds[number as usize % seeds.len()].clone();
        change(&mut input, rng);
        let body = AssertUnwindSafe(|| (target.body)(&input));
        if let Err(panic) = catch_unwind(body) {
            eprintln!("{name} fails on input {number}: {input:?}");
            resume_unwind(panic);
        }
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    run("strict");
}

#[test]
fn any_damage_costs_its_blocks_alone() {
    run("skip");
}

#[test]
fn any_chunks_of_any_bytes_give_the_same() {
    run("chunks");
}

#[test]
fn any_splits_of_any_bytes_give_the_same() {
    run("splits");
}

#[test]
fn any_columns_of_any_bytes_are_the_same() {
    run("projection");
}

#[test]
fn any_text_is_a_schema_or_refused() {
    run("schema");
}

#[test]
fn any_bytes_are_read_as_any_schema_or_refused() {
    run("resolution");
}

#[test]
fn any_bytes_are_decompressed_or_refused() {
    run("codecs");
}

#[test]
fn any_bytes_have_the_values_that_others_find() {
    run("peer");
}

#[test]
fn any_types_between_meetings_are_read_or_refused() {
    run("depth");
}

#[test]
fn every_target_is_run_and_has_its_place_among_the_fuzzers() {
    let own = include_str!("fuzz.rs");
    let fuzzers = include_str!("../fuzz/Cargo.toml");
    for Target { name, .. } in TARGETS {
        assert!(own.contains(&format!("run(\"{name}\")")), "{name}");
        assert!(fuzzers.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
