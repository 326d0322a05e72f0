//! Data sets whose every value follows from the row's number.
//!
//! [`orders`] has one of everything and is what most tests and the documentation read. The others
//! are the files that speed is measured on.

pub mod complex;
pub mod every_type;
pub mod kinds;
pub mod nested;
pub mod nullable;
pub mod orders;
pub mod rows;
pub mod simple;
pub mod strings;
pub mod wide;

/// A well-mixed number for row `row` and purpose `salt` (SplitMix64).
pub fn mix(row: u64, salt: u64) -> u64 {
    let mut x = row
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(salt << 32 | salt);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// One of `choices`, by row and purpose.
pub fn pick<T: Copy>(choices: &[T], row: u64, salt: u64) -> T {
    choices[(mix(row, salt) % choices.len() as u64) as usize]
}
