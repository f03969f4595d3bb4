//! The pure core of Cartwheel: `apply(state, input, now) -> effects`.
//!
//! Nothing here does I/O, reads a clock, spawns a thread, draws a random number, logs, or iterates a map in
//! unspecified order. A test, the simulator, `cartwheel test` and production run this code.
//! `engine/docs/semantics.md` states what it decides. The modules stand in the order in which they may import one another,
//! lower ones first: `tests/house/rooms.rs` proves it.

mod closed;
pub mod time;
pub mod id;
pub mod value;
pub mod compact;
pub mod room;
mod suggest;
pub mod channel;
pub mod address;
pub mod partitioner;
pub mod policy;
pub mod event;
pub mod stream;
pub mod control;
pub mod input;
pub mod sends;
pub mod fact;
pub mod broadcast;
pub mod product;
pub mod coupon;
pub mod customer;
pub mod journey;
pub mod timer;
pub mod decision;
pub mod command;
pub mod receipt;
pub mod gate;
pub mod effect;
pub mod apply;
