//! Levels: judged anew from their texts whenever something happens to the customer; when time changes one is found by trying every instant at which
//! anything can turn.

use super::condition::{V, least};
use super::context::{Context, Reader, Timer};
use super::event::Event;
use cartwheel_core::fact::Ladder;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::{DAY, Millis};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::xxh3_64;

/// Whether an event of this type tells of a change of a level.
pub fn is_change(plan: &Plan, kind: &str) -> bool {
    plan.facts.levels().any(|(_, fact, _)| format!("{}_changed", fact.name) == kind)
}

impl Context<'_> {
    /// What happened at `at` may have changed any level; all are judged as of now.
    pub fn judge_levels(&mut self, at: Millis) {
        let before = self.customer.levels.clone();
        self.judge_silently();
        // In the order of names, whatever reads which.
        for (name, from) in before {
            let to = self.customer.levels[&name];
            let (_, fact) = self.plan.facts.named(&name).expect("a level");
            let ladder = fact.ladder().expect("a level");
            if from != to {
                self.tell(&format!("{name}_changed"), ladder, (from, to), at);
            }
        }
    }

    /// The same, and nobody hears of it.
    pub fn judge_silently(&mut self) {
        // As often as there are levels: each may read another.
        for _ in self.plan.facts.levels() {
            for (_, fact, ladder) in self.plan.facts.levels() {
                let rank = self.rank_at(ladder, self.now);
                self.customer.levels.insert(fact.name.to_string(), rank);
            }
        }
        self.customer.judged = self.now;
    }

    fn tell(&mut self, kind: &str, ladder: &Ladder, (from, to): (usize, usize), at: Millis) {
        let heard = self.plan.events.get(kind);
        if heard.is_none_or(|interest| interest.journeys.is_empty())
            || self.no_more_events().is_some()
        {
            return;
        }
        self.charge();
        let name = |rank: usize| match ladder.is_segment {
            true => json!(rank == 1),
            false => json!(ladder.lines[ladder.lines.len() - 1 - rank].name.as_str()),
        };
        let fields = [
            ("from", name(from)),
            ("from_rank", json!(from)),
            ("to", name(to)),
            ("to_rank", json!(to)),
        ];
        let fields: Map<String, Json> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let text = Json::Object(fields.clone()).to_string();
        let number = xxh3_64([kind.as_bytes(), &[0], text.as_bytes()].concat().as_slice());
        let mut event = Event::of_journey(kind, fields, number);
        event.time = at;
        self.emitted.0.push(event);
    }

    fn rank_at(&self, ladder: &Ladder, t: Millis) -> usize {
        let reader = Reader { t, ..self.reader_of_event(&Json::Null, t) };
        let place = ladder.lines.iter().position(|line| reader.is_true(&line.when));
        ladder.lines.len() - 1 - place.expect("the last line is everybody's")
    }

    /// The first instant after the last judgement at which a level would be another.
    fn turns(&self) -> Option<Millis> {
        // The clock is asked often enough.
        let judged = self.customer.judged;
        let times = (judged, judged.saturating_add(3 * DAY));
        let lines = self.plan.facts.levels().flat_map(|(_, _, ladder)| &ladder.lines);
        let tried: BTreeSet<Millis> =
            lines.flat_map(|line| self.may_change(&line.when, times)).collect();
        tried.into_iter().filter(|at| *at > self.customer.judged).find(|at| {
            self.plan.facts.levels().any(|(_, fact, ladder)| {
                self.rank_at(ladder, *at) != self.customer.levels[fact.name.as_str()]
            })
        })
    }

    /// The customer's timer for that.
    pub fn watch_levels(&mut self) {
        if self.customer.levels.is_empty() {
            return;
        }
        let turns = self.turns();
        if let Some(before) = std::mem::replace(&mut self.customer.turns, turns) {
            self.timers.remove(&Timer::of_levels(before, self.id));
        }
        if let Some(turns) = turns {
            self.timers.insert(Timer::of_levels(turns, self.id));
        }
    }
}

impl Reader<'_> {
    /// What a condition reads of a level; none for what is not one.
    pub fn level(&self, path: &[&str]) -> Option<V> {
        let (name, what) = path.split_first()?;
        let (_, fact) = self.plan.facts.named(name)?;
        let ladder = fact.ladder()?;
        // While all are judged for the first time.
        let Some(rank) = self.customer.levels.get(*name).copied() else { return Some(V::Null) };
        let line = |rank: usize| ladder.lines.iter().rev().nth(rank);
        let name = |rank| line(rank).map_or(V::Null, |line| V::Text(line.name.to_string()));
        Some(match what {
            [] => name(rank),
            ["rank"] => V::Number(rank as f64),
            ["next"] => name(rank + 1),
            _ => match (line(rank + 1), &ladder.distance) {
                (Some(next), Some(distance)) => {
                    let least = least(&next.when, &distance.name).expect("the loader asks for it");
                    match self.value(&distance.name) {
                        V::Number(there) => V::Number((least - there).max(0.0)),
                        _ => V::Null,
                    }
                }
                _ => V::Null,
            },
        })
    }
}
