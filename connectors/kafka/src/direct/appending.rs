//! What to append to a partition, and what the answers mean. A state machine without I/O.
//!
//! Batches go out in order, a few at a time, under the sequence numbers of one idempotent producer (KIP-98). Where an answer is lost or says that it was the broker's fault, all that is not acknowledged is
//! sent again over the next connection, byte for byte: what the broker has already it does not take twice.

use super::Lost;
use super::whereabouts::Whereabouts;
use crate::protocol::{
    Append, Pack, ProducerId, Reader, Records, Request, Sealed, Trouble, appended_at, code,
};
use cartwheel_core::sends::Headers;
use std::collections::VecDeque;

/// Batches under way at once. A broker remembers the numbers of the last five.
const UNDER_WAY: usize = 5;
/// Bytes of records in a batch, before compression: more of them in one request cost the broker no less.
const BATCH: usize = 512 << 10;
/// Records in a batch.
const MOST_RECORDS: usize = 10_000;
/// Bytes that wait to be sent or acknowledged, above which no more is taken.
const MOST_WAITING: usize = 64 << 20;
/// How long the broker may wait for the other replicas: less than a connection's patience with a silent broker.
const REPLICAS_MS: i32 = 8_000;

/// Records that the broker has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Offset of the first; none if the broker does not remember.
    pub base: Option<i64>,
    /// One behind the other.
    pub headers: Vec<Headers>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Appending {
    at: Whereabouts,
    pack: Pack,
    /// Bytes of records in a batch.
    most: usize,
    producer: Option<ProducerId>,
    /// Of the next record that is put into a batch.
    sequence: i32,
    /// Not yet in batches, in order. The last may take more.
    waiting: VecDeque<Records>,
    /// In batches and not acknowledged, in order.
    sealed: VecDeque<Sealed>,
    /// So many of these are under way over the present connection.
    sent: usize,
    /// Bytes of both.
    bytes: usize,
    acknowledged: Vec<Acknowledged>,
    /// Greatest offset of an acknowledged record.
    newest: Option<i64>,
}

impl Appending {
    /// To this partition. No batch has more bytes of records than `most`, unless it is one record.
    pub(super) fn new(topic: &str, partition: i32, pack: Pack, most: usize) -> Self {
        Self {
            at: Whereabouts::new(topic, partition),
            pack,
            most: most.min(BATCH),
            producer: None,
            sequence: 0,
            waiting: VecDeque::new(),
            sealed: VecDeque::new(),
            sent: 0,
            bytes: 0,
            acknowledged: Vec::new(),
            newest: None,
        }
    }

    /// Which partition, and where its leader is.
    pub(super) fn whereabouts(&mut self) -> &mut Whereabouts {
        &mut self.at
    }

