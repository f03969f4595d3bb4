//! Membership in a consumer group, in steps that the caller takes: librdkafka's rebalance callback only notes what is wanted.
//!
//! A revoked partition stays ours until [`Group::release`]: the group waits, so that the old owner can finish before the
//! next one starts. (Safety does not rest on it; the leader record fences.)

use crate::connection::{Security, followed};
use crate::context::Context;
use crate::error::Error;
use crate::farewell::Farewell;
use rdkafka::bindings as sys;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the group wants.
#[derive(Debug)]
enum Wish {
    Assign(TopicPartitionList),
    Revoke(TopicPartitionList),
    /// Revoked without asking: others may own them already.
    Lose(TopicPartitionList),
}

/// Notes wishes and failed commits.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    context: Context,
    wishes: Mutex<VecDeque<Wish>>,
    commit_error: Mutex<Option<Error>>,
    /// Leaving: nobody will take steps any more.
    closing: AtomicBool,
}

impl ClientContext for Notes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.context.log(level, facility, text);
    }

    fn stats(&self, statistics: Statistics) {
        self.context.stats(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }
}

impl ConsumerContext for Notes {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let wish = match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                Wish::Assign(partitions.clone())
            }
            _ if consumer.assignment_lost() => Wish::Lose(partitions.clone()),
            _ => Wish::Revoke(partitions.clone()),
        };
        if self.closing.load(Ordering::Relaxed) {
            let outcome = match &wish {
                Wish::Assign(list) => consumer.incremental_assign(list),
                Wish::Revoke(list) | Wish::Lose(list) => consumer.incremental_unassign(list),
            };
            return log_failure("leaving the group", outcome);
        }
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner).push_back(wish);
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!("committing offsets: {error}");
            *self.commit_error.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Error::of(&error, "committing offsets"));
        }
    }
}

fn log_failure(what: &str, outcome: KafkaResult<()>) {
    if let Err(error) = outcome {
        tracing::warn!("{what}: {error}");
    }
}

/// What a poll brought.
pub(crate) enum Polled<R> {
    /// Nothing yet.
    Nothing,
    /// These are offered: answer with [`Group::accept`].
    Offered(TopicPartitionList),
    /// These must go: finish, then [`Group::release`].
    Revoked(Vec<i32>),
    /// These are gone.
    Lost(Vec<i32>),
    /// A message of an accepted partition.
    Message(R),
}

/// A group's member that subscribes to one topic.
pub(crate) struct Group {
    consumer: BaseConsumer<Notes>,
    topic: String,
    group: String,
    revoked: Option<TopicPartitionList>,
    /// Behind `consumer`: it is dropped, and so said, when the client is closed.
    leave: Option<Leave>,
}

/// Says farewell when it is dropped.
struct Leave(Farewell);

