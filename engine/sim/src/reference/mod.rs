//! The naive reference model: `engine/docs/semantics.md` a second time, with plain maps and full scans.
//!
//! It shares the core's data types (the compiled plan with its conditions, the policy, ids, decisions) and none of its
//! decisions: it decodes events with `serde_json::Value`, asks jiff for every local time, keeps its timers in one
//! `BTreeSet` and looks at all touches and runs of a customer whenever a rule speaks of them. Where it and the core differ,
//! one of them differs from the page. It is meant to be read beside the page, rule by rule:
//! [`event`] and [`odd`] intake, [`catalogue`] what every partition gets, [`past`] events that are read in for facts, [`control`] what people say of journeys, [`broadcast`] what everybody is told, [`coupons`] codes and who has them, [`customer`] and [`documents`] what an event teaches, [`facts`] what is counted, [`levels`] where one stands by it, [`latest`] what late events are compared with, [`journeys`] goal, exit, move and trigger, [`steps`] entering and
//! steps, [`changed`] another configuration, [`gate`], [`put_off`], [`holdout`] and [`caps`], [`zone`] local times, [`deadline`] computed instants, [`by_time`] journeys that begin by them.

mod caps;
mod catalogue;
mod changed;
mod condition;
mod coupons;
mod by_time;
mod broadcast;
mod customer;
mod deadline;
mod documents;
mod event;
mod facts;
mod fan_out;
mod gate;
mod holdout;
mod horizon;
mod journeys;
mod latest;
mod levels;
mod effect;
mod odd;
mod own_events;
mod past;
mod put_off;
mod steps;
#[cfg(test)]
mod tests;
mod context;
mod control;
mod zone;

pub use effect::{Effect, ExpectedCommand};

use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::sends::{DeadReason, Mode, Poison, Sample};
use cartwheel_core::time::Millis;
use catalogue::{Catalogue, Streamed};
use context::{Context, Timer};
use control::Control;
use coupons::Coupons;
use customer::Customer;
use event::Event;
use odd::Odd;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One shard's worth of customers, decided the plain way.
pub struct Reference {
    plan: Arc<Plan>,
    customers: HashMap<CustomerId, Customer>,
    timers: BTreeSet<Timer>,
    held: BTreeSet<Timer>,
    /// T: the greatest record time so far.
    newest: Millis,
    /// The same of the records that have been applied.
    applied: Millis,
    /// The last recorded now.
    now: Millis,
    mode: Mode,
    duplicates: u64,
    fired: u64,
    odd: Odd,
    catalogue: Catalogue,
    control: Control,
    /// The ids of broadcasts.
    had: Vec<String>,
    coupons: Coupons,
}

impl Reference {
    /// An empty shard, live.
    pub fn new(plan: Arc<Plan>) -> Self {
        let (customers, timers, held) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
        Self {
            plan,
            customers,
            timers,
            held,
            newest: Millis::MIN,
            applied: Millis::MIN,
            now: Millis::MIN,
            mode: Mode::Live,
            duplicates: 0,
            fired: 0,
            odd: Odd::default(),
            catalogue: Catalogue::default(),
            control: Control::default(),
            had: Vec::new(),
            coupons: Coupons::default(),
        }
    }

    /// Applies one record: first the timers due at or before `time`, which see the greater of the last recorded now and the
    /// greatest record time including this one; then the event. `value` is the record's value, `offset` names it in a dead letter. A record without
    /// a time (below 0) came when the one before it did.
    pub fn record(&mut self, offset: i64, time: Millis, value: &[u8], out: &mut Vec<Effect>) {
        let time = if time < 0 { self.newest.max(0) } else { time };
        self.newest = self.newest.max(time);
        self.fire_until(time, self.now.max(self.newest), None, out);
        self.applied = self.newest;
        match event::decode(value, time, &self.plan.policy) {
            Ok(event) => self.apply(offset, &event, event.time.min(time), out),
            Err(reason) => {
                if let Some(reason) = self.of_nobody(offset, time, value, reason, out) {
                    out.push(Effect::Dead { offset, reason: DeadReason::Poison(reason) });
                }
            }
        }
    }

    /// A record that is no event, for this reason. Why it cannot be applied; none where it is one that every partition gets.
    fn of_nobody(
        &mut self,
        offset: i64,
        time: Millis,
        value: &[u8],
        reason: Poison,
        out: &mut Vec<Effect>,
    ) -> Option<Poison> {
        let policy = &self.plan.policy;
        let streamed = (reason == Poison::MissingCustomer)
            .then(|| catalogue::decode(value, time, policy))
            .flatten();
        match streamed {
            None => Some(reason),
            Some(Err(reason)) => Some(reason),
            Some(Ok(record)) => self.of_stream(&record, (offset, time), out).err(),
        }
    }

    /// A record of a stream does what its type says, if it is the next one.
    fn of_stream(
        &mut self,
        record: &Streamed,
        (offset, time): (i64, Millis),
        out: &mut Vec<Effect>,
    ) -> Result<(), Poison> {
        if !self.catalogue.is_next(record) {
            return Ok(());
        }
        let at = record.time.min(time);
        match record.kind.as_str() {
            "catalogue" => {
                if let Some(changed) = self.catalogue.apply(record, at, &self.plan.policy)? {
                    self.fan_out(&changed, at, out);
                }
                Ok(())
            }
            "backfill" => self.past_event(record, (offset, time), out),
            "control" if Coupons::are_in(record) => self.coupons.apply(record),
            "control" => self.control(record.field("control"), out),
            "broadcast" => self.broadcast(record.field("broadcast"), at, out),
            _ => Ok(()),
        }
    }

