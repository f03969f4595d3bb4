//! What was measured, sorted: usual work, each gap, and each second.

use super::histogram::{Distribution, Row};
use super::load::SignUps;
use super::messages::{Kind, Message};
use super::schedule::{Micros, Place, SECOND, Timeline};
use serde::Serialize;

/// Latencies of one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    /// From the event's intended time to the broker's append of its message.
    pub(super) commands: Distribution,
    /// From the event's intended time to the broker's append of the event: the driver's part and the broker's.
    pub(super) events: Distribution,
    /// From the broker's append of the event to that of its message: the engine's part and the broker's. Of two whole milliseconds, so 1 ms inexact either way.
    pub(super) engine: Distribution,
    /// From a timer's due time to the broker's append of its message.
    pub(super) timers: Distribution,
}

impl Latencies {
    /// What each is called.
    pub(super) fn named(&self) -> [(&'static str, &Distribution); 4] {
        [
            ("event to its message", &self.commands),
            ("  until the event was there", &self.events),
            ("  from there to its message", &self.engine),
            ("timer to its message", &self.timers),
        ]
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.named().map(|(name, all)| all.row(name)).to_vec()
    }
}

/// A second of the measured ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Second {
    /// Seconds since the first.
    pub at: u64,
    /// Messages at once upon events of this second, gaps included.
    pub count: u64,
    /// Of these, milliseconds.
    pub p50: Option<f64>,
    /// As above.
    pub p99: Option<f64>,
    /// As above.
    pub max: Option<f64>,
}

/// See the module.
pub(super) struct Tally {
    pub(super) usual: Latencies,
    /// Of each gap of the timeline.
    pub(super) gaps: Vec<Latencies>,
    pub(super) seconds: Vec<Second>,
}

impl Tally {
    /// Sorts messages. `appended`: when the broker had each sign-up.
    pub(super) fn of(
        timeline: &Timeline,
        messages: &[Message],
        sign_ups: &SignUps,
        appended: &SignUps,
    ) -> Self {
        let mut tally = Self {
            usual: Latencies::default(),
            gaps: vec![Latencies::default(); timeline.gaps.len()],
            seconds: Vec::new(),
        };
        let length = timeline.measured.end - timeline.measured.start;
        let mut seconds =
            vec![Distribution::default(); usize::try_from(length / SECOND).unwrap_or(0)];
        for message in messages {
            let Some(meant) = sign_ups.at(message.customer) else { continue };
            let from = match message.kind {
                Kind::AtOnce => meant,
                Kind::ByTimer => message.due * 1_000,
            };
            let took = message.appended - from;
            let Some(latencies) = tally.at(timeline.place(from, message.appended)) else {
                continue;
            };
            match message.kind {
                Kind::AtOnce => {
                    latencies.commands.add(took);
                    if let Some(appended) = appended.at(message.customer) {
                        latencies.events.add(appended - from);
                        latencies.engine.add(message.appended - appended);
                    }
                    if let Some(second) = seconds.get_mut(second_of(timeline, from)) {
                        second.add(took);
                    }
                }
                Kind::ByTimer => latencies.timers.add(took),
            }
        }
        tally.seconds = (0..).zip(&seconds).map(|(at, second)| Second::of(at, second)).collect();
        tally
    }

    fn at(&mut self, place: Place) -> Option<&mut Latencies> {
        match place {
            Place::Outside => None,
            Place::Usual => Some(&mut self.usual),
            Place::Gap(index) => self.gaps.get_mut(index),
        }
    }
}

fn second_of(timeline: &Timeline, at: Micros) -> usize {
    usize::try_from((at - timeline.measured.start) / SECOND).unwrap_or(usize::MAX)
}

impl Second {
    fn of(at: u64, all: &Distribution) -> Self {
        let row = all.row("");
        Self { at, count: row.count, p50: row.p50, p99: row.p99, max: row.max }
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::Gap;
    use super::*;

    #[test]
    fn each_message_is_counted_where_it_was_on_its_way() {
        let gap = Gap { what: "one joins", from: 5 * SECOND, led: 6 * SECOND, until: 6 * SECOND };
        let timeline = Timeline { measured: 2 * SECOND..8 * SECOND, gaps: vec![gap] };
        let (mut sign_ups, mut appended) = (SignUps::new(5), SignUps::new(5));
        let mut messages = Vec::new();
        // Before the measured span, in it, in its gap, and one whose timer alone is in it.
        for (customer, at) in [(0, SECOND), (1, 3 * SECOND), (2, 5 * SECOND), (3, 3 * SECOND / 2)] {
            sign_ups.note(customer, at);
            appended.note(customer, at + 1_000);
            messages.push(Message {
                kind: Kind::AtOnce,
                customer,
                due: at / 1_000,
                appended: at + 4_000,
            });
            let due = at / 1_000 + 600;
            messages.push(Message {
                kind: Kind::ByTimer,
                customer,
                due,
                appended: due * 1_000 + 500_000,
            });
        }
        let tally = Tally::of(&timeline, &messages, &sign_ups, &appended);
        let counts = |latencies: &Latencies| {
            let rows = latencies.rows();
            [0, 1, 2, 3].map(|place: usize| rows[place].count)
        };
        assert_eq!(counts(&tally.usual), [1, 1, 1, 2]);
        assert_eq!(counts(&tally.gaps[0]), [1, 1, 1, 1]);
        let rows = tally.usual.rows();
        let longest = |place: usize, ms: f64| (rows[place].max.unwrap() - ms).abs() < ms / 500.0;
        assert!(
            longest(0, 4.0) && longest(1, 1.0) && longest(2, 3.0) && longest(3, 500.0),
            "{rows:?}"
        );
        let counts: Vec<_> = tally.seconds.iter().map(|second| second.count).collect();
        assert_eq!(counts, [0, 1, 0, 1, 0, 0]);
    }
}
