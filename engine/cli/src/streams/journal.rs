//! What the journal of a stream has, read without a writer.

use super::topics;
use crate::failure::Failure;
use crate::settings::Loaded;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Error, KafkaConfig, Offsets, RecordRef};
use cartwheel_streams::{Journaled, Stream};
use std::sync::Arc;
use std::time::Duration;

/// A broker that is there answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);

/// An entry of the journal.
pub struct Written {
    /// As of when it is.
    pub time: Millis,
    /// What it says, as it is written.
    pub content: String,
}

/// The first entry of the journal whose content is such; none also where there is no journal. Writes nothing.
///
/// # Errors
/// What Kafka says.
pub fn find(
    loaded: &Loaded,
    stream: Stream,
    is: impl Fn(&str) -> bool,
) -> Result<Option<Written>, Failure> {
    let kafka = &loaded.settings.kafka;
    let patience = duration(loaded.settings.engine.start_timeout).min(PATIENCE);
    let found = || {
        let offsets = Arc::new(Offsets::new(kafka)?);
        let range = offsets.range(&kafka.topics().streams, stream.partition(), patience)?;
        first(kafka, &offsets, (stream, range), patience, is)
    };
    match found() {
        Err(Error::NoTopic { .. }) => Ok(None),
        outcome => outcome.map_err(|error| refusal::kafka(&error, loaded)),
    }
}

/// The first entry whose content is such, in this range of offsets of the stream's journal.
pub(super) fn first(
    kafka: &KafkaConfig,
    offsets: &Arc<Offsets>,
    (stream, range): (Stream, (i64, i64)),
    patience: Duration,
    is: impl Fn(&str) -> bool,
) -> Result<Option<Written>, Error> {
    let mut found = None;
    each(kafka, offsets, (stream, range), patience, |time, content| {
        if found.is_none() && is(content) {
            found = Some(Written { time, content: content.to_owned() });
        }
    })?;
    Ok(found)
}

/// Hands time and content of each entry in this range of offsets to `take`.
pub(super) fn each(
    kafka: &KafkaConfig,
    offsets: &Arc<Offsets>,
    (stream, range): (Stream, (i64, i64)),
    patience: Duration,
    mut take: impl FnMut(Millis, &str),
) -> Result<(), Error> {
    topics::each(kafka, offsets, stream, range, patience, |record: RecordRef<'_>| {
        let value = record.value().unwrap_or_default();
        if let Some(Journaled::Entry(entry)) = Journaled::read(stream, value) {
            take(entry.time(), entry.content());
        }
    })
}
