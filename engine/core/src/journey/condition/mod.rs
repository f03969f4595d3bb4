//! Conditions: CEL syntax, checked for types at load, lowered to a typed tree over numbered fields.
//!
//! The text goes through the `cel` crate's parser (`parse`), every path is resolved to a numbered field of a known type (`fields`), the
//! tree is type-checked and lowered (`lower`), and evaluated without allocation (`expr`). Facts and segments, which are read by
//! their names, stand in `names` and `fact`; what a condition reads of a customer stands in `reader`. Numbers are doubles throughout: `5 / 2` is 2.5.

mod expr;
mod fact;
mod fault;
mod field;
mod fields;
mod lower;
mod names;
mod parse;
mod reader;
#[cfg(test)]
mod tests;

pub use expr::Condition;
pub(crate) use fault::Fault;
pub use field::{Field, KeyField};
pub(crate) use fields::{Scope, Slots};
pub(crate) use lower::{compile, compile_path, compile_read, compile_segment};
pub(crate) use names::Names;
pub use reader::Reader;
