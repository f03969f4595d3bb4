//! What the topics must be like, looked at once before anything starts.

use super::options::EngineOptions;
use cartwheel_core::command;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Admin, Error, TopicFacts, TopicSpec, Topics};
use std::time::Duration;

/// What the largest record of the sends topic can take, bytes.
const NEEDED_BYTES: usize = command::MAX_BYTES + command::OVERHEAD;

/// Why an engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The broker cannot be reached, a topic is missing, or credentials are refused.
    #[error(transparent)]
    Kafka(#[from] Error),
    /// A topic is not as it must be.
    #[error("topic {topic}: {problem}")]
    Topic {
        /// The topic.
        topic: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The data directory cannot be written.
    #[error("data directory {path} cannot be used: {error}")]
    DataDir {
        /// Where.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// Another process has the data directory. Its lock is never broken.
    #[error(
        "data directory {path} is in use by another process; wait for its end, or give this one a directory of its own"
    )]
    DataDirInUse {
        /// Where.
        path: String,
    },
    /// The bundle is not what the plan was compiled from.
    #[error("the configuration's text does not give the plan: {0}")]
    Bundle(String),
    /// A thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// What the engine takes from the topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Partitions of events and sends.
    pub partitions: i32,
    /// The shorter retention of the two, ms; none if unlimited or unknown.
    pub retention_ms: Option<i64>,
    /// Retention of the sends topic.
    pub sends_retention_ms: Option<i64>,
}

/// Makes missing topics if allowed and checks them all.
pub(super) fn check(options: &EngineOptions) -> Result<Layout, EngineError> {
    let admin =
        Admin::new(&options.kafka, options.settings.start_timeout.max(Duration::from_secs(1)))?;
    let create = options.create_topics;
    let (partitions, replication) = match create {
        Some(create) => {
            (partitions(&admin, &options.kafka.topics(), create.partitions)?, create.replication)
        }
        None => (1, 1), // nothing is made
    };
    let mut specs = TopicSpec::all(
        &options.kafka,
        partitions,
        replication,
        create.and_then(|create| create.retention_ms),
    );
    let [events, ..] = &mut specs;
    events.log_append_time = create.is_some_and(|create| create.log_append_time);
    let [events, sends, dlq, suppressions, configs] =
        <[TopicFacts; 5]>::try_from(admin.ensure(&specs, create.is_some())?).map_err(|facts| {
            problem(
                &options.kafka.namespace,
                format!("{} topics were described instead of 5", facts.len()),
            )
        })?;
    judge(&events, &sends, &[&suppressions, &configs], NEEDED_BYTES)?;
    let own = options.kafka.message_max_bytes;
    if usize::try_from(own).is_ok_and(|own| own < NEEDED_BYTES) {
        return Err(problem(
            &sends.name,
            format!("kafka.message_max_bytes is {own}; a command can need {NEEDED_BYTES}"),
        ));
    }
    let weak =
        [&events, &sends, &dlq, &suppressions, &configs].into_iter().flat_map(TopicFacts::warnings);
    for warning in weak.chain(believes_producers(&events, options.settings.shard.max_clock_ahead)) {
        tracing::warn!("{warning}");
    }
    let finite = |facts: &TopicFacts| facts.retention_ms.filter(|millis| *millis >= 0);
    Ok(Layout {
        partitions: events.partitions,
        retention_ms: finite(&events).into_iter().chain(finite(&sends)).min(),
        sends_retention_ms: finite(&sends),
    })
}

/// What a warning says where the topic takes whatever time a producer writes: up to the limit it counts as 5 s ahead, above it the record is a dead letter.
fn believes_producers(events: &TopicFacts, limit: Millis) -> Option<String> {
    let bounded = events.timestamp_after_max_ms.is_some_and(|most| most <= limit);
    if events.log_append_time != Some(false) || bounded {
        return None;
    }
    Some(format!(
        "topic {} takes its producers' times (message.timestamp.type=CreateTime) however far ahead they are: events of a producer whose clock is wrong become dead letters; \
         set message.timestamp.type=LogAppendTime, or message.timestamp.after.max.ms to at most {limit}",
        events.name
    ))
}

