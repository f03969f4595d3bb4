//! A compressed batch that is longer than an answer may become: unpacked piece by piece, and only as far as there is room. Reading goes on in its
//! middle, which unpacks what is before again and throws it away. That costs time, of a batch that no usual producer makes, but never memory.

use super::Trouble;
use super::batches::{Batch, MAX_RECORDS, Reached, Span, field};
use super::wire::Reader;
use std::io::Read;

/// Bytes of records that are kept for one answer.
const ROOM: usize = 8 << 20;
/// Bytes that are unpacked at a time.
const PIECE: usize = 1 << 20;
/// A longer record is cut: no event is as long (`max_event_bytes` has 1 MiB at most), so it becomes a dead letter all the same.
const MAX_RECORD: usize = 2 << 20;

/// Appends records at `from` or behind.
pub(super) fn records(
    batch: &Batch,
    packed: Box<dyn Read + '_>,
    from: i64,
    bytes: &mut Vec<u8>,
    out: &mut Vec<Span>,
) -> Result<Reached, Trouble> {
    let start = bytes.len();
    let mut pieces = Pieces { packed, plain: Vec::new(), at: 0 };
    for _ in 0..batch.count {
        let span = pieces.record(batch, from, bytes).ok_or(Trouble::Unreadable)?;
        let Some(span) = span else { continue };
        let behind = span.offset.checked_add(1).ok_or(Trouble::Unreadable)?;
        out.push(span);
        if bytes.len() - start >= ROOM || out.len() >= MAX_RECORDS {
            return Ok(Reached::Record(behind));
        }
    }
    Ok(Reached::End)
}

/// What is unpacked and not yet read begins at `at`.
struct Pieces<'a> {
    packed: Box<dyn Read + 'a>,
    plain: Vec<u8>,
    at: usize,
}

impl Pieces<'_> {
    /// The next record, in `bytes`; the inner none if it is before `from`.
    fn record(&mut self, batch: &Batch, from: i64, bytes: &mut Vec<u8>) -> Option<Option<Span>> {
        // A length has ten bytes at most. Behind the last record there are fewer.
        self.fill(10)?;
        let mut length = Reader { bytes: &self.plain, at: self.at };
        let body = usize::try_from(length.varint()?).ok()?;
        let head = length.at - self.at;
        let whole = head.checked_add(body)?;
        let there = whole.min(MAX_RECORD);
        self.fill(there)?;
        let record = self.plain.get(self.at..self.at + there)?;
        let span = match there == whole {
            true => batch.record(&mut Reader { bytes: record, at: 0 })?,
            false => cut(batch, Reader { bytes: record, at: head })?,
        };
        let span = (span.offset >= from).then(|| {
            let shift = bytes.len() as u32;
            bytes.extend(record);
            span.moved(shift)
        });
        self.at += there;
        self.skip(whole - there)?;
        Some(span)
    }

    /// Unpacks until `count` bytes are there, or all.
    fn fill(&mut self, count: usize) -> Option<()> {
        if self.plain.len() - self.at >= count {
            return Some(());
        }
        self.plain.drain(..self.at);
        self.at = 0;
        let wanted = (count.max(PIECE) - self.plain.len()) as u64;
        self.packed.by_ref().take(wanted).read_to_end(&mut self.plain).ok()?;
        Some(())
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        let there = count.min(self.plain.len() - self.at);
        self.at += there;
        let rest = (count - there) as u64;
        let skipped = std::io::copy(&mut self.packed.by_ref().take(rest), &mut std::io::sink());
        (skipped.ok()? == rest).then_some(())
    }
}

/// A record of which only the beginning is there: the value ends with it.
fn cut(batch: &Batch, mut reader: Reader<'_>) -> Option<Span> {
    let (offset, time) = batch.place(&mut reader)?;
    let key = field(&mut reader).flatten();
    let value = reader.varint().map_or(0, |_| reader.at as u32)..reader.bytes.len() as u32;
    let headers = value.end..value.end;
    Some(Span { offset, time, key, value: Some(value), headers })
}
