//! One event for many clicks on one link: whoever posts while the first is under way waits for its outcome, and for a while after it was acknowledged nothing is
//! written again. In this process; another one writes its own.

use crate::sink::{BoxFuture, SinkError};
use crate::token::Claim;
use cartwheel_core::time::{Millis, SECOND};
use std::collections::{HashMap, VecDeque};
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

/// See the module. Clones share everything.
#[derive(Clone, Default)]
pub struct Once {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    under_way: HashMap<Claim, watch::Receiver<Option<Outcome>>>,
    /// The end of each window.
    acknowledged: HashMap<Claim, Millis>,
    /// The same in order of time.
    order: VecDeque<(Millis, Claim)>,
}

impl State {
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

impl Once {
    /// The outcome of this claim's event: of the one that was written within [`WINDOW`], of the one under way, or of `write`, which goes on when its
    /// caller is gone. `mono` gives monotonic time in ms.
    pub async fn write(
        &self,
        claim: &Claim,
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a click under way, which is free again whatever ends it.
struct UnderWay {
    once: Once,
    claim: Claim,
}

impl UnderWay {
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

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.once.lock().under_way.remove(&self.claim);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::channel::Channel;
    use cartwheel_core::id::CommandId;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    #[derive(Default)]
    struct World {
        once: Once,
        now: Arc<AtomicI64>,
        written: Arc<AtomicUsize>,
    }

    fn claim(id: u128) -> Claim {
        let (channel, command_id) = (Channel::Email, CommandId(id));
        Claim { customer: "ana".into(), channel, command_id, address: None }
    }

    impl World {
        async fn post(&self, id: u128, outcome: Outcome) -> Outcome {
            let (now, written) = (Arc::clone(&self.now), Arc::clone(&self.written));
            let write = move || -> BoxFuture<'static, Outcome> {
                Box::pin(async move {
                    written.fetch_add(1, Ordering::Relaxed);
                    outcome
                })
            };
            self.once.write(&claim(id), Arc::new(move || now.load(Ordering::Relaxed)), write).await
        }

        fn written(&self) -> usize {
            self.written.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn a_click_counts_again_after_the_window_and_not_in_it() {
        let world = World::default();
        for (now, written) in [(0, 1), (0, 1), (WINDOW - 1, 1), (WINDOW, 2), (WINDOW + 1, 2)] {
            world.now.store(now, Ordering::Relaxed);
            assert_eq!(world.post(1, Ok(())).await, Ok(()));
            assert_eq!(world.written(), written, "at {now}");
        }
        assert_eq!(world.post(2, Ok(())).await, Ok(()));
        assert_eq!(world.written(), 3, "another link");
    }

    #[tokio::test]
    async fn what_was_not_acknowledged_is_tried_again() {
        let world = World::default();
        assert_eq!(world.post(1, Err(SinkError)).await, Err(SinkError));
        assert_eq!(world.post(1, Ok(())).await, Ok(()));
        assert_eq!(world.post(1, Err(SinkError)).await, Ok(()), "acknowledged");
        assert_eq!(world.written(), 2);
    }

    #[tokio::test]
    async fn a_write_that_panics_is_not_acknowledged_and_frees_its_place() {
        let world = World::default();
        let panics = || -> BoxFuture<'static, Outcome> { Box::pin(async { panic!("a defect") }) };
        assert_eq!(world.once.write(&claim(1), Arc::new(|| 0), panics).await, Err(SinkError));
        assert_eq!(world.post(1, Ok(())).await, Ok(()));
    }

    #[tokio::test]
    async fn a_click_goes_on_without_who_clicked() {
        let world = World::default();
        let (gate, written) = (Arc::new(Semaphore::new(0)), Arc::clone(&world.written));
        let opened = Arc::clone(&gate);
        let write = move || -> BoxFuture<'static, Outcome> {
            Box::pin(async move {
                drop(opened.acquire().await);
                written.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        };
        let claim = claim(1);
        let mut first = Box::pin(world.once.write(&claim, Arc::new(|| 0), write));
        assert!(poll_once(&mut first).await.is_none());
        drop(first);
        gate.add_permits(1);
        assert_eq!(world.post(1, Err(SinkError)).await, Ok(()), "the first one's outcome");
        assert_eq!(world.written(), 1);
    }

    /// Polls once.
    async fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let world = World::default();
        for id in 0..(REMEMBERED + 100) as u128 {
            world.post(id, Ok(())).await.unwrap();
        }
        {
            let state = world.once.lock();
            assert_eq!((state.acknowledged.len(), state.order.len()), (REMEMBERED, REMEMBERED));
        }
        let written = world.written();
        world.post(0, Ok(())).await.unwrap();
        assert_eq!(world.written(), written + 1, "the oldest was forgotten");
        let never = || -> BoxFuture<'static, Outcome> { Box::pin(std::future::pending()) };
        for id in 0..=UNDER_WAY as u128 {
            let claim = claim(1_000_000 + id);
            let mut posted = Box::pin(world.once.write(&claim, Arc::new(|| 0), never));
            let outcome = poll_once(&mut posted).await;
            assert_eq!(outcome, (id == UNDER_WAY as u128).then_some(Err(SinkError)));
        }
    }
}
