//! Reads a stream's partition of the journal, record by record, and says what each partition of the events topic is to get.

use crate::journal::{Journaled, Open};
use crate::{Epoch, Marker, Stream};

/// Where a writer is in the journal. Two that have read the same records number them alike, whoever wrote them and from wherever they began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    stream: Stream,
    /// Offset of the next record wanted.
    next: i64,
    /// What is in force there; none before the first record that opens an epoch.
    place: Option<Place>,
    /// Sequences below are not copied again.
    from: u64,
    /// Entries met while no epoch was in force.
    unnumbered: u64,
}

/// A place in an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    epoch: Epoch,
    opened: i64,
    /// Of the last entry.
    sequence: u64,
}

/// What is to be done with a record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// This value is to be appended to every partition, behind all before it.
    Copy {
        /// Its number.
        sequence: u64,
        /// The record's value.
        value: Vec<u8>,
    },
    /// An epoch begins.
    Opened,
    /// Nothing: it is in every partition, somebody else was faster in opening an epoch, or no epoch is in force.
    Pass,
}

/// A record of the journal that is not ours, or of a later version: what follows it must not be numbered without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset} is no record of this stream")]
pub struct Unreadable {
    /// Its offset.
    pub offset: i64,
}

impl Follower {
    /// At an offset of the journal where nobody knows what is in force.
    pub const fn at(stream: Stream, next: i64) -> Self {
        Self { stream, next, place: None, from: 0, unnumbered: 0 }
    }

    /// Behind what the marker says.
    pub fn behind(stream: Stream, marker: &Marker) -> Self {
        let place =
            Place { epoch: marker.epoch.clone(), opened: marker.opened, sequence: marker.copied };
        Self { stream, next: marker.next, place: Some(place), from: 0, unnumbered: 0 }
    }

    /// At the marker's epoch's beginning, to copy again what has this sequence or a later one; at the latest what follows the marker.
    pub fn again(stream: Stream, marker: &Marker, from: u64) -> Self {
        let place = Place { epoch: marker.epoch.clone(), opened: marker.opened, sequence: 0 };
        let from = from.min(marker.copied + 1);
        Self { stream, next: marker.opened + 1, place: Some(place), from, unnumbered: 0 }
    }

    /// At this offset instead: what lies between is left out.
    pub const fn skip_to(&mut self, next: i64) {
        self.next = next;
    }

    /// Takes a record. Those before [`next`](Self::next) are passed over.
    pub fn take(&mut self, offset: i64, value: &[u8]) -> Result<Step, Unreadable> {
        if offset < self.next {
            return Ok(Step::Pass);
        }
        let step = match Journaled::read(self.stream, value).ok_or(Unreadable { offset })? {
            Journaled::Open(open) => self.open(offset, open),
            Journaled::Entry(entry) => match &mut self.place {
                None => {
                    self.unnumbered += 1;
                    Step::Pass
                }
                Some(place) => {
                    place.sequence += 1;
                    let sequence = place.sequence;
                    if sequence < self.from {
                        Step::Pass
                    } else {
                        Step::Copy { sequence, value: entry.copy(&place.epoch, sequence) }
                    }
                }
            },
        };
        self.next = offset + 1;
        Ok(step)
    }

    /// Where no epoch is in force every one begins; else only one that follows it: of two writers that open at once the first counts.
    fn open(&mut self, offset: i64, open: Open) -> Step {
        let follows = match &self.place {
            None => true,
            Some(place) => open.after.as_ref() == Some(&place.epoch) && open.epoch > place.epoch,
        };
        if !follows {
            return Step::Pass;
        }
        self.place = Some(Place { epoch: open.epoch, opened: offset, sequence: 0 });
        (self.from, self.unnumbered) = (0, 0);
        Step::Opened
    }

    /// Everything before this offset has been taken: behind the last record there may be offsets without one.
    pub fn pass(&mut self, next: i64) {
        self.next = self.next.max(next);
    }

