//! The closed list: every metric that Cartwheel exports, declared once. `engine/docs/admin-api.md` prints it; dashboards and alerts
//! may name nothing else (a test reads them).

use super::labels::{
    AnswerGiven, Breaker, CallOutcome, Click, Closed, DeadSource, Direction, Intake, Kept,
    Listener, Provider, Reload, ShardState, Stopped, Withheld,
};
use cartwheel_core::channel::Channel;
use cartwheel_core::coupon::NotTaken;
use cartwheel_core::customer::Forgotten;
use cartwheel_core::decision::{Reason, Verdict};
use cartwheel_core::event::OddField;
use cartwheel_core::product::LeftOut;
use cartwheel_core::receipt::Receipt;
use cartwheel_core::sends::Poison;
use cartwheel_core::stream::Order;

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts samples up to each of these bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The name in documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        }
    }
}

/// The unit; always a base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// 0 or 1.
    Flag,
}

impl Unit {
    /// The name in documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Seconds => "seconds",
            Unit::Bytes => "bytes",
            Unit::Flag => "0 or 1",
        }
    }
}

/// A label and what bounds its values.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The label's name.
    pub name: &'static str,
    /// Where its values come from.
    pub values: Values,
}

/// Where a label's values come from.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// A closed list in the code.
    Closed(fn() -> Vec<&'static str>),
    /// The number of a partition.
    Shard,
    /// The names of the configured journeys, at most [`super::MAX_JOURNEYS`] in the life of a process; then `other`.
    Journey,
    /// The pools of coupons of which journeys have some, or that have codes: 64 of either at most.
    Pool,
    /// One value for a build.
    Build,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The full name.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// The unit.
    pub unit: Unit,
    /// The labels, in order.
    pub labels: &'static [Label],
    /// What it says.
    pub help: &'static str,
}

fn names<L: Closed>() -> Vec<&'static str> {
    L::ALL.iter().map(|member| member.name()).collect()
}

const fn closed(name: &'static str, values: fn() -> Vec<&'static str>) -> Label {
    Label { name, values: Values::Closed(values) }
}

const SHARD: Label = Label { name: "shard", values: Values::Shard };
const JOURNEY: Label = Label { name: "journey", values: Values::Journey };
const POOL: Label = Label { name: "pool", values: Values::Pool };
const VERSION: Label = Label { name: "version", values: Values::Build };
const PROVIDER: Label = closed("provider", names::<Provider>);
const CHANNEL: Label = closed("channel", names::<Channel>);

