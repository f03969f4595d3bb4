//! Plays the story in lockstep with engine and delivery.
//!
//! Virtual time moves in steps of [`STEP`]. In each, the story's events up to the step's end are appended (stamped with their own
//! times), then the clock jumps to that end, and then the pump waits until the shards have applied everything and fired what is due, every
//! command has its receipt, and the receipts are applied too. Only then do people react to what they received, and the next step begins.
//! So every decision follows from the story alone, and not from the machine, the broker or the size of a batch: a step is shorter
//! than [`SOONEST_REACTION`], hence no reaction is ever late.

use super::DemoError;
use super::clock::StepClock;
use super::observer::Observer;
use cartwheel_core::time::{Millis, SECOND};
use cartwheel_kafka::{EventsProducer, KafkaConfig, Message, Offsets, Topics};
use cartwheel_runtime::admin::Board;
use cartwheel_runtime::metrics::labels::ShardState;
use cartwheel_runtime::metrics::snapshot::ShardStats;
use cartwheel_workload::story::SOONEST_REACTION;
use cartwheel_workload::{Story, StoryEvent};
use futures_util::future::try_join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The length of a step, ms. The same at every speed: it is part of what decides.
pub const STEP: Millis = 600 * SECOND;
const _: () = assert!(STEP < SOONEST_REACTION);

/// A step that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the broker may take to say where its partitions begin and end.
const ASK: Duration = Duration::from_secs(10);
/// Events whose acknowledgement is awaited together.
const TOGETHER: usize = 2_000;
/// Between two looks at shards that are not yet there.
const BREATH: Duration = Duration::from_millis(2);
/// The pump looks up so often while it has nothing to do.
const NAP: Duration = Duration::from_millis(50);

/// See the module. Belongs to one thread.
pub struct Pump {
    /// Who tells.
    pub story: Story,
    /// What was sent.
    pub observer: Observer,
    clock: Arc<StepClock>,
    board: Arc<Board>,
    producer: EventsProducer,
    offsets: Arc<Offsets>,
    topics: Topics,
    tasks: Handle,
    stop: Arc<AtomicBool>,
    customers: BTreeSet<String>,
    produced: u64,
}

/// What a pump works with.
pub struct Works {
    /// The clock that it moves.
    pub clock: Arc<StepClock>,
    /// What the engine's shards show.
    pub board: Arc<Board>,
    /// Where appends run.
    pub tasks: Handle,
    /// Set when somebody wants to end.
    pub stop: Arc<AtomicBool>,
}

impl Pump {
    /// Ready for the first step. `kafka` is the story's own client.
    pub fn new(
        story: Story,
        kafka: &KafkaConfig,
        partitions: i32,
        works: Works,
    ) -> Result<Self, DemoError> {
        let offsets = Arc::new(Offsets::new(kafka)?);
        // A step's events make few and large batches, which compress well: the mock broker holds little.
        let own = KafkaConfig { linger_ms: 10, ..kafka.clone() };
        let producer = {
            let _inside = works.tasks.enter();
            EventsProducer::new(&own)?
        };
        Ok(Self {
            story,
            observer: Observer::open(kafka, &offsets, partitions)?,
            board: works.board,
            clock: works.clock,
            producer,
            offsets,
            topics: kafka.topics(),
            tasks: works.tasks,
            stop: works.stop,
            customers: BTreeSet::new(),
            produced: 0,
        })
    }

    /// Plays the story up to `to` (epoch milliseconds, exclusive); `show` is called now and then.
    pub fn step(&mut self, to: Millis, show: &mut dyn FnMut(u64)) -> Result<(), DemoError> {
        let events: Vec<StoryEvent> = std::iter::from_fn(|| self.story.next_before(to)).collect();
        self.append(&events)?;
        self.clock.advance(to);
        self.settle(to, show)?;
        for command in self.observer.ledger().take_delivered() {
            self.story.react(&command);
        }
        Ok(())
    }

    fn append(&mut self, events: &[StoryEvent]) -> Result<(), DemoError> {
        for some in events.chunks(TOGETHER) {
            let sends = some.iter().map(|event| {
                self.producer.send(Message {
                    topic: &self.topics.events,
                    key: Some(event.key.as_bytes()),
                    value: Some(&event.json),
                    timestamp_ms: Some(event.time),
                    ..Message::default()
                })
            });
            self.tasks.block_on(try_join_all(sends))?;
        }
        for event in events {
            if !self.customers.contains(&event.key) {
                self.customers.insert(event.key.clone());
            }
        }
        self.produced += events.len() as u64;
        Ok(())
    }

    /// Appends these records to every partition, as of `at` (epoch milliseconds).
    pub fn broadcast(&self, records: &[Vec<u8>], at: Millis) -> Result<(), DemoError> {
        for partition in 0..self.partitions() {
            let sends = records.iter().map(|record| {
                self.producer.send(Message {
                    topic: &self.topics.events,
                    partition: Some(partition),
                    key: Some(b""),
                    value: Some(record),
                    timestamp_ms: Some(at),
                    ..Message::default()
                })
            });
            self.tasks.block_on(try_join_all(sends))?;
        }
        Ok(())
    }

