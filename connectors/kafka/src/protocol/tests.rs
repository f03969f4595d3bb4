//! Batches as a broker has them, made by an encoder of the tests' own.

use super::Trouble;
use super::batches::{Chunk, Read, read};
use std::io::Write;

pub(crate) use super::epochs::tests::answer as epoch_end;
pub(crate) use super::fetch::tests::answer as fetched;
pub(crate) use super::metadata::tests::{answer as found, answer_of as found_at};
pub(crate) use super::produce::tests::answer as appended;
pub(crate) use super::producer::tests::answer as producer_id;
pub(crate) use super::sasl::tests::answer as authenticated;
pub(crate) use super::versions::tests::answer as knowing;

/// The epoch of the leader that took every batch.
pub(crate) const EPOCH: i32 = 3;

/// One record of an encoded batch.
pub(crate) struct Given<'a> {
    pub offset: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

fn varint(out: &mut Vec<u8>, number: i64) {
    let mut bits = ((number << 1) ^ (number >> 63)) as u64;
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

fn field(out: &mut Vec<u8>, field: Option<&[u8]>) {
    varint(out, field.map_or(-1, |field| field.len() as i64));
    out.extend(field.unwrap_or_default());
}

/// A batch from the first record's offset to `last`; records have times 1,000 + offset and a header.
pub(crate) fn batch(attributes: i16, producer: i64, last: i64, records: &[Given<'_>]) -> Vec<u8> {
    let (base, count) = (records[0].offset, records.len() as i32);
    sealed(attributes, producer, (base, last), count, &encoded(records))
}

/// A batch with its header and checksum; `records` as the attributes say, compressed or not.
fn sealed(
    attributes: i16,
    producer: i64,
    (base, last): (i64, i64),
    count: i32,
    records: &[u8],
) -> Vec<u8> {
    let mut checked = Vec::new();
    checked.extend(attributes.to_be_bytes());
    checked.extend(((last - base) as i32).to_be_bytes());
    checked.extend((1_000 + base).to_be_bytes());
    checked.extend(9_999_i64.to_be_bytes());
    checked.extend(producer.to_be_bytes());
    checked.extend([0; 6]);
    checked.extend(count.to_be_bytes());
    checked.extend(records);
    let mut out = base.to_be_bytes().to_vec();
    out.extend((4 + 1 + 4 + checked.len() as i32).to_be_bytes());
    out.extend(EPOCH.to_be_bytes());
    out.push(2);
    out.extend(crc32c::crc32c(&checked).to_be_bytes());
    out.extend(checked);
    out
}

fn encoded(records: &[Given<'_>]) -> Vec<u8> {
    let (base, mut out) = (records[0].offset, Vec::new());
    for record in records {
        let mut body = vec![0];
        varint(&mut body, record.offset - base);
        varint(&mut body, record.offset - base);
        field(&mut body, record.key);
        field(&mut body, record.value);
        varint(&mut body, 1);
        field(&mut body, Some(b"origin"));
        field(&mut body, Some(b"test"));
        varint(&mut out, body.len() as i64);
        out.extend(body);
    }
    out
}

pub(crate) fn values(offsets: std::ops::Range<i64>) -> Vec<Given<'static>> {
    offsets.map(|offset| Given { offset, key: Some(b"ana"), value: Some(b"{}") }).collect()
}

const TRANSACTION: i16 = 1 << 4;
const MARKER: i16 = 1 << 5 | TRANSACTION;

/// A marker that ends a producer's transaction.
fn marker(offset: i64, producer: i64) -> Vec<u8> {
    batch(
        MARKER,
        producer,
        offset,
        &[Given { offset, key: Some(&[0, 0, 0, 0]), value: Some(&[0; 6]) }],
    )
}

/// The offsets read, and the one behind.
fn offsets(bytes: &[u8], from: i64, aborted: &[(i64, i64)]) -> Result<(Vec<i64>, i64), Trouble> {
    let mut records = Vec::new();
    let read = read(&mut bytes.to_vec(), 0..bytes.len(), from, aborted.to_vec(), &mut records)?;
    Ok((records.iter().map(|span| span.offset).collect(), read.next))
}

#[test]
fn records_are_where_the_spans_say() {
    let given = [
        Given { offset: 5, key: Some(b"ana"), value: Some(b"{\"a\":1}") },
        Given { offset: 6, key: None, value: None },
        // Compaction leaves gaps.
        Given { offset: 300, key: Some(b""), value: Some(&[7; 3_000]) },
    ];
    let mut chunk = Chunk { bytes: batch(0, -1, 310, &given), ..Chunk::default() };
    let whole = 0..chunk.bytes.len();
    let read = read(&mut chunk.bytes, whole, 0, Vec::new(), &mut chunk.records);
    assert_eq!(read, Ok(Read { next: 311, epoch: EPOCH }));
    for (span, given) in chunk.records.iter().zip(&given) {
        assert_eq!((span.offset, span.time), (given.offset, 1_000 + given.offset));
        assert_eq!(span.key.as_ref().map(|range| chunk.bytes(range)), given.key);
        assert_eq!(span.value.as_ref().map(|range| chunk.bytes(range)), given.value);
        assert_eq!(chunk.headers(span).collect::<Vec<_>>(), [("origin", &b"test"[..])]);
    }
    assert_eq!(chunk.records.len(), 3);
}

#[test]
fn the_brokers_time_counts_where_the_topic_says_so() {
    let mut bytes = batch(1 << 3, -1, 0, &values(0..1));
    let (mut records, whole) = (Vec::new(), 0..bytes.len());
    read(&mut bytes, whole, 0, Vec::new(), &mut records).unwrap();
    assert_eq!(records[0].time, 9_999);
}

#[test]
fn reading_begins_inside_a_batch_and_ends_before_one_that_is_cut_off() {
    let bytes = [batch(0, -1, 9, &values(0..10)), batch(0, -1, 19, &values(10..20))].concat();
    assert_eq!(offsets(&bytes, 7, &[]), Ok(((7..20).collect(), 20)));
    assert_eq!(offsets(&bytes, 15, &[]), Ok(((15..20).collect(), 20)), "a whole batch is before");
    let first = batch(0, -1, 9, &values(0..10)).len();
    for cut in first..bytes.len() {
        assert_eq!(offsets(&bytes[..cut], 0, &[]), Ok(((0..10).collect(), 10)), "{cut}");
    }
    for cut in 0..first {
        assert_eq!(offsets(&bytes[..cut], 3, &[]), Ok((vec![], 3)), "{cut}");
    }
}

#[test]
fn records_of_aborted_transactions_and_markers_are_passed_over() {
    let bytes = [
        batch(TRANSACTION, 7, 1, &values(0..2)), // aborted
        batch(TRANSACTION, 8, 3, &values(2..4)), // committed
        batch(0, -1, 5, &values(4..6)),          // without a transaction
        batch(TRANSACTION, 7, 7, &values(6..8)), // aborted
        marker(8, 7),
        marker(9, 8),
        batch(TRANSACTION, 7, 11, &values(10..12)), // the same producer again: committed
        marker(12, 7),
    ]
    .concat();
    assert_eq!(offsets(&bytes, 0, &[(7, 0)]), Ok((vec![2, 3, 4, 5, 10, 11], 13)));
    // An abort that lies behind what was asked for does not count yet.
    assert_eq!(offsets(&bytes, 0, &[(7, 10), (7, 0)]), Ok((vec![2, 3, 4, 5], 13)));
    assert_eq!(offsets(&bytes, 9, &[]), Ok((vec![10, 11], 13)));
}

#[test]
fn what_cannot_be_read_ends_the_list() {
    let plain = batch(0, -1, 9, &values(0..10));
    let unknown = batch(5, -1, 19, &values(10..20));
    let mut damaged = batch(0, -1, 19, &values(10..20));
    *damaged.last_mut().unwrap() ^= 1;
    let mut old = batch(0, -1, 19, &values(10..20));
    old[16] = 1;
    for second in [unknown, damaged, old] {
        let bytes = [plain.clone(), second].concat();
        assert_eq!(
            offsets(&bytes, 0, &[]),
            Ok(((0..10).collect(), 10)),
            "what is before is delivered"
        );
        assert_eq!(offsets(&bytes, 10, &[]), Err(Trouble::Unreadable));
    }
}

/// Lengths, counts and deltas that lie, under a checksum that is right.
#[test]
fn no_byte_makes_it_panic() {
    let sound = batch(0, -1, 9, &values(0..10));
    for place in 0..sound.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = sound.clone();
            bytes[place] = value;
            let checksum = crc32c::crc32c(&bytes[21..]);
            bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
            let mut chunk = Chunk { bytes, ..Chunk::default() };
            let whole = 0..chunk.bytes.len();
            _ = read(&mut chunk.bytes, whole, 0, Vec::new(), &mut chunk.records);
            for span in &chunk.records {
                _ = (
                    span.key.as_ref().map(|range| chunk.bytes(range)),
                    span.value.as_ref().map(|range| chunk.bytes(range)),
                );
                _ = chunk.headers(span).count();
            }
        }
    }
}

