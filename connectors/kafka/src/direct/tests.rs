//! Batches as a broker has them, made by an encoder of the tests' own.

use super::Trouble;
use super::batches::{Chunk, read};

/// One record of an encoded batch.
struct Given<'a> {
    offset: i64,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
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
fn batch(attributes: i16, producer: i64, last: i64, records: &[Given<'_>]) -> Vec<u8> {
    let base = records[0].offset;
    let mut checked = Vec::new();
    checked.extend(attributes.to_be_bytes());
    checked.extend(((last - base) as i32).to_be_bytes());
    checked.extend((1_000 + base).to_be_bytes());
    checked.extend(9_999_i64.to_be_bytes());
    checked.extend(producer.to_be_bytes());
    checked.extend([0; 6]);
    checked.extend((records.len() as i32).to_be_bytes());
    for record in records {
        let mut body = vec![0];
        varint(&mut body, record.offset - base);
        varint(&mut body, record.offset - base);
        field(&mut body, record.key);
        field(&mut body, record.value);
        varint(&mut body, 1);
        field(&mut body, Some(b"origin"));
        field(&mut body, Some(b"test"));
        varint(&mut checked, body.len() as i64);
        checked.extend(body);
    }
    let mut out = base.to_be_bytes().to_vec();
    out.extend((4 + 1 + 4 + checked.len() as i32).to_be_bytes());
    out.extend([0; 4]);
    out.push(2);
    out.extend(crc32c::crc32c(&checked).to_be_bytes());
    out.extend(checked);
    out
}

fn values(offsets: std::ops::Range<i64>) -> Vec<Given<'static>> {
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
    let next = read(&mut bytes.to_vec(), 0..bytes.len(), from, aborted.to_vec(), &mut records)?;
    Ok((records.iter().map(|span| span.offset).collect(), next))
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
    assert_eq!(read(&mut chunk.bytes, whole, 0, Vec::new(), &mut chunk.records), Ok(311));
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
