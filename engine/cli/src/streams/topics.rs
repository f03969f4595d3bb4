//! The topics that a writer needs, and what it knows of its stream before it reads the journal.

use crate::failure::Failure;
use crate::partition;
use crate::settings::Loaded;
use crate::wire::refusal;
use cartwheel_core::time::{DAY, Millis};
use cartwheel_kafka::{
    Admin, Compacted, Error, KafkaConfig, Offsets, RecordRef, Source, Start, TopicSpec,
};
use cartwheel_streams::plan::Known;
use cartwheel_streams::{Marker, Stream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// How long the journal keeps a record: whoever was cut off is finished before, and so long an id of a broadcast is known.
const RETENTION: Millis = 30 * DAY;

/// How many partitions the events topic has. Makes the streams' own topics if they are missing and `engine.create_topics` says so.
pub fn check(loaded: &Loaded, patience: Duration) -> Result<i32, Failure> {
    let (kafka, engine) = (&loaded.settings.kafka, &loaded.settings.engine);
    let names = kafka.topics();
    let refused = |error: Error| missing(&error, loaded);
    let admin = Admin::new(kafka, patience).map_err(refused)?;
    let events = admin.describe(&names.events).map_err(refused)?;
    let needed = i32::try_from(Stream::ALL.len()).unwrap_or(i32::MAX);
    let specs = TopicSpec::streams(kafka, needed, engine.replication.into(), RETENTION);
    let facts = admin.ensure(&specs, engine.create_topics).map_err(refused)?;
    for topic in &facts {
        let compacted = topic.name == names.streams_copied;
        let (least, most) = if compacted { (1, 1) } else { (needed, i32::MAX) };
        if !(least..=most).contains(&topic.partitions) {
            let message = format!(
                "topic {} has {} partition(s) and needs {least}",
                topic.name, topic.partitions
            );
            return Err(wrong(loaded, message, &creation(&topic.name, kafka)));
        }
        if topic.compacted.is_some_and(|is| is != compacted) {
            let (is, needs) = if compacted { ("delete", "compact") } else { ("compact", "delete") };
            let message = format!("topic {} has cleanup.policy={is} and needs {needs}", topic.name);
            let help = format!(
                "kafka-configs.sh --alter --topic {} --add-config cleanup.policy={needs}",
                topic.name
            );
            return Err(wrong(loaded, message, &help));
        }
    }
    Ok(events.partitions)
}

fn wrong(loaded: &Loaded, message: String, help: &str) -> Failure {
    Failure::config(loaded.fault(&["kafka", "namespace"], message, Some(help.into())))
}

/// How a person makes one of the streams' topics.
fn creation(topic: &str, kafka: &KafkaConfig) -> String {
    let config = if topic == kafka.topics().streams {
        format!("--partitions {} --config retention.ms={RETENTION}", Stream::ALL.len())
    } else {
        "--partitions 1 --config cleanup.policy=compact".to_owned()
    };
    format!(
        "kafka-topics.sh --bootstrap-server {} --create --topic {topic} {config}",
        kafka.bootstrap
    )
}

/// `run` makes the engine's topics; ours are made here.
fn missing(error: &Error, loaded: &Loaded) -> Failure {
    let kafka = &loaded.settings.kafka;
    let names = kafka.topics();
    match error {
        Error::NoTopic { topic, bootstrap }
            if *topic == names.streams || *topic == names.streams_copied =>
        {
            let help = format!(
                "make it ({}), or let this command make it: --set engine.create_topics=true",
                creation(topic, kafka)
            );
            wrong(loaded, format!("topic {topic} does not exist on {bootstrap}"), &help)
        }
        _ => refusal::kafka(error, loaded),
    }
}

/// What is known of a stream now.
///
/// The marker is read first: what it says is in the journal then, unless the journal was cut.
pub fn known(
    loaded: &Loaded,
    offsets: &Arc<Offsets>,
    stream: Stream,
    partitions: i32,
    patience: Duration,
) -> Result<Known, Failure> {
    let kafka = &loaded.settings.kafka;
    let names = kafka.topics();
    let refused = |error: Error| refusal::kafka(&error, loaded);
    let mut all = Compacted::read_all(kafka, &names.streams_copied, patience).map_err(refused)?;
    let marker = match all.remove(stream.name().as_bytes()) {
        None => None,
        Some(value) => Some(Marker::read(&value).ok_or_else(|| {
            let message = format!(
                "the newest record of {} with the key {} is no marker",
                names.streams_copied,
                stream.name()
            );
            wrong(loaded, message, "if a later version of cartwheel has written it, use that one")
        })?),
    };
    let journal = offsets.range(&names.streams, stream.partition(), patience).map_err(refused)?;
    let at = marker.as_ref().map(|marker| marker.opened);
    let opened = match at.filter(|at| (journal.0..journal.1).contains(at)) {
        Some(at) => record(kafka, offsets, stream, at, patience).map_err(refused)?,
        None => None,
    };
    Ok(Known { stream, journal: journal.0..journal.1, marker, opened, partitions })
}

/// The value of the journal's record at an offset; none if there is no record.
fn record(
    kafka: &KafkaConfig,
    offsets: &Arc<Offsets>,
    stream: Stream,
    offset: i64,
    patience: Duration,
) -> Result<Option<Vec<u8>>, Error> {
    let mut found = None;
    each(kafka, offsets, stream, (offset, offset + 1), patience, |record| {
        found = record.value().map(<[u8]>::to_vec);
    })?;
    Ok(found)
}

/// Hands each record of a range of the stream's journal to `take`.
pub fn each(
    kafka: &KafkaConfig,
    offsets: &Arc<Offsets>,
    stream: Stream,
    (start, end): (i64, i64),
    patience: Duration,
    mut take: impl FnMut(RecordRef<'_>),
) -> Result<(), Error> {
    if start >= end {
        return Ok(());
    }
    let (topic, from) = (kafka.topics().streams, Start::Offset(start));
    let source = Source::open_with(kafka, Arc::clone(offsets), &topic, stream.partition(), from)?;
    let _ = partition::read(source, end, patience, &mut |record: RecordRef<'_>| {
        take(record);
        ControlFlow::Continue(())
    })?;
    Ok(())
}
