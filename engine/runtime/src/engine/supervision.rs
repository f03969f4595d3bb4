//! One slot a partition: starts its thread, notes why it ended, and decides what follows. A shard that fails stops alone.

use super::context::{Context, Control, Stop};
use super::directory::Directory;
use super::failure::{Failure, Remedy};
use super::request::{self, Request};
use super::shard_thread::{self, End, Job};
use super::takeover::Membership;
use crate::admin::graphs;
use crate::metrics::labels::ShardState;
use crate::metrics::snapshot::ShardStats;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::owner::Refusal;
use crossbeam_channel::{Receiver, Sender};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The first pause after a failure; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);
/// A shard that decided for so long, behind its replay, had recovered: the count of failures begins anew.
const HEALTHY: Duration = Duration::from_secs(60);
/// How often the end of the partition of a shard that does not run is asked for, and how long an answer may take.
const LOOK: Duration = Duration::from_secs(5);
const ASK: Duration = Duration::from_secs(1);
/// Panics in a row after which a person must look.
const PANICS: u32 = 3;

/// The pause after so many failures in a row.
fn pause(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST)
}

/// A thread's end.
struct Ended {
    partition: i32,
    outcome: Result<End, Failure>,
}

/// A running thread.
struct Running {
    handle: JoinHandle<()>,
    control: Arc<Control>,
}

/// One partition that is, or was, ours.
#[derive(Default)]
struct Slot {
    assigned: bool,
    running: Option<Running>,
    quarantined: bool,
    failures: u32,
    panics: u32,
    restarts: u64,
    not_before: Option<Instant>,
    /// Somebody led under this generation of the group: an older one may not take over again.
    generation: i64,
    last_reason: String,
    /// While it has no thread: why, and what waits.
    down: Option<Down>,
}

/// A shard that failed and has no thread.
struct Down {
    state: ShardState,
    /// How far the clock that stopped it lies behind shard time, in ms.
    clock_behind: Millis,
    /// Where it stood; -1 if it never got so far.
    next_offset: i64,
    /// When the end of its partition is to be asked for.
    look_at: Instant,
}

impl Slot {
    fn may_start(&self, generation: i64, now: Instant) -> bool {
        let rested = self.not_before.is_none_or(|at| at <= now);
        self.assigned
            && !self.quarantined
            && self.running.is_none()
            && rested
            && generation >= self.generation
    }

    /// What the failure of a shard changes that `ran` for so long behind its replay; gives the state to show.
    fn failed(&mut self, failure: &Failure, ran: Duration, now: Instant) -> ShardState {
        if ran >= HEALTHY {
            self.failures = 0;
            self.panics = 0;
        }
        self.failures += 1;
        self.restarts += 1;
        self.panics = if matches!(failure, Failure::Panic(_)) { self.panics + 1 } else { 0 };
        self.not_before = Some(now + pause(self.failures));
        if let Failure::Refused(Refusal::Deposed { generation: Some(generation), .. }) = failure {
            self.generation = self.generation.max(*generation);
        }
        self.quarantined = failure.remedy() == Remedy::Quarantine || self.panics >= PANICS;
        if self.quarantined { ShardState::Quarantined } else { ShardState::Stopped }
    }
}

/// All partitions of this process. Belongs to the engine's thread.
pub(super) struct Supervisor<S> {
    context: Arc<Context<S>>,
    directory: Arc<Directory>,
    slots: BTreeMap<i32, Slot>,
    ended: (Sender<Ended>, Receiver<Ended>),
    executions: u64,
    /// What shards activate.
    plan: Arc<Plan>,
}

