//! What the shard knows of one customer, in words that can be shown.

use crate::checkpoint::{EXPLAINED, Field, Store, StoreError, Stored};
use crate::degraded::Degraded;
use crate::shard::Shard;
use cartwheel_core::apply::Outlook;
use cartwheel_core::customer::{Chain, Pause, Place, PutOff, Run};
use cartwheel_core::decision::Decision;
use cartwheel_core::effect::pack::unpack;
use cartwheel_core::fact::{LAST_ORDER, LIFETIME_VALUE, ORDERS};
use cartwheel_core::id::{CustomerId, RunId};
use cartwheel_core::journey::plan::{Journey, Plan};
use cartwheel_core::time::Millis;
use cartwheel_core::timer::NEVER;
use cartwheel_core::value::Value;

/// A window or run that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRun {
    /// The journey's name.
    pub journey: String,
    /// The run.
    pub run: RunId,
    /// `window`, `running` or `lingering`.
    pub stage: &'static str,
    /// The step at which it is.
    pub step: Option<String>,
    /// When it opened.
    pub opened_at: Millis,
    /// Its next timer; none while it is held.
    pub next_timer: Option<Millis>,
    /// Waits for the shard to catch up.
    pub held: bool,
    /// What it waits for.
    pub waits: String,
    /// Its latest message was opened or clicked. (What else became of a message is nowhere in the state: its receipts are events.)
    pub engaged: bool,
}

/// What is known of a person, merged, as the events brought it. Never shown by `Debug`.
#[derive(Clone, Default, PartialEq)]
pub struct Profile(pub serde_json::Map<String, serde_json::Value>);

impl std::fmt::Debug for Profile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Profile(redacted)")
    }
}

/// One customer: consent, counters, open runs, the newest decisions, oldest first, and the events that were applied in part.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The customer string.
    pub customer: String,
    /// Channels with consent.
    pub granted: Vec<&'static str>,
    /// Channels with consent denied.
    pub denied: Vec<&'static str>,
    /// Channels suppressed by a bounce or complaint.
    pub suppressed: Vec<&'static str>,
    /// Those of them that are suppressed by a complaint.
    pub complained: Vec<&'static str>,
    /// Channels with an address.
    pub reachable: Vec<&'static str>,
    /// The time zone, where known.
    pub zone: Option<String>,
    /// Orders placed.
    pub orders: u32,
    /// Sum of their totals.
    pub lifetime_value: f64,
    /// When the last was placed.
    pub last_order_at: Option<Millis>,
    /// What has come together of the shop's own facts, by their names.
    pub facts: Vec<(String, Value)>,
    /// Names, addresses and the rest of the profile.
    pub profile: Profile,
    /// Open runs.
    pub runs: Vec<LiveRun>,
    /// How they stand to every journey now, in order of the journeys' names.
    pub outlooks: Vec<Outlook>,
    /// The newest decisions, [`EXPLAINED`] at most.
    pub decisions: Vec<Decision>,
    /// The newest events that were applied in part, oldest first.
    pub degraded: Vec<Degraded>,
}

fn readable(field: &Field<'_>) -> Option<(String, serde_json::Value)> {
    Some((field.name.clone().into_owned(), serde_json::from_str(field.value.0).ok()?))
}

/// What a run waits for, in words that go on from "waits for".
fn waits(plan: &Plan, journey: &Journey, run: &Run) -> String {
    if run.pause == Pause::Waits {
        return "its journey to be resumed".into();
    }
    let words = |op: u16| journey.ops.get(usize::from(op)).map(|op| op.words()).unwrap_or_default();
    match run.place {
        Place::Window => match (journey.quiet_for, journey.at.as_ref()) {
            (Some(quiet), _) => format!("{quiet} of quiet"),
            (None, Some(at)) => at.text.to_string(),
            (None, None) => String::new(),
        },
        Place::Delay { op } | Place::Local { op } | Place::Event { op } => words(op),
        Place::Gate { held: true, .. } => "the shard to catch up".into(),
        Place::Gate { by: Some(PutOff::Hold(number)), .. } => {
            let hold = plan.policy.holds.get(usize::from(number));
            format!("the end of the hold {}", hold.map_or("", |hold| hold.name.as_str()))
        }
        Place::Gate { by: Some(PutOff::Group), .. } => "a journey further up in its group".into(),
        Place::Gate { by: None, .. } => "its message to pass the gate".into(),
        Place::Engagement { op, .. } => format!("a fallback, if it is asked for ({})", words(op)),
        Place::Goal => "its goal".into(),
    }
}

