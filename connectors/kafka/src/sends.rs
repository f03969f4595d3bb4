//! Appending to one partition of the sends topic: in order, once, without waiting.

use crate::appender::Appender;
use crate::config::{Compression, KafkaConfig};
use crate::context::ClientStats;
use crate::direct::{DirectAppender, Lost, Reach};
use crate::error::Error;
use crate::protocol::{Pack, Trouble};
use cartwheel_core::sends::{Headers, KIND, Kind, LEADER, SEQ};
use rdkafka::message::{Header, OwnedHeaders};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use crate::direct::Acknowledged;

/// An idempotent appender to one partition of the sends topic. Belongs to one thread at a time.
///
/// What was acknowledged is learned by [`poll`](Self::poll) and [`flush`](Self::flush). A broker that is down is tried again for ever. After the first failed append every call fails with
/// the same error: drop the producer (what it still holds is thrown away) and resend with a new one from the last accepted sequence number.
#[derive(Debug)]
pub struct SendsProducer {
    way: Way,
    partition: i32,
    topic: String,
    bootstrap: String,
    /// Bytes of a record at most.
    most: usize,
    failure: Option<Error>,
}

#[derive(Debug)]
enum Way {
    /// Through librdkafka.
    Queue(Appender),
    /// Over a connection of our own.
    Direct(Box<DirectAppender>, Arc<Reach>),
}

impl SendsProducer {
    /// Over a connection of our own where the configuration lets it and the broker knows our requests, and otherwise through librdkafka. A broker that is down is no error.
    pub fn open(config: &KafkaConfig, topic: &str, partition: i32) -> Result<Self, Error> {
        Ok(Self {
            way: Way::open(config, topic, partition)?,
            partition,
            topic: topic.to_owned(),
            bootstrap: config.bootstrap.clone(),
            most: config.message_max_bytes as usize,
            failure: None,
        })
    }

    /// Enqueues a record under a leader record and returns at once; an empty key is sent as none. [`Error::QueueFull`]: nothing was enqueued;
    /// poll, then send again. The bytes are copied.
    pub fn send(
        &mut self,
        kind: Kind,
        leader: i64,
        seq: u64,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Error> {
        self.check()?;
        match &mut self.way {
            Way::Queue(appender) => {
                let headers = OwnedHeaders::new_with_capacity(3)
                    .insert(Header { key: KIND, value: Some(kind.name()) })
                    .insert(Header { key: LEADER, value: Some(&leader.to_string()) })
                    .insert(Header { key: SEQ, value: Some(&seq.to_string()) });
                appender.send_with(self.partition, key, value, Some(headers))
            }
            Way::Direct(..) if key.len() + value.len() > self.most => {
                Err(Error::TooLarge { doing: self.doing() })
            }
            Way::Direct(appender, _) => {
                match appender.push(Headers { kind, leader, seq }, key, value) {
                    true => Ok(()),
                    false => Err(Error::QueueFull),
                }
            }
        }
    }

    /// Sends what was enqueued and collects the acknowledgements that are there; over a connection of our own it waits up to `timeout` for the first, where one is awaited. Call it at least every turn.
    pub fn poll(&mut self, timeout: Duration) -> Result<(), Error> {
        self.check()?;
        let lost = match &mut self.way {
            Way::Queue(appender) => return appender.poll(Duration::ZERO),
            Way::Direct(appender, reach) => appender.poll(timeout).map_err(|lost| (lost, reach)),
        };
        let Err((lost, reach)) = lost else { return Ok(()) };
        let finished = lost.is_theirs();
        let doing = format!("appending to {}/{}", self.topic, self.partition);
        let error = lost.error(reach, &self.bootstrap, doing, &self.topic, self.partition);
        match error {
            // Another broker than the one with which it began: a new producer begins with librdkafka.
            Error::Transient { doing, reason } if finished => {
                self.failure = Some(Error::Fatal { doing, reason });
            }
            Error::Transient { doing, reason } => {
                tracing::debug!(topic = self.topic, partition = self.partition, reason, "{doing}");
            }
            error => self.failure = Some(error),
        }
        self.check()
    }

    /// Batches of records that the broker has since the last call, in order, with where they stand. None of a producer that goes through librdkafka: whoever wants
    /// to know what the log has reads it.
    pub fn acknowledgements(&mut self) -> Vec<Acknowledged> {
        match &mut self.way {
            Way::Queue(_) => Vec::new(),
            Way::Direct(appender, _) => appender.acknowledged().collect(),
        }
    }

    /// Whether records go over a connection of our own.
    pub fn is_direct(&self) -> bool {
        matches!(self.way, Way::Direct(..))
    }

    /// Waits until every record so far is acknowledged. An acknowledgement alone proves only that the broker has the record, not that readers accept it.
    pub fn flush(&mut self, timeout: Duration) -> Result<(), Error> {
        if let Way::Queue(appender) = &self.way {
            return appender.flush(timeout);
        }
        let until = Instant::now() + timeout;
        while self.in_flight() > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let reason = "not acknowledged in time".to_owned();
                return Err(Error::Transient { doing: self.doing(), reason });
            }
            self.poll(left)?;
        }
        Ok(())
    }

    /// Records that are enqueued and not yet known to be acknowledged.
    pub fn in_flight(&self) -> usize {
        match &self.way {
            Way::Queue(appender) => appender.in_flight(),
            Way::Direct(appender, _) => appender.in_flight(),
        }
    }

    /// Offset of the newest acknowledged record; none before the first.
    pub fn acknowledged(&self) -> Option<i64> {
        match &self.way {
            Way::Queue(appender) => appender.acknowledged(),
            Way::Direct(appender, _) => appender.newest(),
        }
    }

    /// The first failed append, if any.
    pub fn failure(&self) -> Option<Error> {
        match &self.way {
            Way::Queue(appender) => appender.failure(),
            Way::Direct(..) => self.failure.clone(),
        }
    }

    /// The client's figures.
    pub fn stats(&self) -> ClientStats {
        match &self.way {
            Way::Queue(appender) => appender.stats(),
            Way::Direct(appender, _) => {
                ClientStats { brokers_up: appender.is_connected().into(), ..ClientStats::default() }
            }
        }
    }

    fn doing(&self) -> String {
        format!("appending to {}/{}", self.topic, self.partition)
    }

    fn check(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

impl Way {
    fn open(config: &KafkaConfig, topic: &str, partition: i32) -> Result<Self, Error> {
        let queue = || Ok(Self::Queue(Appender::open(config, topic)?));
        let Some(reach) = Reach::of(config)? else { return queue() };
        let most = config.message_max_bytes as usize;
        let pack = match config.compression {
            Compression::None => Pack::None,
            Compression::Lz4 => Pack::Lz4,
            Compression::Zstd => Pack::Zstd,
        };
        let mut appender =
            Box::new(DirectAppender::new(Arc::clone(&reach), topic, partition, pack, most));
        match appender.connect() {
            // librdkafka may know more, or trust more; and what it says of a refusal is told where the events are read.
            Err(lost)
                if lost.is_theirs() || matches!(lost, Lost::Trouble(Trouble::Untrusted(_))) =>
            {
                tracing::info!(topic, partition, ?lost, "appending through librdkafka");
                queue()
            }
            Ok(()) | Err(_) => Ok(Self::Direct(appender, reach)),
        }
    }
}