impl<S: Store + 'static> Supervisor<S> {
    pub fn new(context: Arc<Context<S>>, directory: Arc<Directory>, plan: Arc<Plan>) -> Self {
        Self {
            context,
            plan,
            directory,
            slots: BTreeMap::new(),
            ended: crossbeam_channel::unbounded(),
            executions: 0,
        }
    }

    /// These are ours from now on.
    pub fn assign(&mut self, partitions: &[i32]) {
        tracing::info!(?partitions, "assigned");
        for partition in partitions {
            let slot = self.slots.entry(*partition).or_default();
            // A new assignment is a new chance, also for what was quarantined here before.
            *slot = Slot {
                assigned: true,
                running: slot.running.take(),
                restarts: slot.restarts,
                ..Slot::default()
            };
        }
    }

    /// These are to be given up; they end as `how` says.
    pub fn withdraw(&mut self, partitions: &[i32], how: Stop) {
        tracing::info!(?partitions, ?how, "withdrawn");
        for partition in partitions {
            if let Some(slot) = self.slots.get_mut(partition) {
                slot.assigned = false;
                slot.running.iter().for_each(|running| running.control.stop(how));
            }
        }
    }

    /// Every partition is given up.
    pub fn withdraw_all(&mut self, how: Stop) {
        let all: Vec<i32> = self.slots.keys().copied().collect();
        self.withdraw(&all, how);
    }

    /// Another configuration is to be in force: every shard ends in good order, and the next life of each, which begins at once, activates it.
    pub fn reconfigure(&mut self, plan: Arc<Plan>) {
        self.context.configurations.add(&plan);
        self.context.board.set_journeys(graphs(&plan));
        self.plan = plan;
        for running in self.slots.values().filter_map(|slot| slot.running.as_ref()) {
            running.control.stop(Stop::Gracefully);
        }
    }

    /// Whether none of these has a thread any more.
    pub fn idle(&self, partitions: &[i32]) -> bool {
        partitions
            .iter()
            .all(|partition| self.slots.get(partition).is_none_or(|slot| slot.running.is_none()))
    }

    /// Whether no thread is running.
    pub fn all_idle(&self) -> bool {
        self.slots.values().all(|slot| slot.running.is_none())
    }

    /// Takes note of the threads that have ended.
    pub fn collect(&mut self) {
        while let Ok(ended) = self.ended.1.try_recv() {
            self.note(ended);
        }
        let gone: Vec<i32> = self
            .slots
            .iter()
            .filter(|(_, slot)| !slot.assigned && slot.running.is_none())
            .map(|(p, _)| *p)
            .collect();
        for partition in gone {
            self.slots.remove(&partition);
            self.directory.remove(partition);
            self.context.board.forget_shard(partition.unsigned_abs());
            self.context.metrics.forget_shard(partition.unsigned_abs());
        }
    }

    fn note(&mut self, Ended { partition, outcome }: Ended) {
        let Some(slot) = self.slots.get_mut(&partition) else { return };
        let Some(running) = slot.running.take() else { return };
        let ran = running.control.ran(Instant::now());
        let next_offset = running.control.next_offset.load(Ordering::Relaxed);
        drop(running.handle.join());
        self.directory.silent(partition);
        match outcome {
            Ok(end) => {
                slot.down = None;
                match end {
                    End::Stopped => tracing::info!(partition, "stopped"),
                    End::Renew => tracing::info!(partition, "renewing the leader record"),
                }
            }
            Err(failure) => self.failed(partition, &failure, ran, next_offset),
        }
    }

    fn failed(&mut self, partition: i32, failure: &Failure, ran: Duration, next_offset: i64) {
        let Some(slot) = self.slots.get_mut(&partition) else { return };
        let state = slot.failed(failure, ran, Instant::now());
        let reason = failure.to_string();
        let again = std::mem::replace(&mut slot.last_reason, reason.clone()) == reason;
        match state {
            ShardState::Quarantined => tracing::error!(
                partition,
                reason,
                "shard quarantined: it is not started again; a person must look"
            ),
            _ if again => {
                tracing::debug!(partition, reason, failures = slot.failures, "shard failed again")
            }
            _ if failure.is_deposed() => tracing::warn!(partition, reason, "shard deposed"),
            _ => {
                tracing::error!(partition, reason, pause = ?pause(slot.failures), "shard failed; it is started again")
            }
        }
        slot.down = Some(Down {
            state,
            clock_behind: failure.clock_behind(),
            // One that fails before it has read anything stands where its last life did.
            next_offset: slot.down.take().map_or(-1, |down| down.next_offset).max(next_offset),
            look_at: Instant::now(),
        });
        self.directory.state(partition, state);
        self.show(partition, 0);
    }

    /// Publishes the state of a shard that has no thread, and how many records wait for it.
    fn show(&mut self, partition: i32, waiting: u64) {
        let Some(slot) = self.slots.get(&partition) else { return };
        let Some(down) = &slot.down else { return };
        self.executions += 1;
        let mut stats = ShardStats::new(partition.unsigned_abs(), self.executions);
        stats.state = down.state;
        stats.restarts = slot.restarts;
        stats.clock = self.context.clock.wall();
        stats.clock_behind = down.clock_behind;
        stats.lag_records = waiting;
        self.context.metrics.post_shard(&stats);
        self.context.board.post_shard(stats, Instant::now());
    }

    /// Shows what waits for a shard without a thread, if it is time for one. Asks the broker, for [`ASK`] at most.
    pub fn look_at_waiting(&mut self) {
        let now = Instant::now();
        let Some((partition, down)) = self.slots.iter_mut().find_map(|(partition, slot)| {
            let down = slot.down.as_mut().filter(|down| down.look_at <= now)?;
            slot.running.is_none().then_some((*partition, down))
        }) else {
            return;
        };
        down.look_at = now + LOOK;
        let next_offset = down.next_offset;
        let topic = &self.context.topics.events;
        match self.context.offsets.end(topic, partition, ASK) {
            Ok(end) if next_offset >= 0 => {
                self.show(partition, u64::try_from(end - next_offset).unwrap_or(0));
            }
            // Time goes on all the same.
            _ => self.show(partition, 0),
        }
    }

    /// Starts the threads that may start.
    pub fn start_due(&mut self, membership: &Membership) {
        let now = Instant::now();
        let due: Vec<i32> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.may_start(membership.generation, now))
            .map(|(partition, _)| *partition)
            .collect();
        for partition in due {
            if let Err(error) = self.start(partition, membership.clone()) {
                tracing::error!(partition, %error, "cannot start a shard's thread");
            }
        }
    }

    fn start(&mut self, partition: i32, membership: Membership) -> std::io::Result<()> {
        let Some(slot) = self.slots.get_mut(&partition) else { return Ok(()) };
        self.executions += 1;
        let (asking, requests) = crossbeam_channel::bounded::<Request>(request::WAITING);
        let control = Arc::<Control>::default();
        let job = Job {
            context: Arc::clone(&self.context),
            control: Arc::clone(&control),
            partition,
            plan: Arc::clone(&self.plan),
            membership,
            requests,
            execution: self.executions,
            restarts: slot.restarts,
        };
        let ended = self.ended.0.clone();
        let body = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| shard_thread::run(job)))
                .unwrap_or_else(|panic| Err(panicked(&*panic)));
            drop(ended.send(Ended { partition, outcome }));
        };
        slot.not_before = Some(Instant::now() + FIRST); // where no thread can be had
        let handle = std::thread::Builder::new().name(format!("shard-{partition}")).spawn(body)?;
        slot.not_before = None;
        self.directory.insert(partition, asking, Arc::clone(&control));
        slot.running = Some(Running { handle, control });
        Ok(())
    }

    /// (partition, next offset, epoch, last sequence) of the running shards, for the group's lag tools.
    pub fn positions(&self) -> Vec<(i32, i64, i64, u64)> {
        use std::sync::atomic::Ordering::Relaxed;
        let running = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.assigned)
            .filter_map(|(p, slot)| slot.running.as_ref().map(|r| (*p, r)));
        running
            .map(|(partition, running)| {
                let control = &running.control;
                (
                    partition,
                    control.next_offset.load(Relaxed),
                    control.epoch.load(Relaxed),
                    control.seq.load(Relaxed),
                )
            })
            .filter(|position| position.1 >= 0)
            .collect()
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    Failure::Panic(text.unwrap_or_else(|| "without a message".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_shard::ShardError;

    fn panic() -> Failure {
        Failure::Panic("here".into())
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        assert_eq!([1, 2, 3, 99].map(pause), [FIRST, 2 * FIRST, 4 * FIRST, LONGEST]);
    }

    #[test]
    fn three_panics_in_a_row_are_quarantined() {
        let (now, mut slot) = (Instant::now(), Slot { assigned: true, ..Slot::default() });
        assert_eq!(slot.failed(&panic(), Duration::ZERO, now), ShardState::Stopped);
        assert_eq!(
            slot.failed(&panic(), HEALTHY, now),
            ShardState::Stopped,
            "it decided for long in between"
        );
        assert_eq!(slot.failed(&panic(), Duration::ZERO, now), ShardState::Stopped);
        assert_eq!(slot.failed(&panic(), Duration::ZERO, now), ShardState::Quarantined);
        assert!(!slot.may_start(9, now + LONGEST));
    }

    #[test]
    fn a_failed_shard_rests_and_starts_again() {
        let (now, mut slot) = (Instant::now(), Slot { assigned: true, ..Slot::default() });
        assert!(slot.may_start(1, now));
        let slow = Failure::from(ShardError::ClockBehind { offset: 1, behind_ms: 7, limit_ms: 3 });
        assert_eq!(slot.failed(&slow, Duration::ZERO, now), ShardState::Stopped);
        assert!(!slot.may_start(1, now) && slot.may_start(1, now + FIRST));
    }

    #[test]
    fn a_deposed_shard_needs_a_generation_that_is_not_older() {
        let (now, mut slot) = (Instant::now(), Slot { assigned: true, ..Slot::default() });
        slot.failed(
            &Refusal::Deposed { ours: 1, later: 2, generation: Some(5) }.into(),
            Duration::ZERO,
            now,
        );
        assert!(!slot.may_start(4, now + LONGEST) && slot.may_start(5, now + LONGEST));
    }
}
