//! Reading partitions in batches through librdkafka's own queue: no group, no coordinator, explicit positions.
//!
//! Each [`Fetch`] is a client with threads and a queue of its own, so that a slow reader holds up nobody else.

use crate::batch::Batch;
use crate::config::KafkaConfig;
use crate::context::{ClientStats, Context};
use crate::error::Error;
use crate::settings;
use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

/// A client, a topic of it and a queue that its partitions are fetched into.
pub(crate) struct Native {
    topic: NonNull<sys::rd_kafka_topic_t>,
    queue: NonNull<sys::rd_kafka_queue_t>,
    /// Dropped after `drop` has given back the two above.
    client: BaseConsumer<Context>,
}

// SAFETY: librdkafka's handles may be used from any thread ("the library is completely thread-safe", INTRODUCTION.md).
unsafe impl Send for Native {}
// SAFETY: as above.
unsafe impl Sync for Native {}

impl std::fmt::Debug for Native {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Native")
    }
}

impl Native {
    fn new(config: &KafkaConfig, topic: &str) -> Result<Self, Error> {
        let doing = "creating a consumer";
        let client: BaseConsumer<Context> = settings::source(config)?
            .create_with_context(Context::default())
            .map_err(|error| Error::of(&error, doing))?;
        let name = CString::new(topic)
            .map_err(|_| Error::Config("a topic's name has a zero byte".to_owned()))?;
        let fatal = |what: &str| Error::Fatal {
            doing: doing.to_owned(),
            reason: format!("librdkafka gave no {what}"),
        };
        let handle = client.client().native_ptr();
        // SAFETY: the client is alive, the name ends with zero, and no topic configuration means the client's.
        let topic = NonNull::new(unsafe {
            sys::rd_kafka_topic_new(handle, name.as_ptr(), std::ptr::null_mut())
        })
        .ok_or_else(|| fatal("topic"))?;
        // SAFETY: the client is alive.
        let queue = NonNull::new(unsafe { sys::rd_kafka_queue_new(handle) })
            .ok_or_else(|| fatal("queue"))?;
        Ok(Self { topic, queue, client })
    }

    pub(crate) fn queue(&self) -> *mut sys::rd_kafka_queue_t {
        self.queue.as_ptr()
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are given back once, while the client is still alive.
        unsafe {
            sys::rd_kafka_queue_destroy(self.queue.as_ptr());
            sys::rd_kafka_topic_destroy(self.topic.as_ptr());
        }
    }
}

/// Partitions of one topic, being read.
#[derive(Debug)]
pub(crate) struct Fetch {
    native: Arc<Native>,
    topic: String,
    bootstrap: String,
    /// (partition, offset of the next record).
    positions: Vec<(i32, i64)>,
    /// Met behind records that had to be delivered first.
    pending: Option<Error>,
    /// Partitions with a record that could not be read. What follows it would leave a gap: nothing is delivered until a seek.
    broken: Vec<i32>,
}

impl Fetch {
    /// Starts reading each (partition, offset).
    pub(crate) fn start(
        config: &KafkaConfig,
        topic: &str,
        positions: Vec<(i32, i64)>,
    ) -> Result<Self, Error> {
        let native = Arc::new(Native::new(config, topic)?);
        let mut fetch = Self {
            native,
            topic: topic.to_owned(),
            bootstrap: config.bootstrap.clone(),
            positions: Vec::new(),
            pending: None,
            broken: Vec::new(),
        };
        for (partition, offset) in positions {
            fetch.begin(partition, offset)?;
            fetch.positions.push((partition, offset));
        }
        Ok(fetch)
    }

    fn begin(&self, partition: i32, offset: i64) -> Result<(), Error> {
        // SAFETY: topic and queue are alive; callers start a partition that is not started.
        let code = unsafe {
            sys::rd_kafka_consume_start_queue(
                self.native.topic.as_ptr(),
                partition,
                offset,
                self.native.queue(),
            )
        };
        if code == 0 {
            return Ok(());
        }
        // SAFETY: reads the code that librdkafka's last call left for this thread.
        let code = Code::from(unsafe { sys::rd_kafka_last_error() });
        Err(Error::of_code(code, &format!("reading {}/{partition}", self.topic), &code.to_string()))
    }