/// What the codec of this number makes of it.
fn packed(codec: i16, plain: &[u8]) -> Vec<u8> {
    match codec {
        1 => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        2 => {
            let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
            for block in plain.chunks(32 << 10) {
                let block = snap::raw::Encoder::new().compress_vec(block).unwrap();
                framed.extend((block.len() as u32).to_be_bytes());
                framed.extend(block);
            }
            framed
        }
        3 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        4 => zstd::encode_all(plain, 3).unwrap(),
        _ => plain.to_vec(),
    }
}

/// Reads to the end as a connection does: what there was no room for is asked for again. Each answer is bounded.
fn read_all(answer: &[u8], end: i64) -> Vec<(i64, usize)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while from < end {
        let mut chunk = Chunk { bytes: answer.to_vec(), ..Chunk::default() };
        let Read { next, .. } =
            read(&mut chunk.bytes, 0..answer.len(), from, Vec::new(), &mut chunk.records).unwrap();
        assert!(next > from, "reading goes on behind {from}");
        assert!(chunk.bytes.capacity() <= 60 << 20, "{} bytes", chunk.bytes.capacity());
        assert!(chunk.records.len() <= super::batches::MAX_RECORDS);
        found.extend(chunk.records.iter().map(|span| {
            let value = span.value.as_ref().map(|range| chunk.bytes(range)).unwrap_or_default();
            assert_eq!(span.key.as_ref().map(|range| chunk.bytes(range)), Some(&b"ana"[..]));
            (span.offset, value.len())
        }));
        from = next;
    }
    found
}

