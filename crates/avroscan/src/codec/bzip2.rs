//! Bzip2 streams, one after the other.

use ::bzip2::{Decompress, Error as Bzip2Error, Status};

use super::flow::Flow;
use super::output::{Output, Step};
use super::{Codec, Decode, check_memory, corrupt, misused, out_of_memory};
use crate::error::{Error, Result};

/// Has nothing to keep: the library's state cannot be used for a second stream.
pub(super) struct Bzip2;

impl Decode for Bzip2 {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        output.start_expected()?;
        let mut rest = input;
        while !rest.is_empty() {
            let mut stream = new_stream()?;
            let used = output.drive(rest, |rest, bytes| step(&mut stream, rest, bytes))?;
            rest = used
                .and_then(|used| rest.get(used..))
                .ok_or_else(incomplete)?;
        }
        Ok(())
    }
}

fn new_stream() -> Result<Decompress> {
    /// What the library allocates at first; what depends on the stream comes later, with an error.
    const STATE_BYTES: usize = 128 << 10;

    check_memory(Codec::Bzip2, STATE_BYTES)?;
    Ok(Decompress::new(false))
}

fn step(stream: &mut Decompress, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
    let before = stream.total_in();
    let result = stream.decompress_vec(input, bytes);
    Ok(Step {
        consumed: (stream.total_in() - before) as usize,
        ended: has_ended(result)?,
    })
}

/// Whether the stream has ended, by what the library answers.
fn has_ended(result: Result<Status, Bzip2Error>) -> Result<bool> {
    match result {
        Ok(Status::MemNeeded) => Err(out_of_memory("the decompressor of bzip2")),
        Ok(status) => Ok(status == Status::StreamEnd),
        Err(error @ (Bzip2Error::Data | Bzip2Error::DataMagic)) => {
            Err(corrupt(Codec::Bzip2, error))
        }
        Err(error @ (Bzip2Error::Sequence | Bzip2Error::Param)) => {
            Err(misused(Codec::Bzip2, error))
        }
    }
}

fn incomplete() -> Error {
    corrupt(Codec::Bzip2, "the stream is incomplete")
}

pub(super) struct Bzip2Flow {
    /// `None` between two streams.
    stream: Option<Decompress>,
}

impl Bzip2Flow {
    pub(super) fn new() -> Self {
        Self { stream: None }
    }
}

impl Flow for Bzip2Flow {
    fn step(&mut self, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None if input.is_empty() => return Ok(Step::END),
            None => self.stream.insert(new_stream()?),
        };
        let step = step(stream, input, bytes)?;
        if step.ended {
            self.stream = None;
        }
        Ok(step)
    }

    fn finish(&mut self, _: &mut dyn Iterator<Item = &[u8]>) -> Result<()> {
        match self.stream {
            Some(_) => Err(incomplete()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn each_answer_of_the_library_is_the_fault_of_who_is_to_blame() {
        assert!(has_ended(Ok(Status::StreamEnd)).unwrap());
        assert!(!has_ended(Ok(Status::Ok)).unwrap());
        for (answer, kind) in [
            (Ok(Status::MemNeeded), ErrorKind::OutOfMemory),
            (Err(Bzip2Error::Data), ErrorKind::Compression),
            (Err(Bzip2Error::DataMagic), ErrorKind::Compression),
            (Err(Bzip2Error::Sequence), ErrorKind::Internal),
            (Err(Bzip2Error::Param), ErrorKind::Internal),
        ] {
            assert_eq!(has_ended(answer).unwrap_err().kind(), kind);
        }
    }
}
