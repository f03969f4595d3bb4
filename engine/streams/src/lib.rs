//! Records that every partition of the events topic gets, as they are written: catalogue, broadcasts, control. Pure: whoever has the topics hands records in
//! and appends what comes out. `engine/docs/streams.md` states the rules, ADR 16 why they are so.
//!
//! [`product`] makes entries of a shop's file, [`coupons`] of its codes, [`record`] of what else is asked. An entry goes to the journal first; where it lies there decides its
//! sequence. [`plan`] says where a writer begins, from the journal's range and the [`Marker`]; the [`Follower`] then takes the journal record by record
//! and says what to copy to every partition.

pub mod coupons;
mod epoch;
mod follower;
mod journal;
mod marker;
mod names;
pub mod plan;
pub mod product;
pub mod record;
mod stream;

#[cfg(test)]
mod tests;

pub use epoch::Epoch;
pub use follower::{Follower, Step, Unreadable};
pub use journal::{Entry, Journaled};
pub use marker::Marker;
pub use names::is_name;
pub use stream::Stream;
