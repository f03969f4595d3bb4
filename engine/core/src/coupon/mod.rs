//! Pools of coupons: codes that records of control bring, of which each is given once (`docs/semantics.md`, "Coupons").
//!
//! [`Load`] is what such a record says, [`Share`] which of its codes are a shard's, [`Pools`] what a shard has of them.

mod load;
mod pools;
mod share;
mod stored;

pub use load::{Load, MAX_CODE, MAX_LOAD};
pub use pools::{Left, MAX_CODES, MAX_POOLS, NotTaken, Pool, Pools};
pub use share::Share;
