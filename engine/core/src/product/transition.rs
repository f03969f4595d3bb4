//! What a record of the catalogue makes of a product, of which journeys may hear.

use super::field::{Content, PARTS};
use super::packed::Field;
use crate::closed::closed;
use crate::value::Value;
use compact_str::CompactString;

closed! {
    /// A change of a product that begins journeys, in the order in which they begin.
    Transition {
        /// There was none of it, and now there is.
        Restocked "product_restocked",
        /// It costs less than before.
        PriceFell "price_fell",
        /// There is little left of it, and there was more.
        LowStock "low_stock",
    }
}

/// A product before and behind a record, which is not the first of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its id, as the record has it.
    pub id: CompactString,
    /// The hash of its id.
    pub key: u64,
    before: Figures,
    after: Figures,
}

/// What transitions are told by.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    stock: Option<f64>,
    price: Option<i64>,
    currency: Option<CompactString>,
}

impl Figures {
    /// Of a product's fields; `name` tells the name of a field by its number.
    pub fn of<'n>(fields: &[Field], name: impl Fn(u16) -> Option<&'n str>) -> Self {
        let mut figures = Self::default();
        for Field { name: number, content, .. } in fields {
            match (name(*number), content) {
                (Some("stock"), Content::Scalar(Value::Number(stock))) => {
                    figures.stock = Some(*stock);
                }
                (Some("price"), Content::Money(price)) => figures.price = Some(*price),
                (Some("currency"), Content::Scalar(Value::Text(currency))) => {
                    figures.currency = Some(currency.clone());
                }
                _ => {}
            }
        }
        figures
    }
}

impl Change {
    pub(super) fn new(id: &str, key: u64, before: Figures, after: Figures) -> Self {
        Self { id: id.into(), key, before, after }
    }

    /// Whether it is this transition; of at most `low_stock` pieces little is left.
    pub fn is(&self, transition: Transition, low_stock: u32) -> bool {
        let (before, after) = (&self.before, &self.after);
        match transition {
            Transition::Restocked => {
                before.stock.is_some_and(|stock| stock <= 0.0)
                    && after.stock.is_some_and(|stock| stock > 0.0)
            }
            Transition::PriceFell => {
                before.currency == after.currency
                    && before.price.zip(after.price).is_some_and(|(before, after)| after < before)
            }
            Transition::LowStock => {
                let low = f64::from(low_stock);
                before.stock.is_some_and(|stock| stock > low)
                    && after.stock.is_some_and(|stock| stock > 0.0 && stock <= low)
            }
        }
    }

    /// The prices before and behind it, where both are known.
    pub fn prices(&self) -> Option<(f64, f64)> {
        let amount = |parts: i64| parts as f64 / PARTS;
        self.before
            .price
            .zip(self.after.price)
            .map(|(before, after)| (amount(before), amount(after)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: (Option<f64>, Option<i64>), after: (Option<f64>, Option<i64>)) -> Change {
        let figures = |(stock, price)| Figures { stock, price, currency: None };
        Change::new("p", 1, figures(before), figures(after))
    }

    #[test]
    fn a_transition_is_told_by_what_was_known_before() {
        use Transition::{LowStock, PriceFell, Restocked};
        for (before, after, expected) in [
            ((Some(0.0), None), (Some(3.0), None), &[Restocked][..]),
            ((None, None), (Some(9.0), None), &[]),
            ((Some(-2.0), None), (Some(0.0), None), &[]),
            ((Some(9.0), None), (Some(3.0), None), &[LowStock]),
            ((Some(9.0), None), (Some(0.0), None), &[]),
            ((Some(5.0), None), (Some(4.0), None), &[]),
            ((Some(1.0), Some(20_000)), (Some(2.0), Some(19_999)), &[PriceFell]),
            ((None, None), (None, Some(1)), &[]),
            ((None, Some(1)), (None, None), &[]),
            ((Some(6.0), Some(2)), (Some(5.0), Some(1)), &[PriceFell, LowStock]),
        ] {
            let change = change(before, after);
            let is = Transition::ALL.into_iter().filter(|it| change.is(*it, 5));
            assert_eq!(is.collect::<Vec<_>>(), expected, "{before:?} {after:?}");
        }
    }
}
