//! The load driver: writes a topic of N events for M customers and measures what reads it.
//!
//! `loadtest run` reports three rows from one run on one topic: consume and discard, consume and decode, and the full engine, each in a
//! process of its own that is measured from outside ([`process`]). Afterwards the engine's commands are compared with those of the
//! reference model, re-executed under the turn records that the engine wrote ([`verify`]). `loadtest engine` drives shards in this process
//! without a broker, over RocksDB as the engine does ([`alone`]); `loadtest hand-over` kills and stops engines ([`hand_over`]); `loadtest latency` measures from an event's intended time to its message ([`latency`]); `loadtest produce` only writes;
//! `loadtest secure` compares protected connections with plain ones ([`secure`]);
//! `loadtest peers` does one job on Cartwheel and on other engines ([`peers`]).
//!
//! Each of these measures one bar: `loadtest storm`, many timers due at once ([`storm`]); `loadtest timers`, the wheel at its full size ([`timers`]);
//! `loadtest recovery`, a kill with many customers ([`recovery`]); `loadtest flat`, cost and memory by customers and journeys ([`flat`]).
//!
//! In the order in which `run` uses them: [`flags`], [`setup`], [`produce`], [`consume`], [`engine`] with [`overview`], [`sends`], [`verify`], [`report`].

pub mod alone;
pub mod consume;
pub mod elsewhere;
pub mod engine;
mod error;
pub mod expected;
pub mod fill;
pub mod flags;
pub mod flat;
mod folder;
pub mod hand_over;
pub mod job;
pub mod latency;
pub mod overview;
mod pair;
pub mod peers;
pub mod process;
pub mod produce;
pub mod progress;
pub mod recovery;
pub mod report;
pub mod run;
pub mod running;
pub mod scripted;
pub mod secure;
pub mod sends;
pub mod setup;
pub mod storm;
pub mod timers;
pub mod turns;
pub mod verify;

pub use error::Error;
