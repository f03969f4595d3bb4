//! What a shard knows of products: a table of registers, filled by the records of the catalogue (`docs/semantics.md`, "Catalogue").
//!
//! A product is some bytes ([`mod@packed`]), so that a million of them have room; what is asked of one is a [`ProductReading`].

mod field;
mod packed;
mod reading;
mod table;
mod transition;

pub use field::{
    ID, Known, MAX_ELEMENT, MAX_FIELDS, MAX_LIST, MAX_NAME, MAX_NAMES, MAX_TEXT, misfit,
};
pub use reading::{ProductReading, What};
pub use table::{Applied, LeftOut, Products, Refused};
pub use transition::{Change, Transition};
