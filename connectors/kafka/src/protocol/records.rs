//! Records on their way into a batch of format 2 (<https://kafka.apache.org/documentation/#recordbatch>): encoded as they come, sealed once it is known under which id and number they go.

use super::codec::{self, Pack};
use super::producer::ProducerId;
use cartwheel_core::sends::{Headers, KIND, LEADER, SEQ};
use std::io::Write as _;

/// Bytes of a batch before its records.
const HEADER: usize = 61;
/// Bytes of a batch that its length does not count.
const BEFORE_LENGTH: usize = 12;
/// Where the checksum stands, and where what it covers begins.
const CHECKSUM: usize = 17;
const CHECKED: usize = 21;

/// Records of the sends topic, encoded, not yet a batch.
#[derive(Debug, Default)]
pub(crate) struct Records {
    plain: Vec<u8>,
    headers: Vec<Headers>,
    /// The headers of the record that is being added, encoded.
    room: Vec<u8>,
}

/// A batch that is ready to be sent, again and again if need be, and whose records it has.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub bytes: Vec<u8>,
    pub headers: Vec<Headers>,
}

impl Records {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.headers.len()
    }

    /// Bytes that they take.
    pub(crate) fn bytes(&self) -> usize {
        self.plain.len()
    }

    /// Puts a record behind the others; an empty key is none.
    pub(crate) fn push(&mut self, headers: Headers, key: &[u8], value: &[u8]) {
        self.write_headers(headers);
        let key = Some(key).filter(|key| !key.is_empty());
        let delta = self.headers.len() as i64;
        let length = 1 // attributes
            + 1 // the batch's time
            + varint_bytes(delta)
            + field_bytes(key)
            + field_bytes(Some(value))
            + self.room.len();
        let out = &mut self.plain;
        out.reserve(length + 5);
        varint(out, length as i64);
        out.extend([0, 0]);
        varint(out, delta);
        field(out, key);
        field(out, Some(value));
        out.extend(&self.room);
        self.headers.push(headers);
    }

    fn write_headers(&mut self, headers: Headers) {
        let out = &mut self.room;
        out.clear();
        varint(out, 3);
        field(out, Some(KIND.as_bytes()));
        field(out, Some(headers.kind.name().as_bytes()));
        number(out, LEADER, format_args!("{}", headers.leader));
        number(out, SEQ, format_args!("{}", headers.seq));
    }

    /// The batch of these records, all with this time (epoch milliseconds), the first of which has this sequence number of the producer's.
    pub(crate) fn seal(
        self,
        pack: Pack,
        time: i64,
        producer: ProducerId,
        sequence: i32,
    ) -> std::io::Result<Sealed> {
        let count = self.headers.len() as i32;
        let mut bytes = Vec::with_capacity(HEADER + self.plain.len() / 2);
        bytes.extend(0_i64.to_be_bytes()); // the broker says where it stands
        bytes.extend([0; 4]); // its length
        bytes.extend((-1_i32).to_be_bytes()); // and the leader's epoch
        bytes.push(2);
        bytes.extend([0; 4]); // the checksum
        bytes.extend(pack.number().to_be_bytes());
        bytes.extend((count - 1).to_be_bytes());
        bytes.extend(time.to_be_bytes());
        bytes.extend(time.to_be_bytes());
        bytes.extend(producer.id.to_be_bytes());
        bytes.extend(producer.epoch.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        codec::pack(pack, &self.plain, &mut bytes)?;
        let length = (bytes.len() - BEFORE_LENGTH) as i32;
        bytes[8..BEFORE_LENGTH].copy_from_slice(&length.to_be_bytes());
        let checksum = crc32c::crc32c(&bytes[CHECKED..]);
        bytes[CHECKSUM..CHECKED].copy_from_slice(&checksum.to_be_bytes());
        Ok(Sealed { bytes, headers: self.headers })
    }
}

