//! Our membership in the delivery group. Its client may be finished by a fatal error; then we are nobody for a while and join anew.

use cartwheel_kafka::{Error, KafkaConfig, Position, Worker as Group, WorkerEvent};
use std::time::{Duration, Instant};

/// Before joining again with a new client.
const REJOIN: Duration = Duration::from_secs(2);

/// A member, or one that will be.
#[derive(Debug)]
pub(super) struct Member {
    kafka: KafkaConfig,
    topic: String,
    group: Option<Group>,
    rejoin_at: Instant,
}

impl Member {
    /// Joins the delivery group for `topic`.
    pub fn join(kafka: KafkaConfig, topic: String) -> Result<Self, Error> {
        let group = Some(Group::join(&kafka, &topic)?);
        Ok(Self { kafka, topic, group, rejoin_at: Instant::now() })
    }

    /// As [`Group::poll`]. Without a client it joins again, if it is time.
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<WorkerEvent>, Error> {
        if let Some(group) = &mut self.group {
            return group.poll(timeout);
        }
        std::thread::sleep(timeout);
        if Instant::now() >= self.rejoin_at {
            self.rejoin_at = Instant::now() + REJOIN;
            self.group = Some(Group::join(&self.kafka, &self.topic)?);
        }
        Ok(None)
    }

    /// The client is finished: nothing is ours any more.
    pub fn give_up(&mut self) {
        self.group = None;
        self.rejoin_at = Instant::now() + REJOIN;
    }

    /// Whether the group has us.
    pub fn is_in(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.membership().is_some())
    }

    /// As [`Group::commit`].
    pub fn commit(&self, partition: i32, offset: i64, metadata: &str) -> Result<(), Error> {
        self.with(|group| group.commit(partition, offset, metadata))
    }

    /// As [`Group::commit_and_wait`].
    pub fn commit_and_wait(
        &self,
        partition: i32,
        offset: i64,
        metadata: &str,
    ) -> Result<(), Error> {
        self.with(|group| group.commit_and_wait(partition, offset, metadata))
    }

    /// As [`Group::commit_error`].
    pub fn commit_error(&self) -> Option<Error> {
        self.group.as_ref().and_then(Group::commit_error)
    }

    /// As [`Group::committed`], for one partition.
    pub fn committed(&self, partition: i32) -> Result<Option<Position>, Error> {
        self.with(|group| group.committed(&[partition])).map(|mut positions| positions.pop())
    }

    /// As [`Group::pause`].
    pub fn pause(&self, partition: i32) -> Result<(), Error> {
        self.with(|group| group.pause(partition))
    }

    /// As [`Group::resume`].
    pub fn resume(&self, partition: i32) -> Result<(), Error> {
        self.with(|group| group.resume(partition))
    }

    /// As [`Group::seek`].
    pub fn seek(&self, partition: i32, offset: i64, timeout: Duration) -> Result<(), Error> {
        self.with(|group| group.seek(partition, offset, timeout))
    }

    /// As [`Group::range`].
    pub fn range(&self, partition: i32, timeout: Duration) -> Result<(i64, i64), Error> {
        self.with(|group| group.range(partition, timeout))
    }

    /// As [`Group::release`].
    pub fn release(&mut self) -> Result<(), Error> {
        self.group.as_mut().map_or(Ok(()), Group::release)
    }

    fn with<T>(&self, act: impl FnOnce(&Group) -> Result<T, Error>) -> Result<T, Error> {
        self.group.as_ref().map_or_else(|| Err(absent()), act)
    }
}

fn absent() -> Error {
    Error::Transient {
        doing: "asking the delivery group".to_owned(),
        reason: "not a member now; joining again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_kafka::MockBroker;

    const LONG: Duration = Duration::from_secs(40);

    fn until_in(member: &mut Member) {
        let deadline = Instant::now() + LONG;
        while !member.is_in() {
            assert!(Instant::now() < deadline, "not in the group");
            let event = member.poll(Duration::from_millis(20));
            assert!(event.as_ref().map_or_else(Error::is_transient, |_| true), "{event:?}");
        }
    }

    #[test]
    fn a_member_whose_client_is_finished_joins_again() {
        // The group may take the old client for a member until its session ends.
        let broker = MockBroker::start().unwrap();
        let kafka = KafkaConfig {
            bootstrap: broker.bootstrap(),
            session_timeout_ms: 6_000,
            ..KafkaConfig::default()
        };
        let topic = kafka.topics().sends;
        broker.create_topic(&topic, 1).unwrap();
        let mut member = Member::join(kafka, topic).unwrap();
        until_in(&mut member);
        member.give_up();
        assert!(
            !member.is_in() && member.commit(0, 1, "1:1").is_err_and(|error| error.is_transient())
        );
        until_in(&mut member);
    }
}
