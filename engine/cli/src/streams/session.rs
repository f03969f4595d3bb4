//! A writer of one stream: journal first, then every partition, then the marker.

use super::journal::{self, Written};
use super::topics;
use crate::failure::{Failure, Fault, count};
use crate::flags::AgainFlags;
use crate::settings::Loaded;
use crate::wire::append::{POLL, Patience};
use crate::wire::engine::duration;
use crate::wire::refusal;
use cartwheel_core::time::Millis;
use cartwheel_kafka::{Appender, Batch, Error, Offsets, Source, Start, Topics};
use cartwheel_runtime::clock::{Clock, SystemClock};
use cartwheel_streams::plan::{Known, Refused, opening};
use cartwheel_streams::{Epoch, Follower, Marker, Step, Stream, Unreadable};
use serde_json::{Value, json};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// A broker that is there answers sooner.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Records at once.
const CHUNK: usize = 5_000;
/// Chunks a second where there is a rate.
const PACE: u32 = 4;
/// How what is cut off goes on.
const GOES_ON: (&str, &str) = (
    "--resume finishes",
    "what is in the journal is finished by the next command of this stream, or by --resume; run this one again for the rest",
);

/// A writer of one stream, at the end of the journal: everything before is in every partition.
pub struct Session<'l> {
    loaded: &'l Loaded,
    patience: Patience<'l>,
    topics: Topics,
    offsets: Arc<Offsets>,
    known: Known,
    follower: Follower,
    source: Source,
    batch: Batch,
    journal: Appender,
    events: Appender,
    copied: Appender,
    marked: Option<Marker>,
    rate: Option<u32>,
    /// Copied since the last marker.
    unmarked: usize,
    /// Records that others had left, or that were copied again.
    finished: u64,
    /// What cannot be read is left out, up to the journal's end, because the stream begins anew there.
    leave_out: bool,
}

impl<'l> Session<'l> {
    /// The partitions to which everything is written.
    pub fn partitions(&self) -> usize {
        usize::try_from(self.known.partitions).unwrap_or(0)
    }

    /// Looks at the topics, finishes what the journal has, and opens an epoch where none is in force or `again` asks for it. At most `rate` records a second.
    ///
    /// # Errors
    /// What Kafka says, a stream that cannot go on, an interrupt.
    pub fn open(
        loaded: &'l Loaded,
        stream: Stream,
        again: AgainFlags,
        rate: Option<u32>,
    ) -> Result<Self, Failure> {
        let waits = Patience::new(loaded, GOES_ON)?;
        let kafka = &loaded.settings.kafka;
        let patience = duration(loaded.settings.engine.start_timeout).min(PATIENCE);
        eprintln!("connecting to {} (at most {} s)", kafka.bootstrap, patience.as_secs().max(1));
        let refused = |error: Error| refusal::kafka(&error, loaded);
        let partitions = topics::check(loaded, patience)?;
        let offsets = Arc::new(Offsets::new(kafka).map_err(refused)?);
        let known = topics::known(loaded, &offsets, stream, partitions, patience)?;
        let follower = match known.begin(again.from) {
            Ok(follower) => follower,
            Err(reason) if again.anew => {
                eprintln!("{} begins anew: {reason}", stream.name());
                known.anew()
            }
            Err(reason) => return Err(cannot_go_on(&reason, stream)),
        };
        let names = kafka.topics();
        let start = Start::Offset(follower.next());
        let source = Source::open_with(
            kafka,
            Arc::clone(&offsets),
            &names.streams,
            stream.partition(),
            start,
        );
        let mut session = Self {
            loaded,
            patience: waits,
            offsets,
            marked: known.valid().cloned(),
            follower,
            source: source.map_err(refused)?,
            batch: Batch::new(chunk(rate)),
            journal: Appender::open(kafka, &names.streams).map_err(refused)?,
            events: Appender::open(kafka, &names.events).map_err(refused)?,
            copied: Appender::open(kafka, &names.streams_copied).map_err(refused)?,
            topics: names,
            known,
            rate,
            unmarked: 0,
            finished: 0,
            leave_out: again.anew,
        };
        session.catch_up(again.anew)?;
        Ok(session)
    }