fn varint(out: &mut Vec<u8>, number: i64) {
    let mut bits = ((number << 1) ^ (number >> 63)) as u64;
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

fn varint_bytes(number: i64) -> usize {
    let bits = ((number << 1) ^ (number >> 63)) as u64;
    (64 - (bits | 1).leading_zeros() as usize).div_ceil(7)
}

fn field(out: &mut Vec<u8>, field: Option<&[u8]>) {
    varint(out, field.map_or(-1, |field| field.len() as i64));
    out.extend(field.unwrap_or_default());
}

fn field_bytes(field: Option<&[u8]>) -> usize {
    field.map_or(1, |field| varint_bytes(field.len() as i64) + field.len())
}

/// A header whose value is a number in decimal digits: fewer than 64 of them, so that their length takes one byte.
fn number(out: &mut Vec<u8>, name: &str, digits: std::fmt::Arguments<'_>) {
    field(out, Some(name.as_bytes()));
    let length = out.len();
    out.push(0);
    // A vector takes everything.
    let _ = out.write_fmt(digits);
    out[length] = ((out.len() - length - 1) as u8) << 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Chunk, read};
    use cartwheel_core::sends::Kind;
    use proptest::prelude::*;

    const PRODUCER: ProducerId = ProducerId { id: 77, epoch: 1 };

    fn unsealed(sealed: Sealed) -> Chunk {
        let mut chunk = Chunk { bytes: sealed.bytes, ..Chunk::default() };
        let whole = 0..chunk.bytes.len();
        read(&mut chunk.bytes, whole, 0, Vec::new(), &mut chunk.records).unwrap();
        chunk
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_sealed_is_read(
            given in prop::collection::vec((0..i64::MAX as u64, 0..i64::MAX, 0..200_usize, 0..3_000_usize), 1..80),
            time in 0..i64::MAX,
            number in 0..3_usize,
        ) {
            let pack = [Pack::None, Pack::Lz4, Pack::Zstd][number];
            let mut records = Records::default();
            let key = |length| vec![b'k'; length];
            let value = |length| vec![b'v'; length];
            for (seq, leader, key_length, length) in &given {
                let headers = Headers { kind: Kind::Command, leader: *leader, seq: *seq };
                records.push(headers, &key(*key_length), &value(*length));
            }
            prop_assert_eq!(records.len(), given.len());
            let sealed = records.seal(pack, time, PRODUCER, 9).unwrap();
            prop_assert_eq!(sealed.headers.len(), given.len());
            let chunk = unsealed(sealed);
            prop_assert_eq!(chunk.records.len(), given.len());
            for ((span, (seq, leader, key_length, length)), offset) in chunk.records.iter().zip(&given).zip(0..) {
                prop_assert_eq!((span.offset, span.time), (offset, time));
                let expected = Some(key(*key_length)).filter(|key| !key.is_empty());
                prop_assert_eq!(span.key.as_ref().map(|range| chunk.bytes(range).to_vec()), expected);
                prop_assert_eq!(span.value.as_ref().map(|range| chunk.bytes(range).to_vec()), Some(value(*length)));
                let headers = Headers { kind: Kind::Command, leader: *leader, seq: *seq };
                prop_assert_eq!(Headers::read(chunk.headers(span)), Some(headers));
            }
        }
    }

    #[test]
    fn a_batch_names_its_producer_and_its_numbers() {
        let mut records = Records::default();
        for seq in 0..3 {
            records.push(Headers { kind: Kind::Turn, leader: 5, seq }, b"", b"{}");
        }
        let bytes = records.seal(Pack::None, 1_000, PRODUCER, 40).unwrap().bytes;
        let at = |from: usize, to: usize| bytes[from..to].to_vec();
        assert_eq!(at(8, 12), ((bytes.len() - 12) as i32).to_be_bytes());
        assert_eq!((bytes[16], at(21, 23)), (2, vec![0, 0]));
        assert_eq!(at(23, 27), 2_i32.to_be_bytes());
        assert_eq!(at(43, 51), 77_i64.to_be_bytes());
        assert_eq!(at(51, 53), 1_i16.to_be_bytes());
        assert_eq!(at(53, 57), 40_i32.to_be_bytes());
        assert_eq!(at(57, 61), 3_i32.to_be_bytes());
    }
}
