//! Streams of the xz container, one after the other.

use liblzma::stream::{Action, CONCATENATED, Error as XzError, Status, Stream};

use super::flow::Flow;
use super::output::{Output, Step};
use super::{Codec, Decode, corrupt, misused, out_of_memory};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limit;

/// The most memory for the decoder: twice what the highest preset of `xz` needs (65 MiB, nearly
/// all of it the dictionary). The format itself allows dictionaries of 4 GiB.
const MAX_MEMORY: u64 = 128 << 20;

/// Has nothing to keep: the binding cannot begin a second block with the same state.
pub(super) struct Xz;

impl Decode for Xz {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        output.start_expected()?;
        let mut stream = Stream::new_stream_decoder(MAX_MEMORY, CONCATENATED).map_err(describe)?;
        let used = output.drive(input, |rest, bytes| {
            step(&mut stream, rest, bytes, Action::Finish)
        })?;
        match used {
            // With `CONCATENATED` the end is the end of the input, or an error.
            Some(_) => Ok(()),
            None => Err(incomplete()),
        }
    }
}

fn step(stream: &mut Stream, input: &[u8], bytes: &mut Vec<u8>, action: Action) -> Result<Step> {
    let before = stream.total_in();
    let status = stream.process_vec(input, bytes, action).map_err(describe)?;
    Ok(Step {
        consumed: (stream.total_in() - before) as usize,
        ended: status == Status::StreamEnd,
    })
}

fn incomplete() -> Error {
    corrupt(Codec::Xz, "the stream is incomplete")
}

pub(super) struct XzFlow {
    stream: Stream,
}

impl XzFlow {
    pub(super) fn new() -> Result<Self> {
        let stream = Stream::new_stream_decoder(MAX_MEMORY, CONCATENATED).map_err(describe)?;
        Ok(Self { stream })
    }
}

impl Flow for XzFlow {
    fn step(&mut self, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
        step(&mut self.stream, input, bytes, Action::Run)
    }

    fn finish(&mut self, _: &mut dyn Iterator<Item = &[u8]>) -> Result<()> {
        // All of the output is there: this only tells whether the stream has ended.
        let mut rest = Vec::with_capacity(1);
        let step = step(&mut self.stream, &[], &mut rest, Action::Finish)?;
        if step.ended {
            Ok(())
        } else {
            Err(incomplete())
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
        XzError::Mem => return out_of_memory("the decompressor of xz"),
        XzError::Program => return misused(Codec::Xz, error),
    };
    corrupt(Codec::Xz, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_of_the_library_is_the_fault_of_who_is_to_blame() {
        for (answer, kind) in [
            (XzError::Data, ErrorKind::Compression),
            (XzError::Options, ErrorKind::Compression),
            (XzError::Format, ErrorKind::Compression),
            (XzError::NoCheck, ErrorKind::Compression),
            (XzError::UnsupportedCheck, ErrorKind::Compression),
            (
                XzError::MemLimit,
                ErrorKind::Limit(Limit::DecompressorBytes),
            ),
            (XzError::Mem, ErrorKind::OutOfMemory),
            (XzError::Program, ErrorKind::Internal),
        ] {
            assert_eq!(describe(answer).kind(), kind);
        }
    }
}
