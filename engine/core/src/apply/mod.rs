//! `apply(state, input, now) -> effects`: what an event, or a timer, does to one customer.
//!
//! [`Core::event`] applies an event (deduplicate, profile, documents, engagement, journeys); [`Core::fire`] fires the
//! customer's timers of one deadline; [`Core::arm`] finds when time alone begins something. All leave the customer's new earliest deadline in the slot; the shard arms it.

mod about;
mod arm;
mod carried;
mod context;
mod coupon;
mod event;
mod goal;
mod levels;
mod journeys;
mod window;
mod enter;
mod fan_out;
mod by_time;
mod outlook;
mod own_events;
mod past;
mod put_off;
mod halted;
mod step;
mod timer;
mod activate;

pub use activate::{Becomes, Exits, Mapping};
pub use arm::with_arm;
pub use event::{Applied, Outcome, ToldOfMessage, told_of_message};
pub use fan_out::{Happened, InLine};
pub use outlook::{Comes, Expected, Judged, Known, Outlook};
pub use timer::Due;

use crate::control::Control;
use crate::coupon::Pools;
use crate::customer::{Customer, Zones, attribute_hash};
use crate::effect::Effects;
use crate::journey::condition::Reader;
use crate::journey::plan::Plan;
use crate::product::Products;
use crate::sends::Mode;
use crate::time::Millis;
use crate::value::Value;
use std::sync::Arc;

/// Steps that execute at one time at most.
const MAX_STEPS: usize = 64;

/// The evaluator under one configuration. It holds no state of customers; what is mutable is scratch space.
pub struct Core {
    /// The journeys and the policy.
    pub plan: Arc<Plan>,
    /// The plan's time zones.
    pub zones: Arc<Zones>,
    /// Hashes of the plan's attributes.
    attributes: Vec<u32>,
    /// The present event's fields, by the plan's numbers.
    fields: Box<[Value]>,
    /// The longest `max_event_age` of a journey: what is older starts nothing in any.
    longest_age: Millis,
    /// The longest `quiet_for`: what is older moves no window.
    longest_window: Millis,
}

impl Core {
    /// An evaluator of the plan.
    pub fn new(plan: Arc<Plan>) -> Self {
        let zones = Arc::new(Zones::new(&plan.tables, &plan.policy.zone));
        let attributes = plan.attributes.iter().map(|name| attribute_hash(name)).collect();
        let fields = vec![Value::Null; plan.fields.len()].into();
        let longest = |spans: &mut dyn Iterator<Item = Millis>| spans.max().unwrap_or(0);
        let ages = &mut plan.journeys.iter().map(|journey| journey.max_event_age.millis());
        let longest_age = longest(ages);
        let windows = plan.journeys.iter().filter_map(|journey| journey.quiet_for);
        let longest_window = longest(&mut windows.map(|span| span.millis()));
        Self { plan, zones, attributes, fields, longest_age, longest_window }
    }

    /// What conditions read of a customer at `t`, without an event or a run, and without products: what begins by time alone follows from none.
    fn reader<'r>(&'r self, customer: &'r Customer, t: Millis) -> Reader<'r> {
        Reader {
            customer,
            attributes: &self.attributes,
            lists: &self.plan.lists,
            facts: &self.plan.facts,
            zones: &self.zones,
            t,
            at: t,
            event: None,
            fields: &[],
            products: None,
            asked: &[],
            run_key: 0,
            captures: &[],
        }
    }
}

/// What the shard lends for one input.
pub struct Environment<'a> {
    /// Live, or behind: marketing is held.
    pub mode: Mode,
    /// The greatest of shard time and record times: what levels are judged at, which do not go back in time.
    pub now: Millis,
    /// What is known of products.
    pub products: &'a Products,
    /// What people have said of journeys.
    pub control: &'a Control,
    /// The pools of coupons.
    pub pools: &'a mut Pools,
    /// Where decisions and effects go.
    pub effects: &'a mut Effects,
}

/// The times of an event.
#[derive(Clone, Copy, Debug)]
pub struct EventTime {
    /// Event time, not after the time of its own record.
    pub at: Millis,
    /// The greatest record time so far, the event's own included.
    pub seen: Millis,
    /// `seen` minus `at`.
    pub age: Millis,
}

impl EventTime {
    /// Of an event that states `stated`, in a record of `record_time`, where `seen` is the greatest record time so far. Without a
    /// statement the event happened at its record's time.
    pub fn new(stated: Option<Millis>, record_time: Millis, seen: Millis) -> Self {
        let at = stated.map_or(record_time, |stated| stated.min(record_time));
        Self { at, seen, age: seen.saturating_sub(at) }
    }
}
