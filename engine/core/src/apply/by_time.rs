//! Journeys that begin by time alone: by an instant that follows from facts and profile (`docs/semantics.md`, "Beginning by time").
//!
//! What is armed is no state: it is computed anew whenever something is touched that says when, and when a customer comes into memory. Kept is by
//! which base a journey has begun last.

use super::Core;
use super::context::Context;
use crate::customer::{Customer, Run};
use crate::decision::{Reason, Verdict};
use crate::id::{RunId, key_hash, lot};
use crate::journey::condition::Moment;
use crate::journey::plan::{Backlog, Since};
use crate::time::{DAY, Millis, NEVER, format_rfc3339};
use crate::value::Value;
use thin_vec::ThinVec;

/// What lies further back when it becomes known begins nothing.
pub(super) const LONG_PAST: Millis = DAY;

/// What is known of the next beginning of a journey.
pub(super) enum Armed {
    /// There is none.
    Nothing,
    /// At this instant, by this moment.
    At(Millis, Moment),
    /// Its moment lies before the journey was active.
    NotActive(Moment),
    /// Its moment is long past.
    Stale(Moment),
}

impl Core {
    /// Finds when time alone begins something; decides nothing. To be called when a customer comes into memory, and when another configuration
    /// has come into force. `seen` is the greatest record time so far.
    pub fn arm(&self, customer: &mut Customer, seen: Millis) {
        if !self.plan.by_time.is_empty() || customer.begins() != NEVER {
            let armed = self.plan.by_time.iter().map(|index| self.armed(customer, *index, seen));
            let begins = armed.filter_map(|armed| match armed {
                Armed::At(at, _) => Some(at),
                Armed::Nothing | Armed::NotActive(_) | Armed::Stale(_) => None,
            });
            let begins = begins.min().unwrap_or(NEVER);
            customer.begin_at(begins);
        }
    }

    /// As of `seen`, of several moments the first that is not long past.
    pub(super) fn armed(&self, customer: &Customer, index: u16, seen: Millis) -> Armed {
        self.armed_from(customer, index, seen, seen.saturating_sub(LONG_PAST))
    }

    /// As of `seen`, of several moments the first from `from` on.
    fn armed_from(&self, customer: &Customer, index: u16, seen: Millis, from: Millis) -> Armed {
        let journey = &self.plan.journeys[usize::from(index)];
        let Some(by_time) = &journey.by_time else { return Armed::Nothing };
        let last = customer.facts.last(by_time.begun);
        let passed = |base| last.is_some_and(|last| base <= last);
        let reader = self.reader(customer, seen);
        // Of what comes every year the first that counts.
        let first = from.max(journey.active_from);
        let Some(moment) = by_time.at.moment(&reader, first, passed) else {
            return Armed::Nothing;
        };
        let early = moment.at < journey.active_from;
        if !early && moment.at >= from {
            return Armed::At(moment.at, moment);
        }
        let lot = lot(&[&journey.name, "backlog"], customer.id);
        let backlog = by_time.backlog.as_ref();
        let place = backlog.and_then(|it| place_in(it, lot, seen.max(journey.active_from), moment));
        match place {
            Some(at) => Armed::At(at, moment),
            None if early => Armed::NotActive(moment),
            None => Armed::Stale(moment),
        }
    }
}

/// The customer's place in a backlog: the same instant in each stretch of its length, of which the first from `from` on counts.
fn place_in(backlog: &Backlog, lot: u16, from: Millis, moment: Moment) -> Option<Millis> {
    let spread = backlog.spread.millis().max(1);
    let place = (i128::from(spread) * i128::from(lot) / 10_000) as Millis;
    let at = from.checked_add(place.checked_sub(from)?.rem_euclid(spread))?;
    let counts = match backlog.since {
        Since::Instant(since) => moment.at >= since.0,
        // Counted from the beginning of the stretch: as long as it is waited for.
        Since::Age(age) => at.saturating_sub(moment.at) <= age.millis().saturating_add(spread),
    };
    counts.then_some(at)
}

