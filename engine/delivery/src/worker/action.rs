//! What the worker asks of its caller.

use crate::ledger::LedgerError;
use cartwheel_core::command::Command;
use cartwheel_core::time::Millis;
use std::fmt;
use std::sync::Arc;

/// Names one call of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Names one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// One thing to do.
#[derive(Debug)]
pub enum Action {
    /// Call a provider and report the outcome.
    Call(Call),
    /// Write a record and report its acknowledgement.
    Write(Write),
    /// Commit this offset of the sends topic with this metadata.
    Commit {
        /// Partition.
        partition: i32,
        /// The offset that is read next by whoever continues.
        offset: i64,
        /// `leader:seq`, see [`crate::position`].
        metadata: String,
    },
    /// Stop reading the partition for now; records that were already polled are still taken.
    Pause {
        /// Partition.
        partition: i32,
    },
    /// Read it again.
    Resume {
        /// Partition.
        partition: i32,
    },
    /// Go on reading the partition from this offset, and give no record that was polled before.
    Seek {
        /// Partition.
        partition: i32,
        /// The record that is wanted next.
        offset: i64,
    },
    /// The partition's ledger failed: it has been dropped. Assign it again from its commit, with its ledger opened anew.
    Failed {
        /// Partition.
        partition: i32,
        /// Why.
        error: LedgerError,
    },
}

/// A call to make.
#[derive(Clone)]
pub struct Call {
    /// To be given back with the outcome.
    pub id: CallId,
    /// What to send. Its `command_id` is the idempotency key.
    pub command: Arc<Command>,
    /// The provider.
    pub provider: String,
    /// Number of this call, from 1.
    pub attempt: u32,
    /// The check of the suppressions holds and the message has its worth until this moment (monotonic): the call must begin before it, else it
    /// is given back with [`super::Worker::not_begun`].
    pub begin_before: Millis,
}

/// Without the address and the data.
impl fmt::Debug for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Call")
            .field("id", &self.id)
            .field("command", &self.command.command_id)
            .field("channel", &self.command.channel)
            .field("provider", &self.provider)
            .field("attempt", &self.attempt)
            .field("begin_before", &self.begin_before)
            .finish_non_exhaustive()
    }
}

/// Where a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The events topic: receipts, and events that the shards forward; partitioned by key.
    Events,
    /// The compacted suppressions topic; partitioned by key.
    Suppressions,
    /// The dead-letter topic.
    DeadLetters,
}

/// A record to write.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// To be given back once acknowledged.
    pub token: Token,
    /// Topic.
    pub target: Target,
    /// Key.
    pub key: Option<Vec<u8>>,
    /// Value.
    pub value: Option<Vec<u8>>,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
}

/// Without key and value.
impl fmt::Debug for Write {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Write")
            .field("token", &self.token)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
