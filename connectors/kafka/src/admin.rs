//! Creating and describing topics.

use crate::config::KafkaConfig;
use crate::context::Context;
use crate::error::{Error, code_of};
use crate::offsets;
use crate::settings;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// What becomes of old records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// Deleted after this many milliseconds; none: the broker's default.
    Delete(Option<i64>),
    /// The latest of each key is kept.
    Compact,
}

/// A topic to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Replicas of each; -1: the broker's default.
    pub replication: i32,
    /// What becomes of old records.
    pub cleanup: Cleanup,
    /// Whether records carry the broker's time, whatever their producer says; else the topic is as the broker's default says.
    pub log_append_time: bool,
}

impl TopicSpec {
    fn plain(name: String, partitions: i32, replication: i32, cleanup: Cleanup) -> Self {
        Self { name, partitions, replication, cleanup, log_append_time: false }
    }

    /// The five topics of a namespace: events, sends and dead letters with retention; suppressions and configurations compacted, in one partition. Their records
    /// carry the times that the broker's default says.
    pub fn all(
        config: &KafkaConfig,
        partitions: i32,
        replication: i32,
        retention_ms: Option<i64>,
    ) -> [TopicSpec; 5] {
        let names = config.topics();
        let spec = |name, partitions, cleanup| Self::plain(name, partitions, replication, cleanup);
        let kept = Cleanup::Delete(retention_ms);
        [
            spec(names.events, partitions, kept),
            spec(names.sends, partitions, kept),
            spec(names.dlq, partitions, kept),
            spec(names.suppressions, 1, Cleanup::Compact),
            spec(names.configs, 1, Cleanup::Compact),
        ]
    }

    /// The two topics of the streams that every partition gets: their journal, a stream a partition, kept so long; and the compacted one that says how far
    /// each has been copied.
    pub fn streams(
        config: &KafkaConfig,
        streams: i32,
        replication: i32,
        retention_ms: i64,
    ) -> [TopicSpec; 2] {
        let names = config.topics();
        let spec = |name, partitions, cleanup| Self::plain(name, partitions, replication, cleanup);
        [
            spec(names.streams, streams, Cleanup::Delete(Some(retention_ms))),
            spec(names.streams_copied, 1, Cleanup::Compact),
        ]
    }
}

/// A topic as the broker describes it. Configuration is none where the broker does not tell (the mock broker, missing permission).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    /// Name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// Fewest replicas of a partition.
    pub replication: usize,
    /// Partitions that have no leader now and so can be neither read nor written.
    pub leaderless: usize,
    /// `max.message.bytes`.
    pub max_message_bytes: Option<i64>,
    /// `retention.ms`; -1 is for ever.
    pub retention_ms: Option<i64>,
    /// Whether `cleanup.policy` contains `compact`.
    pub compacted: Option<bool>,
    /// Whether records carry the broker's time (`message.timestamp.type=LogAppendTime`).
    pub log_append_time: Option<bool>,
    /// `message.timestamp.after.max.ms`: the broker refuses records further ahead of its clock. None also where the broker is too old to know it.
    pub timestamp_after_max_ms: Option<i64>,
    /// `min.insync.replicas`.
    pub min_insync: Option<i64>,
    /// `unclean.leader.election.enable`.
    pub unclean_election: Option<bool>,
}

impl TopicFacts {
    /// What weakens the promise about power loss, in words; empty if nothing does.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.replication < 3 {
            warnings.push(format!(
                "topic {} has {} replica(s); 3 survive the loss of a broker",
                self.name, self.replication
            ));
        }
        if self.min_insync.is_some_and(|count| count < 2) {
            warnings.push(format!("topic {} has min.insync.replicas below 2", self.name));
        }
        if self.unclean_election == Some(true) {
            warnings.push(format!(
                "topic {} allows unclean leader election, which loses acknowledged records",
                self.name
            ));
        }
        warnings
    }
}

/// Creates and describes topics. Blocks; call it before the threads start, or from a blocking one.
pub struct Admin {
    client: AdminClient<Context>,
    bootstrap: String,
    timeout: Duration,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Admin").field("bootstrap", &self.bootstrap).finish_non_exhaustive()
    }
}

impl Admin {
    /// Makes the client. Each question may take up to `timeout`.
    pub fn new(config: &KafkaConfig, timeout: Duration) -> Result<Self, Error> {
        let client = settings::common(config)?
            .create_with_context(Context::default())
            .map_err(|error| Error::of(&error, "creating a client"))?;
        Ok(Self { client, bootstrap: config.bootstrap.clone(), timeout })
    }

    /// Describes a topic; [`Error::NoTopic`] if it is not there.
    pub fn describe(&self, topic: &str) -> Result<TopicFacts, Error> {
        let partitions =
            offsets::partitions(self.client.inner(), topic, &self.bootstrap, self.timeout)?;
        let metadata = self
            .client
            .inner()
            .fetch_metadata(Some(topic), self.timeout)
            .map_err(|error| Error::of(&error, &self.doing(topic)))?;
        let each = || {
            metadata
                .topics()
                .iter()
                .filter(|found| found.error().is_none())
                .flat_map(|found| found.partitions())
        };
        let replication = each().map(|partition| partition.replicas().len()).min().unwrap_or(0);
        let leaderless = each().filter(|partition| partition.leader() < 0).count();
        let config = self.config(topic)?;
        let text = |name: &str| {
            config
                .as_ref()
                .and_then(|config| config.get(name))
                .and_then(|entry| entry.value.as_deref())
        };
        let number = |name: &str| text(name).and_then(|value| value.parse().ok());
        Ok(TopicFacts {
            name: topic.to_owned(),
            partitions,
            replication,
            leaderless,
            max_message_bytes: number("max.message.bytes"),
            retention_ms: number("retention.ms"),
            compacted: text("cleanup.policy").map(|value| value.contains("compact")),
            log_append_time: text("message.timestamp.type").map(|value| value == "LogAppendTime"),
            timestamp_after_max_ms: number("message.timestamp.after.max.ms"),
            min_insync: number("min.insync.replicas"),
            unclean_election: text("unclean.leader.election.enable").map(|value| value == "true"),
        })
    }

