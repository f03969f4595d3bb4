//! What is sent, and what answers make of it.

use super::*;
use crate::protocol::tests::appended;
use cartwheel_core::sends::Kind;

const PRODUCER: ProducerId = ProducerId { id: 7, epoch: 0 };

fn appending(records: u64) -> Appending {
    // A batch has one record: a longer one does not fit beside it.
    let mut appending = Appending::new("sends", 1, Pack::None, 1);
    (1..=records).for_each(|seq| assert!(push(&mut appending, seq)));
    appending
}

fn push(appending: &mut Appending, seq: u64) -> bool {
    appending.push(Headers { kind: Kind::Turn, leader: 5, seq }, b"", b"{}")
}

/// The bytes of all that may be sent now.
fn sent(appending: &mut Appending) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| appending.next(1_000).unwrap()).map(|request| request.sealed(0)).collect()
}

fn answer(appending: &mut Appending, code: i16, base: i64) -> Result<(), Lost> {
    let bytes = appended(code, base);
    appending.answered(&mut Reader { bytes: &bytes, at: 0 })
}

fn acknowledged(appending: &mut Appending) -> Vec<(Option<i64>, Vec<u64>)> {
    let of = |one: Acknowledged| (one.base, one.headers.iter().map(|own| own.seq).collect());
    appending.acknowledged().map(of).collect()
}

/// The sequence number of a batch that has one turn record.
fn sequence(request: &[u8]) -> i32 {
    let at = request.len() - tail();
    i32::from_be_bytes(request[at..at + 4].try_into().unwrap())
}

/// Bytes of its request from there on: the number, how many records, the record, and three ends of structures.
fn tail() -> usize {
    let mut records = Records::default();
    records.push(Headers { kind: Kind::Turn, leader: 5, seq: 1 }, b"", b"{}");
    4 + 4 + records.bytes() + 3
}

#[test]
fn nothing_is_sent_without_an_id_and_no_more_than_five_at_once() {
    let mut appending = appending(7);
    assert!(appending.wants_id() && sent(&mut appending).is_empty());
    appending.knows(PRODUCER);
    let first = sent(&mut appending);
    assert_eq!(first.iter().map(|one| sequence(one)).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!((appending.in_flight(), appending.newest()), (7, None));
    answer(&mut appending, 0, 40).unwrap();
    let next = sent(&mut appending);
    assert_eq!(next.iter().map(|one| sequence(one)).collect::<Vec<_>>(), [5]);
    assert_eq!(acknowledged(&mut appending), [(Some(40), vec![1])]);
    assert_eq!((appending.in_flight(), appending.newest()), (6, Some(40)));
}

#[test]
fn what_is_not_acknowledged_is_sent_again_byte_for_byte_and_in_order() {
    let mut appending = appending(4);
    appending.knows(PRODUCER);
    let before = sent(&mut appending);
    answer(&mut appending, 0, 10).unwrap();
    // The leader has moved: what is behind may be answered or not.
    let lost = answer(&mut appending, 6, -1).unwrap_err();
    assert_eq!(lost, Lost::Trouble(Trouble::Code(6)));
    appending.begin();
    assert_eq!(sent(&mut appending), before[1..]);
    // The first two of them the broker had.
    answer(&mut appending, 0, 11).unwrap();
    answer(&mut appending, code::DUPLICATE_SEQUENCE_NUMBER, -1).unwrap();
    answer(&mut appending, 0, 13).unwrap();
    let expected = [(Some(10), vec![1]), (Some(11), vec![2]), (None, vec![3]), (Some(13), vec![4])];
    assert_eq!(acknowledged(&mut appending), expected);
    assert_eq!((appending.in_flight(), appending.is_under_way()), (0, false));
    assert!(answer(&mut appending, 0, 14).is_err(), "nobody asked");
}

#[test]
fn an_answer_that_nobody_asked_for_takes_nothing_out() {
    let mut appending = appending(2);
    appending.knows(PRODUCER);
    let before = sent(&mut appending);
    appending.begin();
    assert!(answer(&mut appending, 0, 10).is_err());
    assert_eq!((appending.in_flight(), sent(&mut appending)), (2, before));
}

#[test]
fn behind_the_greatest_sequence_number_comes_zero() {
    let mut appending = appending(3);
    appending.knows(PRODUCER);
    appending.sequence = i32::MAX - 1;
    let numbers: Vec<_> = sent(&mut appending).iter().map(|one| sequence(one)).collect();
    assert_eq!(numbers, [i32::MAX - 1, i32::MAX, 0]);
}

#[test]
fn records_share_batches_up_to_their_bounds() {
    let mut appending = Appending::new("sends", 1, Pack::None, BATCH);
    appending.knows(PRODUCER);
    (1..=MOST_RECORDS as u64 + 1).for_each(|seq| assert!(push(&mut appending, seq)));
    let headers = Headers { kind: Kind::Command, leader: 5, seq: 0 };
    let long = vec![b'x'; BATCH / 2 + 1];
    (0..3).for_each(|_| assert!(appending.push(headers, b"ana", &long)));
    assert_eq!(sent(&mut appending).len(), 4, "ten thousand, one and a long one, two long ones");
    let mut pushed = 3;
    while appending.push(headers, b"ana", &long) {
        pushed += 1;
    }
    assert!((pushed * long.len()).abs_diff(MOST_WAITING) < BATCH * 4);
}