/// Partitions of the logs that are missing: as many as the one has that is there. A broker makes an events topic by itself, with its
/// own number, when a producer is faster than we are; else `wanted`.
fn partitions(admin: &Admin, topics: &Topics, wanted: i32) -> Result<i32, EngineError> {
    for topic in [&topics.events, &topics.sends] {
        match admin.describe(topic) {
            Ok(facts) => {
                if facts.partitions != wanted {
                    tracing::info!(
                        topic,
                        partitions = facts.partitions,
                        wanted,
                        "the topic is there already: its number of shards holds"
                    );
                }
                return Ok(facts.partitions);
            }
            Err(Error::NoTopic { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(wanted)
}

fn problem(topic: &str, problem: impl Into<String>) -> EngineError {
    EngineError::Topic { topic: topic.to_owned(), problem: problem.into() }
}

fn judge(
    events: &TopicFacts,
    sends: &TopicFacts,
    compacted: &[&TopicFacts],
    needed: usize,
) -> Result<(), EngineError> {
    if events.partitions != sends.partitions {
        let says = format!(
            "has {} partitions and {} has {}; a shard needs the same number on both (where nothing was decided yet, delete {} and start again)",
            sends.partitions, events.name, events.partitions, sends.name
        );
        return Err(problem(&sends.name, says));
    }
    if let Some(limit) =
        sends.max_message_bytes.filter(|limit| usize::try_from(*limit).unwrap_or(0) < needed)
    {
        let says = format!("max.message.bytes is {limit}; a command can need {needed}: raise it");
        return Err(problem(&sends.name, says));
    }
    for log in [events, sends] {
        if log.compacted == Some(true) {
            return Err(problem(
                &log.name,
                "is compacted; a log must keep every record (cleanup.policy=delete)",
            ));
        }
    }
    for view in compacted {
        if view.compacted == Some(false) {
            return Err(problem(
                &view.name,
                "is not compacted: retention would delete what is still in force (cleanup.policy=compact)",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, partitions: i32, compacted: bool) -> TopicFacts {
        TopicFacts {
            name: name.into(),
            partitions,
            replication: 3,
            leaderless: 0,
            max_message_bytes: Some(1_048_588),
            retention_ms: Some(1),
            compacted: Some(compacted),
            log_append_time: None,
            timestamp_after_max_ms: None,
            min_insync: Some(2),
            unclean_election: Some(false),
        }
    }

    #[test]
    fn a_topic_that_believes_its_producers_is_warned_about() {
        let limit = 3_600_000;
        for (rule, log_append_time, timestamp_after_max_ms, warns) in [
            ("the broker's time", Some(true), None, false),
            ("any time", Some(false), None, true),
            ("any time, said so", Some(false), Some(i64::MAX), true),
            ("times that the broker bounds", Some(false), Some(limit), false),
            ("bounds that are wider than ours", Some(false), Some(limit + 1), true),
            ("a broker that does not tell", None, None, false),
        ] {
            let events =
                TopicFacts { log_append_time, timestamp_after_max_ms, ..facts("e", 1, false) };
            assert_eq!(believes_producers(&events, limit).is_some(), warns, "{rule}");
        }
    }

    #[test]
    fn the_topics_must_fit_each_other() {
        let (events, sends, configs) =
            (facts("e", 4, false), facts("s", 4, false), facts("c", 1, true));
        judge(&events, &sends, &[&configs], 1_000).unwrap();
        let says = |outcome: Result<(), EngineError>| outcome.unwrap_err().to_string();
        assert!(
            says(judge(&events, &facts("s", 3, false), &[&configs], 1_000))
                .contains("3 partitions")
        );
        assert!(says(judge(&events, &sends, &[&configs], 2_000_000)).contains("max.message.bytes"));
        assert!(
            says(judge(&events, &facts("s", 4, true), &[&configs], 1_000))
                .contains("topic s: is compacted")
        );
        assert!(
            says(judge(&events, &sends, &[&facts("c", 1, false)], 1_000)).contains("not compacted")
        );
    }
}
