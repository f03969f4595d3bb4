//! Record batches, format 2 (<https://kafka.apache.org/documentation/#recordbatch>): where in a fetched answer the records are.

use super::Trouble;
use super::codec::unpack;
use super::wire::Reader;
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

/// The records at `from` or behind, in order, of the batches in `range`, without those of aborted transactions; and the offset behind
/// the last batch that is there as a whole. What was compressed is appended to `bytes`. A batch that cannot be read ends the list; if it
/// is the first that counts, with its trouble.
pub(super) fn read(
    bytes: &mut Vec<u8>,
    range: Range<usize>,
    from: i64,
    mut aborted: Vec<(i64, i64)>,
    records: &mut Vec<Span>,
) -> Result<i64, Trouble> {
    aborted.sort_unstable_by_key(|(_, first)| std::cmp::Reverse(*first));
    let mut transactions = Transactions { aborted, open: Vec::new() };
    let (mut at, mut next) = (range.start, from);
    while let Some(batch) = bytes.get(at..range.end).and_then(|rest| Batch::first(rest, at)) {
        let kept = records.len();
        let read = batch.and_then(|batch| {
            if batch.next()? > from && transactions.commit(&batch)? {
                batch.records(bytes, from, records)?;
            }
            Ok(batch)
        });
        match read {
            Ok(batch) => {
                next = next.max(batch.next()?);
                at = batch.range.end;
            }
            // What came before is delivered first.
            Err(trouble) => {
                records.truncate(kept);
                return if next > from { Ok(next) } else { Err(trouble) };
            }
        }
    }
    Ok(next)
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

struct Batch {
    /// Where in the answer it is.
    range: Range<usize>,
    base: i64,
    attributes: i16,
    last_delta: i32,
    base_time: i64,
    greatest_time: i64,
    producer: i64,
    count: i32,
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
        let mut reader = Reader { bytes, at: BEFORE_LENGTH + 4 };
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

    /// Appends the records of this batch at `from` or behind.
    fn records(&self, bytes: &mut Vec<u8>, from: i64, out: &mut Vec<Span>) -> Result<(), Trouble> {
        let (mut at, mut end) = (self.range.start + HEADER, self.range.end);
        if self.is(CODEC) {
            let plain = unpack(self.attributes & CODEC, bytes.get(at..end).unwrap_or_default())?;
            at = bytes.len();
            bytes.extend(plain);
            end = bytes.len();
        }
        if u32::try_from(end).is_err() {
            return Err(Trouble::Unreadable);
        }
        let mut reader = Reader { bytes: &bytes[..end], at };
        for _ in 0..self.count {
            let span = self.record(&mut reader).ok_or(Trouble::Unreadable)?;
            if span.offset >= from {
                out.push(span);
            }
        }
        Ok(())
    }

    #[inline]
    fn record(&self, reader: &mut Reader<'_>) -> Option<Span> {
        let length = usize::try_from(reader.varint()?).ok()?;
        let end = reader.at.checked_add(length).filter(|end| *end <= reader.bytes.len())?;
        reader.skip(1)?; // attributes: none are defined
        let time = self.base_time.checked_add(reader.varint()?)?;
        let offset = self.base.checked_add(reader.varint()?)?;
        let (key, value) = (field(reader)?, field(reader)?);
        let headers = reader.at as u32..end as u32;
        if reader.at > end {
            return None;
        }
        reader.at = end;
        Some(Span {
            offset,
            time: if self.is(APPEND_TIME) { self.greatest_time } else { time },
            key,
            value,
            headers,
        })
    }
}

/// The next field of a record; `Some(None)` for null.
#[inline]
fn field(reader: &mut Reader<'_>) -> Option<Option<Range<u32>>> {
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