#[test]
fn a_bomb_is_read_piece_by_piece_with_every_codec() {
    let value = vec![b'x'; 100_000];
    let given: Vec<_> =
        (0..800).map(|offset| Given { offset, key: Some(b"ana"), value: Some(&value) }).collect();
    let plain = encoded(&given);
    assert!(plain.len() > 76 << 20);
    for codec in 1..=4 {
        let bomb = sealed(codec, -1, (0, 799), 800, &packed(codec, &plain));
        let expected: Vec<_> = (0..800).map(|offset| (offset, value.len())).collect();
        assert_eq!(read_all(&bomb, 800), expected, "codec {codec}");
    }
}

#[test]
fn several_bombs_in_an_answer_are_unpacked_one_behind_the_other() {
    let value = vec![b'x'; 1 << 20];
    let bomb = |base: i64| {
        let given: Vec<_> = (base..base + 15)
            .map(|offset| Given { offset, key: Some(b"ana"), value: Some(&value) })
            .collect();
        sealed(4, -1, (base, base + 14), 15, &packed(4, &encoded(&given)))
    };
    let answer: Vec<u8> = (0..10).flat_map(|number| bomb(number * 15)).collect();
    let expected: Vec<_> = (0..150).map(|offset| (offset, value.len())).collect();
    assert_eq!(read_all(&answer, 150), expected);
}

#[test]
fn a_record_that_is_a_bomb_is_cut_and_what_follows_is_read() {
    let (long, short) = (vec![b'x'; 80 << 20], b"{}");
    let given: Vec<_> = [&long[..], &short[..]]
        .iter()
        .zip(0..)
        .map(|(value, offset)| Given { offset, key: Some(b"ana"), value: Some(value) })
        .collect();
    let bomb = sealed(4, -1, (0, 1), 2, &packed(4, &encoded(&given)));
    let found = read_all(&bomb, 2);
    assert_eq!(found.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [0, 1]);
    assert!((1 << 20..4 << 20).contains(&found[0].1), "longer than any event: {}", found[0].1);
    assert_eq!(found[1].1, 2);
}

#[test]
fn many_tiny_records_come_in_several_answers() {
    let count = super::batches::MAX_RECORDS as i64 * 2 + 7;
    for codec in [0, 4] {
        let bytes = sealed(
            codec,
            -1,
            (0, count - 1),
            count as i32,
            &packed(codec, &encoded(&values(0..count))),
        );
        assert_eq!(read_all(&bytes, count).len() as i64, count, "codec {codec}");
    }
}
