//! An object of about 100 MB of an S3 server on this machine, whose answers take 20 ms longer.

use std::time::Duration;

use avroscan_tests::s3::{Proxy, Server};
use avroscan_tests::write::Codec;

use crate::Result;
use crate::bench::Bench;
use crate::data_set::{DataSet, SIMPLE, STRINGS};
use crate::files::AvroFile;
use crate::readers::engines;
use crate::table::Table;

const LATENCY: Duration = Duration::from_millis(20);
const BYTES: u64 = 100_000_000;
const ROWS: u64 = 10;

pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let Some(server) = Server::start("peers") else {
        return Ok(());
    };
    let proxy = Proxy::start(&server, LATENCY);
    let options = proxy.options();
    let sets: [(&DataSet, Codec); 3] = [
        (&SIMPLE, Codec::Null),
        (&SIMPLE, Codec::Zstandard),
        (&STRINGS, Codec::Null),
    ];
    let base = "avroscan, DataFusion";
    let mut whole = Table::new("Whole objects of 100 MB, 20 ms away", base);
    let mut first = Table::new("The first 10 rows of 100 MB, 20 ms away", base);
    let mut read = Vec::new();
    for (number, (set, codec)) in sets.into_iter().enumerate() {
        let Some(file) = bench.file_of(set, codec, BYTES)? else {
            continue;
        };
        let url = format!("s3://peers/{number}.avro");
        server.put(&url, &file.bytes()?);
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
    bench.finish(&whole);
    bench.finish(&first);
    println!("\nRead for the first 10 rows:\n");
    for line in read {
        println!("- {line}");
    }
    Ok(())
}
