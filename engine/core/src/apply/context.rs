//! One customer at one instant: what the rules may see and change.

use super::{Core, Environment};
use crate::channel::{Class, Side};
use crate::control::Control;
use crate::coupon::Pools;
use crate::customer::{Customer, Place, Run};
use crate::decision::{Decided, Reason, Verdict};
use crate::effect::Effects;
use crate::event::{Event, Subject};
use crate::gate::{self, Holdout};
use crate::journey::condition::Reader;
use crate::journey::op::Given;
use crate::journey::plan::{Journey, Plan};
use crate::product::Products;
use crate::sends::Mode;
use crate::time::{Millis, NEVER};
use crate::value::Value;

/// See the module.
pub(super) struct Context<'a> {
    /// The evaluator.
    pub core: &'a Core,
    /// The customer. A run that executes is not among the customer's runs meanwhile.
    pub customer: &'a mut Customer,
    /// The greatest record time so far for an event; what timers see for a timer.
    pub t: Millis,
    /// The greatest record time so far: nothing that comes sees an earlier time, while what comes after a timer may see one before `t`.
    pub seen: Millis,
    /// The greatest of shard time and record times: what levels are judged at.
    pub now: Millis,
    /// Live, or behind: marketing is held.
    pub mode: Mode,
    /// What is known of products.
    pub products: &'a Products,
    /// What people have said of journeys.
    pub control: &'a Control,
    /// The pools of coupons.
    pub pools: &'a mut Pools,
    /// Where decisions and effects go.
    pub effects: &'a mut Effects,
    /// Something was touched that says when a journey begins by time.
    pub touched: bool,
}

impl<'a> Context<'a> {
    /// At `t`, where the greatest record time so far is `seen`.
    #[inline]
    pub fn new(
        core: &'a Core,
        customer: &'a mut Customer,
        (t, seen): (Millis, Millis),
        environment: &'a mut Environment<'_>,
    ) -> Self {
        Self {
            core,
            customer,
            t,
            seen,
            now: environment.now,
            mode: environment.mode,
            products: environment.products,
            control: environment.control,
            pools: environment.pools,
            effects: environment.effects,
            touched: false,
        }
    }

    /// The journeys and the policy.
    pub fn plan(&self) -> &'a Plan {
        &self.core.plan
    }

    /// The journey with this index.
    pub fn journey(&self, index: u16) -> &'a Journey {
        &self.plan().journeys[usize::from(index)]
    }

    /// What conditions read now of a run.
    pub fn reader<'r>(&'r self, run: &'r Run) -> Reader<'r> {
        let (captures, run_key) = (&run.captures, run.key);
        Reader { captures, run_key, ..self.reader_at(run.newest) }
    }

    /// What conditions read of the customer now; `at` is the time of the event in question.
    pub fn reader_at(&self, at: Millis) -> Reader<'_> {
        let (products, asked) = (Some(self.products), self.plan().products.as_slice());
        Reader { at, products, asked, ..self.core.reader(self.customer, self.t) }
    }

    /// What a step gives.
    pub fn given(&self, run: &Run, given: &Given) -> Value {
        match given {
            Given::Value(value) => value.clone(),
            Given::Path(_, field) => self.reader(run).read(*field).to_value(),
        }
    }

    /// The holdout that keeps a marketing journey's run from touching anything beyond itself.
    pub fn held_out(&self, run: &Run) -> Option<Holdout> {
        let journey = self.journey(run.journey);
        let marketing = journey.class == Class::Marketing;
        marketing.then(|| Holdout::of(self.plan(), journey, self.customer.id)).flatten()
    }

    /// The side on which the runs of a journey stand where reports compare.
    pub fn side(&self, journey: u16) -> Option<Side> {
        gate::side(self.plan(), self.journey(journey), self.customer.id)
    }

    /// A decision of this journey at this instant, to be told the rest and then to be noted.
    pub fn decided(&self, journey: u16, verdict: Verdict, reason: Reason) -> Decided {
        Decided::new(self.t, journey, verdict, reason)
    }

    /// The same by a step of a run.
    pub fn by_step(&self, run: &Run, op: u16, verdict: Verdict, reason: Reason) -> Decided {
        self.decided(run.journey, verdict, reason).run(run.id).op(op)
    }

    /// The first instant at which a level may be another. Where there are no levels the customer's facts are not looked at, which lie elsewhere in memory.
    pub fn turns(&self) -> Millis {
        if self.plan().levels.all.is_empty() { NEVER } else { self.customer.facts.turns() }
    }

    /// Runs, levels, or what begins by time have changed: the customer's earliest deadline follows them.
    pub fn runs_changed(&mut self) {
        let turns = self.turns();
        self.customer.runs_changed_beside(turns);
    }

    /// Notes a decision.
    pub fn decide(&mut self, decided: &Decided) {
        self.effects.decide(self.plan(), self.customer, decided);
    }
}

/// The order's total, where the event has one.
pub(super) fn order_total(event: &Event<'_>) -> Option<f64> {
    event.field(Subject::Order, "total")?.number()
}

/// What is decided where a run leaves early; none where it had finished already.
pub(super) fn leaving(place: Place) -> Option<Verdict> {
    match place {
        Place::Window => Some(Verdict::Refused),
        Place::Delay { .. }
        | Place::Local { .. }
        | Place::Event { .. }
        | Place::Gate { .. }
        | Place::Engagement { .. } => Some(Verdict::Exited),
        Place::Goal => None,
    }
}
