//! What happens to a product, or is told to everybody, begins journeys for many (`docs/semantics.md`, "Fan-outs", "Broadcasts"): who of them may begin, and in which order; then each gets a
//! window, at whose end it is asked once more.

use super::carried::Carried;
use super::context::Context;
use super::enter::earlier_entry;
use super::journeys::{Occasion, Opening};
use super::{Core, Environment, EventTime};
use crate::customer::{Customer, Run};
use crate::decision::{Reason, Verdict};
use crate::event::{Event, Meaning, read_fields};
use crate::gate;
use crate::id::place_in_line;
use crate::journey::condition::{Condition, Field, Reader};
use crate::journey::plan::{By, FanOut, Journey};
use crate::time::Millis;
use crate::value::{Value, ValueRef};
use thin_vec::ThinVec;

/// What has happened to a product, or was told to everybody, for a journey that it may begin, as an event of those for whom it begins.
pub struct Happened<'e> {
    /// The journey.
    index: u16,
    event: &'e Event<'e>,
    carried: Carried,
    time: EventTime,
    /// The hash of the product's id, or of the broadcast's.
    key: u64,
    /// Which event it is, where it has an id.
    number: Option<u64>,
    fields: Vec<Value>,
    /// What a run keeps of it.
    captures: ThinVec<Value>,
}

/// Where somebody stands in the line of those for whom a journey may begin: the greater order first, of equal ones the lesser place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InLine {
    /// What the journey orders them by.
    pub order: f64,
    /// Drawn for each customer and product.
    pub place: u64,
}

impl<'e> Happened<'e> {
    /// For the journey with this index; none where that is not active yet then, or it is too long ago.
    pub fn new(
        core: &Core,
        index: u16,
        event: &'e Event<'e>,
        time: EventTime,
        key: u64,
    ) -> Option<Self> {
        let journey = core.plan.journeys.get(usize::from(index))?;
        let fan_out = journey.fan_out.as_ref()?;
        if time.at < journey.active_from || time.age > journey.max_event_age.millis() {
            return None;
        }
        let mut fields = vec![Value::Null; core.plan.fields.len()];
        read_fields(event, &core.plan.fields, &fan_out.fields, &mut fields);
        let number = matches!(fan_out.by, By::Broadcast(_)).then_some(key);
        let captures = ThinVec::new();
        let carried = Carried::of(&core.plan, event);
        let mut happened = Self { index, event, carried, time, key, number, fields, captures };
        happened.captures = happened.occasion().captures(&core.plan, journey).collect();
        Some(happened)
    }

    fn occasion(&self) -> Occasion<'_> {
        let Self { event, fields, time, .. } = self;
        Occasion { event, carried: &self.carried, fields, time: *time, emitted: self.number }
    }

    /// For how many customers of all partitions it may begin; none: for as many as there may be.
    pub fn budget(&self, core: &Core) -> Option<u64> {
        let journey = core.plan.journeys.get(usize::from(self.index))?;
        let budget = journey.fan_out.as_ref()?.budget.as_ref()?;
        let number = budget.value(|field| {
            // The loader lets nothing else in.
            let Field::Capture(place) = field else { return ValueRef::Null };
            self.captures.get(usize::from(place)).map_or(ValueRef::Null, Value::borrow)
        });
        // Below 0 is none, as is what is no number.
        Some(finite(number).map_or(0, |number| number as u64))
    }
}

impl Core {
    /// Where the customer stands in the line; none for whom the journey must not begin. Decides nothing.
    pub fn in_line(
        &self,
        customer: &mut Customer,
        happened: &Happened<'_>,
        environment: &mut Environment<'_>,
    ) -> Option<InLine> {
        self.fanned(customer, happened, environment).in_line(happened)
    }

    /// The journey begins for the customer: at `deadline`, if the customer is still meant then.
    pub fn begin_for(
        &self,
        customer: &mut Customer,
        happened: &Happened<'_>,
        deadline: Millis,
        environment: &mut Environment<'_>,
    ) {
        let mut context = self.fanned(customer, happened, environment);
        context.begin_for(happened, deadline);
        context.customer.dirty = true;
        context.runs_changed();
    }

    fn fanned<'a>(
        &'a self,
        customer: &'a mut Customer,
        happened: &Happened<'_>,
        environment: &'a mut Environment<'_>,
    ) -> Context<'a> {
        let seen = happened.time.seen;
        Context {
            core: self,
            customer,
            t: seen,
            seen,
            now: environment.now,
            mode: environment.mode,
            products: environment.products,
            control: environment.control,
            pools: &mut *environment.pools,
            effects: &mut *environment.effects,
            touched: false,
        }
    }
}

impl Context<'_> {
    fn in_line(&self, happened: &Happened<'_>) -> Option<InLine> {
        let Happened { index, key, captures, .. } = happened;
        let journey = self.journey(*index);
        let FanOut { who, order, .. } = &**journey.fan_out.as_ref()?;
        let customer = self.reader_at(happened.time.at);
        let reader = Reader { captures, run_key: *key, ..customer };
        if who.as_ref().is_some_and(|who| !reader.holds(who)) || !self.may_begin(journey, happened)
        {
            return None;
        }
        let number = |order: &Condition| finite(order.value(|field| reader.read(field)));
        let last = f64::NEG_INFINITY;
        Some(InLine {
            order: order.as_ref().map_or(0.0, |order| number(order).unwrap_or(last)),
            place: place_in_line(&journey.name, *key, self.customer.id),
        })
    }

    /// Whether the customer can be sent to, as far as is known now: so that nobody else takes a part of the budget.
    fn may_begin(&self, journey: &Journey, happened: &Happened<'_>) -> bool {
        let (index, key) = (happened.index, happened.key);
        let of_key = |run: &Run| run.journey == index && run.key == key && run.place.is_live();
        !self.customer.runs.iter().any(of_key)
            && self.ended(journey, key).is_none_or(|ended| happened.time.at > ended)
            && earlier_entry(self.customer, journey.reentry, (index, key), self.t).is_none()
            && self.may_not_begin(index).is_none()
            && gate::reaches(self.customer, journey)
    }

    fn begin_for(&mut self, happened: &Happened<'_>, deadline: Millis) {
        let (event, at) = (happened.event, happened.time.at);
        let has_more = self.documents(event, at, Meaning::None, &happened.carried);
        let journey = self.journey(happened.index);
        let by = Opening::by(&happened.occasion(), self.plan(), journey, happened.key);
        self.open(happened.index, by.entering_at(deadline));
        if has_more {
            self.forget_surplus();
        }
    }

    /// Whether a journey that begins for many still means this customer; refuses the run if not.
    pub(super) fn is_still_meant(&mut self, run: &Run) -> bool {
        let fan_out = self.journey(run.journey).fan_out.as_deref();
        let Some(who) = fan_out.and_then(|fan_out| fan_out.who.as_ref()) else { return true };
        let reader = self.reader(run);
        let meant = reader.holds(who);
        if !meant {
            let compared = reader.compared(who);
            let refused = self.decided(run.journey, Verdict::Refused, Reason::Filter).run(run.id);
            self.decide(&refused.compared(compared));
        }
        meant
    }
}

/// A number that can be compared with others.
fn finite(value: ValueRef<'_>) -> Option<f64> {
    match value {
        // There is one 0.
        ValueRef::Number(number) => Some(number + 0.0).filter(|number| number.is_finite()),
        ValueRef::Null
        | ValueRef::Bool(_)
        | ValueRef::Text(_)
        | ValueRef::Instant(_)
        | ValueRef::Span(_)
        | ValueRef::Date(_) => None,
    }
}
