//! What goes to the dead-letter topic, and with which headers.

use crate::receipt::Ending;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cartwheel_core::command::{MAX_BYTES, OVERHEAD};
use cartwheel_core::event::Poison;
use cartwheel_core::sends::{Dead, Sample};

/// Header with the reason, from a closed list.
pub const ERROR: &str = "cartwheel-error";
/// Header with what exactly, without the content.
pub const DETAIL: &str = "cartwheel-detail";
/// Header of a copy of a record that was applied: [`YES`]. Such a letter is to be looked at, never to be applied again.
pub const APPLIED: &str = "cartwheel-applied";
/// The value of [`APPLIED`].
pub const YES: &str = "true";
/// Header with the topic that the record came from.
pub const SOURCE_TOPIC: &str = "cartwheel-source-topic";
/// Header with its partition, decimal.
pub const SOURCE_PARTITION: &str = "cartwheel-source-partition";
/// Header with its offset, decimal.
pub const SOURCE_OFFSET: &str = "cartwheel-source-offset";
/// Header with the number of calls made, decimal; 0 for what was never called.
pub const ATTEMPT: &str = "cartwheel-attempt";

/// A letter's value is at most this long: what the sends topic takes of us, so that no foreign record makes a letter that cannot be written.
const MAX_VALUE: usize = MAX_BYTES + OVERHEAD;
/// Its detail, in bytes.
const MAX_DETAIL: usize = 1024;

/// The reason of a record of the sends topic that cannot be understood.
pub const BAD_RECORD: &str = "bad_record";

/// Every reason that a letter of ours may have, each once: of events, of copies of events, of commands, of foreign records in the sends topic.
pub fn reasons() -> Vec<&'static str> {
    let events = Poison::ALL.map(Poison::name).into_iter().chain(Sample::ALL.map(Sample::name));
    let commands = Ending::all().filter(|ending| ending.is_dead()).map(Ending::reason);
    let mut all: Vec<&'static str> = Vec::new();
    for reason in events.chain(commands).chain([BAD_RECORD]) {
        if !all.contains(&reason) {
            all.push(reason);
        }
    }
    all
}

/// A record for the dead-letter topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Key of the source record.
    pub key: Option<Vec<u8>>,
    /// Value of the source record; none if it was too large to be carried: fetch it from the source offset.
    pub value: Option<Vec<u8>>,
    /// Reason, source and attempt.
    pub headers: Vec<(&'static str, String)>,
}

/// Where a dead record came from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Topic.
    pub topic: &'a str,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

impl DeadLetter {
    /// A record of the sends topic that cannot be delivered or understood.
    pub fn of(
        source: Origin,
        reason: &str,
        attempt: u32,
        key: Option<&[u8]>,
        value: &[u8],
    ) -> Self {
        Self {
            key: key.map(<[u8]>::to_vec),
            value: (value.len() <= MAX_VALUE).then(|| value.to_vec()),
            headers: headers(source, reason, attempt),
        }
    }

    /// The same letter, which also says what exactly.
    #[must_use]
    pub fn with_detail(mut self, detail: Option<&str>) -> Self {
        self.headers.extend(detail.map(|detail| (DETAIL, cut(detail))));
        self
    }

    /// A record of the events topic that the shard could not apply, or a copy of one that it has applied in part, as its `dead` record
    /// describes it; none if the record's base64 is broken.
    pub fn of_event(dead: &Dead) -> Option<Self> {
        let decode =
            |text: &Option<String>| text.as_ref().map(|text| STANDARD.decode(text)).transpose();
        let source = Origin { topic: &dead.topic, partition: dead.partition, offset: dead.offset };
        let mut headers = headers(source, dead.reason.name(), 0);
        headers.push((DETAIL, cut(&dead.detail)));
        if dead.applied {
            headers.push((APPLIED, YES.to_owned()));
        }
        Some(Self { key: decode(&dead.key).ok()?, value: decode(&dead.value).ok()?, headers })
    }
}

