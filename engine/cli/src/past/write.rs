//! Writes the events of a history to the partitions of their customers.

use super::facts::Facts;
use super::record::Records;
use super::seen::History;
use super::select::Chosen;
use crate::failure::Failure;
use crate::settings::Loaded;
use crate::wire::append::Patience;
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_kafka::{Admin, Appender, Error};
use std::time::{Duration, Instant};

/// A broker that is there answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two lines that say how far it is.
const PROGRESS: Duration = Duration::from_secs(5);
/// Stretches a second where there is a rate.
const PACE: u64 = 4;
/// Reports are collected, and an interrupt is looked for, after so many events.
const LOOK: u64 = 1_000;
/// How what is cut off goes on.
const GOES_ON: (&str, &str) = (
    "the same command again finishes",
    "run the same command again, with the same files: shards have each event once, and what is missing comes then",
);

/// A writer of one history.
pub struct Writer<'l> {
    loaded: &'l Loaded,
    patience: Patience<'l>,
    appender: Appender,
    records: Records,
    partitioner: Partitioner,
    /// The last number of each partition.
    last: Vec<u64>,
    rate: Option<u32>,
    written: u64,
    number: u64,
    told: Instant,
}

impl<'l> Writer<'l> {
    /// Of the history of this name, which has `number` events; at most `rate` of them a second. Errors: the events topic is not there, or Kafka does not answer.
    pub fn open(
        loaded: &'l Loaded,
        (name, facts): (&str, &Facts),
        number: u64,
        rate: Option<u32>,
    ) -> Result<Self, Failure> {
        let kafka = &loaded.settings.kafka;
        let patience = duration(loaded.settings.engine.start_timeout).min(PATIENCE);
        eprintln!("connecting to {} (at most {} s)", kafka.bootstrap, patience.as_secs().max(1));
        let refused = |error: Error| refusal::kafka(&error, loaded);
        let topic = kafka.topics().events;
        let admin = Admin::new(kafka, patience).map_err(refused)?;
        let partitions = admin.describe(&topic).map_err(refused)?.partitions;
        Ok(Self {
            loaded,
            patience: Patience::new(loaded, GOES_ON)?,
            appender: Appender::open(kafka, &topic).map_err(refused)?,
            records: Records::new(name, facts),
            partitioner: kafka.partitioner,
            last: vec![0; usize::try_from(partitions).unwrap_or(0)],
            rate,
            written: 0,
            number,
            told: Instant::now(),
        })
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.last.len()
    }

    /// Keeps what is remembered of the history of this name, before its first event is written. Errors: what Kafka says, an interrupt.
    pub fn remember(&self, name: &str, history: &History) -> Result<(), Failure> {
        let kafka = &self.loaded.settings.kafka;
        let topic = Appender::open(kafka, &kafka.topics().streams_copied);
        let topic = topic.map_err(|error| self.patience.refused(&error))?;
        self.patience.send(&topic, 0, name.as_bytes(), &history.value())?;
        self.patience.acknowledged(&topic)
    }

    /// The next event of the history. Errors: what Kafka says, an interrupt.
    pub fn write(&mut self, event: &Chosen<'_>) -> Result<(), Failure> {
        let key = event.customer.as_bytes();
        let partitions = i32::try_from(self.last.len()).unwrap_or(i32::MAX);
        let partition = self.partitioner.partition_of(key, partitions);
        let place = usize::try_from(partition).ok();
        let Some(last) = place.and_then(|place| self.last.get_mut(place)) else { return Ok(()) };
        *last += 1;
        let value = self.records.record(*last, event.text);
        self.patience.send(&self.appender, partition, key, &value)?;
        self.written += 1;
        self.pause()
    }

    /// Waits until the broker has all of it. Errors: what Kafka says, an interrupt.
    pub fn finish(&self) -> Result<(), Failure> {
        self.patience.acknowledged(&self.appender)
    }

    fn pause(&mut self) -> Result<(), Failure> {
        if let Some(rate) = self.rate {
            let stretch = (u64::from(rate) / PACE).max(1);
            if self.written.is_multiple_of(stretch) {
                self.finish()?;
                self.patience.going_on()?;
                std::thread::sleep(Duration::from_secs_f64(stretch as f64 / f64::from(rate)));
            }
        }
        if self.written.is_multiple_of(LOOK) {
            self.patience.going_on()?;
            self.appender.poll(Duration::ZERO).map_err(|error| self.patience.refused(&error))?;
            if self.told.elapsed() >= PROGRESS {
                self.told = Instant::now();
                let (written, number) = (self.written, self.number);
                eprintln!("{written} of {number} events ({} %)", written * 100 / number.max(1));
            }
        }
        Ok(())
    }
}
