//! Objects of an S3 server on this machine, whose answers take 20 ms longer: one of about 100 MB, and
//! many small ones.

use std::time::Duration;

use avroscan_tests::s3::Proxy;
use avroscan_tests::write::Codec;

use crate::Result;
use crate::bench::Bench;
use crate::data_set::{DataSet, SIMPLE, STRINGS};
use crate::files::AvroFile;
use crate::object_server::ObjectServer;
use crate::readers::engines;
use crate::table::Table;

const LATENCY: Duration = Duration::from_millis(20);
const BYTES: u64 = 100_000_000;
const ROWS: u64 = 10;
const SMALL_OBJECTS: u64 = 200;
const SMALL_ROWS: u64 = 10_000;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let folder = bench.files.scratch("objects");
    let Some(server) = ObjectServer::start(&folder)? else {
        return Ok(());
    };
    let proxy = Proxy::start(server.port(), LATENCY);
    let options = proxy.options();
    let sets: [(&DataSet, Codec); 3] = [
        (&SIMPLE, Codec::Null),
        (&SIMPLE, Codec::Zstandard),
        (&STRINGS, Codec::Null),
    ];
    let base = "avroscan, DataFusion";
    let mut whole = Table::new("Whole objects, 20 ms away", base);
    let mut first = Table::new("The first 10 rows of 100 MB, 20 ms away", base);
    let mut read = Vec::new();
    for (number, (set, codec)) in sets.into_iter().enumerate() {
        let Some(file) = bench.file_of(set, codec, BYTES)? else {
            continue;
        };
        let url = server.put(&format!("{number}.avro"), file.bytes()?)?;
        let object = AvroFile {
            path: url.into(),
            ..file
        };
        let readers = engines::remote(&object, None, &options);
        bench.race(&mut whole, "remote", &object.name, object.answer, readers)?;
        let (name, expected) = (&object.name, set.answer(ROWS));
        let readers = engines::remote(&object, Some(ROWS), &options);
        bench.race(&mut first, "remote first", name, expected, readers)?;
        for mut reader in engines::remote(&object, Some(ROWS), &options) {
            proxy.take_requests();
            reader.run(expected)?;
            let requests = proxy.take_requests();
            let bytes: u64 = requests.iter().map(|request| request.bytes).sum();
            let (reader, requests) = (&reader.name, requests.len());
            read.push(format!(
                "{name}, {reader}: {bytes} bytes in {requests} requests"
            ));
        }
    }
    let name = format!("{SMALL_OBJECTS} objects of {SMALL_ROWS} rows of simple null");
    if bench.wants(&name) {
        let object = (SIMPLE.write)(SMALL_ROWS, SIMPLE.rows_per_block, Codec::Null);
        for number in 0..SMALL_OBJECTS {
            server.put(&format!("many/{number:03}.avro"), object.clone())?;
        }
        let many = AvroFile {
            name,
            path: "s3://peers/many/".into(),
            probe: SIMPLE.probe,
            answer: SIMPLE.answer(SMALL_ROWS) * SMALL_OBJECTS,
        };
        let readers = engines::remote(&many, None, &options);
        bench.race(&mut whole, "remote", &many.name, many.answer, readers)?;
    }
    bench.finish(&whole);
    bench.finish(&first);
    println!("\nRead for the first 10 rows:\n");
    for line in read {
        println!("- {line}");
    }
    Ok(())
}