fn cut(detail: &str) -> String {
    detail[..detail.floor_char_boundary(MAX_DETAIL)].to_owned()
}

fn headers(source: Origin, reason: &str, attempt: u32) -> Vec<(&'static str, String)> {
    vec![
        (ERROR, reason.to_owned()),
        (SOURCE_TOPIC, source.topic.to_owned()),
        (SOURCE_PARTITION, source.partition.to_string()),
        (SOURCE_OFFSET, source.offset.to_string()),
        (ATTEMPT, attempt.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::sends::DeadReason;

    #[test]
    fn the_reasons_are_those_of_events_and_of_commands_that_are_given_up() {
        let reasons = reasons();
        for known in [
            "not_json",
            "record_in_future",
            "degraded",
            "exhausted",
            "no_provider",
            "quarantined",
            "bad_record",
        ] {
            assert!(reasons.contains(&known), "{known}");
        }
        // What is no dead letter has no reason for one.
        for other in ["sent", "expired", "suppressed", "ambiguous", "unknown"] {
            assert!(!reasons.contains(&other), "{other}");
        }
        let once: std::collections::BTreeSet<_> = reasons.iter().collect();
        assert_eq!(once.len(), reasons.len());
    }

    #[test]
    fn a_letter_says_what_exactly_where_that_is_known() {
        let source = Origin { topic: "sends", partition: 0, offset: 1 };
        let letter = || DeadLetter::of(source, "bad_request", 1, None, b"{}");
        let detail = |letter: DeadLetter| {
            letter.headers.into_iter().find(|(name, _)| *name == DETAIL).map(|(_, value)| value)
        };
        assert_eq!(detail(letter().with_detail(None)), None);
        let line = "template `t`, sms.liquid:2: the output is empty";
        assert_eq!(detail(letter().with_detail(Some(line))).as_deref(), Some(line));
    }

    #[test]
    fn a_letter_is_never_too_large_to_be_written() {
        let source = Origin { topic: "sends", partition: 0, offset: 1 };
        let letter = |len: usize| DeadLetter::of(source, "bad_record", 0, None, &vec![b'x'; len]);
        assert_eq!(letter(MAX_VALUE).value.map(|value| value.len()), Some(MAX_VALUE));
        assert_eq!(letter(MAX_VALUE + 1).value, None, "to be fetched from its source");
        let letter = letter(0).with_detail(Some(&"\u{e9}".repeat(MAX_DETAIL)));
        assert_eq!(letter.headers.last().map(|(_, value)| value.len()), Some(MAX_DETAIL));
    }

    #[test]
    fn a_poison_event_comes_back_as_it_was() {
        let dead = Dead {
            topic: "events".into(),
            partition: 1,
            offset: 42,
            reason: DeadReason::Poison(Poison::NotJson),
            applied: false,
            detail: "3 bytes".into(),
            key: Some(STANDARD.encode("c1")),
            value: Some(STANDARD.encode([0xff, 0, 1])),
        };
        let letter = DeadLetter::of_event(&dead).unwrap();
        assert_eq!(
            (letter.key.unwrap().as_slice(), letter.value.unwrap().as_slice()),
            (&b"c1"[..], &[0xff, 0, 1][..])
        );
        let headers: Vec<_> =
            letter.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = "cartwheel-error=not_json cartwheel-source-topic=events cartwheel-source-partition=1 cartwheel-source-offset=42 cartwheel-attempt=0 cartwheel-detail=3 bytes";
        assert_eq!(headers.join(" "), expected);
        let broken = Dead { key: Some("!".into()), ..dead.clone() };
        assert_eq!(DeadLetter::of_event(&broken), None);
        let applied = DeadReason::Applied(Sample::Degraded);
        let copy = Dead { reason: applied, applied: true, detail: "cart.items".into(), ..dead };
        let letter = DeadLetter::of_event(&copy).unwrap();
        assert_eq!(letter.headers[0], (ERROR, "degraded".to_owned()));
        assert!(letter.headers.contains(&(APPLIED, YES.to_owned())));
    }
}
