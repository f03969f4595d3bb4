//! What people say of journeys, on every shard (`docs/semantics.md`, "Control"). A stop ends windows and runs, and a resumption lets them go on, in the record's own turn: seldom is
//! either asked for, and one look at every customer takes as long as another configuration that comes into force.

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::apply::EventTime;
use cartwheel_core::control::Order;
use cartwheel_core::event::{Poison, Record, Rejected};
use cartwheel_core::stream::Streamed;
use cartwheel_core::time::Millis;

impl<S: Store> Shard<S> {
    /// Does what the record says. One that says nothing of the kind, or for which there is no room, is a dead letter.
    pub(crate) fn apply_control(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) {
        let at = EventTime::new(streamed.time, record.time, self.position.seen).at;
        let order = match Order::read(streamed.field("control")) {
            Ok(order) => order,
            Err(rejected) => return self.bury(record, &rejected),
        };
        if !self.shared.control.take(&order, at) {
            return self.bury(record, &Rejected::new(Poison::BadValue, "control: no room"));
        }
        match order {
            Order::Stop(journey) => self.stop(&journey),
            Order::Resume { journey, missed_within } => {
                let own = self.core.plan.policy.max_defer.millis();
                self.resume(&journey, missed_within.unwrap_or(own));
            }
            Order::Pause(_) | Order::Winner(_) => {}
        }
    }

    fn stop(&mut self, journey: &str) {
        let Some(journey) = self.core.plan.number(journey) else { return };
        for slot in self.with_runs_of(journey) {
            let customer = self.table.get_mut(slot);
            let was_dirty = customer.dirty;
            let mut environment = self.shared.environment(&self.position, &mut self.effects);
            self.core.stop(customer, journey, self.position.seen, &mut environment);
            self.settle(slot, was_dirty);
        }
    }

    fn resume(&mut self, journey: &str, missed_within: Millis) {
        let Some(journey) = self.core.plan.number(journey) else { return };
        for slot in self.with_runs_of(journey) {
            let customer = self.table.get_mut(slot);
            let was_dirty = customer.dirty;
            self.core.resume(customer, journey, self.position.seen, missed_within);
            self.settle(slot, was_dirty);
        }
    }

    /// The customers who have windows or runs of the journey, in order of their ids.
    fn with_runs_of(&self, journey: u16) -> Vec<u32> {
        let slots = 0..self.table.len() as u32;
        let has = |slot: &u32| self.table.get(*slot).runs.iter().any(|run| run.journey == journey);
        let mut slots: Vec<u32> = slots.filter(has).collect();
        slots.sort_by_cached_key(|slot| self.table.get(*slot).id);
        slots
    }
}
