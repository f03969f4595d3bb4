//! Record batches, format 2 (<https://kafka.apache.org/documentation/#recordbatch>): where in a fetched answer the records are.

use super::Trouble;
use super::codec::open;
use super::sift;
use super::wire::Reader;
use std::io::Read as _;
use std::ops::Range;

/// A fetched answer and its records.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub bytes: Vec<u8>,
    pub records: Vec<Span>,
    pub partition: i32,
    /// The broker has more behind it.
    pub more: bool,
}

/// A record, by positions in the answer. An answer is far shorter than 4 GiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub offset: i64,
    /// Epoch milliseconds.
    pub time: i64,
    pub key: Option<Range<u32>>,
    pub value: Option<Range<u32>>,
    /// Their number (a varint) and the headers.
    pub headers: Range<u32>,
}

impl Span {
    /// The same record where its bytes stand so much further behind.
    pub(super) fn moved(mut self, shift: u32) -> Self {
        let ranges = self.key.iter_mut().chain(&mut self.value).chain([&mut self.headers]);
        ranges.for_each(|range| *range = range.start + shift..range.end + shift);
        self
    }
}

/// Bytes that the compressed batches of an answer are unpacked to, together, at most. What is behind is asked for again. Usual producers compress to
/// a fifth, so that an answer of 2 MiB has 10 MiB.
const MAX_PLAIN: usize = 24 << 20;
/// Records of an answer at most, each with a [`Span`] of 56 bytes; what is behind is asked for again.
pub(super) const MAX_RECORDS: usize = 1 << 18;
/// Bytes of a batch before its records.
const HEADER: usize = 61;
/// Bytes of a batch that its length does not count.
const BEFORE_LENGTH: usize = 12;
/// Where what the checksum covers begins.
const CHECKED: usize = 21;

const CODEC: i16 = 0b111;
const APPEND_TIME: i16 = 1 << 3;
const TRANSACTIONAL: i16 = 1 << 4;
const CONTROL: i16 = 1 << 5;

/// How far batches were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// The offset behind the last batch that is there as a whole, or behind the last record for which there was room.
    pub next: i64,
    /// The epoch of the leader that took the last batch that was read; -1 if none was, or it has none.
    pub epoch: i32,
}

/// The records at `from` or behind, in order, of the batches in `range`, without those of aborted transactions. What was compressed is
/// appended to `bytes`. A batch that cannot be read ends the list; if it is the first that counts, with its trouble.
pub(crate) fn read(
    bytes: &mut Vec<u8>,
    range: Range<usize>,
    from: i64,
    mut aborted: Vec<(i64, i64)>,
    records: &mut Vec<Span>,
) -> Result<Read, Trouble> {
    aborted.sort_unstable_by_key(|(_, first)| std::cmp::Reverse(*first));
    let mut transactions = Transactions { aborted, open: Vec::new() };
    let (mut at, full) = (range.start, bytes.len() + MAX_PLAIN);
    let mut read = Read { next: from, epoch: -1 };
    while let Some(batch) = bytes.get(at..range.end).and_then(|rest| Batch::first(rest, at)) {
        let kept = records.len();
        let room = full.saturating_sub(bytes.len());
        let reached = batch.and_then(|batch| {
            let (behind, mut end) = (batch.next()?, Reached::End);
            if behind > from && transactions.commit(&batch)? {
                end = batch.records(bytes, from, room, records)?;
            }
            Ok((batch.range.end, batch.epoch, behind, end))
        });
        match reached {
            Ok((end, epoch, behind, Reached::End)) => {
                read = Read { next: read.next.max(behind), epoch };
                at = end;
            }
            Ok((_, epoch, _, Reached::Record(behind))) if behind > from => {
                return Ok(Read { next: behind, epoch });
            }
            // Offsets that do not rise would be asked for again and again.
            Ok((.., Reached::Record(_))) => return Err(Trouble::Unreadable),
            Ok((.., Reached::Nothing)) => return Ok(read),
            // What came before is delivered first.
            Err(trouble) => {
                records.truncate(kept);
                return if read.next > from { Ok(read) } else { Err(trouble) };
            }
        }
    }
    Ok(read)
}

/// How far a batch was read.
pub(super) enum Reached {
    /// To its end.
    End,
    /// There was no room for more: the offset behind the last record read.
    Record(i64),
    /// There was no room for it behind other batches.
    Nothing,
}

/// The transactions that were aborted.
struct Transactions {
    /// (producer, first offset) of those to come, the next one last.
    aborted: Vec<(i64, i64)>,
    /// Producers inside one.
    open: Vec<i64>,
}

impl Transactions {
    /// Whether the records of the next batch count.
    fn commit(&mut self, batch: &Batch) -> Result<bool, Trouble> {
        let last = batch.next()? - 1;
        while let Some((producer, _)) = self.aborted.pop_if(|(_, first)| *first <= last) {
            self.open.push(producer);
        }
        if batch.is(CONTROL) {
            // It ends the producer's transaction, whichever way.
            self.open.retain(|producer| *producer != batch.producer);
            return Ok(false);
        }
        Ok(!(batch.is(TRANSACTIONAL) && self.open.contains(&batch.producer)))
    }
}

pub(super) struct Batch {
    /// Where in the answer it is.
    range: Range<usize>,
    base: i64,
    /// Of the leader that took it.
    epoch: i32,
    attributes: i16,
    last_delta: i32,
    base_time: i64,
    greatest_time: i64,
    producer: i64,
    pub count: i32,
}

