//! Which lines of a history are events that count, and which are wrong.

use super::facts::Facts;
use super::files::Line;
use super::record::Records;
use cartwheel_core::event::{Decoder, Event, Poison, Record, Rejected, decode};
use cartwheel_core::input::{Input, Kind};
use cartwheel_core::policy::Policy;
use cartwheel_core::stream::Past;
use cartwheel_core::time::{Millis, format_rfc3339};
use std::collections::{HashSet, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// Among so many events before it an event is looked for that has its customer and id.
const REMEMBERED: usize = 1_000_000;

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that are read in.
    pub events: u64,
    /// Left out: none of the facts is made of such.
    pub others: u64,
    /// Left out: they did not happen before the end.
    pub later: u64,
    /// Left out: an event of the same customer and id stands among those before.
    pub repeated: u64,
    /// Of the events that are read in, those with fields that cannot be read and count as absent.
    pub odd: u64,
}

impl Counts {
    /// All lines that are not empty.
    pub fn lines(&self) -> u64 {
        self.events + self.others + self.later + self.repeated
    }
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What.
    pub problem: String,
    /// What to do.
    pub help: String,
}

impl Wrong {
    fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

/// An event that is read in.
pub struct Chosen<'l> {
    /// Whose it is.
    pub customer: String,
    /// The JSON object.
    pub text: &'l str,
}

/// Goes through the lines of a history, from its beginning.
pub struct Selection<'s> {
    facts: &'s Facts,
    policy: &'s Policy,
    before: Millis,
    now: Millis,
    ids: Recent,
    decoder: Decoder,
    records: Records,
    /// What became of the lines so far.
    pub counts: Counts,
}

impl<'s> Selection<'s> {
    /// Events that happened before `before` and feed these facts; `now` is the clock's time.
    pub fn new(facts: &'s Facts, policy: &'s Policy, before: Millis, now: Millis) -> Self {
        // As long as any.
        let records = Records::new(&super::record::Identity::new(facts, None).name(), facts);
        let (ids, decoder, counts) = (Recent::default(), Decoder::default(), Counts::default());
        Self { facts, policy, before, now, ids, decoder, records, counts }
    }

    /// Whether the line is an event that is read in. Errors: it can be none.
    pub fn take<'l>(&mut self, line: &Line<'l>) -> Result<Option<Chosen<'l>>, Wrong> {
        if line.too_long {
            return Err(self.too_large());
        }
        let event = decode(line.bytes, self.now, self.policy).map_err(|it| self.wrong(&it))?;
        let Some(at) = event.time else {
            let help = "say when it happened: \"time\": \"2026-03-01T09:15:00Z\"; without, it would count as of today";
            return Err(Wrong::new("the event has no `time`", help));
        };
        if !self.facts.values().any(|kinds| kinds.contains(event.kind.as_ref())) {
            self.counts.others += 1;
        } else if at >= self.before {
            self.counts.later += 1;
        } else if self.ids.has(&event) {
            self.counts.repeated += 1;
        } else {
            let text = event.whole().0;
            self.check(text)?;
            self.counts.events += 1;
            self.counts.odd += u64::from(!event.odd().is_empty());
            return Ok(Some(Chosen { customer: event.customer.into_owned(), text }));
        }
        Ok(None)
    }

    /// Reads its record as a shard will: it must not be refused there.
    fn check(&mut self, text: &str) -> Result<(), Wrong> {
        let value = self.records.record(u64::MAX >> 1, text);
        let record = Record { offset: 0, time: self.now, key: None, value: &value };
        let mut input = Input::default();
        input.read(&record, &mut self.decoder, self.policy);
        let outcome = match input.kind() {
            Kind::OfStream(streamed) => Past::read(streamed, self.now, self.policy).map(drop),
            Kind::Poison(rejected) => Err(rejected.clone()),
            Kind::OfCustomer(..) => Err(Rejected::new(Poison::BadValue, "event")),
        };
        outcome.map_err(|rejected| self.wrong(&rejected))
    }

    fn too_large(&self) -> Wrong {
        let most = self.policy.max_event_bytes;
        Wrong::new(
            "the event is too large",
            format!(
                "with what is written around it, it may have {most} bytes: leave fields out that the facts do not read, or raise `max_event_bytes` of the policy"
            ),
        )
    }

    fn wrong(&self, rejected: &Rejected) -> Wrong {
        let detail = &rejected.detail;
        match rejected.reason {
            Poison::NotJson => Wrong::new(
                format!("this is no JSON object ({detail})"),
                "write one event a line, as the events topic has them",
            ),
            Poison::TooLarge => self.too_large(),
            Poison::TooDeep => Wrong::new("the event is nested too deep", "nest at most 60 deep"),
            Poison::MissingType => {
                Wrong::new("the event has no `type`", "write one, such as \"order_placed\"")
            }
            Poison::MissingCustomer => Wrong::new(
                "the event has no `customer`",
                "write the text by which the shop's events name this customer",
            ),
            Poison::BadTime => Wrong::new(
                "`time` is no time",
                "write RFC 3339 such as 2026-03-01T09:15:00Z, or seconds or milliseconds since 1970",
            ),
            Poison::TimeInFuture => Wrong::new(
                "`time` lies in the future",
                format!("it is {} now; these are past events", format_rfc3339(self.now)),
            ),
            Poison::BadValue
            | Poison::Misplaced
            | Poison::TooManyCustomers
            | Poison::RecordInFuture => Wrong::new(
                format!("the event cannot be read: {detail}"),
                "write a type and a customer of at most 256 bytes",
            ),
        }
    }
}

