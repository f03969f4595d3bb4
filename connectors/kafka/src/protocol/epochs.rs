//! Where the records of a leader end: OffsetForLeaderEpoch, version 2 (KIP-320). A log that an unclean election has cut ends earlier than what was read of it.

use super::wire::{Reader, text};
use super::{Api, Request, Trouble};

/// A question for the end of an epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskEpoch<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// The leader's own epoch, so that one who is deposed, or does not know yet that it leads, does not answer.
    pub current: i32,
    /// The epoch that is asked for.
    pub epoch: i32,
}

impl AskEpoch<'_> {
    pub(crate) fn request(&self) -> Request {
        Request::new(Api::OffsetForLeaderEpoch, |out| {
            out.extend(1_i32.to_be_bytes()); // topics
            text(out, self.topic);
            out.extend(1_i32.to_be_bytes()); // partitions
            out.extend(self.partition.to_be_bytes());
            out.extend(self.current.to_be_bytes());
            out.extend(self.epoch.to_be_bytes());
        })
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochEnd {
    /// The newest epoch of the log that is not newer than what was asked for; -1 if there is none.
    pub epoch: i32,
    /// The offset behind its last record; -1 if there is no such epoch.
    pub end: i64,
}

impl EpochEnd {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Trouble> {
        let mut read = || {
            let _throttled_ms = reader.i32()?;
            if reader.i32()? != 1 {
                return None;
            }
            let _topic = reader.text()?;
            if reader.i32()? != 1 {
                return None;
            }
            let code = reader.i16()?;
            let _partition = reader.i32()?;
            Some((code, Self { epoch: reader.i32()?, end: reader.i64()? }))
        };
        match read().ok_or(Trouble::Unreadable)? {
            (0, end) => Ok(end),
            (code, _) => Err(Trouble::Code(code)),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn answer(code: i16, epoch: i32, end: i64) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend(1_i32.to_be_bytes());
        text(&mut out, "events");
        out.extend(1_i32.to_be_bytes());
        out.extend(code.to_be_bytes());
        out.extend(1_i32.to_be_bytes());
        out.extend(epoch.to_be_bytes());
        out.extend(end.to_be_bytes());
        out
    }

    #[test]
    fn the_end_is_read_and_an_answer_cut_anywhere_is_unreadable() {
        let bytes = answer(0, 4, 99);
        let read = |bytes| EpochEnd::read(&mut Reader { bytes, at: 0 });
        assert_eq!(read(&bytes), Ok(EpochEnd { epoch: 4, end: 99 }));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
        assert_eq!(read(&answer(74, -1, -1)), Err(Trouble::Code(74)));
    }
}