impl Batch {
    /// The first batch, `at` in the answer; none if it is cut off or there is none.
    fn first(bytes: &[u8], at: usize) -> Option<Result<Self, Trouble>> {
        let mut reader = Reader { bytes, at: 0 };
        let (base, length) = (reader.i64()?, reader.i32()?);
        let Some(end) = usize::try_from(length)
            .ok()
            .map(|length| BEFORE_LENGTH + length)
            .filter(|end| *end >= HEADER)
        else {
            return Some(Err(Trouble::Unreadable));
        };
        let bytes = bytes.get(..end)?;
        Some(Self::sound(bytes, base, at).ok_or(Trouble::Unreadable))
    }

    fn sound(bytes: &[u8], base: i64, at: usize) -> Option<Self> {
        let mut reader = Reader { bytes, at: BEFORE_LENGTH };
        let epoch = reader.i32()?;
        let [magic, a, b, c, d] = *bytes.get(reader.at..)?.first_chunk()?;
        if magic != 2 || crc32c::crc32c(&bytes[CHECKED..]) != u32::from_be_bytes([a, b, c, d]) {
            return None;
        }
        reader.at = CHECKED;
        let (attributes, last_delta, base_time, greatest_time, producer) =
            (reader.i16()?, reader.i32()?, reader.i64()?, reader.i64()?, reader.i64()?);
        reader.skip(2 + 4)?; // the producer's epoch and sequence
        Some(Self {
            range: at..at + bytes.len(),
            base,
            epoch,
            attributes,
            last_delta,
            base_time,
            greatest_time,
            producer,
            count: reader.i32()?,
        })
    }

    fn is(&self, attribute: i16) -> bool {
        self.attributes & attribute != 0
    }

    /// The offset behind this batch.
    fn next(&self) -> Result<i64, Trouble> {
        self.base.checked_add(i64::from(self.last_delta) + 1).ok_or(Trouble::Unreadable)
    }

    /// Appends the records of this batch at `from` or behind. What is unpacked may take `room` bytes, unless it is the first to be.
    fn records(
        &self,
        bytes: &mut Vec<u8>,
        from: i64,
        room: usize,
        out: &mut Vec<Span>,
    ) -> Result<Reached, Trouble> {
        let (mut at, mut end) = (self.range.start + HEADER, self.range.end);
        if self.is(CODEC) {
            let packed = bytes.get(at..end).unwrap_or_default().to_vec();
            let plain = bytes.len();
            let mut reader = open(self.attributes & CODEC, &packed)?.take(room as u64 + 1);
            reader.read_to_end(bytes).map_err(|_| Trouble::Unreadable)?;
            if bytes.len() - plain > room {
                bytes.truncate(plain);
                return if room < MAX_PLAIN || !out.is_empty() {
                    Ok(Reached::Nothing)
                } else {
                    sift::records(self, open(self.attributes & CODEC, &packed)?, from, bytes, out)
                };
            }
            (at, end) = (plain, bytes.len());
        }
        if u32::try_from(end).is_err() {
            return Err(Trouble::Unreadable);
        }
        let mut reader = Reader { bytes: &bytes[..end], at };
        for _ in 0..self.count {
            let span = self.record(&mut reader).ok_or(Trouble::Unreadable)?;
            if span.offset >= from {
                if out.len() == MAX_RECORDS {
                    return Ok(Reached::Record(span.offset));
                }
                out.push(span);
            }
        }
        Ok(Reached::End)
    }

    /// The next record of the batch.
    #[inline]
    pub(super) fn record(&self, reader: &mut Reader<'_>) -> Option<Span> {
        let length = usize::try_from(reader.varint()?).ok()?;
        let end = reader.at.checked_add(length).filter(|end| *end <= reader.bytes.len())?;
        let (offset, time) = self.place(reader)?;
        let (key, value) = (field(reader)?, field(reader)?);
        let headers = reader.at as u32..end as u32;
        if reader.at > end {
            return None;
        }
        reader.at = end;
        Some(Span { offset, time, key, value, headers })
    }

    /// Offset and time of the record whose length has been read.
    #[inline]
    pub(super) fn place(&self, reader: &mut Reader<'_>) -> Option<(i64, i64)> {
        reader.skip(1)?; // attributes: none are defined
        let time = self.base_time.checked_add(reader.varint()?)?;
        let offset = self.base.checked_add(reader.varint()?)?;
        Some((offset, if self.is(APPEND_TIME) { self.greatest_time } else { time }))
    }
}

/// The next field of a record; `Some(None)` for null.
#[inline]
pub(super) fn field(reader: &mut Reader<'_>) -> Option<Option<Range<u32>>> {
    let Ok(length) = usize::try_from(reader.varint()?) else { return Some(None) };
    let start = reader.at as u32;
    reader.skip(length)?;
    Some(Some(start..reader.at as u32))
}

impl Chunk {
    pub(crate) fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// The headers of a record: name and value. Names that are not UTF-8 and headers without a value are passed over.
    pub(crate) fn headers(&self, span: &Span) -> Fields<'_> {
        let mut reader = Reader { bytes: self.bytes(&span.headers), at: 0 };
        let left = reader.varint().unwrap_or(0);
        Fields { reader, left }
    }
}

/// The headers of a record, read one by one.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    reader: Reader<'a>,
    left: i64,
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.reader.bytes;
        let of = |range: Range<u32>| bytes.get(range.start as usize..range.end as usize);
        while self.left > 0 {
            self.left -= 1;
            let (name, value) = (field(&mut self.reader)??, field(&mut self.reader)?);
            if let (Some(Ok(name)), Some(value)) =
                (of(name).map(std::str::from_utf8), value.and_then(of))
            {
                return Some((name, value));
            }
        }
        None
    }
}
