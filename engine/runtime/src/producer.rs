//! An appender that many share: delivery's writes and its unsubscribe links; the shards' leader records. librdkafka's client is finished
//! after a fatal error, and a process is not: it goes on with a new one.

use cartwheel_kafka::{Appended, Error, EventsProducer, KafkaConfig, Message};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Make<P> = Box<dyn Fn() -> Result<P, Error> + Send + Sync>;

/// A client that is made anew when it is finished, or late.
pub(crate) struct Renewed<P> {
    whose: &'static str,
    make: Make<P>,
    /// How many were made, and the newest.
    current: Mutex<(u64, P)>,
}

/// See the module.
pub(crate) type Producer = Renewed<EventsProducer>;

impl<P> std::fmt::Debug for Renewed<P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Renewed").field("whose", &self.whose).finish_non_exhaustive()
    }
}

impl Renewed<EventsProducer> {
    /// Makes the first client; it connects in the background. `whose`: for log lines.
    pub fn open(kafka: &KafkaConfig, whose: &'static str) -> Result<Self, Error> {
        let kafka = kafka.clone();
        Self::new(whose, move || EventsProducer::new(&kafka))
    }

    /// As [`EventsProducer::send`]. After [`Error::Fatal`] the next call has a new client.
    pub async fn send(&self, message: Message<'_>) -> Result<Appended, Error> {
        self.with(|producer| async move { producer.send(message).await }).await
    }

    /// The same for threads outside of any async runtime. A client with a late record is given up as well: once its other callers have their
    /// answers it throws away what it still holds. The broker may have the record all the same, or get it until then.
    pub fn send_within(
        &self,
        message: Message<'_>,
        timeout: Duration,
        doing: &str,
    ) -> Result<Appended, Error> {
        let failed = |reason: String| Error::Transient { doing: doing.to_owned(), reason };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let (number, client) = self.current();
        // Our hold on the client ends here: whoever holds it last closes it, which takes time.
        let outcome = runtime
            .block_on(async move { tokio::time::timeout(timeout, client.send(message)).await });
        let outcome = outcome.unwrap_or_else(|_| Err(failed("not acknowledged in time".into())));
        if let Err(error @ (Error::Fatal { .. } | Error::Transient { .. })) = &outcome {
            self.renew(number, error);
        }
        outcome
    }
}

impl<P: Clone + Send + 'static> Renewed<P> {
    fn new(
        whose: &'static str,
        make: impl Fn() -> Result<P, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Ok(Self { whose, current: Mutex::new((1, make()?)), make: Box::new(make) })
    }

    async fn with<T, F: Future<Output = Result<T, Error>>>(
        &self,
        act: impl FnOnce(P) -> F,
    ) -> Result<T, Error> {
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
        let whose = self.whose;
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != finished {
            return;
        }
        match (self.make)() {
            Ok(client) => {
                tracing::warn!(whose, error = %why, "a new producer in place of one that failed");
                let old = std::mem::replace(&mut *current, (finished + 1, client));
                // Closing a client waits for its thread. Where no thread can be had, it is closed here.
                let _ = std::thread::Builder::new()
                    .name("old-producer".into())
                    .spawn(move || drop(old));
            }
            Err(error) => {
                tracing::error!(whose, %error, "a producer has failed, and a new one cannot be made yet")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_kafka::MockBroker;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    const LONG: Duration = Duration::from_secs(20);

    fn numbered() -> Renewed<u32> {
        let made = Arc::new(AtomicU32::new(0));
        Renewed::new("tests", move || Ok(made.fetch_add(1, Ordering::Relaxed) + 1)).unwrap()
    }

    fn fatal() -> Error {
        Error::Fatal { doing: "appending".into(), reason: "out of order".into() }
    }

    #[test]
    fn a_late_record_is_given_up_and_the_next_goes_through_a_new_client() {
        let broker = MockBroker::start().unwrap();
        broker.create_topic("sends", 1).unwrap();
        let producer = Producer::open(
            &KafkaConfig { bootstrap: broker.bootstrap(), ..KafkaConfig::default() },
            "tests",
        )
        .unwrap();
        let append = |timeout| {
            producer.send_within(
                Message::leader("sends", 0, b"{}"),
                timeout,
                "appending a leader record to sends/0",
            )
        };
        assert_eq!((append(LONG).unwrap().offset, producer.current().0), (0, 1));
        broker.down().unwrap();
        let late = append(Duration::from_millis(200)).unwrap_err();
        assert!(
            late.is_transient() && late.to_string().contains("a leader record to sends/0"),
            "{late}"
        );
        assert_eq!(producer.current().0, 2);
        broker.up().unwrap();
        assert!(append(LONG).is_ok());
        assert_eq!(producer.current().0, 2);
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
