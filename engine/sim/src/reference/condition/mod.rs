//! Conditions, by their text alone: parsed anew each time they are judged (`parse`) and walked over JSON (`value`).

mod parse;
mod value;

use super::context::Reader;
pub use value::V;

impl Reader<'_> {
    /// Whether the condition of this text is true.
    pub fn is_true(&self, text: &str) -> bool {
        self.value(text) == V::Bool(true)
    }

    /// The value of an expression.
    pub fn value(&self, text: &str) -> V {
        let tree = parse::parse(text).unwrap_or_else(|| panic!("the loader took `{text}`"));
        value::Walk { reader: self, item: None }.of(&tree)
    }
}
