//! The shapes of the JSON API, as `engine/docs/admin-api.md` describes them. Instants are RFC 3339, ids 32 hex digits.

pub use super::outlook::{ComesView, ExpectedView, JudgedView, OutlookView, ReadView};

use crate::metrics::labels::{Breaker, Provider, ShardState};
use cartwheel_core::channel::{Channel, Class};
use cartwheel_core::control::Standing;
use cartwheel_core::decision::{Decision, Reason, Verdict};
use cartwheel_core::id::{CommandId, CustomerId, RunId};
use cartwheel_core::sends::{Mode, SuppressionReason};
use cartwheel_core::time::{Millis, rfc3339};
use cartwheel_core::value::Value;
use cartwheel_shard::Degraded;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Whether this process should get traffic. Lag plays no part: a shard that catches up is ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Readiness {
    /// All checks are good.
    pub ready: bool,
    /// The names of the checks that are not (no details: the answer is open to everyone).
    pub failing: Vec<String>,
}

/// Everything at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The runtime's clock; in the demo, the shop's.
    #[serde(with = "rfc3339")]
    pub clock: Millis,
    /// How much faster than real time the clock runs: 1 except in the demo.
    pub speed: f64,
    /// Whether this is the demo: there is an inbox.
    pub demo: bool,
    /// `behind` when any shard is.
    pub mode: Mode,
    /// Sums over the shards.
    pub totals: Totals,
    /// In order of their numbers.
    pub shards: Vec<ShardView>,
    /// In order of their names.
    pub journeys: Vec<JourneyCounts>,
    /// Providers, where this process delivers.
    pub delivery: Vec<LaneView>,
}

/// Sums over the shards. Counts are those of this process since it began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Records taken in.
    pub events: u64,
    /// The same a second, over the last five.
    pub events_per_second: f64,
    /// Commands made.
    pub sends: u64,
    /// The same a second.
    pub sends_per_second: f64,
    /// Records that could not be applied.
    pub poison: u64,
    /// Customers known.
    pub customers: u64,
    /// Live runs.
    pub runs: u64,
    /// Open windows.
    pub windows: u64,
    /// Timers pending.
    pub timers: u64,
    /// Customers with a timer that is due and has not fired.
    pub timers_due: u64,
    /// Runs that reached their goal.
    pub converted: u64,
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardView {
    /// The partition's number.
    pub shard: u32,
    /// What it is doing.
    pub state: ShardState,
    /// Whether marketing flows.
    pub mode: Mode,
    /// Shard time; null before the first record.
    #[serde(with = "maybe_rfc3339")]
    pub now: Option<Millis>,
    /// How far shard time is behind the clock.
    pub lag_seconds: f64,
    /// Records up to the end of the partition.
    pub lag_records: u64,
    /// Next offset of the events partition.
    pub next_offset: i64,
    /// Records taken in a second.
    pub events_per_second: f64,
    /// Commands made a second.
    pub sends_per_second: f64,
    /// Customers known.
    pub customers: u64,
    /// Live runs.
    pub runs: u64,
    /// Open windows.
    pub windows: u64,
    /// Timers pending.
    pub timers: u64,
    /// Customers with a timer that is due and has not fired.
    pub timers_due: u64,
    /// How long the oldest of them has been waiting.
    pub timer_lag_seconds: f64,
    /// Records sent and not yet read back.
    pub in_flight: u64,
    /// Age of the newest checkpoint.
    pub checkpoint_age_seconds: f64,
    /// Restarts after a failure.
    pub restarts: u64,
    /// The configuration by which it decides, 32 hex digits; null before it is known.
    #[serde(default)]
    pub configuration: Option<String>,
    /// Products known from the catalogue.
    #[serde(default)]
    pub products: u64,
    /// The streams of records that every partition gets.
    #[serde(default)]
    pub streams: Vec<StreamView>,
    /// The journeys that are paused or stopped.
    #[serde(default)]
    pub halted: Vec<HaltedView>,
    /// The arms that have won their splits.
    #[serde(default)]
    pub winners: Vec<WinnerView>,
    /// The pools of coupons.
    #[serde(default)]
    pub coupons: Vec<PoolView>,
    /// The broadcast that not all of its customers have heard of yet; null where there is none.
    #[serde(default)]
    pub broadcast: Option<WalkView>,
}

/// How far a shard has come with a broadcast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkView {
    /// Its name.
    pub name: String,
    /// Customers who have heard of it.
    pub reached: u64,
    /// Customers who have not yet.
    pub left: u64,
}

