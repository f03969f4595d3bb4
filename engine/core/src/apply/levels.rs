//! Levels: where the customer stands is judged when an event, or a step, may have changed it, and when time may. A change is an event of the customer,
//! behind what led to it.

use super::context::Context;
use super::{Core, Environment};
use crate::customer::{Customer, Forgotten};
use crate::effect::Happening;
use crate::fact::Standing;
use crate::journey::level::{Level, LevelSet, bit};
use crate::time::Millis;
use compact_str::CompactString;
use serde_json::json;
use xxhash_rust::xxh3::xxh3_64;

/// What came of looking at levels that time may have changed.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Looked {
    /// It was too early.
    Same,
    /// They were judged anew.
    Judged,
}

/// A level that has changed: its place among all, and the ranks.
struct Changed {
    place: usize,
    from: u8,
    to: u8,
}

impl Core {
    /// Says where a customer stands under this plan, as of the environment's `now`: of that nobody hears.
    pub fn settle_levels(&self, customer: &mut Customer, environment: &mut Environment<'_>) {
        let now = environment.now;
        let mut context = Context::new(self, customer, (now, now), environment);
        context.settle_levels();
        context.customer.dirty = true;
    }
}

impl Context<'_> {
    /// What happened at `at` has touched these levels. Of somebody new all are judged, and nothing is told: nobody has come from anywhere.
    #[inline]
    pub fn levels(&mut self, touched: LevelSet, at: Millis) {
        if !self.plan().levels.all.is_empty() {
            self.look_and_tell(touched, at);
        }
    }

    #[inline(never)]
    fn look_and_tell(&mut self, touched: LevelSet, at: Millis) {
        let changed = self.look_at_levels(touched);
        self.tell(changed, at);
    }

    /// The same, and nobody hears of it.
    pub fn levels_silently(&mut self, touched: LevelSet) {
        drop(self.look_at_levels(touched));
    }

    /// Judges these and those that are due. What has changed; of somebody new nothing has.
    fn look_at_levels(&mut self, touched: LevelSet) -> Vec<Changed> {
        if self.plan().levels.all.is_empty() {
            return Vec::new();
        }
        if self.customer.facts.standings().next().is_none() {
            self.settle_levels();
            return Vec::new();
        }
        let set = touched | self.due_levels(self.now);
        if set == 0 {
            return Vec::new();
        }
        let changed = self.judge(set);
        self.runs_changed();
        changed
    }

    /// Judges all of them without telling of it.
    pub fn settle_levels(&mut self) {
        drop(self.judge(self.plan().levels.every()));
        self.runs_changed();
    }

    /// A step has written the profile.
    pub fn profile_changed(&mut self) {
        self.levels(self.plan().levels.of_profile, self.t);
    }

    /// The first instant has come at which a level may be another: if one is, all that are due are judged anew as of now. None if none was due.
    pub fn turn_levels(&mut self, deadline: Millis) -> Option<Looked> {
        let mut due = self.due_levels(deadline);
        if due == 0 {
            return None;
        }
        let mut turned = false;
        let levels = &self.plan().levels;
        while let Some((_, level)) = levels.next(&mut due) {
            let standing = self.standing_at(level, deadline);
            let same = self.rank(level) == standing.rank;
            turned |= !same;
            if same {
                // It was looked at too early.
                self.customer.facts.stand(level.number, standing);
            }
        }
        if !turned {
            return Some(Looked::Same);
        }
        let changed = self.judge(self.due_levels(self.now));
        self.tell(changed, self.t);
        Some(Looked::Judged)
    }

    /// Those that may be others by this instant.
    fn due_levels(&self, limit: Millis) -> LevelSet {
        let due = self.customer.facts.standings().filter(|(_, standing)| standing.until <= limit);
        let places = due.filter_map(|(number, _)| self.plan().levels.place(number));
        places.fold(0, |set, place| set | bit(place))
    }

    fn rank(&self, level: &Level) -> u8 {
        self.customer.facts.standing(level.number).map_or(0, |standing| standing.rank)
    }

    fn standing_at(&self, level: &Level, t: Millis) -> Standing {
        let mut reader = self.reader_at(t);
        reader.t = t;
        level.judge(&reader)
    }

    /// Judges these, and those that read one that has changed, each behind those that it reads.
    fn judge(&mut self, mut set: LevelSet) -> Vec<Changed> {
        let mut changed = Vec::new();
        let levels = &self.plan().levels;
        while let Some((place, level)) = levels.next(&mut set) {
            let (from, standing) = (self.rank(level), self.standing_at(level, self.now));
            self.customer.facts.stand(level.number, standing);
            if standing.rank != from {
                set |= level.readers;
                changed.push(Changed { place, from, to: standing.rank });
            }
        }
        // A journey may begin by them.
        self.touched |= !changed.is_empty() && !self.plan().by_time.is_empty();
        changed
    }

    /// The changes happen behind what has led to them, in the order of names.
    fn tell(&mut self, mut changed: Vec<Changed>, at: Millis) {
        let plan = self.plan();
        changed.retain(|changed| plan.levels.all[changed.place].heard);
        changed.sort_by_key(|changed| &plan.levels.all[changed.place].event);
        for Changed { place, from, to } in changed {
            let level = &plan.levels.all[place];
            let Some(ladder) = plan.facts.get(level.number).and_then(|fact| fact.ladder()) else {
                continue;
            };
            let name = |rank| ladder.name(rank).to_value().to_json();
            let event =
                json!({ "from": name(from), "to": name(to), "from_rank": from, "to_rank": to });
            let happening = change(level.event.clone(), event.to_string(), at);
            if self.let_happen(happening).is_err() {
                self.effects.forgets(Forgotten::Change);
            }
        }
    }
}

fn change(kind: CompactString, text: String, at: Millis) -> Happening {
    let number = xxh3_64([kind.as_bytes(), &[0], text.as_bytes()].concat().as_slice());
    Happening { kind, text, number, at }
}
