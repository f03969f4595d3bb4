//! Writes an event back to where it came from.

use super::Letter;
use super::letter::Origin;
use cartwheel_delivery::dead::ATTEMPT;
use cartwheel_kafka::{Batch, Error, EventsProducer, KafkaConfig, Message, Source, Start};
use std::time::{Duration, Instant};

/// One poll waits so long.
const POLL: Duration = Duration::from_millis(500);

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replayed {
    /// It is in the events topic again.
    Written,
    /// It is a command that could not be delivered.
    Command,
    /// It is a copy of an event that was applied.
    Applied,
    /// It is not ours.
    Foreign,
    /// It was too large to be carried, and retention has passed the original.
    Gone,
    /// It is larger than kafka.message_max_bytes or the topic allows.
    TooLarge,
}

/// Writes the letter's record to the events topic: same key, same value (from its original place where the letter does not carry it),
/// the attempt raised by one. With `dry_run`, looks only whether it could.
pub async fn replay(
    kafka: &KafkaConfig,
    producer: &EventsProducer,
    letter: &Letter,
    patience: Duration,
    dry_run: bool,
) -> Result<Replayed, Error> {
    let topics = kafka.topics();
    let events = topics.events;
    if letter.applied {
        return Ok(Replayed::Applied);
    }
    let origin = match &letter.origin {
        Some(origin) if origin.topic == events => origin,
        Some(origin) if origin.topic == topics.sends => return Ok(Replayed::Command),
        _ => return Ok(Replayed::Foreign),
    };
    let fetched = match &letter.value {
        Some(_) => None,
        None => match fetch(kafka, origin, patience)? {
            Some(value) => Some(value),
            None => return Ok(Replayed::Gone),
        },
    };
    if dry_run {
        return Ok(Replayed::Written);
    }
    let attempt = letter.attempt.saturating_add(1).to_string();
    let message = Message {
        topic: &events,
        // Without a key it goes to where it was; with one, the key says the same.
        partition: letter.key.is_none().then_some(origin.partition),
        key: letter.key.as_deref(),
        value: letter.value.as_deref().or(fetched.as_deref()),
        headers: &[(ATTEMPT, attempt.as_bytes())],
        timestamp_ms: None,
    };
    match tokio::time::timeout(patience, producer.send(message)).await {
        Ok(Ok(_)) => Ok(Replayed::Written),
        Ok(Err(Error::TooLarge { .. })) => Ok(Replayed::TooLarge),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Transient {
            doing: format!("appending to {events}"),
            reason: "not acknowledged in time".into(),
        }),
    }
}

/// The value at a place of the log; none if it is no longer there.
fn fetch(
    kafka: &KafkaConfig,
    origin: &Origin,
    patience: Duration,
) -> Result<Option<Vec<u8>>, Error> {
    let mut source =
        Source::open(kafka, &origin.topic, origin.partition, Start::Offset(origin.offset))?;
    let (mut batch, began) = (Batch::new(1), Instant::now());
    loop {
        match source.poll(&mut batch, POLL) {
            Ok(()) => {}
            Err(Error::OffsetOutOfRange { .. }) => return Ok(None),
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error),
        }
        if let Some(record) = batch.iter().next() {
            return Ok(record
                .value()
                .filter(|_| record.offset() == origin.offset)
                .map(<[u8]>::to_vec));
        }
        if began.elapsed() >= patience {
            let doing = format!(
                "reading {}/{} at offset {}",
                origin.topic, origin.partition, origin.offset
            );
            return Err(Error::Transient { doing, reason: "the broker sends nothing".into() });
        }
    }
}
