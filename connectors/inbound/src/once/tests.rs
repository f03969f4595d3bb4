use super::*;
use crate::token::Claim;
use cartwheel_core::channel::Channel;
use cartwheel_core::id::CommandId;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use tokio::sync::Semaphore;

#[derive(Default)]
struct World {
    once: Once<Claim>,
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