    /// Finishes what is there, then opens an epoch if it must.
    fn catch_up(&mut self, anew: bool) -> Result<(), Failure> {
        self.follow(self.known.journal.end)?;
        let must_open = match self.known.must_open(&self.follower) {
            Err(reason) if !anew => return Err(cannot_go_on(&reason, self.follower.stream())),
            Err(reason) => {
                self.say_anew(&reason);
                true
            }
            Ok(must) => must,
        };
        if must_open || anew {
            let nonce = RandomState::new().hash_one(std::process::id()) as u32;
            let epoch = Epoch::begin(now(), nonce, self.known.before(&self.follower));
            self.leave_out = false;
            self.write(&[opening(&self.follower, epoch).value()])?;
        }
        Ok(())
    }

    /// How many entries are best written at once: so many are written again at most after somebody was cut off.
    pub fn chunk(&self) -> usize {
        chunk(self.rate)
    }

    /// Appends these entries to the journal and copies them to every partition. The sequence of the last.
    ///
    /// # Errors
    /// What Kafka says, an interrupt. What is in the journal then is finished by the next writer.
    pub fn write(&mut self, entries: &[Vec<u8>]) -> Result<u64, Failure> {
        let partition = self.follower.stream().partition();
        for value in entries {
            self.enqueue(|own| &own.journal, partition, b"", value)?;
        }
        self.acknowledged(|own| &own.journal)?;
        let end = self.journal.acknowledged().map_or(self.follower.next(), |last| last + 1);
        self.follow(end)
    }

    /// Copies what the journal has before `end`, and what has come behind it meanwhile. The sequence of the last record before `end`.
    fn follow(&mut self, end: i64) -> Result<u64, Failure> {
        let (mut last, size) = (self.follower.sequence(), self.chunk());
        while self.source.position() < end {
            self.going_on()?;
            match self.source.poll(&mut self.batch, POLL) {
                Ok(()) => {}
                Err(error) if error.is_transient() => continue,
                Err(error) => return Err(self.refused(&error)),
            }
            let batch = std::mem::replace(&mut self.batch, Batch::new(size));
            for record in batch.iter() {
                self.take(record.offset(), record.value().unwrap_or_default())?;
                if record.offset() < end {
                    last = self.follower.sequence();
                }
            }
            if self.unmarked >= size {
                self.mark()?;
            }
        }
        self.follower.pass(self.source.position());
        self.mark()?;
        Ok(last)
    }

    fn take(&mut self, offset: i64, value: &[u8]) -> Result<(), Failure> {
        let step = match self.follower.take(offset, value) {
            Ok(step) => step,
            Err(error) if self.leave_out => {
                self.say_anew(&error);
                self.follower.skip_to(self.known.journal.end);
                return Ok(());
            }
            Err(error) => return Err(self.unreadable(&error)),
        };
        let Step::Copy { value, .. } = step else { return Ok(()) };
        for partition in 0..self.known.partitions {
            self.enqueue(|own| &own.events, partition, b"", &value)?;
        }
        self.unmarked += 1;
        self.finished += u64::from(offset < self.known.journal.end);
        Ok(())
    }

    fn unreadable(&self, error: &Unreadable) -> Failure {
        let place = format!("{}/{}", self.topics.streams, self.follower.stream().partition());
        let help = "if a later version of cartwheel has written it, use that one; else begin the stream anew with --anew, which leaves out what follows that record";
        Failure::config(Fault::new(format!("{place}: {error}"), Some(help.into())))
    }

    fn say_anew(&self, reason: &dyn std::fmt::Display) {
        eprintln!("{} begins anew: {reason}", self.follower.stream().name());
    }

    /// Once every partition has acknowledged what was copied, the marker says so.
    fn mark(&mut self) -> Result<(), Failure> {
        self.acknowledged(|own| &own.events)?;
        let marker = self.follower.marker(self.known.partitions);
        if let Some(marker) = marker
            .filter(|marker| self.marked.as_ref().is_none_or(|marked| goes_on(marked, marker)))
        {
            let key = self.follower.stream().name().as_bytes();
            self.enqueue(|own| &own.copied, 0, key, &marker.value())?;
            self.acknowledged(|own| &own.copied)?;
            self.marked = Some(marker);
        }
        if let Some(rate) = self.rate.filter(|_| self.unmarked > 0) {
            std::thread::sleep(Duration::from_secs_f64(self.unmarked as f64 / f64::from(rate)));
        }
        self.unmarked = 0;
        Ok(())
    }