    /// Refills `batch`; waits up to `timeout` for the first record. An error does not hide records that were read before it.
    pub(crate) fn poll(&mut self, batch: &mut Batch, timeout: Duration) -> Result<(), Error> {
        batch.clear();
        if let Some(error) = self.pending.take() {
            return Err(error);
        }
        self.serve();
        let timeout = if self.pending.is_some() { Duration::ZERO } else { timeout };
        batch.fill(&self.native, i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX));
        let (positions, pending, broken) =
            (&mut self.positions, &mut self.pending, &mut self.broken);
        let (topic, bootstrap) = (self.topic.as_str(), self.bootstrap.as_str());
        batch.retain(|message| {
            let code = message.err;
            if broken.contains(&message.partition) {
                return false;
            }
            if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                advance(positions, message.partition, message.offset + 1);
                return true;
            }
            if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF {
                // Control records have no message of their own: the end mark stands behind them.
                advance(positions, message.partition, message.offset);
                return false;
            }
            let error = error_of(message, topic, bootstrap, positions);
            if !error.is_transient() {
                broken.push(message.partition);
            }
            pending.get_or_insert(error);
            false
        });
        if batch.is_empty()
            && let Some(error) = self.pending.take()
        {
            return Err(error);
        }
        Ok(())
    }

    /// Serves logs, statistics and errors of the client as a whole.
    fn serve(&mut self) {
        while let Some(event) = self.native.client.poll(Duration::ZERO) {
            let Err(error) = event else { continue };
            let error = match error.rdkafka_error_code() {
                // One broker's connection is librdkafka's affair as long as others live.
                Some(Code::BrokerTransportFailure | Code::Resolve | Code::OperationTimedOut) => {
                    continue;
                }
                _ => Error::of(&error, &format!("reading {} from {}", self.topic, self.bootstrap)),
            };
            self.pending.get_or_insert(error);
        }
    }

    /// Goes on at `offset`; records that were fetched already are dropped. At most `timeout`.
    pub(crate) fn seek(
        &mut self,
        partition: i32,
        offset: i64,
        timeout: Duration,
    ) -> Result<(), Error> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1);
        // SAFETY: the topic is alive and the partition was started.
        let code =
            unsafe { sys::rd_kafka_seek(self.native.topic.as_ptr(), partition, offset, millis) };
        match Code::from(code) {
            Code::NoError => {}
            // Behind an offset out of range the partition no longer fetches: stop it and start anew. What it fetched is outdated then.
            Code::State => {
                // SAFETY: the topic is alive and the partition was started.
                unsafe { sys::rd_kafka_consume_stop(self.native.topic.as_ptr(), partition) };
                self.begin(partition, offset)?;
            }
            code => {
                return Err(Error::of_code(
                    code,
                    &format!("going to offset {offset} of {}/{partition}", self.topic),
                    &code.to_string(),
                ));
            }
        }
        self.pending = None;
        self.broken.retain(|broken| *broken != partition);
        for own in &mut self.positions {
            if own.0 == partition {
                own.1 = offset;
            }
        }
        Ok(())
    }

    /// (partition, offset of the next record) of every partition.
    pub(crate) fn positions(&self) -> &[(i32, i64)] {
        &self.positions
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn stats(&self) -> ClientStats {
        self.native.client.context().latest()
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        for (partition, _) in &self.positions {
            // SAFETY: the topic is alive and the partition was started; batches may still hold messages, which stay valid.
            unsafe { sys::rd_kafka_consume_stop(self.native.topic.as_ptr(), *partition) };
        }
    }
}

/// A position never goes back: the end mark of an older fetch may stand behind newer records.
fn advance(positions: &mut [(i32, i64)], partition: i32, next: i64) {
    for own in positions {
        if own.0 == partition {
            own.1 = own.1.max(next);
        }
    }
}

fn error_of(
    message: &sys::rd_kafka_message_t,
    topic: &str,
    bootstrap: &str,
    positions: &[(i32, i64)],
) -> Error {
    let partition = message.partition;
    let offset = positions.iter().find(|own| own.0 == partition).map_or(-1, |own| own.1);
    match Code::from(message.err) {
        Code::AutoOffsetReset | Code::OffsetOutOfRange => {
            Error::OffsetOutOfRange { topic: topic.to_owned(), partition, offset }
        }
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => {
            Error::NoTopic { topic: topic.to_owned(), bootstrap: bootstrap.to_owned() }
        }
        code => {
            // SAFETY: the message is valid; the text is static or part of the message, and copied here.
            let text =
                unsafe { CStr::from_ptr(sys::rd_kafka_message_errstr(message)) }.to_string_lossy();
            Error::of_code(code, &format!("reading {topic}/{partition} at offset {offset}"), &text)
        }
    }
}
