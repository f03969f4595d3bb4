//! One shard: one partition of the events topic in, the same partition of the sends topic out, one owner.
//!
//! Steppable and without threads: the runtime hands in records, the clock and what it has read back from the sends
//! partition; the shard hands out records to publish. The rules are those of the shard protocol (`ARCHITECTURE.md`).
//! The modules stand in the order in which an event passes.

mod settings;
mod ahead;
mod intake;
mod streams;
mod backfill;
mod fan_out;
mod indexed;
mod control;
mod broadcast;
mod degraded;
mod table;
mod index;
mod turn;
mod timers;
mod decisions;
mod commands;
mod frames;
mod coupons;
mod documents;
mod tidy;
mod json;
pub mod checkpoint;
mod log;
mod reconfigure;
mod recover;
mod shard;
pub mod owner;
mod lone;
mod explain;
mod census;
mod error;

pub use census::{Census, Due};
pub use degraded::Degraded;
pub use error::ShardError;
pub use explain::{Explanation, LiveRun, Profile};
pub use index::IndexKey;
pub use log::{AcceptedLog, AcceptedTurn};
pub use lone::Lone;
pub use recover::Opened;
pub use settings::{Identity, Settings};
pub use shard::{Commit, Committed, Counters, ReadBack, Shard};
pub use streams::SharedCounters;
pub use turn::{Clock, Outgoing, Turned};

#[cfg(test)]
mod tests;
