//! The request that appending to a partition needs and its answer: Produce, version 9, with one batch of one partition.

use super::wire::{Reader, compact_length, compact_text, no_tags};
use super::{Api, Request, Trouble};

/// A batch for the partition's end.
pub(crate) struct Append<'a> {
    pub topic: &'a str,
    pub partition: i32,
    /// How long the broker may wait for the other replicas.
    pub timeout_ms: i32,
    pub batch: &'a [u8],
}

impl Append<'_> {
    pub(crate) fn request(&self) -> Request {
        Request::new(Api::Produce, |out| {
            out.reserve(self.batch.len() + 64);
            out.push(0); // no transaction
            out.extend((-1_i16).to_be_bytes()); // acknowledged by all replicas that are in sync
            out.extend(self.timeout_ms.to_be_bytes());
            compact_length(out, 1); // topics
            compact_text(out, self.topic);
            compact_length(out, 1); // partitions
            out.extend(self.partition.to_be_bytes());
            compact_length(out, self.batch.len());
            out.extend(self.batch);
            no_tags(out);
            no_tags(out);
            no_tags(out);
        })
    }
}

/// Reads the answer: the offset of the batch's first record.
pub(crate) fn appended_at(reader: &mut Reader<'_>) -> Result<i64, Trouble> {
    match read(reader).ok_or(Trouble::Unreadable)? {
        (0, base) => Ok(base),
        (code, _) => Err(Trouble::Code(code)),
    }
}

fn read(reader: &mut Reader<'_>) -> Option<(i16, i64)> {
    if reader.count()? != 1 {
        return None;
    }
    let _topic = reader.compact_text()?;
    if reader.count()? != 1 {
        return None;
    }
    let _partition = reader.i32()?;
    let found = (reader.i16()?, reader.i64()?);
    // Times, the log's start, and words about single records: of no use, but they must be there.
    reader.skip(8 + 8)?;
    for _ in 0..reader.count()? {
        let _place = reader.i32()?;
        let _words = reader.compact_text()?;
        reader.tags()?;
    }
    let _words = reader.compact_text()?;
    reader.tags()?;
    reader.tags()?;
    let _throttled_ms = reader.i32()?;
    reader.tags()?;
    Some(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An answer behind its header.
    pub(crate) fn answer(code: i16, base: i64) -> Vec<u8> {
        let mut out = Vec::new();
        compact_length(&mut out, 1);
        compact_text(&mut out, "sends");
        compact_length(&mut out, 1);
        out.extend(1_i32.to_be_bytes());
        out.extend(code.to_be_bytes());
        [base, -1, 0].iter().for_each(|number| out.extend(number.to_be_bytes()));
        compact_length(&mut out, usize::from(code != 0));
        if code != 0 {
            out.extend(0_i32.to_be_bytes());
            compact_text(&mut out, "why");
            no_tags(&mut out);
        }
        out.push(0); // no words
        out.extend([0, 0, 0, 0, 0, 0, 0]);
        out
    }

    #[test]
    fn an_answer_cut_anywhere_is_unreadable() {
        let read = |bytes: &[u8]| appended_at(&mut Reader { bytes, at: 0 });
        for (code, expected) in [(0, Ok(95)), (6, Err(Trouble::Code(6)))] {
            let bytes = answer(code, 95);
            assert_eq!(read(&bytes), expected);
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut]), Err(Trouble::Unreadable), "{cut}");
            }
        }
    }
}
