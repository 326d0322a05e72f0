//! Bytes that arrive in pieces and are taken in others.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// A queue of bytes. Taking what lies within one piece copies nothing.
#[derive(Debug, Default)]
pub(crate) struct ByteQueue {
    pieces: VecDeque<Bytes>,
    length: usize,
}

impl ByteQueue {
    pub(crate) fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.length += piece.len();
            self.pieces.push_back(piece);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Copies bytes from `offset` on into `target` and returns how many there were.
    pub(crate) fn copy_to(&self, mut offset: usize, target: &mut [u8]) -> usize {
        let mut filled = 0;
        for piece in &self.pieces {
            let Some(bytes) = piece.get(offset..) else {
                offset -= piece.len();
                continue;
            };
            offset = 0;
            let length = bytes.len().min(target.len() - filled);
            if let (Some(to), Some(from)) =
                (target.get_mut(filled..filled + length), bytes.get(..length))
            {
                to.copy_from_slice(from);
                filled += length;
            }
            if filled == target.len() {
                break;
            }
        }
        filled
    }

    /// The pieces that it consists of.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &**piece)
    }

    /// Drops the first `length` bytes, or all where there are fewer.
    pub(crate) fn skip(&mut self, length: usize) {
        let mut left = length.min(self.length);
        self.length -= left;
        while let Some(piece) = self.pieces.front_mut() {
            if left < piece.len() {
                let _ = piece.split_to(left);
                return;
            }
            left -= piece.len();
            self.pieces.pop_front();
        }
    }

    /// Takes the first bytes as they lie in one piece, at most `length` of them.
    pub(crate) fn take_piece(&mut self, length: usize) -> Bytes {
        let first = self.pieces.front().map_or(0, Bytes::len);
        self.take(first.min(length))
    }

    /// Takes the first `length` bytes, or all where there are fewer.
    pub(crate) fn take(&mut self, length: usize) -> Bytes {
        let length = length.min(self.length);
        match self.pieces.front_mut() {
            Some(piece) if piece.len() >= length => {
                self.length -= length;
                let taken = piece.split_to(length);
                if piece.is_empty() {
                    self.pieces.pop_front();
                }
                taken
            }
            _ => {
                let mut taken = BytesMut::with_capacity(length);
                while taken.len() < length {
                    let Some(piece) = self.pieces.front() else {
                        break;
                    };
                    let part = piece.len().min(length - taken.len());
                    let part = self.take(part);
                    taken.extend_from_slice(&part);
                }
                taken.freeze()
            }
        }
    }
}
