//! Where a writer begins: from what the journal still has, and from what the marker says.

use crate::journal::{Journaled, Open};
use crate::{Epoch, Follower, Marker, Stream};
use std::ops::Range;

/// What a writer knows of a stream before it reads the journal.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its stream.
    pub stream: Stream,
    /// Offsets that its partition of the journal has: what retention has left.
    pub journal: Range<i64>,
    /// The newest marker, if there is one.
    pub marker: Option<Marker>,
    /// The value of the record at the marker's `opened`, where the journal still has it.
    pub opened: Option<Vec<u8>>,
    /// Partitions of the events topic.
    pub partitions: i32,
}

/// Why a writer does not go on with an epoch: something would be missing in a partition, and nobody could know. What begins the stream anew is a person's decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The journal's retention has removed what was perhaps not copied.
    #[error("retention has removed {} from the journal before they were known to be in every partition", span(*first, *last))]
    Lost {
        /// The first sequence that is gone.
        first: u64,
        /// The first offset that is still there lies so many records behind it.
        last: u64,
    },
    /// The journal ends before what was copied from it: the broker has lost what it had acknowledged.
    #[error(
        "the journal ends at offset {end}, and what was written before offset {next} is in every partition already: the broker has lost acknowledged records"
    )]
    Cut {
        /// Where it ends.
        end: i64,
        /// Where it must not end before.
        next: i64,
    },
    /// The events topic had another number of partitions when the marker was written.
    #[error(
        "the events topic has {is} partition(s), and the stream was written to {was}: the new ones lack what came before"
    )]
    Partitions {
        /// Then.
        was: i32,
        /// Now.
        is: i32,
    },
    /// There is no marker, and the journal no longer has the beginning of its epoch.
    #[error(
        "{count} records of the journal cannot be numbered: the marker is gone, and so is the record that opened their epoch"
    )]
    Unnumbered {
        /// How many.
        count: u64,
    },
    /// What is to be copied again is no longer in the journal.
    #[error(
        "the journal no longer has the beginning of the epoch, so sequence {from} cannot be found in it"
    )]
    Forgotten {
        /// The sequence that was asked for.
        from: u64,
    },
}

fn span(first: u64, last: u64) -> String {
    if first == last { format!("sequence {first}") } else { format!("sequences {first} to {last}") }
}

impl Known {
    /// The marker, if it is of this journal: a journal that was made anew has another record where the marker's epoch was opened, or none.
    pub fn valid(&self) -> Option<&Marker> {
        let marker = self.marker.as_ref()?;
        if marker.opened < self.journal.start {
            return Some(marker);
        }
        match Journaled::read(self.stream, self.opened.as_deref()?) {
            Some(Journaled::Open(open)) if open.epoch == marker.epoch => Some(marker),
            _ => None,
        }
    }

    /// Where copying begins: behind what is in every partition, or, with `from`, at that sequence of the epoch again.
    pub fn begin(&self, from: Option<u64>) -> Result<Follower, Refused> {
        let Range { start, end } = self.journal;
        // Without a marker: at the first epoch that the journal knows.
        let Some(marker) = self.valid() else { return Ok(Follower::at(self.stream, start)) };
        if marker.partitions != self.partitions {
            return Err(Refused::Partitions { was: marker.partitions, is: self.partitions });
        }
        if end < marker.next {
            return Err(Refused::Cut { end, next: marker.next });
        }
        if marker.next < start {
            let gone = (start - marker.next).unsigned_abs();
            return Err(Refused::Lost { first: marker.copied + 1, last: marker.copied + gone });
        }
        match from {
            Some(from) if from <= marker.copied && marker.opened < start => {
                Err(Refused::Forgotten { from })
            }
            Some(from) if from <= marker.copied => Ok(Follower::again(self.stream, marker, from)),
            Some(_) | None => Ok(Follower::behind(self.stream, marker)),
        }
    }

    /// At the journal's end, to open an epoch there whatever lies before.
    pub fn anew(&self) -> Follower {
        let mut follower = match self.valid() {
            Some(marker) => Follower::behind(self.stream, marker),
            None => Follower::at(self.stream, self.journal.end),
        };
        follower.skip_to(self.journal.end);
        follower
    }

    /// Whether a writer that has read the journal to its end has to open an epoch before it appends: none is in force, or one that is older than the marker's
    /// (the broker has lost the younger). Errors: there are records that nobody can number.
    pub fn must_open(&self, follower: &Follower) -> Result<bool, Refused> {
        match (follower.epoch(), follower.unnumbered()) {
            (Some(_), _) => Ok(follower.epoch() != self.before(follower)),
            (None, 0) => Ok(true),
            (None, count) => Err(Refused::Unnumbered { count }),
        }
    }

