//! What people say of journeys on every shard: that one is paused, goes on or is stopped, and which arm of a split has won (`docs/semantics.md`, "Control").
//!
//! [`Order`] is such a word, read from a record of the stream `control`; [`Control`] what a shard remembers of them.

mod order;
mod state;
mod stored;

pub use order::{Order, Winner};
pub use state::{Control, MAX_REMEMBERED, Standing};
