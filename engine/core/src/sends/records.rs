//! Values of the records of the sends topic that are not commands; all JSON.

use super::measured::Measured;
use crate::address::AddressHash;
use crate::channel::Channel;
use crate::closed::closed;
use crate::event::Poison;
use crate::partitioner::Partitioner;
use crate::time::{Millis, rfc3339};
use serde::{Deserialize, Serialize};

/// A new owner of the shard. Its offset is the epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// Tells this append from every other one of any owner.
    pub nonce: String,
    /// Generation of the consumer group that assigned the partition, as far as the client tells.
    pub generation: i64,
    /// The member's name.
    pub member: String,
}

/// Whether marketing flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Caught up, or not far behind.
    #[default]
    Live,
    /// Behind by more than `hold_after`: marketing is held.
    Behind,
}

/// First record of a turn; `follow` records of the same turn come after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The next offset of the events partition: every record before it has been applied.
    pub next_offset: i64,
    /// Shard time at the end of the turn.
    #[serde(with = "rfc3339")]
    pub now: Millis,
    /// Mode at the end of the turn.
    pub mode: Mode,
    /// Hash of the configuration in force at the end of the turn, 32 hex digits.
    pub config: String,
    /// Number of the behaviour that decided it.
    pub semantics: u32,
    /// Timers fired since the previous turn record.
    pub fired: u64,
    /// Customers who were reached by a broadcast since then, in order of their ids.
    #[serde(default, skip_serializing_if = "is_none")]
    pub walked: u64,
    /// Records that follow and belong to this turn.
    pub follow: u32,
    /// Offsets passed over since the previous turn record because they could not be applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Records of this turn whose own time was too far ahead of the clock, and the time that counted instead, in order of offsets. What is not
    /// named here counted with its own time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clamped: Vec<Clamped>,
    /// Which records are misplaced, from the end of this turn on; stated by the first turn of a log and where it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitioner: Option<Partitioner>,
    /// What was decided since the previous turn record that reports count.
    #[serde(default, skip_serializing_if = "Measured::is_empty")]
    pub measured: Measured,
    /// Chain hash over all decisions and effects since the beginning, 32 hex digits.
    pub chain: String,
}

fn is_none(walked: &u64) -> bool {
    *walked == 0
}

impl Turn {
    /// How a record of this turn counted; none: as it is. Whoever executes the turn again has no clock, and asks here.
    pub fn counts(&self, offset: i64) -> Option<Counts> {
        if let Ok(place) = self.clamped.binary_search_by_key(&offset, |clamped| clamped.offset) {
            return Some(Counts::At(self.clamped[place].record_time));
        }
        let place = self.skipped.binary_search_by_key(&offset, |skipped| skipped.offset).ok()?;
        let reason = self.skipped[place].reason;
        reason.is_stated().then_some(Counts::Not(reason))
    }
}

/// How a record counts that does not count as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// With this record time.
    At(Millis),
    /// Not at all, for this reason; its time neither.
    Not(Poison),
}

/// An offset of the events partition that was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Offset in the events partition.
    pub offset: i64,
    /// Why.
    pub reason: Poison,
}

/// A record that was applied with another record time than its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clamped {
    /// Offset in the events partition.
    pub offset: i64,
    /// The record time that counted.
    #[serde(with = "rfc3339")]
    pub record_time: Millis,
}

closed! {
    /// Why a record that was applied is among the dead letters all the same: a copy, to be looked at.
    Sample {
        /// It was applied without the known fields that were odd.
        Degraded "degraded",
    }
}

/// Why a record of the events topic is among the dead letters. In JSON it is the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DeadReason {
    /// It could not be applied.
    Poison(Poison),
    /// It was applied.
    Applied(Sample),
}

impl DeadReason {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poison(poison) => poison.name(),
            Self::Applied(sample) => sample.name(),
        }
    }

    /// Whether the record was applied.
    pub const fn is_applied(self) -> bool {
        match self {
            Self::Poison(_) => false,
            Self::Applied(_) => true,
        }
    }
}

