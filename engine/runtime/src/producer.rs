//! An appender that many share: delivery's writes and its unsubscribe links; the shards' leader records. librdkafka's client is finished
//! after a fatal error, and a process is not: it goes on with a new one.

use cartwheel_kafka::{Appended, Error, EventsProducer, KafkaConfig, Message};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Make<P> = Box<dyn Fn() -> Result<P, Error> + Send + Sync>;

/// A client that is made anew when it is finished.
pub(crate) struct Renewed<P> {
    make: Make<P>,
    /// How many were made, and the newest.
    current: Mutex<(u64, P)>,
}

/// See the module.
pub(crate) type Producer = Renewed<EventsProducer>;

impl Renewed<EventsProducer> {
    /// Makes the first client; it connects in the background.
    pub fn open(kafka: &KafkaConfig) -> Result<Self, Error> {
        let kafka = kafka.clone();
        Self::new(move || EventsProducer::new(&kafka))
    }

    /// As [`EventsProducer::send`]. After [`Error::Fatal`] the next call has a new client.
    pub async fn send(&self, message: Message<'_>) -> Result<Appended, Error> {
        self.with(|producer| async move { producer.send(message).await }).await
    }

    /// The same for threads outside of any async runtime. What is late is given up: the next call has a new client, and the old one throws
    /// away what it still holds. The broker may have the record all the same.
    pub fn send_within(&self, message: Message<'_>, timeout: Duration) -> Result<Appended, Error> {
        let failed = |reason: String| Error::Transient { doing: format!("appending to {}", message.topic), reason };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|error| failed(error.to_string()))?;
        runtime.block_on(async {
            let (number, _) = self.current();
            match tokio::time::timeout(timeout, self.send(message)).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    let late = failed("not acknowledged in time".into());
                    self.renew(number, &late);
                    Err(late)
                }
            }
        })
    }
}

impl<P: Clone + Send + 'static> Renewed<P> {
    fn new(make: impl Fn() -> Result<P, Error> + Send + Sync + 'static) -> Result<Self, Error> {
        Ok(Self { current: Mutex::new((1, make()?)), make: Box::new(make) })
    }

    async fn with<T, F: Future<Output = Result<T, Error>>>(&self, act: impl FnOnce(P) -> F) -> Result<T, Error> {
        let (number, client) = self.current();
        let outcome = act(client).await;
        if let Err(error @ Error::Fatal { .. }) = &outcome {
            self.renew(number, error);
        }
        outcome
    }

    fn current(&self) -> (u64, P) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Many calls may find the same client finished: the first of them replaces it.
    fn renew(&self, finished: u64, why: &Error) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != finished {
            return;
        }
        match (self.make)() {
            Ok(client) => {
                tracing::warn!(error = %why, "writing with a new producer");
                let old = std::mem::replace(&mut *current, (finished + 1, client));
                // Closing a client waits for its thread.
                drop(tokio::task::spawn_blocking(move || drop(old)));
            }
            Err(error) => tracing::error!(%error, "a producer is finished, and a new one cannot be made yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn numbered() -> Renewed<u32> {
        let made = Arc::new(AtomicU32::new(0));
        Renewed::new(move || Ok(made.fetch_add(1, Ordering::Relaxed) + 1)).unwrap()
    }

    fn fatal() -> Error {
        Error::Fatal { doing: "appending".into(), reason: "out of order".into() }
    }

    #[tokio::test]
    async fn a_finished_client_is_replaced_once() {
        let clients = numbered();
        let finished = async |client: u32| if client == 1 { Err(fatal()) } else { Ok(client) };
        // All three began with the first.
        let (a, b, c) = tokio::join!(
            clients.with(async |client| {
                tokio::task::yield_now().await;
                finished(client).await
            }),
            clients.with(async |client| {
                tokio::task::yield_now().await;
                finished(client).await
            }),
            clients.with(finished)
        );
        assert_eq!((a, b, c), (Err(fatal()), Err(fatal()), Err(fatal())));
        assert_eq!(clients.with(finished).await, Ok(2));
    }

    #[tokio::test]
    async fn a_client_with_a_passing_error_is_kept() {
        let clients = numbered();
        let busy = async |_| Err::<(), _>(Error::QueueFull);
        assert_eq!(clients.with(busy).await, Err(Error::QueueFull));
        assert_eq!(clients.with(async |client| Ok(client)).await, Ok(1));
    }
}
