//! Past events that are read in: the section "Past events" of the page.

use super::catalogue::Streamed;
use super::customer::Customer;
use super::effect::Effect;
use super::{Reference, event, facts, odd};
use cartwheel_core::id::CustomerId;
use cartwheel_core::sends::{DeadReason, Poison, Sample};
use cartwheel_core::time::Millis;
use serde_json::Value;

impl Reference {
    /// The facts that the record names are made of its event, too. Nothing else comes of it.
    pub(super) fn past_event(
        &mut self,
        record: &Streamed,
        (offset, time): (i64, Millis),
        out: &mut Vec<Effect>,
    ) -> Result<(), Poison> {
        let names = names(record.field("facts")).ok_or(Poison::BadValue)?;
        let event = record.field("event");
        if !event.is_object() {
            return Err(Poison::BadValue);
        }
        let event = event::decode(event.to_string().as_bytes(), time, &self.plan.policy)?;
        let (id, now) = (CustomerId::of(&event.customer), self.newest);
        self.customers.entry(id).or_insert_with(|| Customer::new(&event.customer));
        let mut odd = event.odd.clone();
        // Nothing of the profile is taken in.
        odd.retain(|name| name != odd::SURPLUS);
        let at = event.time.min(time);
        if let Some(mut turn) = self.turn(id, now, self.now.max(now), out) {
            let moments = turn.moments();
            if turn.customer.facts.note(turn.plan, &event.kind, at, &event.body, Some(names)) {
                odd.push(facts::CURRENCY.to_owned());
            }
            turn.judge_silently();
            turn.arm_untold(&moments);
            turn.watch_levels();
        }
        if self.odd.note(&odd, now) {
            let reason = DeadReason::Applied(Sample::Degraded);
            out.push(Effect::Dead { offset, reason });
        }
        Ok(())
    }
}

/// The facts that are named: 1 to 64 texts of 1 to 256 bytes.
fn names(list: &Value) -> Option<Vec<String>> {
    let name = |value: &Value| {
        let text = value.as_str().filter(|text| !text.is_empty() && text.len() <= 256);
        text.map(str::to_owned)
    };
    let names: Vec<String> = list.as_array()?.iter().map(name).collect::<Option<_>>()?;
    (1..=64).contains(&names.len()).then_some(names)
}
