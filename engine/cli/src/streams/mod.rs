//! Writing what every partition of the events topic gets (`engine/docs/streams.md`): [`Session`] drives the pure follower of `cartwheel-streams` over the
//! topics, [`products`] reads a shop's file.

pub mod products;
mod session;
mod topics;

pub use session::{Session, now};
