//! Which facts there are, under which numbers.

use super::definition::{Amount, Definition, Kind};
use super::ladder::Ladder;
use super::path::Path;
use crate::event::{EventField, Subject};
use compact_str::CompactString;

/// Number of the fact how many orders were placed.
pub const ORDERS: u16 = 0;
/// Number of the fact what the orders' totals come to.
pub const LIFETIME_VALUE: u16 = 1;
/// Number of the fact when the last order was placed.
pub const LAST_ORDER: u16 = 2;

/// The facts by their numbers: first those that every shop has, then the shop's own, and what journeys that begin by time
/// keep, in order of their names, levels behind the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    facts: Vec<Definition>,
    currency: Option<CompactString>,
}

impl Default for Layout {
    /// What every shop has.
    fn default() -> Self {
        Self::new(Vec::new(), None)
    }
}

impl Layout {
    /// With the shop's own facts. Money in another currency than this is not counted.
    pub fn new(mut own: Vec<Definition>, currency: Option<&str>) -> Self {
        own.sort_by(|one, other| {
            let rank = |fact: &Definition| fact.ladder().is_some();
            rank(one).cmp(&rank(other)).then_with(|| one.name.cmp(&other.name))
        });
        let facts = built_in().into_iter().chain(own).collect();
        Self { facts, currency: currency.map(Into::into) }
    }

    /// What a journey that begins by time keeps is about this base: other bases are not to be compared with it. The fact's number.
    pub(crate) fn bind(&mut self, name: &str, base: &str) -> u16 {
        let Some(place) = self.facts.iter().position(|fact| fact.name == name) else {
            return u16::MAX;
        };
        self.facts[place].adds.when = Some(base.into());
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    /// The fact with this number.
    pub fn get(&self, number: u16) -> Option<&Definition> {
        self.facts.get(usize::from(number))
    }

    /// The fact with this name. What every shop has is called `customer.X`.
    pub fn named(&self, name: &str) -> Option<(u16, &Definition)> {
        self.iter().find(|(_, fact)| fact.name == name)
    }

    /// Every fact with its number.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Definition)> {
        (0..).zip(&self.facts)
    }

    /// The shop's own.
    pub fn own(&self) -> impl Iterator<Item = (u16, &Definition)> {
        self.iter().skip(usize::from(LAST_ORDER) + 1)
    }

    /// The levels.
    pub fn levels(&self) -> impl Iterator<Item = (u16, &Definition, &Ladder)> {
        self.own().filter_map(|(number, fact)| Some((number, fact, fact.ladder()?)))
    }

    /// What a level is made of, to be completed.
    pub(crate) fn ladder_mut(&mut self, number: u16) -> Option<&mut Ladder> {
        match &mut self.facts.get_mut(usize::from(number))?.kind {
            Kind::Level(ladder) => Some(ladder),
            Kind::Count | Kind::Sum(_) | Kind::Last(_) | Kind::Set | Kind::Ledger(_) => None,
        }
    }

    /// The currency that is counted; none: any.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
}

/// The places are the facts' numbers.
fn built_in() -> [Definition; 3] {
    let order = |name: &str| {
        let path = vec![Subject::Order.name().into(), name.into()];
        Path::Event(EventField::new(path, false))
    };
    let total = Amount { path: order("total"), currency: vec![order("currency")] };
    let on = "order_placed";
    [
        Definition::plain("customer.orders", on, Kind::Count),
        Definition::plain("customer.lifetime_value", on, Kind::Sum(total)),
        Definition::plain("customer.last_order", on, Kind::Last(Vec::new())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_built_in_facts_are_their_places() {
        let own = ["views", "orders"].map(|name| Definition::plain(name, "x", Kind::Count));
        let layout = Layout::new(own.to_vec(), None);
        let name = |number| layout.get(number).map(|fact| fact.name.as_str());
        assert_eq!(
            [name(ORDERS), name(LIFETIME_VALUE), name(LAST_ORDER)],
            [Some("customer.orders"), Some("customer.lifetime_value"), Some("customer.last_order")]
        );
        assert_eq!([name(3), name(4), name(5)], [Some("orders"), Some("views"), None]);
    }
}