    fn enqueue(
        &self,
        appender: impl Fn(&Self) -> &Appender,
        partition: i32,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Failure> {
        self.patience.send(appender(self), partition, key, value)
    }

    fn acknowledged(&self, appender: impl Fn(&Self) -> &Appender) -> Result<(), Failure> {
        self.patience.acknowledged(appender(self))
    }

    fn going_on(&self) -> Result<(), Failure> {
        self.patience.going_on()
    }

    fn refused(&self, error: &Error) -> Failure {
        self.patience.refused(error)
    }

    /// The first entry of the journal whose content is such, if it still has one.
    pub fn find(&self, is: impl Fn(&str) -> bool) -> Result<Option<Written>, Failure> {
        let kafka = &self.loaded.settings.kafka;
        journal::first(kafka, &self.offsets, self.journaled(), PATIENCE, is)
            .map_err(|error| self.refused(&error))
    }

    /// Hands time and content of each entry that the journal has to `take`.
    pub fn each(&self, take: impl FnMut(Millis, &str)) -> Result<(), Failure> {
        let kafka = &self.loaded.settings.kafka;
        journal::each(kafka, &self.offsets, self.journaled(), PATIENCE, take)
            .map_err(|error| self.refused(&error))
    }

    /// The stream with the range of its journal.
    fn journaled(&self) -> (Stream, (i64, i64)) {
        (self.follower.stream(), (self.known.journal.start, self.follower.next()))
    }

    /// Where the stream is, for a program.
    pub fn json(&self, written: u64) -> Value {
        json!({
            "ok": true,
            "stream": self.follower.stream().name(),
            "written": written,
            "finished": self.finished,
            "epoch": self.follower.epoch().map(Epoch::as_str),
            "sequence": self.follower.sequence(),
            "partitions": self.known.partitions,
        })
    }

    /// Where the stream is, for a person.
    pub fn text(&self) -> String {
        let finished = match self.finished {
            0 => String::new(),
            number => format!(
                "{} that had not been known to be everywhere finished\n",
                count(number as usize, "record")
            ),
        };
        let (name, partitions) = (self.follower.stream().name(), self.known.partitions);
        let everywhere = match self.follower.sequence() {
            0 => format!("{name} has no record yet\n"),
            last => format!(
                "{name} is at sequence {last} in {} of {}\n",
                all(partitions),
                self.topics.events
            ),
        };
        finished + &everywhere
    }
}

/// Now, epoch milliseconds.
pub fn now() -> Millis {
    SystemClock::default().wall()
}

fn all(partitions: i32) -> String {
    if partitions == 1 {
        "the one partition".into()
    } else {
        format!("all {partitions} partitions")
    }
}

fn chunk(rate: Option<u32>) -> usize {
    rate.map_or(CHUNK, |rate| (rate / PACE).max(1) as usize).min(CHUNK)
}

/// A marker that says less than the newest that is known would have others copy again.
fn goes_on(marked: &Marker, marker: &Marker) -> bool {
    marker.epoch != marked.epoch || marker.next > marked.next
}

fn cannot_go_on(reason: &Refused, stream: Stream) -> Failure {
    let name = stream.name();
    let help = match reason {
        Refused::Forgotten { .. } => {
            "begin the stream anew with --anew, and write what shards lack once more".to_owned()
        }
        Refused::Lost { .. }
        | Refused::Cut { .. }
        | Refused::Partitions { .. }
        | Refused::Unnumbered { .. } => format!(
            "look whether shards lack something (`cartwheel inspect`), then begin the stream anew with --anew, and write once more what may be missing ({name}: engine/docs/streams.md)"
        ),
    };
    Failure::config(Fault::new(format!("the stream {name} cannot go on: {reason}"), Some(help)))
}