/// A `dead` record: what delivery forwards to the dead-letter topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dead {
    /// Source topic.
    pub topic: String,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Why.
    pub reason: DeadReason,
    /// The record was applied: this is a copy, and must not be applied again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applied: bool,
    /// What exactly, without the content: the field's name, a length.
    pub detail: String,
    /// The source record's key, base64.
    pub key: Option<String>,
    /// The source record's value, base64; none above 256 KiB (fetch it from the source offset).
    pub value: Option<String>,
}

/// Why an address is suppressed, or no longer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionReason {
    /// The person asked for it.
    Unsubscribed,
    /// The address does not exist.
    Bounced,
    /// The person complained.
    Complained,
}

/// A `suppression` record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The medium.
    pub channel: Channel,
    /// [`AddressHash`], 32 hex digits.
    pub address: String,
    /// Why (when `active` is false: which suppression was lifted).
    pub reason: SuppressionReason,
    /// True suppresses, false lifts.
    pub active: bool,
    /// When, in record time.
    #[serde(with = "rfc3339")]
    pub at: Millis,
}

impl Suppression {
    /// The key of an address in the suppressions topic.
    pub fn hash(channel: Channel, address: &str) -> String {
        AddressHash::of(channel, address).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::Xxh3;

    #[test]
    fn a_turn_says_how_a_record_counted_and_reads_as_before_where_it_says_nothing() {
        let plain = r#"{"next_offset":9,"now":"2026-03-02T10:00:00.000Z","mode":"live","config":"c","semantics":5,"fired":0,"follow":2,"skipped":[{"offset":3,"reason":"not_json"},{"offset":5,"reason":"record_in_future"}],"chain":"d"}"#;
        let stated = plain.replace(
            r#""chain""#,
            r#""clamped":[{"offset":4,"record_time":"2026-03-02T10:00:05.000Z"}],"partitioner":"crc32","chain""#,
        );
        let at = Some(Counts::At(1_772_445_605_000));
        let future = Some(Counts::Not(Poison::RecordInFuture));
        for (text, four) in [(plain, None), (&*stated, at)] {
            let turn: Turn = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&turn).unwrap(), text);
            let counts = [3, 4, 5, 6].map(|offset| turn.counts(offset));
            // What is no JSON is none for whoever reads it again.
            assert_eq!(counts, [None, four, future, None]);
        }
    }

    /// The keys of suppressions stand in the log, and in its chain. They depend on tables of Unicode: of Rust's library (lower case), of `icu_normalizer`
    /// (composing) and of `idna` (domains). Nothing else that is decided does. If this fails, a new version of one of them makes something else of some letter:
    /// that is another behaviour. Raise [`SEMANTICS`](crate::sends::SEMANTICS), so that no build replays what one with other tables wrote.
    #[test]
    fn tables_of_unicode_make_of_each_letter_what_they_always_made() {
        let mut keys = Xxh3::new();
        let letters = (0..0x40_000).chain(0xe_0000..0xe_1000).filter_map(char::from_u32);
        for letter in letters {
            for address in [format!("a{letter}b@example.test"), format!("a@b{letter}.example")] {
                keys.update(Suppression::hash(Channel::Email, &address).as_bytes());
            }
        }
        assert_eq!(keys.digest(), 6_952_316_463_396_823_517);
    }

    #[test]
    fn a_copy_is_marked_and_poison_is_as_it_always_was() {
        let poison = r#"{"topic":"e","partition":1,"offset":2,"reason":"not_json","detail":"","key":null,"value":null}"#;
        let copy = r#"{"topic":"e","partition":1,"offset":2,"reason":"degraded","applied":true,"detail":"cart","key":null,"value":null}"#;
        for (text, applied) in [(poison, false), (copy, true)] {
            let dead: Dead = serde_json::from_str(text).unwrap();
            assert_eq!((dead.applied, dead.reason.is_applied()), (applied, applied));
            assert_eq!(serde_json::to_string(&dead).unwrap(), text);
        }
    }
}
