//! Whether delivery is well; shared with the admin listener.

use crate::admin::view::Readiness;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// See the module.
#[derive(Debug)]
pub(super) struct Status {
    start: Instant,
    beat: AtomicU64,
    joined: AtomicBool,
    fresh: AtomicBool,
    failing: Mutex<BTreeSet<i32>>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            beat: AtomicU64::new(0),
            joined: AtomicBool::new(false),
            fresh: AtomicBool::new(false),
            failing: Mutex::default(),
        }
    }
}

impl Status {
    pub fn beat(&self) {
        self.beat.store(
            u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }

    pub fn alive(&self, limit: Duration) -> bool {
        self.start
            .elapsed()
            .saturating_sub(Duration::from_millis(self.beat.load(Ordering::Relaxed)))
            <= limit
    }

    pub fn set_joined(&self, joined: bool) {
        self.joined.store(joined, Ordering::Relaxed);
    }

    /// Whether the view of the suppressions is complete enough for calls.
    pub fn set_fresh(&self, fresh: bool) {
        self.fresh.store(fresh, Ordering::Relaxed);
    }

    /// Whether a partition of ours cannot be delivered.
    pub fn failing(&self, partition: i32, failing: bool) {
        let mut all = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match failing {
            true => all.insert(partition),
            false => all.remove(&partition),
        };
    }

    /// The partitions of ours that cannot be delivered.
    pub fn all_failing(&self) -> Vec<i32> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    pub fn readiness(&self) -> Readiness {
        let mut failing = Vec::new();
        if !self.joined.load(Ordering::Relaxed) {
            failing.push("delivery-group".to_owned());
        }
        if !self.fresh.load(Ordering::Relaxed) {
            failing.push("suppressions".to_owned());
        }
        let partitions = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.extend(partitions.iter().map(|partition| format!("delivery-{partition}")));
        Readiness { ready: failing.is_empty(), failing }
    }
}