    /// Offset of the next record wanted.
    pub const fn next(&self) -> i64 {
        self.next
    }

    /// The stream.
    pub const fn stream(&self) -> Stream {
        self.stream
    }

    /// The epoch in force.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.place.as_ref().map(|place| &place.epoch)
    }

    /// The sequence of the last entry; 0 before the first.
    pub fn sequence(&self) -> u64 {
        self.place.as_ref().map_or(0, |place| place.sequence)
    }

    /// Entries met while nobody could number them.
    pub const fn unnumbered(&self) -> u64 {
        self.unnumbered
    }

    /// What may be said once all `partitions` have acknowledged what was to be copied until here; none where no epoch is in force.
    pub fn marker(&self, partitions: i32) -> Option<Marker> {
        let place = self.place.as_ref()?;
        let (epoch, opened) = (place.epoch.clone(), place.opened);
        Some(Marker { epoch, opened, next: self.next, copied: place.sequence, partitions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &[u8] =
        br#"{"type":"control","time":"2026-01-01T10:00:00Z","control":{"pause":"welcome"}}"#;

    fn open(epoch: &str, after: Option<&str>) -> Vec<u8> {
        Open { epoch: epoch.into(), after: after.map(Epoch::from) }.value()
    }

    fn sequence(step: Result<Step, Unreadable>) -> u64 {
        match step {
            Ok(Step::Copy { sequence, .. }) => sequence,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sequences_count_from_where_an_epoch_was_opened() {
        let mut follower = Follower::at(Stream::Control, 7);
        assert_eq!(follower.take(6, b"whatever"), Ok(Step::Pass));
        assert_eq!(follower.take(7, ENTRY), Ok(Step::Pass));
        assert_eq!((follower.unnumbered(), follower.marker(4)), (1, None));
        assert_eq!(follower.take(8, &open("b", None)), Ok(Step::Opened));
        // Two opened at once: the first counts.
        assert_eq!(follower.take(9, &open("c", None)), Ok(Step::Pass));
        assert_eq!(sequence(follower.take(10, ENTRY)), 1);
        // An offset without a record, as a transaction of somebody else leaves it.
        assert_eq!(sequence(follower.take(12, ENTRY)), 2);
        let marker = follower.marker(4).unwrap();
        assert_eq!((marker.opened, marker.next, marker.copied), (8, 13, 2));
        assert_eq!(follower.take(13, &open("a", Some("b"))), Ok(Step::Pass), "it would be smaller");
        assert_eq!(follower.take(14, &open("d", Some("b"))), Ok(Step::Opened));
        assert_eq!(sequence(follower.take(15, ENTRY)), 1);
        assert_eq!(follower.epoch(), Some(&Epoch::from("d")));
    }

    #[test]
    fn behind_a_marker_and_from_the_beginning_the_numbers_are_the_same() {
        let marker = Marker { epoch: "b".into(), opened: 8, next: 13, copied: 2, partitions: 4 };
        assert_eq!(sequence(Follower::behind(Stream::Control, &marker).take(13, ENTRY)), 3);
        let mut again = Follower::again(Stream::Control, &marker, 2);
        assert_eq!(again.take(10, ENTRY), Ok(Step::Pass));
        assert_eq!(sequence(again.take(12, ENTRY)), 2);
        let mut late = Follower::again(Stream::Control, &marker, 99);
        assert_eq!((late.take(10, ENTRY), late.take(12, ENTRY)), (Ok(Step::Pass), Ok(Step::Pass)));
        assert_eq!(sequence(late.take(13, ENTRY)), 3);
    }

    #[test]
    fn what_is_not_ours_is_not_passed_over() {
        let mut follower = Follower::at(Stream::Catalogue, 0);
        assert_eq!(follower.take(0, ENTRY), Err(Unreadable { offset: 0 }));
        assert_eq!(follower.next(), 0);
    }
}
