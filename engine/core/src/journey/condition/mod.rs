//! Conditions: CEL syntax, checked for types at load, lowered to a typed tree over numbered fields.
//!
//! The text goes through the `cel` crate's parser (`parse`), every path is resolved to a numbered field of a known type (`fields`), the
//! tree is type-checked and lowered (`lower`), and evaluated without allocation (`expr`). What a condition reads of a customer stands in
//! `read`. Numbers are doubles throughout: `5 / 2` is 2.5.

mod expr;
mod fault;
mod field;
mod fields;
mod lower;
mod parse;
mod reader;
#[cfg(test)]
mod tests;

pub use expr::Condition;
pub(crate) use fault::Fault;
pub use field::Field;
pub(crate) use fields::{Scope, Slots};
pub(crate) use lower::{compile, compile_path, compile_read};
pub use reader::Reader;
