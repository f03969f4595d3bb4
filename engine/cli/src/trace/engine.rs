//! What decides a trace: the core itself, alone, with as little around it as possible.

use cartwheel_core::apply::{Core, Due, Environment, EventTime};
use cartwheel_core::customer::Customer;
use cartwheel_core::decision::Decision;
use cartwheel_core::effect::Effects;
use cartwheel_core::event::decode;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::Mode;
use cartwheel_core::time::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An engine that is driven by a trace. Time never falls from call to call.
pub trait TraceEngine {
    /// An event with this record time; timers due by then have fired before it. An error says why it is no event.
    fn event(&mut self, at: Millis, json: &[u8]) -> Result<(), String>;
    /// Shard time reaches `now`: every timer due by then has fired at its own deadline, as in a shard that is never behind.
    fn advance(&mut self, now: Millis);
    /// The decisions since the last call, in order.
    fn decisions(&mut self) -> Vec<Decision>;
}

/// The core, one partition, always caught up, margin 0. No log, no store: those have their own tests.
pub struct CoreEngine {
    core: Core,
    effects: Effects,
    customers: BTreeMap<CustomerId, (String, Customer)>,
    /// The greatest record time so far.
    seen: Millis,
}

impl CoreEngine {
    /// An engine that knows nobody.
    pub fn new(plan: Arc<Plan>) -> Self {
        let mut effects = Effects::new(&plan);
        effects.kept = Some(Vec::new());
        Self { core: Core::new(plan), effects, customers: BTreeMap::new(), seen: Millis::MIN }
    }

    /// The earliest deadline by `limit`, and whose it is: ties in order of customer ids.
    fn due(&self, limit: Millis) -> Option<(Millis, CustomerId)> {
        let deadlines =
            self.customers.values().map(|(_, customer)| (customer.deadline, customer.id));
        deadlines.filter(|(deadline, _)| *deadline <= limit).min()
    }
}

impl TraceEngine for CoreEngine {
    fn event(&mut self, at: Millis, json: &[u8]) -> Result<(), String> {
        self.advance(at);
        self.seen = self.seen.max(at);
        let event = decode(json, at, &self.core.plan.policy)
            .map_err(|rejected| format!("{:?}: {}", rejected.reason, rejected.detail))?;
        let time = EventTime::new(event.time, at, self.seen);
        let id = CustomerId::of(&event.customer);
        let (_, customer) = self
            .customers
            .entry(id)
            .or_insert_with(|| (event.customer.to_string(), Customer::new(id)));
        self.core.event(
            customer,
            &event,
            time,
            &mut Environment { mode: Mode::Live, effects: &mut self.effects },
        );
        Ok(())
    }

    fn advance(&mut self, now: Millis) {
        while let Some((deadline, id)) = self.due(now) {
            let Some((_, customer)) = self.customers.get_mut(&id) else { return };
            let sees = deadline.max(self.seen);
            let due = Due { deadline, now: sees, budget: u64::MAX };
            self.core.fire(
                customer,
                due,
                &mut Environment { mode: Mode::Live, effects: &mut self.effects },
            );
        }
    }

    fn decisions(&mut self) -> Vec<Decision> {
        self.effects.list.clear();
        let kept = self.effects.kept.replace(Vec::new()).unwrap_or_default();
        let named = |(id, mut decision): (CustomerId, Decision)| {
            decision.customer =
                self.customers.get(&id).map_or("", |(name, _)| name.as_str()).into();
            decision
        };
        kept.into_iter().map(named).collect()
    }
}
