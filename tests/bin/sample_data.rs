//! Writes the files of `docs/data`: `cargo run --bin sample-data`.
//!
//! The files follow from the generators of the test support alone, so running it again changes
//! nothing unless a generator changed.

use std::path::Path;

use avroscan_tests::data::orders;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/data");
    std::fs::create_dir_all(&folder)?;
    let sample = orders::sample();
    let path = folder.join("orders.avro");
    std::fs::write(&path, &sample)?;
    println!(
        "{}: {} orders, {} bytes",
        path.display(),
        orders::SAMPLE_ROWS,
        sample.len()
    );
    Ok(())
}