/// How many codes of a pool of coupons a shard has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolView {
    /// The pool's name.
    pub pool: String,
    /// Codes that are left.
    pub left: u64,
    /// Codes that were given.
    pub given: u64,
}

/// A journey that does not run in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaltedView {
    /// Its name, whether or not the configuration has it.
    pub journey: String,
    /// `paused` or `stopped`.
    pub standing: Standing,
    /// Since when, as the record says.
    #[serde(with = "rfc3339")]
    pub since: Millis,
}

/// An arm that all take who come to the split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WinnerView {
    /// The journey.
    pub journey: String,
    /// The split.
    pub split: String,
    /// The arm.
    pub arm: String,
}

/// How far a stream of records that every partition gets has come in a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamView {
    /// Its name, such as `catalogue`.
    pub stream: String,
    /// The journal that has numbered its records.
    pub epoch: String,
    /// The number of the last record that was applied.
    pub applied: u64,
    /// Why it stands still; null where it does not.
    pub stopped: Option<String>,
}

/// A provider on a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneView {
    /// The provider.
    pub provider: Provider,
    /// The channel.
    pub channel: Channel,
    /// State of the circuit breaker.
    pub breaker: Breaker,
    /// Commands read and not finished.
    pub queue: u64,
    /// Calls by outcome.
    pub calls: BTreeMap<String, u64>,
    /// Calls that repeated an earlier one.
    pub retries: u64,
}

/// What a journey has decided, and where its runs stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyCounts {
    /// The name.
    pub journey: String,
    /// The first 8 hex digits of the hash of the file's text.
    pub version: String,
    /// Marketing or transactional.
    pub class: Class,
    /// Live runs.
    pub runs: u64,
    /// Open windows.
    #[serde(default)]
    pub windows: u64,
    /// What no step decided: entered, refused, waiting for quiet, exited, converted, finished.
    pub decisions: Vec<ReasonCount>,
    /// In the order in which they are written; steps of older versions at the end.
    pub steps: Vec<StepCounts>,
}

/// What a step has decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepCounts {
    /// The step's name.
    pub step: String,
    /// Live runs for which this step comes next.
    pub runs: u64,
    /// By decision and reason.
    pub decisions: Vec<ReasonCount>,
}

/// How often something was decided for a reason.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// What.
    pub decision: Verdict,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

/// A journey in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyView {
    /// What the plan says.
    pub graph: JourneyGraph,
    /// What has happened.
    pub counts: JourneyCounts,
}

/// The configuration of a process: what its shards decide by, or are about to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfigurationView {
    /// Its hash, 32 hex digits: what turn records name.
    pub configuration: String,
    /// As it is kept in the configurations topic, byte for byte: policy, journeys, facts.
    pub content: Box<RawValue>,
    /// The settings with which this process was started, of those that are read at a start only: `engine.margin` and so on, secrets hidden. Empty in the demo.
    #[serde(default)]
    pub started_with: BTreeMap<String, serde_json::Value>,
}

/// The steps of a journey and how they follow each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JourneyGraph {
    /// The name.
    pub journey: String,
    /// The first 8 hex digits of the hash of the file's text.
    pub version: String,
    /// Marketing or transactional.
    pub class: Class,
    /// 0 to 100.
    pub priority: u8,
    /// For caps and reports.
    pub tags: Vec<String>,
    /// The quiet time that means abandoned, such as `1h`.
    pub quiet_for: Option<String>,
    /// The instant at which a run begins, or its window ends, as it is written: with an event by what that says, else by time alone.
    #[serde(default)]
    pub at: Option<String>,
    /// What it begins with.
    #[serde(default)]
    pub begins: Begins,
    /// The condition that must hold before every send, as it is written.
    #[serde(default, rename = "while")]
    pub while_: Option<String>,
    /// What ends a run early, in the order in which it is written.
    #[serde(default)]
    pub exits: Vec<Leaving>,
    /// What counts as success.
    #[serde(default)]
    pub goal: Option<GoalView>,
    /// The first step; null for a journey without any.
    pub first: Option<String>,
    /// In the order in which they are written.
    pub steps: Vec<StepView>,
}

/// What a journey begins with; expressions as they are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Begins {
    /// The types of the trigger event, in order of their names, or what happens to a product; none where time alone begins it.
    pub events: Vec<String>,
    /// The condition, or for whom it begins.
    pub when: Option<String>,
    /// The types that start the quiet time anew, beside the trigger's, in order of their names.
    pub moved_by: Vec<String>,
}

