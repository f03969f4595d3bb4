//! What is told to everybody: the shard walks over its customers in order of their ids, in turns of their own, and takes nothing in before it is through. So
//! whatever follows finds everybody reached, wherever turns end.

use crate::checkpoint::Store;
use crate::shard::Shard;
use cartwheel_core::apply::{EventTime, Happened};
use cartwheel_core::broadcast::{Broadcast, Walk};
use cartwheel_core::event::{Event, Record};
use cartwheel_core::id::place_in_line;
use cartwheel_core::journey::plan::{By, Plan};
use cartwheel_core::stream::Streamed;
use cartwheel_core::time::Millis;
use std::sync::Arc;

/// The type of the event that a broadcast is.
const EVENT: &str = "broadcast";

impl<S: Store> Shard<S> {
    /// A record of a broadcast: where some journey begins by it, and it was not told before, the walk begins.
    pub(crate) fn apply_broadcast(&mut self, record: &Record<'_>, streamed: &Streamed<'_>) {
        let at = EventTime::new(streamed.time, record.time, self.position.seen).at;
        let told = match Broadcast::read(streamed.field("broadcast"), at) {
            Ok(told) => told,
            Err(rejected) => return self.bury(record, &rejected),
        };
        let heard = begun_by(&self.core.plan, &told.name).next().is_some();
        // Of a walk over nobody no turn would tell.
        let by_some = heard && self.table.len() > 0;
        if self.shared.broadcasts.is_new(&told) && by_some {
            self.shared.broadcasts.walk = Some(Walk { told, reached: None, many: 0 });
        }
    }

    /// The broadcast that not everybody has heard of yet, and how far it has come.
    pub fn walking(&self) -> Option<&Walk> {
        self.shared.broadcasts.walk.as_ref()
    }

    /// Whether somebody is left who has not heard of a broadcast.
    pub(crate) fn is_walking(&self) -> bool {
        self.shared.broadcasts.walk.is_some()
    }

    /// Goes on with the walk for so many customers at most; what it did is in the present turn.
    pub(crate) fn walk(&mut self, most: u64) {
        if most == 0 {
            return;
        }
        let Some(mut walk) = self.shared.broadcasts.walk.take() else { return };
        let mut left = match std::mem::take(&mut self.left) {
            left if left.is_empty() => self.not_reached(&walk),
            left => left,
        };
        let plan = Arc::clone(&self.core.plan);
        let (seen, told) = (self.position.seen, &walk.told);
        let event = Event::written(EVENT, &told.text);
        let time = EventTime { at: told.at, seen, age: seen.saturating_sub(told.at) };
        let happened: Vec<(u16, Millis, Happened<'_>)> = begun_by(&plan, &told.name)
            .filter_map(|(index, spread)| {
                let happened = Happened::new(&self.core, index, &event, time, told.key)?;
                Some((index, spread, happened))
            })
            .collect();
        let mut walked = 0;
        let mut reached = walk.reached;
        while walked < most
            && let Some(slot) = left.pop()
        {
            walked += 1;
            for (index, spread, happened) in &happened {
                self.tell(slot, (*index, *spread), happened, told.key);
            }
            reached = Some(self.table.get(slot).id);
        }
        drop(happened);
        walk.reached = reached;
        walk.many += walked;
        self.position.walked += walked;
        if !left.is_empty() {
            self.left = left;
            self.shared.broadcasts.walk = Some(walk);
        }
    }

    /// Whose ids are greater than that of the last one reached: the next one last.
    fn not_reached(&self, walk: &Walk) -> Vec<u32> {
        let slots = 0..self.table.len() as u32;
        let is_left = |slot: &u32| walk.reached < Some(self.table.get(*slot).id);
        let mut left: Vec<u32> = slots.filter(is_left).collect();
        left.sort_by_cached_key(|slot| std::cmp::Reverse(self.table.get(*slot).id));
        left
    }

    /// The journey begins for the customer, if `who` means them: at their place in its spread.
    fn tell(
        &mut self,
        slot: u32,
        (index, spread): (u16, Millis),
        happened: &Happened<'_>,
        key: u64,
    ) {
        let customer = self.table.get_mut(slot);
        let was_dirty = customer.dirty;
        let mut environment = self.shared.environment(&self.position, &mut self.effects);
        if self.core.in_line(customer, happened, &mut environment).is_none() {
            return;
        }
        let name = &self.core.plan.journeys[usize::from(index)].name;
        let place = place_in_line(name, key, customer.id);
        let after = (i128::from(spread) * i128::from(place)) >> u64::BITS;
        let deadline = self.position.seen.saturating_add(after as Millis);
        self.core.begin_for(customer, happened, deadline, &mut environment);
        self.settle(slot, was_dirty);
    }
}

/// The journeys that begin by a broadcast of this name, with their spread.
fn begun_by(plan: &Plan, name: &str) -> impl Iterator<Item = (u16, Millis)> {
    plan.broadcasts.iter().filter_map(move |index| {
        let fan_out = plan.journeys.get(usize::from(*index))?.fan_out.as_ref()?;
        match &fan_out.by {
            By::Broadcast(own) if *own == name => Some((*index, fan_out.spread.millis())),
            By::Broadcast(_) | By::Product(_) => None,
        }
    })
}
