//! librdkafka's properties, one function per kind of client. What is set here is set on purpose: the defaults would commit
//! offsets behind our back, reset silently, hash keys unlike Java, or lose and reorder records on a retry.

use crate::config::KafkaConfig;
use crate::error::Error;
use cartwheel_core::partitioner::Partitioner;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// How long a broker may hold an empty answer back, milliseconds.
pub(crate) const FETCH_WAIT_MS: i32 = 50;

/// Properties that may not be overridden: correctness rests on them.
const OURS: [&str; 24] = [
    "acks",
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "check.crcs",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "log.queue",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "request.required.acks",
    "retries",
    "test.mock.num.brokers",
    "transactional.id",
];

/// Builds every kind once, so that a wrong property is found before a thread starts.
pub(crate) fn check(config: &KafkaConfig) -> Result<(), Error> {
    for settings in
        [source(config)?, sends_producer(config)?, group_member(config)?, worker(config)?]
    {
        settings
            .create_native_config()
            .map_err(|error| Error::of(&error, "reading the properties"))?;
    }
    Ok(())
}

/// What all clients share: where, as whom, and how they recover.
pub(crate) fn common(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = ClientConfig::new();
    settings.set_log_level(RDKafkaLogLevel::Info);
    settings
        .set("bootstrap.servers", &config.bootstrap)
        .set("client.id", "cartwheel")
        .set("security.protocol", config.security_protocol.name())
        // A misspelt topic is an error, not a new topic. The default for producers is true.
        .set("allow.auto.create.topics", "false")
        // Off by default; feeds the metrics.
        .set("statistics.interval.ms", "15000")
        // After an outage, come back within two seconds rather than ten.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "2000")
        .set("socket.keepalive.enable", "true")
        // Brokers close idle connections; that is no news.
        .set("log.connection.close", "false");
    if let Some(mechanism) = config.sasl_mechanism {
        settings.set("sasl.mechanism", mechanism.name());
    }
    if let Some(username) = &config.username {
        settings.set("sasl.username", username);
    }
    if let Some(password) = config.password()? {
        settings.set("sasl.password", password);
    }
    for (name, path) in [
        ("ssl.ca.location", &config.ssl_ca_file),
        ("ssl.certificate.location", &config.ssl_certificate_file),
        ("ssl.key.location", &config.ssl_key_file),
    ] {
        if let Some(path) = path {
            settings.set(name, path.display().to_string());
        }
    }
    for (name, value) in &config.properties {
        if OURS.contains(&name.as_str()) {
            return Err(Error::Config(format!(
                "property {name} is Cartwheel's own and cannot be set"
            )));
        }
        settings.set(name, value);
    }
    Ok(settings)
}

/// Sets a property that `properties` in the configuration may tune.
fn tunable(settings: &mut ClientConfig, name: &str, value: &str) {
    if settings.get(name).is_none() {
        settings.set(name, value);
    }
}

/// What all consumers share.
fn consumer(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = common(config)?;
    settings
        // Positions are in the checkpoint; what is committed to the group is advice, written by us alone.
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // A missing offset is an error that a person must see. The default jumps to the end and loses what lies between.
        .set("auto.offset.reset", "error")
        // Bits flip on the way and on disk; checking costs nothing that can be seen. The default is false.
        .set("check.crcs", "true")
        // Records of aborted transactions of other producers are not events.
        .set("isolation.level", "read_committed");
    Ok(settings)
}

/// A consumer that reads partitions in batches, outside any group (`Source`, `Compacted`).
pub(crate) fn source(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = consumer(config)?;
    // An end-of-partition mark only moves our position over control records; it never tells the time.
    settings.set("enable.partition.eof", "true");
    // Measured: larger queues are slower. What is read must still be in the cache: with 100,000 messages and 32 MiB the engine under
    // load took an eighth more of processor time, and 100 MiB. And a full queue must not pause fetching for the default second.
    tunable(&mut settings, "fetch.message.max.bytes", "1048576");
    tunable(&mut settings, "queued.min.messages", "8000");
    tunable(&mut settings, "queued.max.messages.kbytes", "4096");
    tunable(&mut settings, "fetch.wait.max.ms", &FETCH_WAIT_MS.to_string());
    tunable(&mut settings, "fetch.queue.backoff.ms", "1");
    tunable(&mut settings, "fetch.error.backoff.ms", "100");
    Ok(settings)
}

/// A client that only asks for metadata and offsets. Its own connection: on the fetching one a request waits behind a long poll.
///
/// The end that it is told is that of all records, those of open transactions included: who has not read them has not caught up.
pub(crate) fn query(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = consumer(config)?;
    settings.set("isolation.level", "read_uncommitted");
    Ok(settings)
}

/// What all group consumers share. `member` is added to the static member's name, so that one process can be in several groups.
fn group(config: &KafkaConfig, group: &str) -> Result<ClientConfig, Error> {
    let mut settings = consumer(config)?;
    settings
        .set("group.id", group)
        // KIP-848 is not safe with slow polls before librdkafka 2.15.
        .set("group.protocol", "classic")
        // Only the partitions that move stop. The default stops all of them at every change.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", config.session_timeout_ms.to_string())
        // A member learns of a change by the answer to a heartbeat: the default of 3 s is what a hand-over would wait for.
        .set("heartbeat.interval.ms", (config.session_timeout_ms / 10).clamp(100, 500).to_string())
        .set("enable.partition.eof", "false");
    if let Some(member) = &config.member {
        settings.set("group.instance.id", member);
    }
    tunable(
        &mut settings,
        "max.poll.interval.ms",
        &config.session_timeout_ms.max(300_000).to_string(),
    );
    Ok(settings)
}

