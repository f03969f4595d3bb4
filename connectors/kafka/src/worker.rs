//! The delivery side: a group that reads the sends topic, with the reader's state in the commits' metadata.

use crate::config::KafkaConfig;
use crate::error::Error;
use crate::group::{Group, Polled, numbers};
use crate::offsets::Offsets;
use crate::record::{Headers, OwnedRecord};
use crate::settings;
use rdkafka::consumer::Consumer;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::VecDeque;
use std::time::Duration;

/// Where a worker begins in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next record to read. None: nothing was committed, reading starts at the beginning.
    pub offset: Option<i64>,
    /// What was committed with it; empty if nothing.
    pub metadata: String,
}

impl Position {
    /// Whether reading can go on from here in a log with these first and end offsets.
    fn is_in(&self, (start, end): (i64, i64)) -> bool {
        self.offset.is_none_or(|offset| (start..=end).contains(&offset))
    }
}

/// What a poll brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerEvent {
    /// Ours from now on; records follow from these positions.
    Assigned(Vec<Position>),
    /// Ours too, but the log does not hold the committed offset (retention, or a topic made anew). The partition is paused: never
    /// reset silently. Stop, or choose an offset by [`Worker::seek`] and then [`Worker::resume`]. Comes before `Assigned`.
    OutOfLog {
        /// What was committed.
        position: Position,
        /// First and end offset of the log.
        log: (i64, i64),
    },
    /// Finish what is under way, commit, then call [`Worker::release`].
    Revoked(Vec<i32>),
    /// No longer ours: make no further call for them.
    Lost(Vec<i32>),
    /// A record.
    Record(OwnedRecord),
}

/// How long a question to the broker may take.
const ASK: Duration = Duration::from_secs(10);

/// A member of the delivery group. Belongs to one thread at a time.
#[derive(Debug)]
pub struct Worker {
    group: Group,
    offsets: Offsets,
    /// Events of one rebalance that were not returned yet.
    events: VecDeque<WorkerEvent>,
}

impl Worker {
    /// Joins the delivery group for `topic`.
    pub fn join(config: &KafkaConfig, topic: &str) -> Result<Self, Error> {
        Ok(Self {
            group: Group::join(&settings::worker(config)?, topic)?,
            offsets: Offsets::new(config)?,
            events: VecDeque::new(),
        })
    }

    /// Waits up to `timeout` for something. Call it at least every few seconds, also while all partitions are paused.
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<WorkerEvent>, Error> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        match self.group.poll(timeout, copy)? {
            Polled::Nothing => Ok(None),
            Polled::Message(record) => Ok(Some(WorkerEvent::Record(record))),
            Polled::Revoked(partitions) => Ok(Some(WorkerEvent::Revoked(partitions))),
            Polled::Lost(partitions) => Ok(Some(WorkerEvent::Lost(partitions))),
            Polled::Offered(offer) => {
                if let Err(error) = self.take(&offer) {
                    // The group waits for an answer: try again with the next poll.
                    self.group.put_back(offer);
                    return Err(error);
                }
                Ok(self.events.pop_front())
            }
        }
    }

    /// Reads the committed positions and starts from those that the log holds.
    fn take(&mut self, offer: &TopicPartitionList) -> Result<(), Error> {
        let partitions = numbers(offer);
        if partitions.is_empty() {
            return self.group.accept(offer);
        }
        let (mut fine, mut lost) = (Vec::new(), Vec::new());
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for position in self.committed(&partitions)? {
            let log = self.offsets.range(self.group.topic(), position.partition, ASK)?;
            let good = position.is_in(log);
            let offset = if good { position.offset.unwrap_or(log.0) } else { log.1 };
            let named = list.add_partition_offset(
                self.group.topic(),
                position.partition,
                Offset::Offset(offset),
            );
            named.map_err(|error| Error::of(&error, "naming a partition"))?;
            if good { fine.push(position) } else { lost.push((position, log)) }
        }
        self.group.accept(&list)?;
        // Accepted once and for all: whatever fails from here on, the offer is not to be met again, and what became of it is told.
        for (position, log) in lost {
            if let Err(error) = self.pause(position.partition) {
                tracing::warn!(partition = position.partition, %error, "a partition out of its log is not paused");
            }
            self.events.push_back(WorkerEvent::OutOfLog { position, log });
        }
        if !fine.is_empty() {
            self.events.push_back(WorkerEvent::Assigned(fine));
        }
        Ok(())
    }

    /// What is committed for these partitions, asked of the broker during this call (at most 10 s).
    pub fn committed(&self, partitions: &[i32]) -> Result<Vec<Position>, Error> {
        let question = self.group.list(partitions, Offset::Invalid)?;
        let answer = self.group.step("reading committed offsets", |consumer| {
            consumer.committed_offsets(question, ASK)
        })?;
        let position =
            |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| Position {
                partition: element.partition(),
                offset: element.offset().to_raw().filter(|offset| *offset >= 0),
                metadata: element.metadata().to_owned(),
            };
        Ok(answer.elements().iter().map(position).collect())
    }

    /// Gives up the partitions of the last [`WorkerEvent::Revoked`].
    pub fn release(&mut self) -> Result<(), Error> {
        self.group.release()
    }

    /// Commits the offset of the next record to read, with `metadata` (leader and sequence). Does not wait; a failure is returned by a
    /// later [`commit_error`](Self::commit_error).
    pub fn commit(&self, partition: i32, offset: i64, metadata: &str) -> Result<(), Error> {
        self.group.commit(partition, offset, metadata, false)
    }

    /// Commits and waits for the broker.
    pub fn commit_and_wait(
        &self,
        partition: i32,
        offset: i64,
        metadata: &str,
    ) -> Result<(), Error> {
        self.group.commit(partition, offset, metadata, true)
    }

    /// The newest failure of a commit that nobody waited for; taken by this call.
    pub fn commit_error(&self) -> Option<Error> {
        self.group.commit_error()
    }

    /// Stops the flow of a partition's records (what was fetched ahead is fetched again later).
    pub fn pause(&self, partition: i32) -> Result<(), Error> {
        let list = self.group.list(&[partition], Offset::Invalid)?;
        self.group.step("pausing", |consumer| consumer.pause(&list))
    }

    /// Lets it flow again.
    pub fn resume(&self, partition: i32) -> Result<(), Error> {
        let list = self.group.list(&[partition], Offset::Invalid)?;
        self.group.step("resuming", |consumer| consumer.resume(&list))
    }

    /// Goes on at `offset`. At most `timeout`.
    pub fn seek(&self, partition: i32, offset: i64, timeout: Duration) -> Result<(), Error> {
        self.group.step("going to an offset", |consumer| {
            consumer.seek(self.group.topic(), partition, Offset::Offset(offset), timeout)
        })
    }

    /// First and end offset of a partition, asked of the broker during this call.
    pub fn range(&self, partition: i32, timeout: Duration) -> Result<(i64, i64), Error> {
        self.offsets.range(self.group.topic(), partition, timeout)
    }

    /// The group's generation and our member id; none before joining.
    pub fn membership(&self) -> Option<(i32, String)> {
        self.group.membership()
    }

    /// Leaves within 5 s; see `Assignment::leave`.
    pub fn leave(self) {}
}

fn copy(message: &BorrowedMessage<'_>) -> OwnedRecord {
    // SAFETY: the message is alive while it is borrowed, and the headers are copied before this function returns.
    let headers = unsafe { Headers::of(message.ptr()) };
    OwnedRecord {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_vec())).collect(),
    }
}
