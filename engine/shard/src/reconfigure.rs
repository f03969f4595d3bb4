//! Another configuration comes into force: every customer is brought over, what begins by time is armed, and what conditions read of profiles from now on is fetched from what is stored
//! of them.

use crate::checkpoint::{Store, StoreError};
use crate::frames::Frames;
use crate::shard::Shard;
use cartwheel_core::apply::{Core, Environment, Mapping};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use std::sync::Arc;

impl<S: Store> Shard<S> {
    /// The plan is in force from here on.
    pub(crate) fn switch_plan(&mut self, plan: &Arc<Plan>) -> Result<(), StoreError> {
        let mapping = Mapping::new(&self.core.plan, plan);
        let t = self.position.now.max(0);
        let stay = plan.levels.all.is_empty() || self.core.plan.levels_stay(plan);
        let mut slots: Vec<u32> = (0..self.table.len() as u32).collect();
        // Runs may exit: their decisions are in order of ids, whatever the order in which the customers came into memory.
        slots.sort_by_cached_key(|slot| {
            Some(self.table.get(*slot))
                .filter(|customer| !customer.runs.is_empty())
                .map(|customer| customer.id)
        });
        for slot in &slots {
            let customer = self.table.get_mut(*slot);
            let was_dirty = customer.dirty;
            let mut environment = Environment {
                now: t,
                ..self.shared.environment(&self.position, &mut self.effects)
            };
            self.core.leave(customer, &mapping, t, &mut environment);
            self.settle(*slot, was_dirty);
        }
        let by_time = !self.core.plan.by_time.is_empty() || !plan.by_time.is_empty();
        self.effects.change_plan(&self.core.plan, plan);
        self.frames = Frames::of(plan);
        self.core = Core::new(Arc::clone(plan));
        self.recall(&mapping, &mut slots)?;
        if !stay {
            slots.iter().for_each(|slot| self.settle_levels(*slot, t));
        }
        if by_time {
            self.arm_all();
        }
        if !plan.indexed.is_empty() || self.indexed.len() > 0 {
            self.index_all();
        }
        Ok(())
    }

    /// What begins by time is armed of everybody. Nothing is decided: of what has passed nobody hears.
    fn arm_all(&mut self) {
        for slot in 0..self.table.len() as u32 {
            self.core.arm(self.table.get_mut(slot), self.position.seen);
            self.arm(slot);
        }
    }

    /// Levels under the new plan say where the customer stands; that is no change of which anybody would hear.
    fn settle_levels(&mut self, slot: u32, t: Millis) {
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut environment =
            Environment { now: t, ..self.shared.environment(&self.position, &mut self.effects) };
        self.core.settle_levels(customer, &mut environment);
        self.settle(slot, was_dirty);
    }

    /// Attributes that no condition has read so far are known of nobody, though they stand in the stored profiles: a condition that is new must not find
    /// nothing where there is something.
    fn recall(&mut self, mapping: &Mapping, slots: &mut [u32]) -> Result<(), StoreError> {
        if mapping.new_attributes().is_empty() {
            return Ok(());
        }
        // What follows goes on in this order.
        slots.sort_by_cached_key(|slot| self.table.get(*slot).id);
        for slot in slots {
            let stored = self.stored(self.table.get(*slot).cold)?;
            let customer = self.table.get_mut(*slot);
            let attributes = stored.attributes(mapping.new_attributes());
            attributes.into_iter().for_each(|attribute| customer.recall(attribute));
        }
        Ok(())
    }
}
