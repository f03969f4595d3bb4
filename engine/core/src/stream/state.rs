//! What a shard remembers of streams: how far each has been applied, and why one stands still.

use super::record::Streamed;
use crate::closed::closed;
use compact_str::CompactString;

/// Most streams of a shard, beside those of past events.
pub const MAX_STREAMS: usize = 16;
/// How the name of a stream of past events begins. Each history that is read in is one, and stays known: it counts once, however often it comes.
pub const PAST: &str = "backfill:";
/// Most streams of past events of a shard.
pub const MAX_PAST: usize = 1_024;

closed! {
    /// What is done with a record of a stream.
    Order {
        /// It is applied.
        Next "applied",
        /// It was applied before.
        Repeat "repeat",
        /// Some before it are missing: it is not applied, and must come again behind them.
        Gap "gap",
        /// Another journal has numbered it than the one that the stream goes by.
        Epoch "epoch",
        /// There are as many streams as a shard follows.
        NoRoom "no_room",
    }
}

/// Why a stream stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Records are missing: this is the greatest number that has come too early.
    Gap(u64),
    /// Records come that this journal has numbered.
    Epoch(CompactString),
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub name: CompactString,
    /// The journal whose numbers it goes by.
    pub epoch: CompactString,
    /// The number of the last record that was applied; 0 before the first.
    pub last: u64,
    /// Why it stands still; none where it does not.
    pub stop: Option<Stop>,
}

/// The streams of a shard, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streams {
    pub(super) all: Vec<Stream>,
}

impl Streams {
    /// The streams.
    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.all.iter()
    }

    /// Takes note of a record, and says what is to be done with it.
    pub fn take(&mut self, record: &Streamed<'_>) -> Order {
        // A history is the newest stream while it is read in.
        let known = self.all.iter().rposition(|stream| stream.name == record.stream);
        let place = match known {
            Some(place) => place,
            None if !self.has_room(&record.stream) => return Order::NoRoom,
            None => {
                let (name, epoch) = (record.stream.as_ref().into(), record.epoch.as_ref().into());
                self.all.push(Stream { name, epoch, last: 0, stop: None });
                self.all.len() - 1
            }
        };
        self.all.get_mut(place).map_or(Order::NoRoom, |stream| stream.take(record))
    }

    fn has_room(&self, name: &str) -> bool {
        let is_past = |name: &str| name.starts_with(PAST);
        let alike = self.all.iter().filter(|stream| is_past(&stream.name) == is_past(name));
        alike.count() < if is_past(name) { MAX_PAST } else { MAX_STREAMS }
    }
}

impl Stream {
    fn take(&mut self, record: &Streamed<'_>) -> Order {
        let sequence = record.sequence;
        let same = self.epoch == record.epoch;
        let begins = sequence == 1 || record.first;
        if self.last > 0 && *record.epoch < *self.epoch {
            // A writer that was paused copies what another one has left behind.
            return Order::Repeat;
        }
        if begins && (self.last == 0 || !same) {
            self.epoch = record.epoch.as_ref().into();
            (self.last, self.stop) = (sequence, None);
            return Order::Next;
        }
        if !same {
            self.stop = Some(Stop::Epoch(record.epoch.as_ref().into()));
            return Order::Epoch;
        }
        if sequence <= self.last {
            return Order::Repeat;
        }
        let early = match self.stop {
            Some(Stop::Gap(early)) => early,
            Some(Stop::Epoch(_)) | None => 0,
        };
        if sequence > self.last + 1 {
            self.stop = Some(Stop::Gap(early.max(sequence)));
            return Order::Gap;
        }
        self.last = sequence;
        self.stop = (early > sequence).then_some(Stop::Gap(early));
        Order::Next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn take(streams: &mut Streams, epoch: &str, sequence: u64, first: bool) -> Order {
        let text = format!(
            r#"{{"type":"catalogue","stream":"catalogue","epoch":"{epoch}","sequence":{sequence},"first":{first}}}"#
        );
        let record = Streamed::read(text.as_bytes(), 0, &Policy::default());
        streams.take(&record.expect("a stream").expect("sound"))
    }

    #[test]
    fn each_number_is_applied_once_and_in_order() {
        let mut streams = Streams::default();
        for (epoch, sequence, first, expected, stop) in [
            ("a", 3, false, Order::Gap, Some(Stop::Gap(3))),
            ("a", 1, false, Order::Next, None),
            ("a", 1, false, Order::Repeat, None),
            ("a", 2, false, Order::Next, None),
            ("a", 5, false, Order::Gap, Some(Stop::Gap(5))),
            ("a", 4, false, Order::Gap, Some(Stop::Gap(5))),
            ("a", 5, true, Order::Gap, Some(Stop::Gap(5))),
            ("a", 3, false, Order::Next, Some(Stop::Gap(5))),
            ("a", 4, false, Order::Next, Some(Stop::Gap(5))),
            ("b", 9, false, Order::Epoch, Some(Stop::Epoch("b".into()))),
            ("a", 5, false, Order::Next, None),
            ("a", 4, false, Order::Repeat, None),
            ("b", 9, true, Order::Next, None),
            ("b", 9, true, Order::Repeat, None),
            ("a", 6, false, Order::Repeat, None),
            ("a", 1, false, Order::Repeat, None),
            ("c", 1, false, Order::Next, None),
        ] {
            assert_eq!(take(&mut streams, epoch, sequence, first), expected, "{epoch} {sequence}");
            assert_eq!(streams.all[0].stop, stop, "{epoch} {sequence}");
        }
        assert_eq!((streams.all[0].epoch.as_str(), streams.all[0].last), ("c", 1));
    }

    #[test]
    fn a_shard_follows_so_many_streams() {
        let mut streams = Streams::default();
        for (name, most) in [("s", MAX_STREAMS), (PAST, MAX_PAST)] {
            for number in 0..=most {
                let text =
                    format!(r#"{{"type":"x","stream":"{name}{number}","epoch":"e","sequence":1}}"#);
                let record = Streamed::read(text.as_bytes(), 0, &Policy::default());
                let order = streams.take(&record.expect("a stream").expect("sound"));
                let expected = if number < most { Order::Next } else { Order::NoRoom };
                assert_eq!(order, expected, "{name}{number}");
            }
        }
    }
}
