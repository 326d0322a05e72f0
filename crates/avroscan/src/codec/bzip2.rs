//! Bzip2 streams, one after the other.

use ::bzip2::{Decompress, Status};

use super::output::{Output, Step};
use super::{Codec, Decode, corrupt};
use crate::error::Result;

/// Has nothing to keep: the library's state cannot be used for a second stream.
pub(super) struct Bzip2;

impl Decode for Bzip2 {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        output.start_expected();
        let mut rest = input;
        while !rest.is_empty() {
            let mut stream = Decompress::new(false);
            let used = output.drive(rest, |rest, bytes| {
                let before = stream.total_in();
                let status = stream
                    .decompress_vec(rest, bytes)
                    .map_err(|error| corrupt(Codec::Bzip2, error))?;
                if status == Status::MemNeeded {
                    return Err(corrupt(Codec::Bzip2, "no memory for the decoder"));
                }
                Ok(Step {
                    consumed: (stream.total_in() - before) as usize,
                    ended: status == Status::StreamEnd,
                })
            })?;
            rest = used
                .and_then(|used| rest.get(used..))
                .ok_or_else(|| corrupt(Codec::Bzip2, "the stream is incomplete"))?;
        }
        Ok(())
    }
}
