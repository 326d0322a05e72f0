//! Bzip2 streams, one after the other.

use ::bzip2::{Decompress, Status};

use super::flow::Flow;
use super::output::{Output, Step};
use super::{Codec, Decode, corrupt};
use crate::error::{Error, Result};

/// Has nothing to keep: the library's state cannot be used for a second stream.
pub(super) struct Bzip2;

impl Decode for Bzip2 {
    fn decode(&mut self, input: &[u8], output: &mut Output) -> Result<()> {
        output.start_expected();
        let mut rest = input;
        while !rest.is_empty() {
            let mut stream = Decompress::new(false);
            let used = output.drive(rest, |rest, bytes| step(&mut stream, rest, bytes))?;
            rest = used
                .and_then(|used| rest.get(used..))
                .ok_or_else(incomplete)?;
        }
        Ok(())
    }
}

fn step(stream: &mut Decompress, input: &[u8], bytes: &mut Vec<u8>) -> Result<Step> {
    let before = stream.total_in();
    let status = stream
        .decompress_vec(input, bytes)
        .map_err(|error| corrupt(Codec::Bzip2, error))?;
    if status == Status::MemNeeded {
        return Err(corrupt(Codec::Bzip2, "no memory for the decoder"));
    }
    Ok(Step {
        consumed: (stream.total_in() - before) as usize,
        ended: status == Status::StreamEnd,
    })
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
            None => self.stream.insert(Decompress::new(false)),
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