    /// Records that are not acknowledged.
    pub(super) fn in_flight(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Records::len).sum();
        waiting + self.sealed.iter().map(|sealed| sealed.headers.len()).sum::<usize>()
    }

    /// Whether an answer is awaited.
    pub(super) fn is_under_way(&self) -> bool {
        self.sent > 0
    }

    /// Takes a record; false if too much waits already.
    pub(super) fn push(&mut self, headers: Headers, key: &[u8], value: &[u8]) -> bool {
        if self.bytes >= MOST_WAITING {
            return false;
        }
        let most = self.most;
        let has_room = |last: &Records| {
            last.len() < MOST_RECORDS && last.bytes() + key.len() + value.len() < most
        };
        if !self.waiting.back().is_some_and(has_room) {
            self.waiting.push_back(Records::default());
        }
        if let Some(last) = self.waiting.back_mut() {
            let before = last.bytes();
            last.push(headers, key, value);
            self.bytes += last.bytes() - before;
        }
        true
    }

    /// Whether an id is to be asked for first.
    pub(super) fn wants_id(&self) -> bool {
        self.producer.is_none()
    }

    /// The id under which everything is appended.
    pub(super) fn knows(&mut self, producer: ProducerId) {
        self.producer = Some(producer);
    }

    /// There is a new connection: nothing is under way over it.
    pub(super) fn begin(&mut self) {
        self.sent = 0;
    }

    /// The next batch to be sent, if there is one and there are not too many under way. `now` is epoch milliseconds.
    pub(super) fn next(&mut self, now: i64) -> Result<Option<Request>, Lost> {
        if self.sent == self.sealed.len() {
            let Some(producer) = self.producer.filter(|_| self.sent < UNDER_WAY) else {
                return Ok(None);
            };
            let Some(records) = self.waiting.pop_front() else { return Ok(None) };
            self.seal(records, producer, now)?;
        }
        let Whereabouts { topic, partition, .. } = &self.at;
        let request = self.sealed.get(self.sent).map(|sealed| {
            let batch = &sealed.bytes;
            Append { topic, partition: *partition, timeout_ms: REPLICAS_MS, batch }.request()
        });
        self.sent += usize::from(request.is_some());
        Ok(request)
    }

    fn seal(&mut self, records: Records, producer: ProducerId, now: i64) -> Result<(), Lost> {
        let (plain, count) = (records.bytes(), records.len() as i32);
        let sealed = records
            .seal(self.pack, now, producer, self.sequence)
            .map_err(|error| Trouble::Connection(format!("compressing a batch: {error}")))?;
        // Behind the greatest number comes 0, in the middle of a batch too.
        self.sequence = (i64::from(self.sequence) + i64::from(count)) as i32 & i32::MAX;
        self.bytes = self.bytes - plain + sealed.bytes.len();
        self.sealed.push_back(sealed);
        Ok(())
    }

    /// Takes the answer to the oldest batch under way. On an error the connection is of no use any more.
    pub(super) fn answered(&mut self, answer: &mut Reader<'_>) -> Result<(), Lost> {
        let base = match appended_at(answer) {
            Ok(base) => Some(base).filter(|base| *base >= 0),
            // Sent again after its answer was lost, so long ago that where it stands is forgotten.
            Err(Trouble::Code(code::DUPLICATE_SEQUENCE_NUMBER)) => None,
            Err(trouble) => return Err(trouble.into()),
        };
        let sealed = self.sealed.pop_front().ok_or(Trouble::Unreadable)?;
        self.sent = self.sent.checked_sub(1).ok_or(Trouble::Unreadable)?;
        self.bytes -= sealed.bytes.len();
        self.newest = self.newest.max(base.map(|base| base + sealed.headers.len() as i64 - 1));
        self.acknowledged.push(Acknowledged { base, headers: sealed.headers });
        Ok(())
    }

    /// Greatest offset of an acknowledged record; none before the first.
    pub(super) fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// What has been acknowledged since the last call, in order.
    pub(super) fn acknowledged(&mut self) -> std::vec::Drain<'_, Acknowledged> {
        self.acknowledged.drain(..)
    }
}

#[cfg(test)]
mod tests {
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
        std::iter::from_fn(|| appending.next(1_000).unwrap())
            .map(|request| request.sealed(0))
            .collect()
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
        let expected =
            [(Some(10), vec![1]), (Some(11), vec![2]), (None, vec![3]), (Some(13), vec![4])];
        assert_eq!(acknowledged(&mut appending), expected);
        assert_eq!((appending.in_flight(), appending.is_under_way()), (0, false));
        assert!(answer(&mut appending, 0, 14).is_err(), "nobody asked");
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
        assert_eq!(
            sent(&mut appending).len(),
            4,
            "ten thousand, one and a long one, two long ones"
        );
        let mut pushed = 3;
        while appending.push(headers, b"ana", &long) {
            pushed += 1;
        }
        assert!((pushed * long.len()).abs_diff(MOST_WAITING) < BATCH * 4);
    }
}