/// Bounds for the duration of a turn, in seconds.
const TURN_SECONDS: &[f64] = &[0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];
/// Bounds for the number of records of a turn.
const TURN_RECORDS: &[f64] = &[0.0, 1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0];
/// Bounds for the duration of a checkpoint, in seconds.
const CHECKPOINT_SECONDS: &[f64] = &[0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
/// Bounds for the duration of a call to a provider, in seconds.
const CALL_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

macro_rules! metrics {
    ($($id:ident = $kind:expr, $unit:ident, $name:literal, [$($label:expr),*], $help:literal;)*) => {
        /// A member of the closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Id { $(#[doc = $help] $id,)* }

        /// Every metric, in the order of [`Id`].
        pub const TABLE: &[Metric] = &[
            $(Metric { name: $name, kind: $kind, unit: Unit::$unit, labels: &[$($label),*], help: $help },)*
        ];
    };
}

metrics! {
    BuildInfo = Kind::Gauge, Flag, "cartwheel_build_info", [VERSION], "Always 1; the label says which build runs.";
    ProcessResident = Kind::Gauge, Bytes, "cartwheel_process_resident_memory_bytes", [], "Resident memory of the process.";
    MemoryLimit = Kind::Gauge, Bytes, "cartwheel_memory_limit_bytes", [], "Memory that the process may use: its control group's limit, else the machine's memory.";
    DiskFree = Kind::Gauge, Bytes, "cartwheel_disk_free_bytes", [], "Room left on the file system of the data directory.";
    DiskSize = Kind::Gauge, Bytes, "cartwheel_disk_size_bytes", [], "Size of the file system of the data directory.";
    ProcessCpu = Kind::Counter, Seconds, "cartwheel_process_cpu_seconds_total", [], "CPU time of the process, user and system.";
    Reloads = Kind::Counter, Count, "cartwheel_configuration_reloads_total", [closed("outcome", names::<Reload>)], "Configurations read anew while the process ran (SIGHUP), by what came of them.";
    Refused = Kind::Counter, Count, "cartwheel_connections_refused_total", [closed("listener", names::<Listener>)], "Connections closed because their peer had as many as one may have.";
    ClockJumps = Kind::Counter, Count, "cartwheel_clock_jumps_total", [closed("direction", names::<Direction>)], "Jumps of the machine's clock against the time that passed.";
    ClockHeld = Kind::Gauge, Flag, "cartwheel_clock_held", [], "1 while the machine's clock has jumped and is not believed: nothing is sent by it and nothing expires.";

    Partitions = Kind::Gauge, Count, "cartwheel_partitions", [], "Partitions of the events topic, and so shards, of all processes together.";
    Events = Kind::Counter, Count, "cartwheel_events_total", [SHARD, closed("outcome", names::<Intake>)], "Records of the events topic, by what became of them.";
    Poison = Kind::Counter, Count, "cartwheel_poison_total", [SHARD, closed("reason", names::<Poison>)], "Records that could not be applied, by reason.";
    Degraded = Kind::Counter, Count, "cartwheel_degraded_total", [SHARD, closed("field", names::<OddField>)], "Events applied without a known field that was odd, by field.";
    StreamRecords = Kind::Counter, Count, "cartwheel_stream_records_total", [SHARD, closed("outcome", names::<Order>)], "Records that every partition gets, by what was done with them.";
    StreamsStopped = Kind::Gauge, Count, "cartwheel_streams_stopped", [SHARD], "Streams of such records that stand still: records are missing, or come from another journal.";
    JourneysHalted = Kind::Gauge, Count, "cartwheel_journeys_halted", [SHARD], "Journeys that are paused or stopped by control records.";
    BroadcastLeft = Kind::Gauge, Count, "cartwheel_broadcast_customers_left", [SHARD], "Customers who have not heard yet of the present broadcast; the shard takes nothing in before all have.";
    Products = Kind::Gauge, Count, "cartwheel_products", [SHARD], "Products known from the catalogue.";
    IndexedKeys = Kind::Gauge, Count, "cartwheel_indexed_keys", [SHARD], "Keys that customers have in sets with `indexed: true`; some 24 bytes each.";
    CatalogueLeftOut = Kind::Counter, Count, "cartwheel_catalogue_left_out_total", [SHARD, closed("what", names::<LeftOut>)], "What of the catalogue there was no room for, or could not be kept.";
    CouponsLeft = Kind::Gauge, Count, "cartwheel_coupons_left", [SHARD, POOL], "Codes that are left of a pool of coupons.";
    CouponsLeftOut = Kind::Counter, Count, "cartwheel_coupons_left_out_total", [SHARD, closed("why", names::<NotTaken>)], "Codes of coupons that a shard did not take in although they are its own.";
    LagRecords = Kind::Gauge, Count, "cartwheel_shard_lag_records", [SHARD], "Records between the shard's position and the end of its partition.";
    ShardLag = Kind::Gauge, Seconds, "cartwheel_shard_lag_seconds", [SHARD], "How far shard time is behind the runtime's clock; 0 while no record waits.";
    Clamped = Kind::Counter, Count, "cartwheel_records_ahead_total", [SHARD], "Records whose own time was more than 5 s ahead of the clock and counted as 5 s ahead.";
    ClockBehind = Kind::Gauge, Seconds, "cartwheel_clock_behind_seconds", [SHARD], "How far the machine's clock lies behind shard time where that stopped the intake; 0 while intake runs.";
    ShardStateIs = Kind::Gauge, Flag, "cartwheel_shard_state", [SHARD, closed("state", names::<ShardState>)], "1 for the state that the shard is in, else 0.";
    Held = Kind::Gauge, Flag, "cartwheel_shard_held", [SHARD], "1 while the shard is behind and marketing sends are held.";
    LeaderChanges = Kind::Counter, Count, "cartwheel_leader_changes_total", [SHARD], "Times that this process became the leader of the shard.";
    Restarts = Kind::Counter, Count, "cartwheel_shard_restarts_total", [SHARD], "Restarts of a shard that failed.";

    Turns = Kind::Counter, Count, "cartwheel_turns_total", [SHARD], "Turns executed.";
    TurnDuration = Kind::Histogram(TURN_SECONDS), Seconds, "cartwheel_turn_duration_seconds", [SHARD], "Time that a turn took.";
    TurnRecords = Kind::Histogram(TURN_RECORDS), Count, "cartwheel_turn_records", [SHARD], "Records taken in a turn.";
    InFlight = Kind::Gauge, Count, "cartwheel_in_flight_records", [SHARD], "Records sent to the sends partition and not yet read back as accepted.";

    Decisions = Kind::Counter, Count, "cartwheel_decisions_total", [JOURNEY, closed("decision", names::<Verdict>), closed("reason", names::<Reason>)], "Decisions, by journey and reason.";
    Customers = Kind::Gauge, Count, "cartwheel_customers", [SHARD], "Customers known.";
    CustomersLimit = Kind::Gauge, Count, "cartwheel_customers_limit", [SHARD], "Customers that the shard takes at most.";
    Forgotten = Kind::Counter, Count, "cartwheel_forgotten_total", [SHARD, closed("what", names::<Forgotten>)], "What customers had no room for any more, by what it was.";
    Runs = Kind::Gauge, Count, "cartwheel_runs", [SHARD], "Live runs.";
    Windows = Kind::Gauge, Count, "cartwheel_windows", [SHARD], "Open abandonment windows.";
    Timers = Kind::Gauge, Count, "cartwheel_timers", [SHARD], "Timers pending.";
    TimersDue = Kind::Gauge, Count, "cartwheel_timers_due", [SHARD], "Customers with a timer that is due and has not fired.";
    TimersFired = Kind::Counter, Count, "cartwheel_timers_fired_total", [SHARD], "Timers fired.";
    TimerLag = Kind::Gauge, Seconds, "cartwheel_timer_lag_seconds", [SHARD], "How long the oldest due timer has been waiting, against the runtime's clock.";

    Checkpoints = Kind::Counter, Count, "cartwheel_checkpoints_total", [SHARD], "Checkpoints committed.";
    CheckpointDuration = Kind::Histogram(CHECKPOINT_SECONDS), Seconds, "cartwheel_checkpoint_duration_seconds", [SHARD], "Time from copying the dirty set to its commit.";
    CheckpointBytes = Kind::Counter, Bytes, "cartwheel_checkpoint_bytes_total", [SHARD], "Bytes handed to the store, by checkpoints and between them, before its own copies.";
    CheckpointAge = Kind::Gauge, Seconds, "cartwheel_checkpoint_age_seconds", [SHARD], "Age of the newest committed checkpoint; before the first of this process, since it took the shard over.";
    Retention = Kind::Gauge, Seconds, "cartwheel_retention_seconds", [SHARD], "The shorter retention of the shard's two topics; 0 if unlimited or unknown.";

    Calls = Kind::Counter, Count, "cartwheel_delivery_calls_total", [PROVIDER, CHANNEL, closed("outcome", names::<CallOutcome>)], "Calls to providers, by outcome.";
    CallDuration = Kind::Histogram(CALL_SECONDS), Seconds, "cartwheel_delivery_call_duration_seconds", [PROVIDER, CHANNEL], "Time that a call to a provider took.";
    Retries = Kind::Counter, Count, "cartwheel_delivery_retries_total", [PROVIDER, CHANNEL], "Calls that repeated an earlier one.";
    WithheldTotal = Kind::Counter, Count, "cartwheel_delivery_withheld_total", [closed("reason", names::<Withheld>)], "Commands that delivery gave up without a further call.";
    BreakerState = Kind::Gauge, Flag, "cartwheel_delivery_breaker_state", [PROVIDER, CHANNEL, closed("state", names::<Breaker>)], "1 for the state that the circuit breaker is in, else 0.";
    Queue = Kind::Gauge, Count, "cartwheel_delivery_queue", [PROVIDER, CHANNEL], "Commands read and not finished.";
    DeliveryLag = Kind::Gauge, Count, "cartwheel_delivery_lag_records", [SHARD], "Records between delivery's position and the end of the sends partition; 0 where another worker has it.";
    DeliveryStopped = Kind::Gauge, Flag, "cartwheel_delivery_stopped", [SHARD, closed("reason", names::<Stopped>)], "1 while the shard's commands are not delivered for this reason, else 0.";
    Suppressions = Kind::Gauge, Count, "cartwheel_delivery_suppressions", [], "Addresses in the suppression view.";
    KeptNow = Kind::Gauge, Count, "cartwheel_delivery_kept", [closed("what", names::<Kept>)], "What delivery keeps in memory up to a limit: words of the suppression view, commands in the ledgers.";
    KeptLimit = Kind::Gauge, Count, "cartwheel_delivery_kept_limit", [closed("what", names::<Kept>)], "That limit; where it is reached delivery sends nothing, or nothing new.";
    SuppressionAge = Kind::Gauge, Seconds, "cartwheel_delivery_suppression_age_seconds", [], "Time since the suppression view was last known to be complete; calls stop when it is too old.";
    Clicks = Kind::Counter, Count, "cartwheel_unsubscribes_total", [closed("outcome", names::<Click>)], "Clicks on unsubscribe links, by what came of them.";
    Answers = Kind::Counter, Count, "cartwheel_answers_total", [closed("outcome", names::<AnswerGiven>)], "Answers that were posted by their links, by what came of them.";
    Receipts = Kind::Counter, Count, "cartwheel_receipts_total", [closed("receipt", names::<Receipt>)], "Receipts written back to the events topic.";
    DeadLetters = Kind::Counter, Count, "cartwheel_dead_letters_total", [closed("source", names::<DeadSource>)], "Records written to the dead-letter topic.";
}

impl Id {
    /// What the table says of this metric.
    pub fn metric(self) -> &'static Metric {
        &TABLE[self as usize]
    }
}

