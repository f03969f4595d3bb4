//! The shard as a whole, stepped over logs in memory: stopped after every durable step, reopened, and found the same.

mod ahead;
mod census;
mod crash;
mod degraded;
mod lone;
mod placement;
mod rules;
#[cfg(feature = "rocksdb")]
mod store;
mod upgrade;
pub mod world;