    /// Describes each topic, in order. With `create`, those that are missing are created first; without, the first that is
    /// missing is [`Error::NoTopic`]. A topic that is there is left as it is, also if it differs from its specification.
    pub fn ensure(&self, topics: &[TopicSpec], create: bool) -> Result<Vec<TopicFacts>, Error> {
        topics
            .iter()
            .map(|spec| match self.describe(&spec.name) {
                Err(Error::NoTopic { .. }) if create => {
                    self.create(spec)?;
                    self.described_soon(spec)
                }
                outcome => outcome,
            })
            .collect()
    }

    /// Deletes a topic with all that is in it, and waits until the broker knows none of this name; one that is not there is none. No part of Cartwheel does that to a
    /// topic of its own: this is for tests and load that make the same topic anew.
    pub fn delete(&self, topic: &str) -> Result<(), Error> {
        let doing = format!("deleting topic {topic} on {}", self.bootstrap);
        let results = block_on(self.client.delete_topics(&[topic], &self.options()))
            .map_err(|error| Error::of(&error, &doing))?;
        for result in results {
            match result {
                Ok(_) | Err((_, Code::UnknownTopic | Code::UnknownTopicOrPartition)) => {}
                Err((_, code)) => return Err(Error::of_code(code, &doing, &code.to_string())),
            }
        }
        let deadline = Instant::now() + self.timeout;
        loop {
            match self.describe(topic) {
                Err(Error::NoTopic { .. }) => return Ok(()),
                Err(error) if !error.is_transient() => return Err(error),
                _ if Instant::now() > deadline => {
                    return Err(Error::of_code(
                        Code::OperationTimedOut,
                        &doing,
                        "it is still there",
                    ));
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// The names of the topics that begin so, in order.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let metadata =
            self.client.inner().fetch_metadata(None, self.timeout).map_err(|error| {
                Error::of(&error, &format!("asking {} for topics", self.bootstrap))
            })?;
        let names = metadata.topics().iter().map(|topic| topic.name().to_owned());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        Ok(names)
    }

    fn create(&self, spec: &TopicSpec) -> Result<(), Error> {
        let retention = match spec.cleanup {
            Cleanup::Delete(Some(millis)) => Some(millis.to_string()),
            _ => None,
        };
        let mut topic =
            NewTopic::new(&spec.name, spec.partitions, TopicReplication::Fixed(spec.replication));
        topic = match spec.cleanup {
            Cleanup::Delete(_) => topic.set("cleanup.policy", "delete"),
            Cleanup::Compact => topic.set("cleanup.policy", "compact"),
        };
        if spec.log_append_time {
            topic = topic.set("message.timestamp.type", "LogAppendTime");
        }
        if let Some(millis) = &retention {
            topic = topic.set("retention.ms", millis);
        }
        let doing = format!("creating topic {} on {}", spec.name, self.bootstrap);
        let results = block_on(self.client.create_topics([&topic], &self.options()))
            .map_err(|error| Error::of(&error, &doing))?;
        for result in results {
            match result {
                // Another process was faster.
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(Error::of_code(code, &doing, &code.to_string())),
            }
        }
        Ok(())
    }

    /// A new topic reaches the broker that we ask a little later than the controller: ask until it is there with all its leaders.
    fn described_soon(&self, spec: &TopicSpec) -> Result<TopicFacts, Error> {
        let deadline = Instant::now() + self.timeout;
        loop {
            match self.describe(&spec.name) {
                Ok(TopicFacts { leaderless: 1.., .. })
                | Err(Error::NoTopic { .. } | Error::Transient { .. })
                    if Instant::now() < deadline =>
                {
                    std::thread::sleep(Duration::from_millis(20));
                }
                outcome => return outcome,
            }
        }
    }

    fn config(&self, topic: &str) -> Result<Option<ConfigResource>, Error> {
        // The mock broker does not know this question and would let it run into the timeout.
        if self
            .client
            .inner()
            .fetch_cluster_id(self.timeout)
            .is_some_and(|id| id.starts_with("mockCluster"))
        {
            return Ok(None);
        }
        let question = block_on(
            self.client.describe_configs([&ResourceSpecifier::Topic(topic)], &self.options()),
        );
        match question.map(|mut results| results.pop()) {
            Ok(Some(Ok(config))) => Ok(Some(config)),
            Ok(
                None
                | Some(Err(
                    Code::TopicAuthorizationFailed
                    | Code::ClusterAuthorizationFailed
                    | Code::UnsupportedFeature,
                )),
            ) => Ok(None),
            Ok(Some(Err(code))) => Err(Error::of_code(code, &self.doing(topic), &code.to_string())),
            Err(error) if code_of(&error) == Some(Code::UnsupportedFeature) => Ok(None),
            Err(error) => Err(Error::of(&error, &self.doing(topic))),
        }
    }

    fn doing(&self, topic: &str) -> String {
        format!("asking {} for topic {topic}", self.bootstrap)
    }

    fn options(&self) -> AdminOptions {
        AdminOptions::new()
            .request_timeout(Some(self.timeout))
            .operation_timeout(Some(self.timeout))
    }
}

/// Waits for a future that another thread completes; spares the callers an async runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
