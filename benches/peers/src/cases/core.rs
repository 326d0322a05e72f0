//! Whole files from memory to Arrow, on one thread: the decoders and the codecs, nothing else.

use avroscan_tests::write::Codec;

use super::whole_files;
use crate::answer::Answer;
use crate::bench::Bench;
use crate::measure::Candidate;
use crate::readers::arrow_avro::{self, Text};
use crate::readers::{apache, avroscan};
use crate::table::Table;
use crate::{Result, data_set, yardstick};

/// The batch size of most engines.
const BATCH_SIZE: usize = 8_192;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let mut table = Table::new("Whole files from memory, one thread", "avroscan");
    for (set, codec) in whole_files() {
        let Some(file) = bench.file(set, codec)? else {
            continue;
        };
        let bytes = file.bytes()?;
        let source = avroscan::memory(bytes.clone());
        let options = avroscan::workers(1).with_batch_size(BATCH_SIZE);
        let probe = &file.probe;
        let arrow_avro = |text| {
            let bytes = &bytes;
            move || arrow_avro::read(arrow_avro::builder(BATCH_SIZE, text), &bytes[..], probe)
        };
        let mut readers = vec![
            Candidate::new("avroscan", || {
                avroscan::read(&source, probe, options.clone())
            }),
            Candidate::new("arrow-avro", arrow_avro(Text::Offsets)),
            Candidate::new("arrow-avro, views", arrow_avro(Text::Views)),
        ];
        if set.name == data_set::SIMPLE.name && codec == Codec::Null {
            readers.push(Candidate::new("by hand", || {
                let mut answer = Answer::default();
                yardstick::read(&bytes, BATCH_SIZE, |batch| {
                    answer = answer + Answer::of(probe, &std::hint::black_box(batch));
                })?;
                Ok(answer)
            }));
        }
        if bench.args.slow {
            readers.push(Candidate::new("apache-avro", || apache::read(&bytes[..], probe)).slow());
        }
        bench.race(&mut table, "core", &file.name, file.answer, readers)?;
    }
    bench.finish(&table);
    Ok(())
}