/// The member of the shards' group: it fetches nothing.
pub(crate) fn group_member(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = group(config, &config.group())?;
    settings.set("queued.min.messages", "1").set("queued.max.messages.kbytes", "1");
    Ok(settings)
}

/// The delivery workers' consumer of the sends topic.
pub(crate) fn worker(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = group(config, &config.delivery_group())?;
    tunable(&mut settings, "queued.min.messages", "10000");
    tunable(&mut settings, "queued.max.messages.kbytes", "16384");
    tunable(&mut settings, "fetch.wait.max.ms", "50");
    tunable(&mut settings, "fetch.queue.backoff.ms", "1");
    tunable(&mut settings, "fetch.error.backoff.ms", "100");
    Ok(settings)
}

/// librdkafka's name of it. Records without a key do not matter: ours have keys, or name their partition.
const fn partitioner(partitioner: Partitioner) -> &'static str {
    match partitioner {
        Partitioner::Murmur2 => "murmur2_random",
        Partitioner::Crc32 => "consistent_random",
        Partitioner::Fnv1a => "fnv1a_random",
    }
}

/// The appender of decisions.
pub(crate) fn sends_producer(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    let mut settings = common(config)?;
    settings
        // Retries neither duplicate nor reorder. The default is false.
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // Never give up: a record that times out is a gap that no reader passes. The default is five minutes.
        .set("message.timeout.ms", "0")
        // Keys land where those of the shop land. librdkafka's default hashes with CRC32.
        .set("partitioner", partitioner(config.partitioner))
        .set("linger.ms", config.linger_ms.to_string())
        .set("compression.type", config.compression.name())
        .set("message.max.bytes", config.message_max_bytes.to_string());
    // The bound of what is in flight; a full queue is back-pressure.
    tunable(&mut settings, "queue.buffering.max.messages", "200000");
    tunable(&mut settings, "queue.buffering.max.kbytes", "131072");
    Ok(settings)
}

/// The appender of single records (events, dead letters, suppressions, configurations, leader records): the same promise.
pub(crate) fn events_producer(config: &KafkaConfig) -> Result<ClientConfig, Error> {
    sends_producer(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks librdkafka itself, not our map: a property that it ignores would not show.
    fn assert_effective(settings: &ClientConfig, expected: &[(&str, &str)]) {
        let native = settings.create_native_config().unwrap();
        for (name, value) in expected {
            assert_eq!(native.get(name).unwrap(), *value, "{name}");
        }
    }

    const CONSUMER: [(&str, &str); 6] = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("check.crcs", "true"),
        ("isolation.level", "read_committed"),
        ("allow.auto.create.topics", "false"),
    ];

    #[test]
    fn a_source_fetches_as_measured() {
        let settings = source(&KafkaConfig::default()).unwrap();
        assert_effective(&settings, &CONSUMER);
        assert_effective(
            &settings,
            &[
                ("fetch.message.max.bytes", "1048576"),
                ("queued.min.messages", "8000"),
                ("queued.max.messages.kbytes", "4096"),
                ("fetch.wait.max.ms", "50"),
                ("fetch.queue.backoff.ms", "1"),
                ("enable.partition.eof", "true"),
                ("statistics.interval.ms", "15000"),
            ],
        );
    }

    #[test]
    fn group_consumers_are_cooperative_and_commit_nothing_by_themselves() {
        let config = KafkaConfig { member: Some("pod-0".to_owned()), ..KafkaConfig::default() };
        for (settings, group) in [
            (group_member(&config).unwrap(), "cartwheel-shop"),
            (worker(&config).unwrap(), "cartwheel-shop-delivery"),
        ] {
            assert_effective(&settings, &CONSUMER);
            assert_effective(
                &settings,
                &[
                    ("group.id", group),
                    ("group.protocol", "classic"),
                    ("partition.assignment.strategy", "cooperative-sticky"),
                    ("group.instance.id", "pod-0"),
                    ("session.timeout.ms", "45000"),
                ],
            );
        }
    }

    #[test]
    fn producers_are_idempotent_patient_and_hash_like_java() {
        for settings in [
            sends_producer(&KafkaConfig::default()).unwrap(),
            events_producer(&KafkaConfig::default()).unwrap(),
        ] {
            assert_effective(
                &settings,
                &[
                    ("enable.idempotence", "true"),
                    ("acks", "-1"),
                    ("message.timeout.ms", "0"),
                    ("partitioner", "murmur2_random"),
                    ("compression.type", "lz4"),
                    ("linger.ms", "1"),
                    ("allow.auto.create.topics", "false"),
                ],
            );
        }
    }

    #[test]
    fn a_property_tunes_but_does_not_break() {
        let mut config = KafkaConfig::default();
        config.properties.insert("fetch.wait.max.ms".to_owned(), "7".to_owned());
        assert_effective(&source(&config).unwrap(), &[("fetch.wait.max.ms", "7")]);
        for (name, value) in [
            ("fetch.wait.max.ms", "hunter2"),
            ("no.such.thing", "hunter2"),
            ("security.protocol", "hunter2"),
        ] {
            let mut config = KafkaConfig::default();
            config.properties.insert(name.to_owned(), value.to_owned());
            let said = check(&config).unwrap_err().to_string();
            assert!(said.contains(name) && !said.contains(value), "{said}");
        }
        config.properties.insert("auto.offset.reset".to_owned(), "latest".to_owned());
        assert!(matches!(source(&config), Err(Error::Config(_))));
    }
}
