//! What a record of the catalogue makes of a product begins journeys for many: those are chosen in the record's own turn, the best of them by a bounded heap.

use crate::checkpoint::Store;
use crate::indexed::Indexed;
use crate::settings::Identity;
use crate::shard::Shard;
use cartwheel_core::apply::{EventTime, Happened, InLine};
use cartwheel_core::event::Event;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::{MAX_FAN_OUT, Plan};
use cartwheel_core::product::{Change, Transition};
use cartwheel_core::stream::Streamed;
use cartwheel_core::value::Value;
use serde_json::json;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// One of those in line. The greatest is the last.
#[derive(Clone, Copy)]
struct Chosen {
    line: InLine,
    id: CustomerId,
    slot: u32,
}

impl Ord for Chosen {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_order = other.line.order.total_cmp(&self.line.order);
        by_order.then(self.line.place.cmp(&other.line.place)).then(self.id.cmp(&other.id))
    }
}

impl PartialOrd for Chosen {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Chosen {}

impl<S: Store> Shard<S> {
    /// A record has changed a product: journeys that begin by that begin.
    pub(crate) fn fan_out(&mut self, change: &Change, time: EventTime, record: &Streamed<'_>) {
        let plan = Arc::clone(&self.core.plan);
        let id = format!("{} {} {}", record.stream, record.epoch, record.sequence);
        for (transition, index) in &plan.fans_out {
            if change.is(*transition, plan.policy.low_stock) {
                self.begin_for_many(&plan, (*transition, *index), (change, &id), time);
            }
        }
    }

    fn begin_for_many(
        &mut self,
        plan: &Plan,
        (transition, index): (Transition, u16),
        (change, id): (&Change, &str),
        time: EventTime,
    ) {
        let fan_out = plan.journeys.get(usize::from(index)).and_then(|it| it.fan_out.as_deref());
        let Some(fan_out) = fan_out else { return };
        let watchers = self.indexed.of(&fan_out.among, change.key);
        // Most products are in nobody's set.
        if watchers.is_empty() {
            return;
        }
        let product = self.shared.products.to_json(&change.id);
        let mut event = json!({ "id": id, "product": product });
        if let (Transition::PriceFell, Some((from, to))) = (transition, change.prices()) {
            let amount = |amount| Value::Number(amount).to_json();
            (event["from"], event["to"]) = (amount(from), amount(to));
        }
        let text = event.to_string();
        let event = Event::written(transition.name(), &text);
        let happened = Happened::new(&self.core, index, &event, time, change.key);
        let Some(happened) = happened else { return };
        let share = match happened.budget(&self.core) {
            Some(budget) => share(&self.identity, budget, change.key),
            None => MAX_FAN_OUT,
        };
        let chosen = self.choose(&happened, &watchers, share);
        let many = i128::try_from(chosen.len()).unwrap_or(1).max(1);
        for (place, Chosen { slot, .. }) in (0i128..).zip(chosen) {
            let after = i128::from(fan_out.spread.millis()) * place / many;
            let deadline = time.seen.saturating_add(after as i64);
            let was_dirty = self.table.get(slot).dirty;
            let mut environment = self.shared.environment(&self.position, &mut self.effects);
            let customer = self.table.get_mut(slot);
            self.core.begin_for(customer, &happened, deadline, &mut environment);
            self.settle(slot, was_dirty);
        }
    }

    /// The first of those in line, as many as the share has room for.
    fn choose(&mut self, happened: &Happened<'_>, watchers: &[u32], share: usize) -> Vec<Chosen> {
        let mut best = BinaryHeap::new();
        if share == 0 {
            return Vec::new();
        }
        for slot in watchers {
            let mut environment = self.shared.environment(&self.position, &mut self.effects);
            let customer = self.table.get_mut(*slot);
            if let Some(line) = self.core.in_line(customer, happened, &mut environment) {
                best.push(Chosen { line, id: customer.id, slot: *slot });
                if best.len() > share {
                    best.pop();
                }
            }
        }
        best.into_sorted_vec()
    }

    /// How many keys customers have in sets of which it is known who has a key in them.
    pub fn indexed_keys(&self) -> usize {
        self.indexed.len()
    }

    /// Who has which key in an indexed set, found anew.
    pub(crate) fn index_all(&mut self) {
        let (plan, table) = (&self.core.plan, &self.table);
        let keys = |slot| {
            let keys = table.get(slot).facts.indexed(&plan.facts, &plan.indexed);
            keys.map(move |of| (slot, of))
        };
        self.indexed = Indexed::of_all((0..table.len() as u32).flat_map(keys));
    }
}

/// This shard's part of a budget: what is left over goes to the first partitions in an order that is drawn for each product.
fn share(identity: &Identity, budget: u64, product: u64) -> usize {
    let many = u64::from(identity.partitions.unsigned_abs().max(1));
    let drawn = |partition: i32| {
        let mut hash = Xxh3::new();
        hash.update(&product.to_le_bytes());
        hash.update(&partition.to_le_bytes());
        (hash.digest(), partition)
    };
    let own = drawn(identity.partition);
    let before = (0..identity.partitions).filter(|other| drawn(*other) < own).count();
    let more = u64::from((before as u64) < budget % many);
    usize::try_from(budget / many + more).unwrap_or(usize::MAX).min(MAX_FAN_OUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::partitioner::Partitioner;

    #[test]
    fn all_shares_together_are_the_budget() {
        let identity = |partition| Identity {
            events_topic: "events".into(),
            partition,
            partitions: 7,
            partitioner: Partitioner::Murmur2,
        };
        let mut firsts = Vec::new();
        for (product, budget) in [(1, 0), (1, 3), (2, 3), (3, 3), (4, 3), (1, 7), (1, 100)] {
            let shares: Vec<usize> =
                (0..7).map(|partition| share(&identity(partition), budget, product)).collect();
            assert_eq!(shares.iter().sum::<usize>() as u64, budget, "{shares:?}");
            let (least, most) = (shares.iter().min(), shares.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1));
            firsts.push(shares);
        }
        assert!(firsts[1..5].windows(2).any(|two| two[0] != two[1]), "drawn for each product");
        assert_eq!(share(&identity(0), u64::MAX, 1), MAX_FAN_OUT);
    }
}
