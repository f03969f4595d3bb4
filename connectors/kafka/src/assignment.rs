//! Which partitions of the events topic are ours. The member fetches nothing: each shard reads with its own `Source`.

use crate::config::KafkaConfig;
use crate::error::Error;
use crate::group::{Group, Polled, numbers};
use crate::settings;
use rdkafka::Offset;
use rdkafka::consumer::Consumer;
use std::time::Duration;

/// A change of what is ours. Lists are sorted; they name what changed, not all that is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ours from now on.
    Assigned(Vec<i32>),
    /// Finish the turn, checkpoint, then call [`Assignment::release`]: the group waits for it (and for
    /// `max.poll.interval.ms`, 5 min, at most; go on polling meanwhile).
    Revoked(Vec<i32>),
    /// No longer ours, perhaps since some time: stop now. Nothing to release.
    Lost(Vec<i32>),
}

/// Membership of this process in the shards' group.
#[derive(Debug)]
pub struct Assignment {
    group: Group,
}

impl Assignment {
    /// Joins the group for `topic` (classic protocol, cooperative-sticky, static membership if the configuration names a member).
    pub fn join(config: &KafkaConfig, topic: &str) -> Result<Self, Error> {
        Ok(Self { group: Group::join(&settings::group_member(config)?, topic)? })
    }

    /// Waits up to `timeout` for a change. Call it all the time, at least every few seconds.
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<Change>, Error> {
        match self.group.poll(timeout, |_| ())? {
            Polled::Nothing | Polled::Message(()) => Ok(None),
            Polled::Revoked(partitions) => Ok(Some(Change::Revoked(partitions))),
            Polled::Lost(partitions) => Ok(Some(Change::Lost(partitions))),
            Polled::Offered(offer) => {
                let partitions = numbers(&offer);
                if let Err(error) = self.take(&partitions) {
                    // The group waits for an answer: try again with the next poll.
                    self.group.put_back(offer);
                    return Err(error);
                }
                Ok((!partitions.is_empty()).then_some(Change::Assigned(partitions)))
            }
        }
    }

    /// From the end and paused at once: nothing is fetched, whatever was committed.
    fn take(&self, partitions: &[i32]) -> Result<(), Error> {
        let list = self.group.list(partitions, Offset::End)?;
        self.group.accept(&list)?;
        // They are ours now, whatever becomes of this: records that come all the same are passed over.
        if !partitions.is_empty()
            && let Err(error) = self.group.step("pausing", |consumer| consumer.pause(&list))
        {
            tracing::warn!(%error, "partitions of which only the membership counts are read");
        }
        Ok(())
    }

    /// Gives up the partitions of the last [`Change::Revoked`].
    pub fn release(&mut self) -> Result<(), Error> {
        self.group.release()
    }

    /// Notes a position with the group, for lag tools only; it is never read back. Does not wait.
    pub fn commit(&self, partition: i32, offset: i64, metadata: &str) -> Result<(), Error> {
        self.group.commit(partition, offset, metadata, false)
    }

    /// The group's generation and our member id; none before joining.
    pub fn membership(&self) -> Option<(i32, String)> {
        self.group.membership()
    }

    /// Leaves within a few seconds; others get the partitions at once. (Only a static member whose connections are protected as our own cannot be keeps
    /// its own until the session times out: librdkafka does not take it out.)
    pub fn leave(self) {}
}
