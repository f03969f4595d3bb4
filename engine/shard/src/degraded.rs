//! Events that were applied without some of their fields, because those were odd: counted by field, noted with their customer, and a few of
//! them copied to the dead letters, so that somebody can see what the producer writes.

use crate::checkpoint::Store;
use crate::json::json;
use crate::shard::Shard;
use cartwheel_core::customer::Document;
use cartwheel_core::event::{Event, OddFields, Record};
use cartwheel_core::sends::{DeadReason, Sample};
use cartwheel_core::time::{HOUR, Millis, rfc3339};
use serde::{Deserialize, Serialize};

/// An event that was applied without some of its fields. It stands among its customer's documents, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degraded {
    /// When it was applied, in record time.
    #[serde(with = "rfc3339")]
    pub at: Millis,
    /// Its offset in the events partition.
    pub offset: i64,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The names of the fields.
    pub fields: Vec<String>,
}

/// Of which fields a copy was taken in the present hour of shard time: one for each, so that a producer whose every event is odd does not
/// double the traffic, and the first of them is seen at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Samples {
    /// The hour since 1970.
    pub hour: i64,
    /// The fields.
    pub taken: OddFields,
}

impl Samples {
    /// Whether an event with these odd fields, at this greatest record time so far, is to be copied.
    fn take(&mut self, odd: OddFields, seen: Millis) -> bool {
        let hour = seen.div_euclid(HOUR);
        if hour != self.hour {
            *self = Self { hour, taken: OddFields::default() };
        }
        let new = !odd.without(self.taken).is_empty();
        self.taken = self.taken.and(odd);
        new
    }
}

impl<S: Store> Shard<S> {
    /// An event of the customer in this slot was applied without these fields.
    #[cold]
    pub(crate) fn degraded(
        &mut self,
        record: &Record<'_>,
        event: &Event<'_>,
        odd: OddFields,
        slot: u32,
    ) {
        let seen = self.position.seen;
        for field in odd.iter() {
            self.counters.degraded[field as usize] += 1;
        }
        let fields: Vec<String> = odd.iter().map(|field| field.name().to_owned()).collect();
        let detail = fields.join(", ");
        let note =
            Degraded { at: seen, offset: record.offset, kind: event.kind.to_string(), fields };
        let cold = &mut self.table.get_mut(slot).cold;
        self.effects.journal.append(cold, Document::Degraded, &json(&note));
        if self.position.samples.take(odd, seen) {
            let letter = self.letter(record, DeadReason::Applied(Sample::Degraded), detail);
            self.bury_letter(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_copy_a_field_is_taken_in_an_hour() {
        let (mut samples, start) = (Samples::default(), 1_772_445_600_000);
        let [a, b] = [OddFields::from_bits(1), OddFields::from_bits(2)];
        for (odd, seen, taken) in [
            (a, start, true),
            (a, start + 1, false),
            (a.and(b), start + 2, true),
            (b, start + HOUR - 1, false),
            (b, start + HOUR, true),
            (a, start + HOUR, true),
            (a.and(b), start + HOUR, false),
            (a, start + 9 * HOUR, true),
        ] {
            assert_eq!(samples.take(odd, seen), taken, "{odd:?} {seen}");
        }
    }
}
