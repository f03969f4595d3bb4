//! Answers as they come: each with its length before it, cut anywhere.

use super::Trouble;

/// An answer that says it is longer is none.
pub(crate) const MAX_ANSWER: usize = 256 << 20;
/// Memory beyond this is given back behind an answer that needed it.
const KEEP: usize = 16 << 20;
/// Bytes of the length.
pub(super) const LENGTH: usize = 4;

/// The answer that is being received. It never takes bytes of the one behind it, so that an answer is a buffer of its own.
#[derive(Debug)]
pub(crate) struct Frames {
    /// So many bytes of it are there, its length among them; behind them is room.
    bytes: Vec<u8>,
    received: usize,
    /// A longer answer is refused.
    longest: usize,
}

impl Frames {
    /// Takes answers of up to `longest` bytes.
    pub(crate) fn up_to(longest: usize) -> Self {
        Self { bytes: Vec::new(), received: 0, longest }
    }

    /// Where the next bytes belong; empty once the answer is whole.
    pub(crate) fn room(&mut self) -> Result<&mut [u8], Trouble> {
        let wanted = self.wanted()?;
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
        Ok(&mut self.bytes[self.received..wanted])
    }

    /// So many bytes were put into the room.
    pub(crate) fn received(&mut self, count: usize) {
        self.received = (self.received + count).min(self.bytes.len());
    }

    fn wanted(&self) -> Result<usize, Trouble> {
        match self.bytes.first_chunk().filter(|_| self.received >= LENGTH) {
            None => Ok(LENGTH),
            Some(length) => match usize::try_from(i32::from_be_bytes(*length)) {
                Ok(length) if length <= self.longest => Ok(LENGTH + length),
                _ => Err(Trouble::Unreadable),
            },
        }
    }

    /// The answer that is whole, in a buffer that `spare` takes the place of, and where in it the answer begins, behind its length.
    pub(crate) fn take(&mut self, spare: Vec<u8>) -> (Vec<u8>, usize) {
        let mut bytes = std::mem::replace(&mut self.bytes, spare);
        if self.bytes.capacity() > KEEP {
            self.bytes = Vec::new();
        }
        bytes.truncate(self.received);
        self.received = 0;
        (bytes, LENGTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives `stream` in pieces of these sizes, again and again; the answers that come of it.
    fn receive(stream: &[u8], sizes: &[usize]) -> Result<Vec<Vec<u8>>, Trouble> {
        let (mut frames, mut at, mut answers) = (Frames::up_to(1 << 10), 0, Vec::new());
        for size in sizes.iter().cycle() {
            let mut piece = &stream[at..(at + size).min(stream.len())];
            at += piece.len();
            loop {
                let room = frames.room()?;
                let count = room.len().min(piece.len());
                room[..count].copy_from_slice(&piece[..count]);
                piece = &piece[count..];
                frames.received(count);
                if frames.room()?.is_empty() {
                    let (bytes, start) = frames.take(vec![7; 3]);
                    answers.push(bytes[start..].to_vec());
                } else if piece.is_empty() {
                    break;
                }
            }
            if at == stream.len() {
                break;
            }
        }
        Ok(answers)
    }

    proptest! {
        #[test]
        fn answers_are_the_same_wherever_the_stream_is_cut(
            answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
            sizes in prop::collection::vec(1..50_usize, 1..20),
        ) {
            let stream: Vec<u8> = answers
                .iter()
                .flat_map(|answer| [&(answer.len() as i32).to_be_bytes()[..], answer].concat())
                .collect();
            prop_assert_eq!(receive(&stream, &sizes), Ok(answers));
        }
    }

    #[test]
    fn a_length_that_lies_is_refused_before_memory_is_taken() {
        for length in [-1_i32, i32::MIN, 1 << 20, i32::MAX] {
            assert_eq!(receive(&length.to_be_bytes(), &[4]), Err(Trouble::Unreadable), "{length}");
        }
    }
}
