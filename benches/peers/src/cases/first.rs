//! The first ten rows of a file of about a gigabyte.

use avroscan_tests::write::Codec;

use crate::answer::Answer;
use crate::bench::Bench;
use crate::data_set::{SIMPLE, STRINGS};
use crate::measure::Candidate;
use crate::readers::arrow_avro::{self, Text};
use crate::readers::avroscan;
use crate::table::Table;
use crate::{Result, failure};

const ROWS: u64 = 10;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("The first 10 rows of 1 GB", "avroscan");
    for set in [&SIMPLE, &STRINGS] {
        let Some(file) = bench.large_file(set, Codec::Null)? else {
            continue;
        };
        #[cfg_attr(not(feature = "engines"), expect(unused_mut))]
        let mut readers = vec![
            Candidate::new("avroscan", || {
                avroscan::read_file(&file, avroscan::default_options().with_n_rows(ROWS))
            }),
            Candidate::new("arrow-avro, a batch of 10", || {
                let builder = arrow_avro::builder(ROWS as usize, Text::Views);
                let mut batches = builder.build(arrow_avro::open(&file.path)?)?;
                let first = batches.next().ok_or_else(|| failure("no batch"))??;
                Ok(Answer::of(&file.probe, &first))
            }),
        ];
        #[cfg(feature = "engines")]
        readers.extend(crate::readers::engines::first(&file, ROWS)?);
        bench.race(&mut table, "first", &file.name, set.answer(ROWS), readers)?;
    }
    bench.finish(&table);
    Ok(())
}
