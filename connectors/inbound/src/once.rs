//! One event for many clicks on one link: whoever posts while the first is under way waits for its outcome, and for a while after it was acknowledged nothing is
//! written again. In this process; another one writes its own.

use crate::sink::{BoxFuture, SinkError};
use cartwheel_core::time::{Millis, SECOND};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// So long after an acknowledged click the same link writes nothing. Longer costs fewer events where a link is posted again and again;
/// but a click in this time does not count if the customer has subscribed anew in it.
pub const WINDOW: Millis = 10 * SECOND;
/// Clicks that are remembered; beyond, the oldest is forgotten and may cost one more event.
const REMEMBERED: usize = 16_384;
/// Clicks under way; beyond, others are asked to come again.
const UNDER_WAY: usize = 1_024;

type Outcome = Result<(), SinkError>;

/// See the module; `K` is what a link says. Clones share everything.
pub struct Once<K> {
    state: Arc<Mutex<State<K>>>,
}

impl<K> Clone for Once<K> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state) }
    }
}

impl<K> Default for Once<K> {
    fn default() -> Self {
        let (under_way, acknowledged) = (HashMap::new(), HashMap::new());
        let state = State { under_way, acknowledged, order: VecDeque::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

struct State<K> {
    under_way: HashMap<K, watch::Receiver<Option<Outcome>>>,
    /// The end of each window.
    acknowledged: HashMap<K, Millis>,
    /// The same in order of time.
    order: VecDeque<(Millis, K)>,
}

impl<K: Eq + Hash> State<K> {
    fn forget(&mut self, now: Millis) {
        while let Some((until, _)) = self.order.front()
            && (*until <= now || self.order.len() > REMEMBERED)
        {
            if let Some((_, claim)) = self.order.pop_front() {
                self.acknowledged.remove(&claim);
            }
        }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static> Once<K> {
    /// The outcome of this link's event: of the one that was written within [`WINDOW`], of the one under way, or of `write`, which goes on when its
    /// caller is gone. `mono` gives monotonic time in ms.
    pub async fn write(
        &self,
        claim: &K,
        mono: Arc<dyn Fn() -> Millis + Send + Sync>,
        write: impl FnOnce() -> BoxFuture<'static, Outcome>,
    ) -> Outcome {
        let mut outcome = {
            let mut state = self.lock();
            state.forget(mono());
            if state.acknowledged.contains_key(claim) {
                return Ok(());
            }
            match state.under_way.get(claim) {
                Some(outcome) => outcome.clone(),
                None if state.under_way.len() >= UNDER_WAY => return Err(SinkError),
                None => {
                    let (tell, outcome) = watch::channel(None);
                    state.under_way.insert(claim.clone(), outcome.clone());
                    let under_way = UnderWay { once: self.clone(), claim: claim.clone() };
                    tokio::spawn(under_way.end(write(), mono, tell));
                    outcome
                }
            }
        };
        // Nobody tells where the write has panicked or the process is ending: then it is not acknowledged.
        outcome
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|told| *told)
            .unwrap_or(Err(SinkError))
    }
}

impl<K> Once<K> {
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a click under way, which is free again whatever ends it.
struct UnderWay<K: Eq + Hash> {
    once: Once<K>,
    claim: K,
}

impl<K: Clone + Eq + Hash> UnderWay<K> {
    async fn end(
        self,
        write: BoxFuture<'static, Outcome>,
        mono: Arc<dyn Fn() -> Millis + Send + Sync>,
        tell: watch::Sender<Option<Outcome>>,
    ) {
        let outcome = write.await;
        if outcome.is_ok() {
            let until = mono().saturating_add(WINDOW);
            let mut state = self.once.lock();
            // Windows end in the order in which they begin, unless a clock stood behind another's reading.
            let until = state.order.back().map_or(until, |(last, _)| until.max(*last));
            state.acknowledged.insert(self.claim.clone(), until);
            state.order.push_back((until, self.claim.clone()));
            state.forget(Millis::MIN);
        }
        drop(self);
        tell.send_replace(Some(outcome));
    }
}

impl<K: Eq + Hash> Drop for UnderWay<K> {
    fn drop(&mut self) {
        self.once.lock().under_way.remove(&self.claim);
    }
}

#[cfg(test)]
mod tests;
