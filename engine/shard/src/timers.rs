//! Firing in the total order (deadline, customer id, run id), in bounded turns.

use crate::checkpoint::Store;
use crate::shard::Shard;
use crate::turn::Budget;
use cartwheel_core::apply::Due;
use cartwheel_core::customer::{Customer, Run};
use cartwheel_core::id::CustomerId;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use cartwheel_core::timer::NEVER;
use std::hint::black_box;

/// What a shard has to know of a customer who was changed, whose memory is at hand.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    /// The earliest deadline lies before the armed one.
    earlier: bool,
    /// The customer has been as the last checkpoint has it until now.
    changed: bool,
}

impl Change {
    /// Of a customer who was dirty before, or was not.
    #[inline]
    pub fn of(customer: &Customer, was_dirty: bool) -> Self {
        Self { earlier: customer.deadline < customer.armed, changed: customer.dirty && !was_dirty }
    }
}

impl<S: Store> Shard<S> {
    /// Makes the wheel hold the customer's earliest deadline. A later one is found when the present entry fires.
    pub(crate) fn arm(&mut self, slot: u32) {
        let customer = self.table.get_mut(slot);
        if customer.deadline < customer.armed {
            customer.armed = customer.deadline;
            self.wheel.insert(customer.deadline, slot);
        }
    }

    /// A customer was changed: its earliest deadline is armed, and it is noted for the next checkpoint and for the release of what is held.
    pub(crate) fn settle(&mut self, slot: u32, was_dirty: bool) {
        let change = Change::of(self.table.get(slot), was_dirty);
        self.settle_change(slot, change);
    }

    /// The same by what has changed.
    // Behind every event and every timer, and mostly there is nothing to do.
    #[inline(always)]
    pub(crate) fn settle_change(&mut self, slot: u32, change: Change) {
        let Change { earlier, changed } = change;
        if earlier {
            self.arm(slot);
        }
        if !self.effects.moved.is_empty() {
            self.note_moved(slot);
        }
        if self.position.mode == Mode::Behind {
            self.note_held(slot);
        }
        if changed {
            self.table.changed(slot);
        }
    }

    /// Who has which key in the sets of which that is known follows what has happened.
    fn note_moved(&mut self, slot: u32) {
        for moved in self.effects.moved.drain(..) {
            self.indexed.note(slot, moved);
        }
    }

    /// Of a shard that is behind the customers with held sends are known, so that a release looks at nobody else.
    pub(crate) fn note_held(&mut self, slot: u32) {
        if self.position.mode == Mode::Behind && self.table.get(slot).runs.iter().any(Run::is_held)
        {
            self.held.insert(slot);
        }
    }

    /// Whether a timer may be due at or before `limit`.
    pub(crate) fn may_be_due(&self, limit: Millis) -> bool {
        self.wheel.nothing_before() <= limit
    }

    /// Fires what is due at or before `limit`, seeing `now`, until the turn is over. False if that came first.
    pub(crate) fn fire_due(&mut self, limit: Millis, now: Millis, budget: &mut Budget) -> bool {
        let mut group = std::mem::take(&mut self.group);
        let mut done = true;
        while done && let Some(deadline) = self.next_group(limit, &mut group) {
            group.sort_unstable();
            done = self.fire_group(&group, deadline, now, budget);
        }
        self.group = group;
        done
    }

    /// Fires customers of one deadline, in their order, until the turn is over; those who are left are put back. False if it is.
    fn fire_group(
        &mut self,
        group: &[(CustomerId, u32)],
        deadline: Millis,
        now: Millis,
        budget: &mut Budget,
    ) -> bool {
        for (place, (_, slot)) in group.iter().enumerate() {
            if self.is_over(budget) {
                self.put_back(deadline, &group[place..]);
                return false;
            }
            self.fire_customer(*slot, deadline, now, budget);
            if budget.timers == 0 && self.table.get(*slot).deadline == deadline {
                self.put_back(deadline, &group[place + 1..]);
                return false;
            }
        }
        true
    }

    /// The least deadline, if it is at or before `limit`.
    pub(crate) fn next_deadline(&mut self, limit: Millis) -> Option<Millis> {
        let mut group = Vec::new();
        let deadline = self.next_group(limit, &mut group)?;
        self.put_back(deadline, &group);
        Some(deadline)
    }

    /// The customers whose earliest deadline is the least one, if that is at or before `limit`.
    fn next_group(&mut self, limit: Millis, group: &mut Vec<(CustomerId, u32)>) -> Option<Millis> {
        group.clear();
        let mut deadline = None;
        while let Some((at, slot)) = self.pop(deadline.unwrap_or(limit)) {
            let customer = self.table.get_mut(slot);
            if customer.armed != at {
                continue; // re-armed earlier; this entry was left behind
            }
            customer.armed = NEVER;
            if customer.deadline != at {
                self.arm(slot); // moved later meanwhile
                continue;
            }
            deadline = Some(at);
            group.push((customer.id, slot));
        }
        deadline
    }

    /// Takes an entry out of the wheel. Those that follow soon are touched first, many at once: one after the other would wait for memory.
    fn pop(&mut self, limit: Millis) -> Option<(Millis, u32)> {
        let mut ahead = std::mem::take(&mut self.upcoming);
        ahead.clear();
        ahead.extend(self.wheel.upcoming());
        for customer in ahead.iter().map(|slot| self.table.get(*slot)) {
            customer.look();
            black_box(customer.begins);
        }
        for customer in ahead.iter().map(|slot| self.table.get(*slot)) {
            customer.look_further();
            black_box((customer.touches.len(), customer.documents.len()));
        }
        self.upcoming = ahead;
        self.wheel.pop(limit)
    }

    fn put_back(&mut self, deadline: Millis, group: &[(CustomerId, u32)]) {
        for (_, slot) in group {
            self.table.get_mut(*slot).armed = deadline;
            self.wheel.insert(deadline, *slot);
        }
    }

    fn fire_customer(&mut self, slot: u32, deadline: Millis, now: Millis, budget: &mut Budget) {
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut environment = self.shared.environment(&self.position, &mut self.effects);
        let due = Due { deadline, now, seen: self.position.seen, budget: budget.timers };
        let fired = self.core.fire(customer, due, &mut environment);
        let change = Change::of(customer, was_dirty);
        budget.timers -= fired;
        self.position.fired += fired;
        self.counters.fired += fired;
        self.settle_change(slot, change);
    }

    /// The shard has caught up: every held send counts again with its original deadline.
    pub(crate) fn release_held(&mut self) {
        for slot in std::mem::take(&mut self.held) {
            self.counters.release_looks += 1;
            let customer = self.table.get_mut(slot);
            let was_dirty = customer.dirty;
            if self.core.release(customer) {
                self.settle(slot, was_dirty);
            }
        }
    }
}
