//! Three columns of a hundred.

use ::avroscan::Projection;
use avroscan_tests::write::Codec;

use crate::Result;
use crate::bench::Bench;
use crate::data_set::WIDE;
use crate::measure::Candidate;
use crate::readers::arrow_avro::{self, Text};
use crate::readers::avroscan;
use crate::table::Table;

/// A long, a text and a nullable long, by name and by number.
const COLUMNS: [&str; 3] = ["c10", "c42", "c73"];
const NUMBERS: [usize; 3] = [10, 42, 73];

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("3 of 100 columns, local files", "avroscan");
    for codec in [Codec::Null, Codec::Snappy, Codec::Deflate, Codec::Zstandard] {
        let Some(file) = bench.file(&WIDE, codec)? else {
            continue;
        };
        let of_columns =
            |workers| avroscan::workers(workers).with_projection(Projection::columns(COLUMNS));
        let all = avroscan::default_workers();
        #[cfg_attr(not(feature = "engines"), expect(unused_mut))]
        let mut readers = vec![
            Candidate::new("avroscan", || avroscan::read_file(&file, of_columns(all))),
            Candidate::new("avroscan, all columns", || {
                avroscan::read_file(&file, avroscan::workers(all))
            }),
            Candidate::new("avroscan, 1 worker", || {
                avroscan::read_file(&file, of_columns(1))
            }),
            Candidate::new("avroscan, 1 worker, all columns", || {
                avroscan::read_file(&file, avroscan::workers(1))
            }),
            Candidate::new("arrow-avro", || {
                let builder =
                    arrow_avro::builder(8_192, Text::Offsets).with_projection(NUMBERS.to_vec());
                arrow_avro::read(builder, arrow_avro::open(&file.path)?, &file.probe)
            }),
        ];
        #[cfg(feature = "engines")]
        readers.extend(crate::readers::engines::projection(&file, &COLUMNS)?);
        bench.race(&mut table, "projection", &file.name, file.answer, readers)?;
    }
    bench.finish(&table);
    Ok(())
}