/// The table as Markdown, as it stands in `engine/docs/admin-api.md`.
pub fn markdown() -> String {
    let mut text =
        String::from("| metric | kind | unit | labels | says |\n| --- | --- | --- | --- | --- |\n");
    for metric in TABLE {
        let labels: Vec<_> = metric.labels.iter().map(|label| label.name).collect();
        let (name, kind, unit, help) =
            (metric.name, metric.kind.name(), metric.unit.name(), metric.help);
        text += &format!("| `{name}` | {kind} | {unit} | {} | {help} |\n", labels.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_units_follow_the_conventions() {
        let mut names = BTreeSet::new();
        for metric in TABLE {
            assert!(names.insert(metric.name), "{} twice", metric.name);
            assert!(metric.name.starts_with("cartwheel_"), "{}", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == Kind::Counter,
                "{}",
                metric.name
            );
            let base = metric.name.trim_end_matches("_total");
            assert_eq!(base.ends_with("_seconds"), metric.unit == Unit::Seconds, "{}", metric.name);
            assert_eq!(base.ends_with("_bytes"), metric.unit == Unit::Bytes, "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
        }
    }

    #[test]
    fn every_histogram_has_rising_bounds_and_every_closed_label_has_values() {
        for metric in TABLE {
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(
                    bounds.len() >= 5 && bounds.windows(2).all(|pair| pair[0] < pair[1]),
                    "{}",
                    metric.name
                );
            }
            for label in metric.labels {
                if let Values::Closed(values) = label.values {
                    let values = values();
                    assert!(
                        values.len() > 1
                            && values.iter().all(|value| {
                                value.bytes().all(|b| {
                                    b.is_ascii_lowercase() || matches!(b, b'_' | b'.' | b'*')
                                })
                            }),
                        "{}",
                        label.name
                    );
                }
            }
        }
    }
}
