//! Events between which no timer fires, in two orders.

use crate::histories;
use crate::shop::{Event, JOURNEYS, POLICY, Shop, event, plan};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{DAY, HOUR, Millis, format_rfc3339, parse_rfc3339};
use cartwheel_sim::history::Draw;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// What comes in order, and what is shuffled, at `now`.
#[derive(Clone)]
struct History {
    now: Millis,
    before: Vec<Event>,
    /// Timers fire after each of them.
    in_turns: bool,
    shuffled: Vec<Event>,
    /// Places of `shuffled` in the other order.
    order: Vec<usize>,
    /// The clock afterwards.
    later: Vec<Millis>,
}

/// State, and messages in an order of their own.
type End = (String, Vec<String>);

impl History {
    fn draw(seed: u64) -> Self {
        let mut draw = Draw::new(seed);
        let now = parse_rfc3339("2026-06-10T14:00:00Z").expect("a time");
        let known = Event {
            at: now - 3 * DAY,
            kind: "customer_created",
            fields: serde_json::from_value(json!({ "profile": {
                "email": "a@example.com", "phone": "+15550100", "push_token": "t",
                "consent": { "email": true, "sms": true, "push": true },
            } }))
            .expect("an object"),
        };
        let mut before = vec![known];
        for hours in [48, 25, 6, 2].into_iter().filter(|_| draw.chance(60)).collect::<Vec<_>>() {
            before.push(event(&mut draw, now - hours * HOUR));
        }
        before.sort_by_key(|event| event.at);
        let mut times: BTreeSet<Millis> = before.iter().map(|event| event.at).collect();
        let mut shuffled: Vec<Event> = (0..draw.between(2, 9))
            .map(|_| event(&mut draw, now))
            // No two of one time: there the order of arrival counts.
            .filter(|event| times.insert(event.at))
            .collect();
        // Some orders are known before.
        shuffled.truncate(9);
        let mut order: Vec<usize> = (0..shuffled.len()).collect();
        for place in (1..order.len()).rev() {
            order.swap(place, draw.below(place as u64 + 1) as usize);
        }
        let mut later = now;
        let later = (0..12).map(|_| {
            later += draw.between(1, 9 * HOUR);
            later
        });
        let later = later.collect();
        Self { now, before, in_turns: draw.chance(50), shuffled, order, later }
    }

    /// The state at the end of the shuffled events, and what was sent from then on; none where a timer fires between them.
    fn end(&self, plan: &Arc<Plan>, order: &[usize], checkpoint: bool) -> Option<End> {
        let mut shop = Shop::open(plan);
        for event in &self.before {
            shop.record(event.at, event);
            if self.in_turns {
                shop.clock(event.at + HOUR);
            }
        }
        shop.clock(self.now);
        let fired = shop.fired();
        for place in order {
            if let Some(event) = self.shuffled.get(*place) {
                shop.record(self.now, event);
            }
            if checkpoint {
                shop.checkpoint();
            }
        }
        // A run that begins again with a trigger of long ago is due at once.
        if shop.fired() != fired {
            return None;
        }
        let state = shop.state();
        shop.sent();
        self.later.iter().for_each(|now| shop.clock(*now));
        let sent = shop.sent().into_iter().map(|command| {
            format!(
                "{} {} {} {} {} {} {}",
                format_rfc3339(command.decided_at),
                command.journey,
                command.step,
                command.channel.name(),
                command.to,
                command.template,
                command.data,
            )
        });
        let mut sent: Vec<String> = sent.collect();
        sent.sort_unstable();
        Some((state, sent))
    }

    fn difference(&self, plan: &Arc<Plan>) -> Option<String> {
        let places: Vec<usize> = (0..self.shuffled.len()).collect();
        let one = self.end(plan, &places, false)?;
        let other = self.end(plan, &self.order, true)?;
        (one != other).then(|| format!("{one:#?}\n\nin the other order\n{other:#?}"))
    }

    /// The shortest history that still differs.
    fn shrink(mut self, plan: &Arc<Plan>) -> Self {
        let mut place = 0;
        while place < self.before.len() + self.shuffled.len() {
            let mut shorter = self.clone();
            match place.checked_sub(self.before.len()) {
                None => drop(shorter.before.remove(place)),
                Some(place) => {
                    shorter.shuffled.remove(place);
                    shorter.order.retain(|other| *other != place);
                    let behind = shorter.order.iter_mut().filter(|other| **other > place);
                    behind.for_each(|other| *other -= 1);
                }
            }
            if shorter.difference(plan).is_some() {
                self = shorter;
            } else {
                place += 1;
            }
        }
        self
    }

    /// Both orders as scenarios of a trace.
    fn trace(&self) -> String {
        let mut trace = String::from("zone UTC\n\npolicy\n");
        let block = |trace: &mut String, text: &str| {
            text.lines().for_each(|line| _ = writeln!(trace, "  {line}"));
        };
        block(&mut trace, POLICY);
        for journey in JOURNEYS {
            trace.push_str("\njourney\n");
            block(&mut trace, journey);
        }
        let places: Vec<usize> = (0..self.shuffled.len()).collect();
        for (name, order) in [("one order", &places), ("the other order", &self.order)] {
            let _ = writeln!(trace, "\n--- {name}");
            let shuffled = order.iter().map(|place| (self.now, &self.shuffled[*place]));
            for (time, event) in self.before.iter().map(|event| (event.at, event)).chain(shuffled) {
                let fields = event
                    .fields
                    .iter()
                    .map(|(name, value): (_, &Value)| format!(" {name}={value}"));
                let (time, at) = (format_rfc3339(time), format_rfc3339(event.at));
                let _ = writeln!(
                    trace,
                    "{time} ana {}{} time={at}",
                    event.kind,
                    fields.collect::<String>()
                );
            }
        }
        trace
    }
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let plan = plan();
    let (mut sends, mut answers) = (0, 0);
    for seed in 0..histories() {
        let history = History::draw(seed);
        if let Some(difference) = history.difference(&plan) {
            let short = history.shrink(&plan);
            let difference = short.difference(&plan).unwrap_or(difference);
            panic!("seed {seed}\n{}\n{difference}", short.trace());
        }
        let end = history.end(&plan, &history.order, false);
        let sent = end.map_or(Vec::new(), |(_, sent)| sent);
        sends += usize::from(!sent.is_empty());
        // What came before a run waited for it.
        answers += usize::from(sent.iter().any(|message| message.contains("\"first_answer\"")));
    }
    assert!(sends as u64 > histories() / 4, "{sends} histories end in a message");
    assert!(answers as u64 > histories() / 100, "{answers} histories with an answer");
}