    /// An epoch must be greater than this one.
    pub fn before<'k>(&'k self, follower: &'k Follower) -> Option<&'k Epoch> {
        follower.epoch().max(self.marker.as_ref().map(|marker| &marker.epoch))
    }
}

/// The record that opens an epoch behind what the follower has read.
pub fn opening(follower: &Follower, epoch: Epoch) -> Open {
    Open { epoch, after: follower.epoch().cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(journal: Range<i64>, marker: Option<(i64, i64, u64)>, opened: Option<&str>) -> Known {
        let marker = marker.map(|(opened, next, copied)| Marker {
            epoch: "b".into(),
            opened,
            next,
            copied,
            partitions: 4,
        });
        let opened = opened.map(|epoch| Open { epoch: epoch.into(), after: None }.value());
        Known { stream: Stream::Catalogue, journal, marker, opened, partitions: 4 }
    }

    #[test]
    fn a_writer_begins_behind_the_marker_of_this_journal() {
        for (known, next) in [
            (known(0..0, None, None), 0),
            (known(0..9, None, None), 0),
            (known(0..9, Some((2, 6, 3)), Some("b")), 6),
            (known(5..9, Some((2, 6, 3)), None), 6),
            (known(9..9, Some((2, 9, 6)), None), 9),
            // Made anew, and shorter or longer than before.
            (known(0..0, Some((2, 6, 3)), None), 0),
            (known(0..9, Some((2, 6, 3)), Some("c")), 0),
        ] {
            assert_eq!(known.begin(None).unwrap().next(), next, "{known:?}");
            assert_eq!(known.anew().next(), known.journal.end);
        }
    }

    #[test]
    fn what_cannot_be_known_is_refused() {
        let lost = known(9..12, Some((2, 6, 3)), None);
        assert_eq!(lost.begin(None), Err(Refused::Lost { first: 4, last: 6 }));
        let cut = known(0..5, Some((2, 6, 3)), Some("b"));
        assert_eq!(cut.begin(None), Err(Refused::Cut { end: 5, next: 6 }));
        let grown = Known { partitions: 6, ..known(0..9, Some((2, 6, 3)), Some("b")) };
        assert_eq!(grown.begin(None), Err(Refused::Partitions { was: 4, is: 6 }));
        assert_eq!(
            known(5..9, Some((2, 6, 3)), None).begin(Some(2)),
            Err(Refused::Forgotten { from: 2 })
        );
        let new = known(0..1, None, None);
        assert_eq!(new.must_open(&Follower::at(Stream::Catalogue, 0)), Ok(true));
        let mut unknown = Follower::at(Stream::Catalogue, 0);
        unknown
            .take(0, br#"{"type":"catalogue","time":"2026-01-01T10:00:00Z","product":{}}"#)
            .unwrap();
        assert_eq!(new.must_open(&unknown), Err(Refused::Unnumbered { count: 1 }));
    }

    #[test]
    fn a_journal_that_has_lost_its_newest_epoch_begins_another() {
        let cut = known(0..3, Some((4, 6, 1)), None);
        let mut follower = cut.begin(None).unwrap();
        follower.take(0, &Open { epoch: "a".into(), after: None }.value()).unwrap();
        assert_eq!(
            (cut.must_open(&follower), cut.before(&follower)),
            (Ok(true), Some(&"b".into()))
        );
        follower.take(1, &Open { epoch: "c".into(), after: Some("a".into()) }.value()).unwrap();
        assert_eq!(cut.must_open(&follower), Ok(false));
    }

    #[test]
    fn copying_again_begins_at_the_epoch() {
        let known = known(0..9, Some((2, 6, 3)), Some("b"));
        assert_eq!(known.begin(Some(2)).unwrap().next(), 3);
        assert_eq!(known.begin(Some(4)).unwrap().next(), 6);
    }

    #[test]
    fn a_new_epoch_follows_the_one_in_force() {
        let cut = known(0..5, Some((2, 6, 3)), Some("b"));
        let mut follower = cut.anew();
        let open = opening(&follower, Epoch::from("c"));
        assert_eq!(open.after, Some("b".into()));
        assert_eq!(cut.before(&follower), Some(&"b".into()));
        assert_eq!(follower.take(5, &open.value()), Ok(crate::Step::Opened));
        assert_eq!(
            follower.marker(4).unwrap(),
            Marker { epoch: "c".into(), opened: 5, next: 6, copied: 0, partitions: 4 }
        );
    }
}
