//! The shard as a whole, stepped over logs in memory: stopped after every durable step, reopened, and found the same.

mod ahead;
mod bounds;
mod broadcast;
mod by_time;
mod catalogue;
mod census;
mod control;
mod coupons;
mod crash;
mod cuts;
mod degraded;
mod explained;
mod facts;
mod fan_out;
mod firing;
mod gaps;
mod held;
mod levels;
mod limits;
mod measured;
mod moments;
mod lone;
mod past_events;
mod placement;
mod power;
mod put_off;
mod rules;
mod answers;
mod attributes;
mod shown;
mod tidy;
#[cfg(feature = "rocksdb")]
mod store;
mod upgrade;
pub mod world;
