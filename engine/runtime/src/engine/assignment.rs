//! The engine's thread: a member of the consumer group that hands partitions to the supervisor.

use super::context::Stop;
use super::directory::Directory;
use super::supervision::Supervisor;
use super::takeover::Membership;
use cartwheel_core::journey::plan::Plan;
use cartwheel_kafka::{Assignment, Change, Error, KafkaConfig};
use cartwheel_shard::checkpoint::Store;
use crossbeam_channel::Receiver;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A poll of the group waits so long.
const POLL: Duration = Duration::from_millis(50);
/// Positions are noted with the group so often, for lag tools; they are never read back.
const COMMIT: Duration = Duration::from_secs(5);
/// Before joining again with a new client.
const REJOIN: Duration = Duration::from_secs(2);

/// What the thread works with.
pub(super) struct Member<S> {
    pub kafka: KafkaConfig,
    pub topic: String,
    pub assignment: Option<Assignment>,
    pub supervisor: Supervisor<S>,
    pub directory: Arc<Directory>,
    pub stop: Arc<AtomicBool>,
    /// Configurations to put into force.
    pub plans: Receiver<Arc<Plan>>,
    /// Partitions that are being given up and still have threads.
    pub releasing: Vec<i32>,
    pub commit_at: Instant,
    pub rejoin_at: Instant,
}

impl<S: Store + 'static> Member<S> {
    /// Works until told to stop; then every shard finishes, and the group is left.
    pub fn run(mut self) {
        while !self.stop.load(Ordering::Relaxed) {
            self.step();
        }
        self.supervisor.withdraw_all(Stop::Gracefully);
        // Each shard bounds its own end (`stop_timeout`); the group is polled meanwhile, so that it does not expel us.
        while !self.supervisor.all_idle() {
            self.poll();
            self.supervisor.collect();
            self.directory.beat();
        }
        self.supervisor.collect();
        if let Some(assignment) = self.assignment.take() {
            assignment.leave();
        }
        self.directory.set_joined(false);
    }

    fn step(&mut self) {
        self.directory.beat();
        self.poll();
        self.supervisor.collect();
        if !self.releasing.is_empty() && self.supervisor.idle(&self.releasing) {
            self.release();
        }
        self.supervisor.look_at_waiting();
        if let Some(plan) = self.plans.try_iter().last() {
            self.supervisor.reconfigure(plan);
        }
        let membership = self.assignment.as_ref().and_then(Assignment::membership);
        self.directory.set_joined(membership.is_some());
        if let Some((generation, member)) = membership {
            self.supervisor.start_due(&Membership { generation: generation.into(), member });
        }
        if Instant::now() >= self.commit_at {
            self.commit_at = Instant::now() + COMMIT;
            self.commit();
        }
    }

    /// Gives up what has no threads any more. The group waits for it: what fails is done again with the next step.
    fn release(&mut self) {
        self.supervisor.collect();
        match self.assignment.as_mut().map_or(Ok(()), Assignment::release) {
            Ok(()) => self.releasing.clear(),
            Err(Error::Fatal { doing, reason }) => self.begin_anew(&doing, &reason),
            Err(error) => tracing::warn!(%error, "giving up partitions; trying again"),
        }
    }

    /// The client can do no more: what was ours may be others' by now.
    fn begin_anew(&mut self, doing: &str, reason: &str) {
        tracing::error!(doing, reason, "the group's client is finished; joining again");
        self.supervisor.withdraw_all(Stop::AtOnce);
        self.releasing.clear();
        self.assignment = None;
        self.rejoin_at = Instant::now() + REJOIN;
    }

    fn poll(&mut self) {
        let Some(assignment) = &mut self.assignment else { return self.rejoin() };
        match assignment.poll(POLL) {
            Ok(None) => {}
            Ok(Some(Change::Assigned(partitions))) if self.stop.load(Ordering::Relaxed) => {
                tracing::debug!(?partitions, "assigned while stopping: left alone");
            }
            Ok(Some(Change::Assigned(partitions))) => self.supervisor.assign(&partitions),
            Ok(Some(Change::Revoked(partitions))) => {
                self.supervisor.withdraw(&partitions, Stop::Gracefully);
                self.releasing.extend(partitions);
            }
            Ok(Some(Change::Lost(partitions))) => {
                self.supervisor.withdraw(&partitions, Stop::AtOnce)
            }
            Err(Error::Fatal { doing, reason }) => self.begin_anew(&doing, &reason),
            Err(error) => {
                tracing::warn!(%error, "polling the group");
                std::thread::sleep(POLL);
            }
        }
    }

    fn rejoin(&mut self) {
        std::thread::sleep(POLL);
        if Instant::now() < self.rejoin_at || self.stop.load(Ordering::Relaxed) {
            return;
        }
        self.rejoin_at = Instant::now() + REJOIN;
        match Assignment::join(&self.kafka, &self.topic) {
            Ok(assignment) => self.assignment = Some(assignment),
            Err(error) => tracing::warn!(%error, "joining the group"),
        }
    }

    /// Advice for lag tools, with `leader:sequence`.
    fn commit(&self) {
        let Some(assignment) = &self.assignment else { return };
        for (partition, offset, epoch, seq) in self.supervisor.positions() {
            if let Err(error) = assignment.commit(partition, offset, &format!("{epoch}:{seq}")) {
                tracing::debug!(partition, %error, "noting the position with the group");
            }
        }
    }
}
