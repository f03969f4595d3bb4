//! Holds and groups: what puts a marketing message off until something else happens.

use super::condition::spans;
use super::context::{Context, Decided, Reader, key_of};
use super::customer::{Place, PutOff, Run};
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::id::RunId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::{Group, Hold};
use cartwheel_core::time::{DAY, HOUR, Millis, parse_rfc3339};
use cartwheel_core::value::Value;
use serde_json::Value as Json;

/// What holds or the group say of a message.
pub enum Says {
    /// Not before an instant, unless something happens.
    Wait(Millis, PutOff, Decided),
    /// Never.
    Never(Decided),
}

impl Context<'_> {
    /// Holds in the policy's order, then the group. `was` has put the message off until now.
    pub fn put_off(&self, run: &Run, was: Option<PutOff>) -> Option<Says> {
        self.held_by_policy(run, was).or_else(|| self.waits_for_group(run))
    }

    fn held_by_policy(&self, run: &Run, was: Option<PutOff>) -> Option<Says> {
        let holds = &self.plan.policy.holds;
        let named = |hold: &Hold| Value::Text(hold.name.as_str().into());
        for (number, hold) in holds.iter().enumerate() {
            let Some(until) = self.hold_ends(run, hold) else { continue };
            let reader = self.reader_of_run(run);
            let condition = self.plan.rules.holds.get(number);
            let what = Decided::new(Verdict::Deferred, Reason::Hold).value("hold", named(hold));
            let what = what.instant("until", until).fields(reader.shown(condition));
            return Some(Says::Wait(until, PutOff::Hold(number), what));
        }
        let Some(PutOff::Hold(number)) = was else { return None };
        let (hold, late) = (&holds[number], self.t - run.due);
        let missed_within = hold.missed_within.millis();
        (late > missed_within).then(|| {
            let what = Decided::new(Verdict::Dropped, Reason::Hold).value("hold", named(hold));
            Says::Never(what.number("late", late).number("missed_within", missed_within))
        })
    }

    /// The first instant at which the hold is over if nothing happens: each at which anything that it reads may change is tried. None if it is over.
    fn hold_ends(&self, run: &Run, hold: &Hold) -> Option<Millis> {
        let last = run.due.saturating_add(hold.at_most.millis());
        let holds_at = |t| Reader { t, ..self.reader_of_run(run) }.is_true(&hold.while_);
        if last <= self.t || !holds_at(self.t) {
            return None;
        }
        let mut tried = self.may_change(&hold.while_, (self.t, last));
        tried.sort_unstable();
        tried.dedup();
        let free =
            tried.into_iter().filter(|t| (self.t + 1..last).contains(t)).find(|t| !holds_at(*t));
        Some(free.unwrap_or(last))
    }

    /// Instants between these two: whatever is known of the customer grows as old as something that is asked about; the clock strikes a quarter.
    pub fn may_change(&self, text: &str, (from, last): (Millis, Millis)) -> Vec<Millis> {
        let read = read_by(self.plan, text);
        let mut since = self.customer.facts.times(self.plan, &read);
        let attributes =
            self.plan.attributes.iter().filter_map(|name| self.customer.attribute(name));
        since.extend(attributes.filter_map(instant));
        let mut ages: Vec<Millis> = spans(&read);
        let facts = self.plan.facts.iter().filter(|(_, fact)| read.contains(fact.name.as_str()));
        for (_, fact) in facts {
            let over = fact.bounds.over.into_iter();
            // Of a ledger also when something comes to be among what expires soon.
            let soon = spans(&read).into_iter().filter(|_| fact.book().is_some());
            ages.extend(
                over.flat_map(|over| soon.clone().map(move |span| over - span).chain([over])),
            );
        }
        ages.push(0);
        if read.contains("days_since_order") {
            ages.extend((1..60).map(|days| days * DAY));
        }
        let mut found = Vec::new();
        for age in ages {
            found.extend(since.iter().flat_map(|at| [at + age, at + age + 1]));
        }
        if read.contains("local.") {
            let quarter = HOUR / 4;
            let next = from.div_euclid(quarter) + 1;
            found.extend((next..).map(|number| number * quarter).take_while(|t| *t < last));
        }
        found
    }

    fn waits_for_group(&self, run: &Run) -> Option<Says> {
        let (group, _) = self.place_in_group(run)?;
        let above = self.above(run)?;
        let until = run.due.saturating_add(self.plan.policy.max_defer.millis());
        let what = |verdict| {
            let by = Value::Text(self.journey(above.journey).name.clone());
            let what = Decided::new(verdict, Reason::Group);
            what.value("group", Value::Text(group.name.as_str().into())).value("by", by)
        };
        Some(match until > self.t {
            true => {
                Says::Wait(until, PutOff::Group, what(Verdict::Deferred).instant("until", until))
            }
            false => Says::Never(what(Verdict::Dropped)),
        })
    }

    /// The group in whose order the run's journey stands, and where.
    fn place_in_group(&self, run: &Run) -> Option<(&Group, usize)> {
        let name = self.journey(run.journey).name.as_str();
        let groups = self.plan.policy.groups.iter();
        let place = |group: &Group| group.order.iter().position(|other| other == name);
        groups.filter_map(|group| Some((group, place(group)?))).next()
    }

    /// The live window or run that stands highest above this one, and may write.
    fn above(&self, run: &Run) -> Option<&Run> {
        let mut above: Vec<&Run> = self.customer.runs.iter().collect();
        above.retain(|other| self.stands_above(other, run) && self.concerns_others(other.journey));
        above.into_iter().min_by_key(|other| self.place_in_group(other).map(|(_, rank)| rank))
    }

    /// Whether both are live, of one group and about the same, and `high` stands above `low`.
    fn stands_above(&self, high: &Run, low: &Run) -> bool {
        let (Some((one, above)), Some((other, below))) =
            (self.place_in_group(high), self.place_in_group(low))
        else {
            return false;
        };
        let key = |run: &Run| {
            let path = one.keys.get(self.journey(run.journey).name.as_str())?;
            key_of(&run.event, path.strip_prefix("event.")?)
        };
        let same = match (key(high), key(low)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        one.name == other.name && above < below && high.live() && low.live() && same
    }

    /// The run has written for the first time, or would have: what stands below it ends.
    pub fn supersede(&mut self, run: &Run) {
        if !self.concerns_others(run.journey) {
            return;
        }
        let below = self.customer.runs.iter().filter(|other| self.stands_above(run, other));
        let below: Vec<RunId> = below.map(|other| other.id).collect();
        for id in below {
            let Some(ended) = self.end(id) else { continue };
            let verdict = match ended.place {
                Place::Window => Verdict::Refused,
                Place::Delay { .. }
                | Place::Local { .. }
                | Place::Event { .. }
                | Place::Gate { .. }
                | Place::Engagement { .. }
                | Place::Goal => Verdict::Exited,
            };
            let by = Value::Text(self.journey(run.journey).name.clone());
            let what = Decided::new(verdict, Reason::Superseded).run(id).value("by", by);
            self.decide(ended.journey, what);
            self.linger(ended);
        }
    }

    /// Behind each event and each timer: who is put off and not due yet is looked at again, and goes on at `earliest` if nothing is in the way any more.
    pub fn look_again(&mut self, earliest: Millis) {
        let waits = |run: &&Run| {
            let before_gate = matches!(run.place, Place::Gate { .. });
            before_gate && !run.held && run.put_off.is_some() && run.deadline > self.t
        };
        let waiting: Vec<RunId> =
            self.customer.runs.iter().filter(waits).map(|run| run.id).collect();
        for id in waiting {
            let Some(mut run) = self.take(id) else { continue };
            run.deadline = match run.put_off {
                Some(PutOff::Hold(number)) => {
                    let hold = &self.plan.policy.holds[number];
                    self.hold_ends(&run, hold).unwrap_or(earliest)
                }
                Some(PutOff::Group) if self.above(&run).is_none() => earliest,
                Some(PutOff::Group) | None => run.deadline,
            };
            self.put(run);
        }
    }
}

/// The condition with the segments that it names, those that they name, and the facts by which the distance of its levels is measured.
fn read_by(plan: &Plan, text: &str) -> String {
    let mut all = text.to_owned();
    let mut left: Vec<_> = plan.segments.iter().collect();
    while let Some(place) = left.iter().position(|(name, _)| all.contains(name.as_str())) {
        let (_, text) = left.remove(place);
        all = format!("({all}) || ({text})");
    }
    for (_, level, ladder) in plan.facts.levels() {
        if let Some(distance) =
            ladder.distance.as_ref().filter(|_| all.contains(level.name.as_str()))
        {
            all = format!("({all}) || ({})", distance.name);
        }
    }
    all
}

/// An attribute that says when.
fn instant(value: &Json) -> Option<Millis> {
    parse_rfc3339(value.as_str()?)
}