/// The newest ids.
#[derive(Default)]
struct Recent {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Recent {
    /// Whether the event's customer and id are among them; they are now.
    fn has(&mut self, event: &Event<'_>) -> bool {
        let Some(id) = event.id() else { return false };
        let hash = xxh3_64([event.customer.as_bytes(), &[0], id.as_bytes()].concat().as_slice());
        if !self.known.insert(hash) {
            return true;
        }
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// 2026-03-02T10:00:00Z.
    const NOW: Millis = 1_772_445_600_000;

    fn facts() -> Facts {
        Facts::from([("orders".to_owned(), BTreeSet::from(["order_placed".to_owned()]))])
    }

    fn line(text: &str) -> Line<'_> {
        Line { file: "past.jsonl", number: 1, bytes: text.as_bytes(), too_long: false }
    }

    #[test]
    fn events_that_feed_the_facts_and_happened_before_count_once() {
        let (facts, policy) = (facts(), Policy::default());
        let mut selection = Selection::new(&facts, &policy, NOW - 1_000, NOW);
        let event = |id: &str, kind: &str, time: Millis| {
            format!(
                r#"{{"id":"{id}","type":"{kind}","customer":"ana","time":"{}","order":{{"id":1.5}}}}"#,
                format_rfc3339(time)
            )
        };
        let mut chosen = Vec::new();
        for (id, kind, time) in [
            ("1", "order_placed", NOW - 9_000),
            ("1", "order_placed", NOW - 9_000),
            ("2", "page_viewed", NOW - 9_000),
            ("3", "order_placed", NOW - 1_000),
            ("4", "order_placed", NOW - 1_001),
        ] {
            let text = event(id, kind, time);
            let taken = selection.take(&line(&text)).expect("a sound line");
            chosen.extend(taken.map(|it| (it.customer, it.text.to_owned())));
        }
        let expected = [("1", NOW - 9_000), ("4", NOW - 1_001)];
        let expected = expected.map(|(id, time)| ("ana".into(), event(id, "order_placed", time)));
        assert_eq!(chosen, expected);
        let counts = Counts { events: 2, others: 1, later: 1, repeated: 1, odd: 2 };
        assert_eq!((selection.counts, counts.lines()), (counts, 5));
    }

    #[test]
    fn what_is_wrong_is_told_with_a_remedy() {
        let (facts, policy) = (facts(), Policy { max_event_bytes: 400, ..Policy::default() });
        let mut selection = Selection::new(&facts, &policy, NOW, NOW);
        let deep = format!(
            r#"{{"type":"order_placed","customer":"a","time":5,"x":{}{}}}"#,
            "[".repeat(63),
            "]".repeat(63)
        );
        let long = format!(
            r#"{{"type":"order_placed","customer":"a","time":5,"x":"{}"}}"#,
            "x".repeat(300)
        );
        for (text, problem) in [
            ("{", "this is no JSON object (syntax error at line 1 column 1)"),
            ("[1]", "this is no JSON object (not a JSON object)"),
            (r#"{"customer":"a","time":5}"#, "the event has no `type`"),
            (r#"{"type":"order_placed","time":5}"#, "the event has no `customer`"),
            (r#"{"type":"order_placed","customer":"a"}"#, "the event has no `time`"),
            (r#"{"type":"order_placed","customer":"a","time":"soon"}"#, "`time` is no time"),
            (
                r#"{"type":"order_placed","customer":"a","time":"2027-01-01T00:00:00Z"}"#,
                "`time` lies in the future",
            ),
            (&deep, "the event is nested too deep"),
            (&long, "the event is too large"),
        ] {
            let wrong = selection.take(&line(text)).map(|_| ()).expect_err(text);
            assert_eq!(wrong.problem, problem, "{text}");
            assert!(!wrong.help.is_empty());
        }
        let cut = Line { too_long: true, ..line("{") };
        assert!(selection.take(&cut).is_err());
        assert_eq!(selection.counts, Counts::default());
    }
}
