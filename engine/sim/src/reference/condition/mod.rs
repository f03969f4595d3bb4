//! Conditions, by their text alone: parsed (`parse`) and walked over JSON (`value`).

mod least;
mod parse;
mod value;

use super::catalogue::Catalogue;
use super::context::Reader;
use super::customer::Customer;
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::time::Millis;
pub use least::least;
pub use parse::{Tree, parse};
use serde_json::Value as Json;
pub use value::{Kind, V, kind};

/// Whether a condition holds of an event, or of an item of one of its lists (its name, and whether it is such as a cart has), and of nothing else.
pub fn holds_alone(
    plan: &Plan,
    text: &str,
    (event, at): (&Json, Millis),
    item: Option<(&str, &Json, bool)>,
) -> bool {
    value_alone(plan, text, (event, at), item) == V::Bool(true)
}

/// The value of an expression that reads the same.
pub fn value_alone(
    plan: &Plan,
    text: &str,
    (event, at): (&Json, Millis),
    item: Option<(&str, &Json, bool)>,
) -> V {
    let customer = Customer::default();
    let (waited, of_run, none) = (None, false, None);
    let reader = Reader {
        plan,
        event: Some(event),
        at,
        waited,
        of_run,
        item: none,
        catalogue: &Catalogue::default(),
        run_key: 0,
        customer: &customer,
        t: at,
    };
    let tree = parse(text).unwrap_or_else(|| panic!("the loader took `{text}`"));
    value::Walk { reader: &reader, item }.of(&tree)
}

/// The durations that stand in a condition.
pub fn spans(text: &str) -> Vec<Millis> {
    parse(text).map(|tree| tree.spans()).unwrap_or_default()
}

impl Reader<'_> {
    /// Whether the condition of this text is true.
    pub fn is_true(&self, text: &str) -> bool {
        self.value(text) == V::Bool(true)
    }

    /// The value of a tree.
    pub fn value_of(&self, tree: &Tree) -> V {
        value::Walk { reader: self, item: None }.of(tree)
    }

    /// The value of an expression.
    pub fn value(&self, text: &str) -> V {
        let tree = parse(text).unwrap_or_else(|| panic!("the loader took `{text}`"));
        value::Walk { reader: self, item: None }.of(&tree)
    }
}
