//! The request that reading a partition needs and its answer: Fetch, version 13, which names the topic by its id.

use super::metadata::TopicId;
use super::wire::{Reader, compact_length, compact_text, no_tags};
use super::{Api, Request, Trouble};
use std::ops::Range;

/// A request for the records of a partition from an offset on.
pub(crate) struct Ask {
    pub topic: TopicId,
    pub partition: i32,
    /// The leader's: one who is deposed answers so, and does not serve what it alone has.
    pub epoch: i32,
    pub offset: i64,
    /// How long the broker may wait for the first byte.
    pub max_wait_ms: i32,
    /// About so many bytes in an answer; a larger batch comes as a whole.
    pub max_bytes: i32,
}

impl Ask {
    pub(crate) fn request(&self) -> Request {
        Request::new(Api::Fetch, |out| {
            out.extend((-1_i32).to_be_bytes()); // not a replica
            out.extend(self.max_wait_ms.to_be_bytes());
            out.extend(1_i32.to_be_bytes()); // bytes to wait for
            out.extend(self.max_bytes.to_be_bytes());
            out.push(1); // committed records only
            out.extend(0_i32.to_be_bytes()); // no session
            out.extend((-1_i32).to_be_bytes());
            compact_length(out, 1); // topics
            out.extend(self.topic.0);
            compact_length(out, 1); // partitions
            out.extend(self.partition.to_be_bytes());
            out.extend(self.epoch.to_be_bytes());
            out.extend(self.offset.to_be_bytes());
            out.extend((-1_i32).to_be_bytes()); // last epoch: followers say it
            out.extend((-1_i64).to_be_bytes()); // not a follower
            out.extend(self.max_bytes.to_be_bytes());
            no_tags(out);
            no_tags(out);
            compact_length(out, 0); // nothing to forget
            compact_text(out, ""); // rack
            no_tags(out);
        })
    }
}

/// What the broker said of the partition.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// Offset behind the last record that may be read.
    pub end: i64,
    /// (producer, first offset) of transactions that were aborted.
    pub aborted: Vec<(i64, i64)>,
    /// Where in the answer the batches are.
    pub records: Range<usize>,
}

impl Answer {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Trouble> {
        match read(reader).ok_or(Trouble::Unreadable)? {
            (0, answer) => Ok(answer),
            (code, _) => Err(Trouble::Code(code)),
        }
    }
}

fn read(reader: &mut Reader<'_>) -> Option<(i16, Answer)> {
    let _throttled_ms = reader.i32()?;
    let code = reader.i16()?;
    let _session = reader.i32()?;
    if code != 0 {
        return Some((code, Answer::default()));
    }
    if reader.count()? != 1 {
        return None;
    }
    let _topic = reader.array::<16>()?;
    if reader.count()? != 1 {
        return None;
    }
    let _partition = reader.i32()?;
    let code = reader.i16()?;
    let _high_watermark = reader.i64()?;
    let mut answer = Answer { end: reader.i64()?, ..Answer::default() };
    let _first_offset = reader.i64()?;
    for _ in 0..reader.count()? {
        answer.aborted.push((reader.i64()?, reader.i64()?));
        reader.tags()?;
    }
    let _preferred_replica = reader.i32()?;
    let length = reader.count()?;
    let start = reader.at;
    reader.skip(length)?;
    answer.records = start..reader.at;
    Some((code, answer))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer of partition 1, behind its header, with these batches.
    pub(crate) fn answer(code: i16, end: i64, aborted: &[(i64, i64)], batches: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 4 + 2 + 4];
        compact_length(&mut out, 1);
        out.extend([7; 16]);
        compact_length(&mut out, 1);
        out.extend(1_i32.to_be_bytes());
        out.extend(code.to_be_bytes());
        [end + 5, end, 0].iter().for_each(|offset| out.extend(offset.to_be_bytes()));
        compact_length(&mut out, aborted.len());
        for (producer, first) in aborted {
            out.extend(producer.to_be_bytes());
            out.extend(first.to_be_bytes());
            no_tags(&mut out);
        }
        out.extend((-1_i32).to_be_bytes());
        compact_length(&mut out, batches.len());
        out.extend(batches);
        out.extend([0, 0, 0]);
        out
    }

    fn read(bytes: &[u8]) -> Result<Answer, Trouble> {
        Answer::read(&mut Reader { bytes, at: 0 })
    }

    #[test]
    fn an_answer_cut_anywhere_is_unreadable() {
        let bytes = answer(0, 95, &[(5, 90)], b"abc");
        let behind = bytes.len() - 3;
        assert_eq!(
            read(&bytes),
            Ok(Answer { end: 95, aborted: vec![(5, 90)], records: behind - 3..behind })
        );
        for cut in 0..behind {
            assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
        }
    }

    #[test]
    fn codes_are_the_partitions_or_the_requests() {
        assert_eq!(read(&answer(6, -1, &[], b"")), Err(Trouble::Code(6)));
        let mut bytes = vec![0; 4];
        bytes.extend(100_i16.to_be_bytes());
        bytes.extend([0; 4]);
        assert_eq!(read(&bytes), Err(Trouble::Code(100)));
    }
}
