//! Streams of the xz container, one after the other.

use liblzma::stream::{Action, CONCATENATED, Error as XzError, Status, Stream};

use super::output::{Output, Step};
use super::{Codec, Decode, corrupt};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;

/// The most memory for the decoder: twice what the highest preset of `xz` needs (65 MiB, nearly
/// all of it the dictionary). The format itself allows dictionaries of 4 GiB.
const MAX_MEMORY: u64 = 128 << 20;

/// Has nothing to keep: the binding cannot begin a second block with the same state.
pub(super) struct Xz;

impl Decode for Xz {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        output.start_expected();
        let mut stream = Stream::new_stream_decoder(MAX_MEMORY, CONCATENATED).map_err(describe)?;
        let used = output.drive(input, |rest, bytes| {
            let before = stream.total_in();
            let status = stream
                .process_vec(rest, bytes, Action::Finish)
                .map_err(describe)?;
            Ok(Step {
                consumed: (stream.total_in() - before) as usize,
                ended: status == Status::StreamEnd,
            })
        })?;
        match used {
            // With `CONCATENATED` the end is the end of the input, or an error.
            Some(_) => Ok(()),
            None => Err(corrupt(Codec::Xz, "the stream is incomplete")),
        }
    }
}

fn describe(error: XzError) -> Error {
    let what = match error {
        XzError::MemLimit => {
            return Error::new(
                ErrorKind::Limit(Limit::DecompressorBytes),
                format!("the block needs more than {MAX_MEMORY} bytes of memory to decompress"),
            );
        }
        XzError::Format => "not an xz stream",
        XzError::Data => "the data is damaged",
        XzError::Options => "the stream uses options that are unknown or not supported",
        XzError::UnsupportedCheck | XzError::NoCheck => "the stream's checksum is not supported",
        XzError::Mem => "no memory for the decoder",
        XzError::Program => "the decoder was used wrongly",
    };
    corrupt(Codec::Xz, what)
}
