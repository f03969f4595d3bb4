//! Writing what every partition of the events topic gets (`engine/docs/streams.md`): [`Session`] drives the pure follower of `cartwheel-streams` over the
//! topics, [`journal`] reads what was written, [`products`] a shop's file.

pub mod journal;
pub mod products;
mod session;
mod topics;

pub use journal::Written;
pub use session::{PATIENCE, Session, now};
pub use topics::check as check_topics;