    /// The end of a turn: `now` is recorded (it never falls), and at most `limit` timers due by it fire (None: all of them).
    /// Returns how many did.
    pub fn clock(&mut self, now: Millis, limit: Option<u64>, out: &mut Vec<Effect>) -> u64 {
        self.now = self.now.max(now);
        self.fire_until(self.now, self.now, limit, out)
    }

    /// A turn that changes the mode. Live again: the deadlines of held runs count again.
    pub fn mode(&mut self, mode: Mode) {
        self.mode = mode;
        if mode == Mode::Behind {
            return;
        }
        for timer in std::mem::take(&mut self.held) {
            let runs = self.customers.get_mut(&timer.customer).map(|customer| &mut customer.runs);
            if let Some(run) = runs.and_then(|runs| runs.iter_mut().find(|run| run.id == timer.run))
            {
                run.held = false;
                self.timers.insert(timer);
            }
        }
    }

    /// Events that were seen before.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many events were applied without each field, by the fields' names.
    pub fn degraded(&self) -> &BTreeMap<String, u64> {
        &self.odd.counts
    }

    /// Runs whose timer fired.
    pub fn fired(&self) -> u64 {
        self.fired
    }

    /// Customers seen.
    pub fn customers(&self) -> usize {
        self.customers.len()
    }

    /// Windows and runs that have not finished. Counts through all customers.
    pub fn live_runs(&self) -> usize {
        self.customers
            .values()
            .map(|customer| customer.runs.iter().filter(|run| run.live()).count())
            .sum()
    }

    /// The earliest deadline that counts.
    pub fn next_deadline(&self) -> Option<Millis> {
        self.timers.first().map(|timer| timer.deadline)
    }

    fn fire_until(
        &mut self,
        due: Millis,
        seen: Millis,
        limit: Option<u64>,
        out: &mut Vec<Effect>,
    ) -> u64 {
        let mut fired = 0;
        while limit.is_none_or(|limit| fired < limit)
            && let Some(timer) = self.timers.first().copied()
            && timer.deadline <= due
        {
            self.timers.pop_first();
            fired += 1;
            let Some(mut turn) = self.turn(timer.customer, seen, seen, out) else { continue };
            if timer.is_of_levels() {
                turn.customer.turns = None;
                turn.judge_levels(turn.t);
            } else if let Some(journey) = timer.begins {
                turn.begin(journey, timer.deadline);
            } else if let Some(run) = turn.take(timer.run) {
                turn.fire(run);
            }
            turn.let_happen();
            turn.arm();
            turn.look_again(seen.saturating_add(1));
            turn.watch_levels();
        }
        self.fired += fired;
        fired
    }

    fn turn<'a>(
        &'a mut self,
        id: CustomerId,
        t: Millis,
        levels_at: Millis,
        out: &'a mut Vec<Effect>,
    ) -> Option<Context<'a>> {
        let customer = self.customers.get_mut(&id)?;
        Some(Context {
            plan: &self.plan,
            mode: self.mode,
            t,
            seen: self.applied,
            now: levels_at,
            id,
            customer,
            timers: &mut self.timers,
            held: &mut self.held,
            catalogue: &self.catalogue,
            control: &self.control,
            coupons: &mut self.coupons,
            out,
            emitted: (Vec::new(), 0),
        })
    }

    /// `at` is the event's time, at most that of its own record.
    fn apply(&mut self, offset: i64, event: &Event, at: Millis, out: &mut Vec<Effect>) {
        let id = CustomerId::of(&event.customer);
        let now = self.newest;
        let customer = self.customers.entry(id).or_insert_with(|| Customer::new(&event.customer));
        if event.id.as_deref().is_some_and(|id| customer.seen(id)) {
            self.duplicates += 1;
            return;
        }
        let mut effects = Vec::new();
        let mut odd = event.odd.clone();
        let documents = customer.documents.len();
        let zone = customer.zone(&self.plan.policy);
        if customer.learn(event, at, now, &self.plan, &mut effects) {
            odd.push(odd::SURPLUS.to_owned());
        }
        odd.dedup();
        if customer.facts.note(&self.plan, &event.kind, at, &event.body, None) {
            odd.push(facts::CURRENCY.to_owned());
        }
        out.extend(effects.into_iter().map(Effect::Suppression));
        let levels_at = self.now.max(now);
        if let Some(mut turn) = self.turn(id, now, levels_at, out) {
            turn.hurry();
            turn.follow_zone(&zone);
            turn.judge_levels(at);
            if !levels::is_change(turn.plan, &event.kind) {
                turn.on_event(event, at);
            }
            turn.let_happen();
            turn.arm();
            turn.look_again(now);
            turn.watch_levels();
            // What a new run is about stays.
            if turn.customer.documents.len() > documents {
                let live = turn.customer.runs.iter().filter(|run| run.live());
                let pinned: Vec<_> = live.flat_map(|run| run.about.clone()).collect();
                turn.customer.documents.forget_surplus(&pinned);
            }
        }
        if self.odd.note(&odd, now) {
            let reason = DeadReason::Applied(Sample::Degraded);
            out.push(Effect::Dead { offset, reason });
        }
    }
}
