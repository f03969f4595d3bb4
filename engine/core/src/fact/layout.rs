//! Which facts there are, under which numbers, and which events touch them.

use crate::event::Subject;

/// One fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// The event type that touches it.
    pub on: &'static str,
    /// What it folds.
    pub kind: Kind,
}

/// What a fact folds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// How many.
    Count,
    /// How much of a number in the event.
    Sum {
        /// The subject that has it.
        of: Subject,
        /// The field.
        field: &'static str,
    },
    /// When last.
    Last,
}

/// Number of the fact how many orders were placed.
pub const ORDERS: u16 = 0;
/// Number of the fact what the orders' totals come to.
pub const LIFETIME_VALUE: u16 = 1;
/// Number of the fact when the last order was placed.
pub const LAST_ORDER: u16 = 2;

/// What every shop has. The places are the facts' numbers, which are stored: only append.
const BUILT_IN: [Definition; 3] = [
    Definition { name: "orders", on: "order_placed", kind: Kind::Count },
    Definition {
        name: "lifetime_value",
        on: "order_placed",
        kind: Kind::Sum { of: Subject::Order, field: "total" },
    },
    Definition { name: "last_order", on: "order_placed", kind: Kind::Last },
];

/// The facts by their numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    facts: Vec<Definition>,
}

impl Default for Layout {
    /// The built-in facts.
    fn default() -> Self {
        Self { facts: BUILT_IN.to_vec() }
    }
}

impl Layout {
    /// The fact with this number.
    pub fn get(&self, number: u16) -> Option<&Definition> {
        self.facts.get(usize::from(number))
    }

    /// Every fact with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Definition)> {
        (0..).zip(&self.facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_built_in_facts_are_their_places() {
        let layout = Layout::default();
        let name = |number| layout.get(number).map(|fact| fact.name);
        assert_eq!(
            [name(ORDERS), name(LIFETIME_VALUE), name(LAST_ORDER), name(3)],
            [Some("orders"), Some("lifetime_value"), Some("last_order"), None]
        );
    }
}
