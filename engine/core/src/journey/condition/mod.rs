//! Conditions: CEL syntax, checked for types at load, lowered to a typed tree over numbered fields.
//!
//! The text goes through the `cel` crate's parser (`parse`; `spans` has the durations, which CEL writes otherwise), every path is resolved to a
//! numbered field of a known type (`fields`; facts and segments, which are read by their names, in `names` and `lower/fact`), the tree is type-checked
//! and lowered (`lower`), and evaluated without allocation (`expr`, `operator`; `list` for the items of an event's lists). What a condition reads of a
//! customer stands in `reader`, conditions on an event alone in `alone`, instants that are computed in `deadline`, until when a condition stays as it is in
//! `foresight`. Numbers are doubles throughout: `5 / 2` is 2.5.

mod alone;
mod deadline;
mod element;
mod expr;
mod fault;
mod field;
mod foresight;
mod fields;
mod known;
mod least;
mod list;
mod lower;
mod names;
mod operator;
mod parse;
mod reader;
mod spans;
mod types;
#[cfg(test)]
mod tests;

pub use alone::Alone;
pub use deadline::{Deadline, Moment};
pub use element::Each;
pub use expr::Condition;
pub(crate) use fault::Fault;
pub use field::{Capture, Field, KeyField, Local, WEEKDAYS};
pub(crate) use fields::kept_fields;
pub(crate) use fields::{Elements, MAX_SLOTS, Scope, Slots};
pub use foresight::Motion;
pub use list::{List, MAX_ITEMS};
pub(crate) use lower::{
    OPENS, compile, compile_alone, compile_amount, compile_deadline, compile_number, compile_path,
    compile_read, type_alone,
};
pub(crate) use names::{Names, change_of};
pub use reader::{Captured, Reader, kept};
pub(crate) use types::Type;