impl Context<'_> {
    /// Something was touched that says when journeys begin: what has passed meanwhile is refused, for the rest the customer's timer is set.
    pub fn arm(&mut self) {
        for index in &self.plan().by_time {
            let refused = |reason| self.decided(*index, Verdict::Refused, reason);
            let (moment, refused) = match self.core.armed(self.customer, *index, self.seen) {
                Armed::Nothing | Armed::At(..) => continue,
                Armed::Stale(moment) => (moment, refused(Reason::Stale).instant("due", moment.at)),
                Armed::NotActive(moment) => {
                    let refused = refused(Reason::NotActive).instant("at", moment.at);
                    (moment, refused.instant("active_from", self.journey(*index).active_from))
                }
            };
            self.note_begun(*index, moment);
            self.decide(&refused);
        }
        self.touched = false;
        self.core.arm(self.customer, self.seen);
    }

    /// The moments that come next or have passed, as of now: of each journey that begins by time one, or none.
    pub fn moments(&self) -> Vec<Option<Moment>> {
        self.plan()
            .by_time
            .iter()
            .map(|index| self.moment(*index).map(|(moment, _)| moment))
            .collect()
    }

    /// A past event has touched it, before which the moments were these: what is still to come comes. What would come at once, or be refused, counts as begun,
    /// and nobody hears of it; what was armed before comes all the same.
    pub fn arm_silently(&mut self, before: &[Option<Moment>]) {
        for (index, before) in self.plan().by_time.iter().zip(before) {
            while let Some((moment, comes)) = self.moment(*index)
                && Some(moment) != *before
                && comes.is_none_or(|at| at <= self.seen)
            {
                self.note_begun(*index, moment);
            }
        }
        self.touched = false;
        self.core.arm(self.customer, self.seen);
    }

    /// The moment of a journey, and when it comes, if it does.
    fn moment(&self, index: u16) -> Option<(Moment, Option<Millis>)> {
        match self.core.armed(self.customer, index, self.seen) {
            Armed::Nothing => None,
            Armed::At(at, moment) => Some((moment, Some(at))),
            Armed::NotActive(moment) | Armed::Stale(moment) => Some((moment, None)),
        }
    }

    /// Begins the first of the journeys that begin at this instant; false if there is none.
    pub fn begin_one(&mut self, deadline: Millis) -> bool {
        for index in &self.plan().by_time {
            // As of then: however late it is now, it was armed. From then on: something earlier that was long past when this was armed begins nothing now.
            if let Armed::At(at, moment) =
                self.core.armed_from(self.customer, *index, deadline, deadline)
                && at == deadline
            {
                self.begin(*index, moment, deadline);
                return true;
            }
        }
        debug_assert!(false, "what was armed for {deadline} is not there");
        // A timer that led to nothing is not set again: it would fire for ever.
        self.core.arm(self.customer, self.seen);
        if self.customer.begins() <= deadline {
            self.customer.begin_at(NEVER);
        }
        false
    }

    fn note_begun(&mut self, index: u16, moment: Moment) {
        if let Some(by_time) = &self.journey(index).by_time {
            let layout = &self.core.plan.facts;
            self.customer.facts.happened(layout, by_time.begun, moment.base);
            self.customer.dirty = true;
        }
        self.touched = true;
    }

    /// A journey begins by a moment, if its condition holds and there is room.
    fn begin(&mut self, index: u16, moment: Moment, deadline: Millis) {
        self.note_begun(index, moment);
        let journey = self.journey(index);
        let reader = self.reader_at(moment.at);
        if let Some(when) = journey.when.as_ref().filter(|when| !reader.holds(when)) {
            let filtered = self.decided(index, Verdict::Refused, Reason::Filter);
            return self.decide(&filtered.compared(reader.compared(when)));
        }
        if let Some(refused) = self.may_not_begin(index) {
            return self.decide(&refused);
        }
        let newest = journey.by_time.as_ref();
        let newest = newest.and_then(|by_time| by_time.at.newest(&reader, moment.base));
        let newest = newest.unwrap_or(moment.base);
        let key = key_hash(Some(&format_rfc3339(moment.base)));
        let mut captures = ThinVec::new();
        // Of an event there is nothing to keep, and nothing has been waited for.
        let kept = journey.before_waited() + journey.waited.len();
        captures.resize(kept, Value::Null);
        let id = RunId::of(&journey.name, self.customer.id, key, moment.base);
        let opened = Run::opened(id, index, key, moment.base);
        let run = Run { newest, entered_by: newest, deadline, captures, ..opened };
        self.enter(run, Reason::Trigger);
    }
}
