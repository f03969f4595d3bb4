//! Something that is told to everybody: a shard walks over its customers, in order of their ids, and journeys begin for those whom they name
//! (`docs/semantics.md`, "Broadcasts").
//!
//! [`Broadcast`] is what was told, [`Broadcasts`] what a shard remembers: which it has had, and how far it has come with the present one.

mod state;
mod stored;
mod told;

pub use state::{Broadcasts, MAX_HAD, Walk};
pub use told::Broadcast;