impl Leave {
    /// None for a member without a name, which librdkafka takes out itself, and where our own connections cannot be protected as its own: there
    /// the partitions stay a static member's until its session times out.
    fn of(settings: &ClientConfig) -> Option<Self> {
        let value = |name| settings.get(name).map(str::to_owned);
        let instance = value("group.instance.id").filter(|_| followed(settings))?;
        Some(Self(Farewell {
            bootstrap: value("bootstrap.servers")?,
            // Files that librdkafka has read are there; if not, the farewell fails and says so.
            security: Security::of(settings).ok()?,
            group: value("group.id")?,
            instance,
            member: None,
        }))
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Err(trouble) = self.0.say() {
            tracing::warn!(
                group = self.0.group,
                ?trouble,
                "leaving the group: its partitions stay ours until the session times out"
            );
        }
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Group")
            .field("group", &self.group)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

impl Group {
    /// Joins in the background; polls bring what comes of it.
    pub(crate) fn join(settings: &ClientConfig, topic: &str) -> Result<Self, Error> {
        let group = settings.get("group.id").unwrap_or_default().to_owned();
        let doing = || format!("joining group {group}");
        let consumer: BaseConsumer<Notes> = settings
            .create_with_context(Notes::default())
            .map_err(|error| Error::of(&error, &doing()))?;
        consumer.subscribe(&[topic]).map_err(|error| Error::of(&error, &doing()))?;
        Ok(Self {
            consumer,
            topic: topic.to_owned(),
            group,
            revoked: None,
            leave: Leave::of(settings),
        })
    }

    /// Waits up to `timeout` for a wish or a message; `read` copies the message.
    pub(crate) fn poll<R>(
        &mut self,
        timeout: Duration,
        read: impl FnOnce(&BorrowedMessage<'_>) -> R,
    ) -> Result<Polled<R>, Error> {
        if let Some(polled) = self.next_wish()? {
            return Ok(polled);
        }
        let polled = match self.consumer.poll(timeout) {
            Some(Ok(message)) => return Ok(Polled::Message(read(&message))),
            Some(Err(error)) => {
                Err(Error::of(&error, &format!("group {} on topic {}", self.group, self.topic)))
            }
            None => Ok(Polled::Nothing),
        };
        match self.next_wish()? {
            Some(wish) => Ok(wish),
            None => polled,
        }
    }

    fn next_wish<R>(&mut self) -> Result<Option<Polled<R>>, Error> {
        let wish = self.notes().wishes.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Ok(match wish {
            None => None,
            Some(Wish::Assign(list)) => Some(Polled::Offered(list)),
            Some(Wish::Revoke(list)) => {
                let partitions = numbers(&list);
                if partitions.is_empty() {
                    return self.answer_at_once(list).map(|()| None);
                }
                self.revoked = Some(list);
                Some(Polled::Revoked(partitions))
            }
            Some(Wish::Lose(list)) => {
                // What was to be given up is gone as well.
                self.revoked = None;
                let partitions = numbers(&list);
                let outcome = self.step("giving up lost partitions", |consumer| {
                    consumer.incremental_unassign(&list)
                });
                if let Err(error) = outcome {
                    // They are gone all the same, and that must be known at once. The group's answer is still owed: as for any revocation.
                    tracing::warn!("{error}");
                    self.put_back_wish(Wish::Revoke(list));
                }
                Some(Polled::Lost(partitions))
            }
        })
    }

    /// Nothing is to be finished first. What fails is met again by the next poll.
    fn answer_at_once(&self, revoked: TopicPartitionList) -> Result<(), Error> {
        let outcome =
            self.step("releasing partitions", |consumer| consumer.incremental_unassign(&revoked));
        if outcome.is_err() {
            self.put_back_wish(Wish::Revoke(revoked));
        }
        outcome
    }

    /// Takes an offer. Empty offers must be taken too.
    pub(crate) fn accept(&self, offer: &TopicPartitionList) -> Result<(), Error> {
        self.step("taking partitions", |consumer| consumer.incremental_assign(offer))
    }

    /// Puts an offer back, to be met again by the next poll.
    pub(crate) fn put_back(&self, offer: TopicPartitionList) {
        self.put_back_wish(Wish::Assign(offer));
    }

    fn put_back_wish(&self, wish: Wish) {
        self.notes().wishes.lock().unwrap_or_else(PoisonError::into_inner).push_front(wish);
    }

    /// Gives up the revoked partitions; nothing to do if there are none. If it fails they are still to be given up: call it again.
    pub(crate) fn release(&mut self) -> Result<(), Error> {
        if let Some(list) = &self.revoked {
            self.step("releasing partitions", |consumer| consumer.incremental_unassign(list))?;
        }
        self.revoked = None;
        Ok(())
    }

    /// Commits one offset; `wait`: until the broker has it. Without, a failure is reported by [`commit_error`](Self::commit_error).
    pub(crate) fn commit(
        &self,
        partition: i32,
        offset: i64,
        metadata: &str,
        wait: bool,
    ) -> Result<(), Error> {
        let list = self.list(&[partition], Offset::Offset(offset))?;
        if let Some(mut element) = list.find_partition(&self.topic, partition) {
            element.set_metadata(metadata);
        }
        let mode = if wait { CommitMode::Sync } else { CommitMode::Async };
        self.step("committing offsets", |consumer| consumer.commit(&list, mode))
    }

    /// The newest failure of a commit that nobody waited for.
    pub(crate) fn commit_error(&self) -> Option<Error> {
        self.notes().commit_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A list of partitions of our topic, all at one offset.
    pub(crate) fn list(
        &self,
        partitions: &[i32],
        offset: Offset,
    ) -> Result<TopicPartitionList, Error> {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            list.add_partition_offset(&self.topic, *partition, offset)
                .map_err(|error| Error::of(&error, "naming a partition"))?;
        }
        Ok(list)
    }

    /// Does something with the consumer and names it if it fails.
    pub(crate) fn step<T>(
        &self,
        what: &str,
        act: impl FnOnce(&BaseConsumer<Notes>) -> KafkaResult<T>,
    ) -> Result<T, Error> {
        act(&self.consumer).map_err(|error| {
            Error::of(&error, &format!("{what} (group {}, topic {})", self.group, self.topic))
        })
    }

    /// The group's generation and our member id, as of now; none before joining.
    pub(crate) fn membership(&self) -> Option<(i32, String)> {
        // SAFETY: the client is alive. The metadata is a copy of our own, read and then destroyed once.
        unsafe {
            let metadata =
                sys::rd_kafka_consumer_group_metadata(self.consumer.client().native_ptr());
            if metadata.is_null() {
                return None;
            }
            let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
            let member = CStr::from_ptr(sys::rd_kafka_consumer_group_metadata_member_id(metadata))
                .to_string_lossy()
                .into_owned();
            sys::rd_kafka_consumer_group_metadata_destroy(metadata);
            (generation >= 0).then_some((generation, member))
        }
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    fn notes(&self) -> &Notes {
        self.consumer.context()
    }
}

impl Drop for Group {
    /// Leaves: answers what is open, unsubscribes and waits (at most 5 s) until the group has let go. Closing a consumer that
    /// still owes an answer would wait for ever. A static member's farewell follows when the client is closed.
    fn drop(&mut self) {
        let member = self.membership().map(|(_, member)| member);
        if let Some(leave) = &mut self.leave {
            leave.0.member = member;
        }
        self.notes().closing.store(true, Ordering::Relaxed);
        let open: Vec<_> =
            self.notes().wishes.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        log_failure(
            "leaving the group",
            self.revoked.take().map_or(Ok(()), |list| self.consumer.incremental_unassign(&list)),
        );
        for wish in open {
            let outcome = match &wish {
                Wish::Assign(list) => self.consumer.incremental_assign(list),
                Wish::Revoke(list) | Wish::Lose(list) => self.consumer.incremental_unassign(list),
            };
            log_failure("leaving the group", outcome);
        }
        self.consumer.unsubscribe();
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline
            && self.consumer.assignment().is_ok_and(|list| list.count() > 0)
        {
            let _ = self.consumer.poll(Duration::from_millis(20));
        }
    }
}

/// The partitions' numbers, in order.
pub(crate) fn numbers(list: &TopicPartitionList) -> Vec<i32> {
    let mut numbers: Vec<_> = list.elements().iter().map(|element| element.partition()).collect();
    numbers.sort_unstable();
    numbers
}
