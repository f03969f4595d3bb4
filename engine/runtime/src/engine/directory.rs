//! Which shards run in this process and how to ask them; shared between the engine's thread and the admin listener.

use super::context::Control;
use super::request::Request;
use crate::admin::view::Readiness;
use crate::metrics::labels::{Closed, ShardState};
use crossbeam_channel::Sender;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// See the module.
pub(super) struct Directory {
    shards: Mutex<BTreeMap<i32, Listed>>,
    joined: AtomicBool,
    /// When the engine's thread last went round, ms since `start`.
    beat: AtomicU64,
    start: Instant,
}

struct Listed {
    requests: Option<Sender<Request>>,
    control: Arc<Control>,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It waits for its answer.
    Waiting,
    /// The shard is not here.
    Elsewhere,
    /// The shard is here and cannot be asked: starting, stopped or busy.
    Busy,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            shards: Mutex::default(),
            joined: AtomicBool::new(false),
            beat: AtomicU64::new(0),
            start: Instant::now(),
        }
    }
}

impl Directory {
    fn shards(&self) -> MutexGuard<'_, BTreeMap<i32, Listed>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shard's thread was started.
    pub fn insert(&self, partition: i32, requests: Sender<Request>, control: Arc<Control>) {
        self.shards().insert(partition, Listed { requests: Some(requests), control });
    }

    /// A shard's thread has ended.
    pub fn silent(&self, partition: i32) {
        if let Some(entry) = self.shards().get_mut(&partition) {
            entry.requests = None;
        }
    }

    /// The state of a shard without a thread.
    pub fn state(&self, partition: i32, state: ShardState) {
        if let Some(entry) = self.shards().get_mut(&partition) {
            entry.control.state.store(state.index() as u8, Ordering::Relaxed);
        }
    }

    /// The partition is no longer ours.
    pub fn remove(&self, partition: i32) {
        self.shards().remove(&partition);
    }

    /// Hands a question to a shard.
    pub fn ask(&self, partition: i32, request: Request) -> Asked {
        match self.shards().get(&partition) {
            None => Asked::Elsewhere,
            Some(entry) => match entry.requests.as_ref().map(|requests| requests.try_send(request))
            {
                Some(Ok(())) => Asked::Waiting,
                _ => Asked::Busy,
            },
        }
    }

    /// Whether this process is a member of the group.
    pub fn set_joined(&self, joined: bool) {
        self.joined.store(joined, Ordering::Relaxed);
    }

    /// The engine's thread went round.
    pub fn beat(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(now, Ordering::Relaxed);
    }

    /// Whether the engine's thread went round within `limit`.
    pub fn alive(&self, limit: Duration) -> bool {
        self.start
            .elapsed()
            .saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)))
            <= limit
    }

    /// Joined, and no shard stopped or quarantined.
    pub fn readiness(&self) -> Readiness {
        let mut failing = Vec::new();
        if !self.joined.load(Ordering::Relaxed) {
            failing.push("group".to_owned());
        }
        for (partition, entry) in self.shards().iter() {
            let state =
                ShardState::ALL.get(usize::from(entry.control.state.load(Ordering::Relaxed)));
            if matches!(state, Some(ShardState::Stopped | ShardState::Quarantined)) {
                failing.push(format!("shard-{partition}"));
            }
        }
        Readiness { ready: failing.is_empty(), failing }
    }

    /// Shards of this process that are in this state.
    pub fn in_state(&self, state: ShardState) -> Vec<i32> {
        let shards = self.shards();
        let found = shards.iter().filter(|(_, entry)| {
            usize::from(entry.control.state.load(Ordering::Relaxed)) == state.index()
        });
        found.map(|(partition, _)| *partition).collect()
    }
}