    /// Waits until everything up to `to` is worked off and nothing more can follow from it.
    fn settle(&mut self, to: Millis, show: &mut dyn FnMut(u64)) -> Result<(), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            show(self.produced);
            let idle = self.observer.poll()? == 0;
            if self.stop.load(Ordering::Relaxed) {
                return Err(DemoError::Stopped);
            }
            if idle && self.observer.ledger().outstanding() == 0 {
                if self.settled(to)? {
                    return self.sound();
                }
                std::thread::sleep(BREATH);
            }
            if Instant::now() > deadline {
                return Err(DemoError::Stuck(self.standing(to)));
            }
        }
    }

    /// Whether the shards have applied every record of the events topic, with the clock at `to`, and owe nothing; and whether we have seen all
    /// that they wrote. Asked in this order, a yes is final: only receipts could bring more, and none is outstanding.
    fn settled(&mut self, to: Millis) -> Result<bool, DemoError> {
        let ends = self.ends(&self.topics.events)?;
        if self.observer.events_positions() != ends {
            return Ok(false);
        }
        let shards = self.board.shards();
        let at_rest = ends.iter().enumerate().all(|(partition, end)| {
            shards.iter().any(|shard| {
                let there = shard.shard as usize == partition
                    && shard.next_offset == *end
                    && shard.clock >= to;
                there && shard.oldest_due.is_none() && shard.in_flight == 0
            })
        });
        Ok(at_rest
            && self.observer.sends_positions() == self.ends(&self.topics.sends)?
            && self.observer.ledger().outstanding() == 0)
    }

    fn ends(&self, topic: &str) -> Result<Vec<i64>, DemoError> {
        (0..self.partitions())
            .map(|partition| Ok(self.offsets.end(topic, partition, ASK)?))
            .collect()
    }

    fn partitions(&self) -> i32 {
        i32::try_from(self.observer.events_positions().len()).unwrap_or(0)
    }

    /// Nothing may be lost: what the shards took in is what is in the topic, and so is what we read; none of it fell off the front unread.
    fn sound(&mut self) -> Result<(), DemoError> {
        let written: i64 = self.observer.events_positions().iter().sum();
        let of_shard = |shard: &ShardStats| shard.events.total() + shard.stream_records.total();
        let taken: u64 = self.board.shards().iter().map(of_shard).sum();
        let read = self.observer.records();
        let unreadable = self.observer.ledger().unreadable();
        if i64::try_from(taken) != Ok(written)
            || i64::try_from(read) != Ok(written)
            || unreadable > 0
        {
            return Err(DemoError::Lost { written, taken, read, unreadable });
        }
        Ok(())
    }

    /// The first offsets that the broker still has, of both topics: all 0 as long as nothing was dropped.
    pub fn dropped(&self) -> Result<Vec<i64>, DemoError> {
        let topics = [&self.topics.events, &self.topics.sends];
        let partitions = 0..self.partitions();
        let all = topics
            .into_iter()
            .flat_map(|topic| partitions.clone().map(move |partition| (topic, partition)));
        all.map(|(topic, partition)| Ok(self.offsets.range(topic, partition, ASK)?.0)).collect()
    }

    /// For a person who has to find out why nothing moves.
    fn standing(&mut self, to: Millis) -> String {
        let ledger = self.observer.ledger().outstanding();
        let shards = self.board.shards();
        let shard = |shard: &ShardStats| {
            let (number, state, offset) = (shard.shard, shard.state, shard.next_offset);
            format!(
                "shard {number} {state:?} at {offset}, clock {} ms before the step's end, {} in flight",
                to - shard.clock,
                shard.in_flight
            )
        };
        let shards: Vec<_> = shards.iter().map(shard).collect();
        format!(
            "{}; {ledger} commands without a receipt; ends {:?}",
            shards.join("; "),
            self.ends(&self.topics.events).ok()
        )
    }

    /// Sleeps until `until`; an error if somebody wants to end.
    pub fn pause(&self, until: Instant, show: &mut dyn FnMut(u64)) -> Result<(), DemoError> {
        loop {
            show(self.produced);
            if self.stop.load(Ordering::Relaxed) {
                return Err(DemoError::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(NAP));
        }
    }

    /// Waits until every shard decides.
    pub fn wait_for_shards(&self, show: &mut dyn FnMut(u64)) -> Result<(), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        let running = |board: &Board| {
            board.shards().iter().filter(|shard| shard.state == ShardState::Running).count()
        };
        while running(&self.board) < self.observer.events_positions().len() {
            if Instant::now() > deadline {
                return Err(DemoError::Stuck("the shards do not start".to_owned()));
            }
            self.pause(Instant::now() + NAP, show)?;
        }
        Ok(())
    }

    /// Everybody of whom the story has told so far.
    pub fn customers(&self) -> &BTreeSet<String> {
        &self.customers
    }

    /// Events of the story so far; receipts are not among them.
    pub fn produced(&self) -> u64 {
        self.produced
    }
}
