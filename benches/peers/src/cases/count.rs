//! The number of rows of a file of about a gigabyte.

use avroscan_tests::write::Codec;

use crate::Result;
use crate::answer::Answer;
use crate::bench::Bench;
use crate::data_set::{SIMPLE, STRINGS};
use crate::measure::Candidate;
use crate::readers::arrow_avro::{self, Text};
use crate::readers::avroscan;
use crate::table::Table;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Counting the rows of 1 GB", "avroscan");
    for set in [&SIMPLE, &STRINGS] {
        let Some(file) = bench.large_file(set, Codec::Null)? else {
            continue;
        };
        #[cfg_attr(not(feature = "engines"), expect(unused_mut))]
        let mut readers = vec![
            Candidate::new("avroscan", || {
                let scan = avroscan::open(file.path_text(), avroscan::default_options())?;
                Ok(Answer::rows(scan.count_rows_blocking()?))
            }),
            // It needs a column to have rows: the narrowest it can find.
            Candidate::new("arrow-avro, 1 column", || {
                let builder = arrow_avro::builder(8_192, Text::Views).with_projection(vec![0]);
                let mut rows = 0;
                for batch in builder.build(arrow_avro::open(&file.path)?)? {
                    rows += batch?.num_rows() as u64;
                }
                Ok(Answer::rows(rows))
            })
            .slow(),
        ];
        #[cfg(feature = "engines")]
        readers.extend(crate::readers::engines::count(&file)?);
        let expected = Answer::rows(file.answer.rows);
        bench.race(&mut table, "count", &file.name, expected, readers)?;
    }
    bench.finish(&table);
    Ok(())
}
