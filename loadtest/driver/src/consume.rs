//! The two rows that show what the consumer alone can do, with the engine's own consumer settings and batch size.

use crate::Error;
use crate::elsewhere;
use crate::process::Process;
use crate::report::Row;
use crate::setup::Setup;
use cartwheel_core::event::{self, Event, Record, read_fields};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::value::Value;
use cartwheel_kafka::{Batch, Offsets, RecordRef, Source, Start};
use std::ffi::OsStr;
use std::hint::black_box;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Records in a batch: the engine's default.
const BATCH: usize = 8_192;
/// How long the broker may take to answer a question.
const ASK: Duration = Duration::from_secs(10);
/// How long a reader waits for a record before it looks at the end again.
const WAIT: Duration = Duration::from_millis(100);

/// Runs [`consume`] in a process of its own: its figures are not mixed with those of the driver.
pub fn consume_elsewhere(setup: &Setup, decode: bool) -> Result<Row, Error> {
    let mut words = vec![OsStr::new("consume"), OsStr::new("--setup"), setup.dir.as_os_str()];
    if decode {
        words.push(OsStr::new("--decode"));
    }
    elsewhere::answer("a consumer", &words)
}

/// Reads the events topic from its beginning to its present end, a thread and consumer a partition. Time and CPU count from the
/// first batch; CPU is that of the whole process, librdkafka's threads included.
pub fn consume(setup: &Setup, decode: bool) -> Result<Row, Error> {
    let topic = setup.kafka.topics().events;
    let offsets = Arc::new(Offsets::new(&setup.kafka)?);
    let partitions = offsets.partitions(&topic, ASK)?;
    let first = OnceLock::new();
    let reader =
        |partition| Reader { setup, topic: &topic, offsets: &offsets, partition, first: &first };
    let read = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..partitions)
            .map(|partition| scope.spawn(move || reader(partition).read(decode)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let (began, cpu_before) =
        first.into_inner().ok_or_else(|| Error::Config(format!("{topic} is empty")))?;
    let cpu = Process::Own.cpu_seconds()? - cpu_before;
    let end = read.iter().map(|read| read.at).max().unwrap_or(began);
    let name = if decode { "consume and decode" } else { "consume and discard" };
    Ok(Row {
        name: name.into(),
        events: read.iter().map(|read| read.records).sum(),
        seconds: (end - began).as_secs_f64(),
        cpu_seconds: cpu,
        peak_rss: Process::Own.peak_rss()?,
        written: Some(Process::Own.written()?),
        lag: read.iter().map(|read| read.lag).sum(),
    })
}

/// What one reader read.
struct Read {
    records: u64,
    lag: u64,
    at: Instant,
}

struct Reader<'a> {
    setup: &'a Setup,
    topic: &'a str,
    offsets: &'a Arc<Offsets>,
    partition: i32,
    /// When any reader had its first batch, and the process's CPU seconds then.
    first: &'a OnceLock<(Instant, f64)>,
}

impl Reader<'_> {
    fn read(&self, decode: bool) -> Result<Read, Error> {
        let mut decoder = decode.then(|| Decoder::new(&self.setup.plan));
        let end = self.offsets.end(self.topic, self.partition, ASK)?;
        let mut source = Source::open_with(
            &self.setup.kafka,
            Arc::clone(self.offsets),
            self.topic,
            self.partition,
            Start::Beginning,
        )?;
        let mut batch = Batch::new(BATCH);
        let (mut records, mut bytes) = (0, 0);
        while source.position() < end {
            match source.poll(&mut batch, WAIT) {
                Err(error) if !error.is_transient() => return Err(error.into()),
                _ => {}
            }
            if self.first.get().is_none() && !batch.is_empty() {
                let now = (Instant::now(), Process::Own.cpu_seconds()?);
                self.first.get_or_init(|| now);
            }
            records += batch.len() as u64;
            for record in batch.iter() {
                bytes += record.value().map_or(0, <[u8]>::len);
                if let Some(decoder) = &mut decoder {
                    decoder.take(record);
                }
            }
        }
        black_box(bytes);
        let at = Instant::now();
        let lag = self.offsets.end(self.topic, self.partition, ASK)? - source.position();
        Ok(Read { records, lag: u64::try_from(lag).unwrap_or(0), at })
    }
}

/// Decodes as the shard does, and reads the fields that journeys want.
pub struct Decoder<'a> {
    plan: &'a Plan,
    decoder: event::Decoder,
    values: Vec<Value>,
}

impl<'a> Decoder<'a> {
    /// A decoder for the journeys of this plan.
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            decoder: event::Decoder::default(),
            values: vec![Value::Null; plan.fields.len()],
        }
    }

    fn take(&mut self, record: RecordRef<'_>) {
        let value = record.value().unwrap_or_default();
        self.decode(&Record {
            offset: record.offset(),
            time: record.timestamp_ms(),
            key: None,
            value,
        });
    }

    /// Decodes one record; one that cannot be decoded is passed over.
    pub fn decode(&mut self, record: &Record<'_>) {
        let mut event = Event::default();
        if self.decoder.decode(record.value, record.time, &self.plan.policy, &mut event).is_err() {
            return;
        }
        if let Some(interest) = self.plan.events.get(event.kind.as_ref()) {
            read_fields(&event, &self.plan.fields, &interest.fields, &mut self.values);
        }
        black_box((&event, &self.values));
    }
}