impl<S: Store> Shard<S> {
    /// Explains a customer; none if the shard has never seen them.
    pub fn explain(&self, customer: &str) -> Result<Option<Explanation>, StoreError> {
        let Some(slot) = self.table.find(CustomerId::of(customer)) else { return Ok(None) };
        let (known, t) = (self.table.get(slot), self.position.now);
        let names = |bits: u8| {
            let all = cartwheel_core::channel::Channel::ALL.into_iter();
            all.filter(|channel| bits & channel.bit() != 0).map(|channel| channel.name()).collect()
        };
        let runs = known.runs.iter().map(|run| {
            let journey = self.core.plan.journeys.get(usize::from(run.journey));
            let op = journey
                .zip(run.place.op())
                .and_then(|(journey, op)| journey.ops.get(usize::from(op)));
            LiveRun {
                journey: journey.map(|journey| journey.name.to_string()).unwrap_or_default(),
                run: run.id,
                stage: match run.place {
                    Place::Window => "window",
                    Place::Delay { .. }
                    | Place::Local { .. }
                    | Place::Event { .. }
                    | Place::Gate { .. }
                    | Place::Engagement { .. } => "running",
                    Place::Goal => "lingering",
                },
                step: op.and_then(|op| op.step()).map(ToString::to_string),
                opened_at: run.opened_at,
                next_timer: Some(run.deadline).filter(|at| *at != NEVER && run.is_timed()),
                held: run.is_held(),
                waits: journey
                    .map(|journey| waits(&self.core.plan, journey, run))
                    .unwrap_or_default(),
                engaged: run.sent.is_some_and(|sent| sent.seen.engaged()),
            }
        });
        let documents = self.stored(known.cold)?;
        Ok(Some(Explanation {
            customer: customer.to_owned(),
            granted: names(known.granted),
            denied: names(known.denied),
            suppressed: names(known.bounced | known.complained),
            complained: names(known.complained),
            reachable: names(known.reachable),
            zone: self.core.zones.name(known.zone).map(str::to_owned),
            orders: known.facts.count(ORDERS),
            lifetime_value: known.facts.sum(LIFETIME_VALUE),
            last_order_at: known.facts.last(LAST_ORDER),
            facts: self
                .core
                .plan
                .facts
                .own()
                // A bound, not something that is known of somebody.
                .filter(|(number, _)| Some(*number) != self.core.plan.own_events)
                .filter_map(|(number, fact)| {
                    let value = known.facts.shown(&self.core.plan.facts, number, t)?;
                    Some((fact.name.to_string(), value))
                })
                .collect(),
            profile: Profile(documents.profile().iter().filter_map(readable).collect()),
            runs: runs.collect(),
            outlooks: (0u16..)
                .zip(&self.core.plan.journeys)
                .filter_map(|(number, _)| self.core.outlook(known, number, &self.shared.control, t))
                .collect(),
            decisions: self.decisions(known.id, &documents, customer)?,
            degraded: documents
                .degraded()
                .into_iter()
                .filter_map(|note| serde_json::from_slice(note).ok())
                .collect(),
        }))
    }

    /// The newest decisions of a customer, oldest first.
    fn decisions(
        &self,
        id: CustomerId,
        documents: &Stored,
        customer: &str,
    ) -> Result<Vec<Decision>, StoreError> {
        let (stored, logged) = self.store.decisions(id, EXPLAINED)?;
        // While it is being written the store may have it already.
        let pending =
            self.sealed.as_ref().filter(|pending| stored.is_none_or(|stored| stored < pending.seq));
        let sealed = pending.into_iter().flat_map(|pending| pending.sealed.decisions().of(id));
        // Before there was a log they stood among the documents.
        let older = documents.decisions().into_iter().chain(logged.iter().map(Vec::as_slice));
        let all: Vec<&[u8]> = older.chain(sealed).chain(self.effects.decisions.of(id)).collect();
        let newest = &all[all.len().saturating_sub(EXPLAINED)..];
        Ok(newest.iter().filter_map(|packed| unpack(packed, customer)).collect())
    }

    /// The decisions kept since [`Shard::keep_decisions`], with their customers' names, oldest first.
    pub fn take_decisions(&mut self) -> Result<Vec<Decision>, StoreError> {
        let kept = self.effects.kept.as_mut().map(std::mem::take).unwrap_or_default();
        let mut named = Vec::with_capacity(kept.len());
        for (id, mut decision) in kept {
            let slot = self.table.find(id);
            let cold = slot.map_or_else(Chain::default, |slot| self.table.get(slot).cold);
            decision.customer = self.stored(cold)?.name().into();
            named.push(decision);
        }
        Ok(named)
    }
}
