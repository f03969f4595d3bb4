//! What must be sent to a customer, by the reference model, where the engine was not led by the events alone: its clock had a say in when it decided. The
//! reference is given the customer's events and, as its clock, the time at which the engine says that it decided: then everything must be the same.

use crate::sends::Fact;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use cartwheel_sim::reference::{Effect, Reference};
use cartwheel_workload::Shopped;
use std::sync::Arc;

/// How a command of the engine differs from what the reference sends of its customer's events, in their order, when its clock shows the command's time.
pub fn differs(
    plan: &Arc<Plan>,
    events: impl IntoIterator<Item = Shopped>,
    actual: &Fact,
) -> Option<String> {
    let expected = sent(plan, events, actual.decided_at);
    (expected != [actual.clone()])
        .then(|| format!("the reference sends {expected:?},\n  the engine {actual:?}"))
}

fn sent(plan: &Arc<Plan>, events: impl IntoIterator<Item = Shopped>, now: Millis) -> Vec<Fact> {
    let (mut reference, mut out) = (Reference::new(Arc::clone(plan)), Vec::new());
    let mut line = Vec::new();
    for (offset, event) in (0i64..).zip(events) {
        line.clear();
        event.encode(&mut line);
        reference.record(offset, event.time, &line, &mut out);
    }
    reference.clock(now, None, &mut out);
    let command = |effect| match effect {
        Effect::Command(command) => Some(command.into()),
        _ => None,
    };
    out.into_iter().filter_map(command).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{cart, sign_up};
    use cartwheel_core::time::HOUR;
    use std::path::Path;

    #[test]
    fn a_cart_leads_to_one_message_from_an_hour_later_on() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers");
        let plan = Arc::new(crate::setup::plan(&folder).unwrap());
        let at = 1_772_445_600_000;
        let events = || [sign_up(7, at - HOUR), cart(7, at)];
        let later = at + 2 * HOUR;
        let message = sent(&plan, events(), later).pop().unwrap();
        assert_eq!((message.decided_at, message.customer.as_str()), (later, "c0000000007"));
        assert_eq!(differs(&plan, events(), &message), None);
        let early = Fact { decided_at: at + HOUR - 1, ..message.clone() };
        assert!(differs(&plan, events(), &early).unwrap().contains("the reference sends [],"));
        let other = Fact { to: "b@example.test".into(), ..message };
        assert!(differs(&plan, events(), &other).is_some());
    }
}
