//! The one request that reading a partition needs and its answer: Fetch, version 11 (<https://kafka.apache.org/protocol>). Brokers know
//! it since 2.4. All numbers are big-endian.

use super::Trouble;
use std::ops::Range;

const FETCH: i16 = 1;
const VERSION: i16 = 11;
pub(super) const CLIENT: &str = "cartwheel";

/// A request for the records of a partition from an offset on.
pub(super) struct Ask<'a> {
    pub correlation: i32,
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    /// How long the broker may wait for the first byte.
    pub max_wait_ms: i32,
    /// About so many bytes in an answer; a larger batch comes as a whole.
    pub max_bytes: i32,
}

impl Ask<'_> {
    /// The request with its length before it.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend(FETCH.to_be_bytes());
        out.extend(VERSION.to_be_bytes());
        out.extend(self.correlation.to_be_bytes());
        text(&mut out, CLIENT);
        out.extend((-1_i32).to_be_bytes()); // not a replica
        out.extend(self.max_wait_ms.to_be_bytes());
        out.extend(1_i32.to_be_bytes()); // bytes to wait for
        out.extend(self.max_bytes.to_be_bytes());
        out.push(1); // committed records only
        out.extend(0_i32.to_be_bytes()); // no session
        out.extend((-1_i32).to_be_bytes());
        out.extend(1_i32.to_be_bytes()); // topics
        text(&mut out, self.topic);
        out.extend(1_i32.to_be_bytes()); // partitions
        out.extend(self.partition.to_be_bytes());
        out.extend((-1_i32).to_be_bytes()); // leader epoch: unknown
        out.extend(self.offset.to_be_bytes());
        out.extend((-1_i64).to_be_bytes()); // not a follower
        out.extend(self.max_bytes.to_be_bytes());
        out.extend(0_i32.to_be_bytes()); // nothing to forget
        text(&mut out, ""); // rack
        let length = (out.len() - 4) as i32;
        out[..4].copy_from_slice(&length.to_be_bytes());
        out
    }
}

/// Names are far shorter than 32 KiB: brokers allow 249 bytes for a topic.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as i16).to_be_bytes());
    out.extend(text.as_bytes());
}

/// What the broker said of the partition.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Offset behind the last record that may be read.
    pub end: i64,
    /// (producer, first offset) of transactions that were aborted.
    pub aborted: Vec<(i64, i64)>,
    /// Where in the answer the batches are.
    pub records: Range<usize>,
}

/// Reads an answer, without its length. Codes are those of the protocol.
pub(super) fn answer(bytes: &[u8], correlation: i32) -> Result<Answer, Trouble> {
    let mut reader = Reader { bytes, at: 0 };
    let (found, code, answer) = reader.answer().ok_or(Trouble::Unreadable)?;
    match code {
        _ if found != correlation => Err(Trouble::Unreadable),
        0 => Ok(answer),
        code => Err(Trouble::Code(code)),
    }
}

/// Reads numbers one behind the other. None behind the end.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    fn answer(&mut self) -> Option<(i32, i16, Answer)> {
        let correlation = self.i32()?;
        let _throttled_ms = self.i32()?;
        let code = self.i16()?;
        let _session = self.i32()?;
        if code != 0 {
            return Some((correlation, code, Answer::default()));
        }
        if self.i32()? != 1 {
            return None;
        }
        let topic = self.i16()?;
        self.skip(usize::try_from(topic).ok()?)?;
        if self.i32()? != 1 {
            return None;
        }
        let _partition = self.i32()?;
        let code = self.i16()?;
        let _high_watermark = self.i64()?;
        let mut answer = Answer { end: self.i64()?, ..Answer::default() };
        let _first_offset = self.i64()?;
        for _ in 0..self.i32()?.max(0) {
            answer.aborted.push((self.i64()?, self.i64()?));
        }
        let _preferred_replica = self.i32()?;
        let length = usize::try_from(self.i32()?.max(0)).ok()?;
        let start = self.at;
        self.skip(length)?;
        answer.records = start..self.at;
        Some((correlation, code, answer))
    }

    pub fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = self.bytes.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*array)
    }

    /// A text with its length before it; the inner none is null. None if it is not there as a whole, or no UTF-8.
    pub fn text(&mut self) -> Option<Option<&'a str>> {
        let Ok(length) = usize::try_from(self.i16()?) else { return Some(None) };
        let start = self.at;
        self.skip(length)?;
        let bytes: &'a [u8] = self.bytes;
        std::str::from_utf8(&bytes[start..self.at]).ok().map(Some)
    }

    pub fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// A number in as few bytes as it needs, seven bits a byte, the sign in the lowest bit.
    #[inline]
    pub fn varint(&mut self) -> Option<i64> {
        let mut bits = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            bits |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_zigzag() {
        for (bytes, number) in [
            (&[0][..], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0x80, 1], 64),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], i64::MIN),
        ] {
            assert_eq!(Reader { bytes, at: 0 }.varint(), Some(number), "{bytes:?}");
        }
        assert_eq!(Reader { bytes: &[0x80; 11], at: 0 }.varint(), None);
        assert_eq!(Reader { bytes: &[0x80], at: 0 }.varint(), None);
    }

    #[test]
    fn an_answer_cut_anywhere_is_unreadable() {
        let mut bytes = Vec::new();
        bytes.extend(7_i32.to_be_bytes());
        bytes.extend([0; 4 + 2 + 4]);
        bytes.extend(1_i32.to_be_bytes());
        text(&mut bytes, "events");
        bytes.extend(1_i32.to_be_bytes());
        bytes.extend([0; 4 + 2]);
        [100_i64, 95, 0].iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
        bytes.extend(1_i32.to_be_bytes());
        bytes.extend(5_i64.to_be_bytes());
        bytes.extend(90_i64.to_be_bytes());
        bytes.extend((-1_i32).to_be_bytes());
        bytes.extend(3_i32.to_be_bytes());
        bytes.extend(b"abc");
        let whole = bytes.len();
        assert_eq!(
            answer(&bytes, 7),
            Ok(Answer { end: 95, aborted: vec![(5, 90)], records: whole - 3..whole })
        );
        assert_eq!(answer(&bytes, 8), Err(Trouble::Unreadable), "another request's");
        for cut in 0..whole {
            assert_eq!(answer(&bytes[..cut], 7), Err(Trouble::Unreadable), "{cut}");
        }
    }
}