/// An event that ends runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaving {
    /// Its type.
    pub on: String,
    /// The condition, as it is written.
    pub when: Option<String>,
}

/// What counts as success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoalView {
    /// The event's type.
    pub on: String,
    /// How long after the message, such as `5d`.
    pub within: String,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    /// The name.
    pub step: String,
    /// `send`, `wait`, `wait_until`, `branch` or `exit`.
    pub kind: String,
    /// What it does, in short: `email, sms if not opened within 4h`; `23h`.
    pub says: String,
    /// What may come next.
    pub next: Vec<Edge>,
}

/// From a step to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// The next step; null at the end of the journey.
    pub to: Option<String>,
    /// For an arm: its condition as it is written, `else`, `none of these`, or its name and share.
    pub when: Option<String>,
}

/// One customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerView {
    /// The customer string.
    pub customer: String,
    /// Its hash.
    pub id: CustomerId,
    /// The shard that owns it.
    pub shard: u32,
    /// What is known, without names and addresses.
    pub profile: ProfileView,
    /// Names and addresses; null unless the caller has the scope `personal_data`.
    pub personal: Option<Personal>,
    /// Windows and runs.
    pub runs: Vec<RunView>,
    /// How the customer stands now to the journey that was asked for, whether or not they ever entered it; empty where none was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outlooks: Vec<OutlookView>,
    /// The newest decisions, oldest first.
    pub decisions: Vec<Decision>,
    /// The newest events that were applied without known fields of a wrong type, oldest first.
    #[serde(default)]
    pub degraded: Vec<Degraded>,
    /// Whether older decisions have been dropped from memory (a replay of the log shows them).
    pub truncated: bool,
}

/// What decides about a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileView {
    /// Orders placed.
    pub orders: u64,
    /// Sum of their totals.
    pub lifetime_value: f64,
    /// When the last was placed.
    #[serde(with = "maybe_rfc3339")]
    pub last_order_at: Option<Millis>,
    /// What has come together of the shop's own facts: numbers, and instants as RFC 3339 texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Value>,
    /// The time zone that quiet hours and local times use.
    pub time_zone: String,
    /// Country, where known.
    pub country: Option<String>,
    /// Consent by channel; a channel that is missing is unknown, which counts as no.
    pub consent: BTreeMap<Channel, bool>,
    /// Channels with an address.
    pub reachable: Vec<Channel>,
    /// Suppressed channels and why.
    pub suppressed: BTreeMap<Channel, SuppressionReason>,
}

/// Names and addresses of a customer.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Personal {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Personal(redacted)")
    }
}

/// A window or run of a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// The run's id.
    pub run: RunId,
    /// The journey's name.
    pub journey: String,
    /// The version that it follows.
    pub version: String,
    /// What it is.
    pub state: RunState,
    /// The step that comes next; null for a window, and at the end.
    pub step: Option<String>,
    /// When its window opened or it entered.
    #[serde(with = "rfc3339")]
    pub opened_at: Millis,
    /// Its next timer.
    #[serde(with = "maybe_rfc3339")]
    pub due_at: Option<Millis>,
    /// Its latest message was opened or clicked.
    #[serde(default)]
    pub engaged: bool,
    /// What it waits for.
    #[serde(default)]
    pub waits: String,
}

/// What a window or run is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// An abandonment window: not entered yet.
    Window,
    /// Entered.
    Live,
    /// Entered, with a send held until the shard has caught up.
    Held,
    /// Finished, waiting for its goal.
    Lingering,
}

/// A mail that the demo's server received.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct InboxEntry {
    /// Its number, from 1; `inbox/N/html` shows it.
    pub n: u64,
    /// When it was received, on the demo's clock.
    #[serde(with = "rfc3339")]
    pub at: Millis,
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The customer string.
    pub customer: String,
    /// The journey's name.
    pub journey: String,
    /// The step's name.
    pub step: String,
    /// The command.
    pub command_id: CommandId,
}

impl std::fmt::Debug for InboxEntry {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "InboxEntry({})", self.n)
    }
}

pub(super) mod maybe_rfc3339 {
    //! [`rfc3339`] or null.
    use super::{Millis, rfc3339};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Instant(#[serde(with = "rfc3339")] Millis);

    pub fn serialize<S: Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Instant).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Millis>, D::Error> {
        Ok(Option::<Instant>::deserialize(deserializer)?.map(|at| at.0))
    }
}
