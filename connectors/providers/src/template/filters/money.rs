//! `money` and `amount`: an amount with the digits that ISO 4217 gives its currency and the separators of the customer's language. `money` says the code,
//! `amount` does not. Nothing is converted to binary fractions on the way.

use super::super::currency::minor_digits;
use super::super::number;
use super::super::reader::Reader;
use super::{Given, Native};
use crate::template::shown::text_of;
use liquid_core::model::{Value, ValueView};
use rust_decimal::RoundingStrategy;

pub(super) const FILTERS: &[Native] = &[
    Native { name: "money", arguments: (0, 1), run: |input, given| written(input, given, true) },
    Native { name: "amount", arguments: (0, 1), run: |input, given| written(input, given, false) },
];

/// The steps that asking for the customer's language takes.
const LOOKED_UP: usize = 50;

fn written(input: &dyn ValueView, given: &Given<'_>, with_code: bool) -> Value {
    if !given.charge(LOOKED_UP) {
        return Value::Nil;
    }
    let reader = given.runtime.registers().get_mut::<Reader>().clone();
    let named = given.argument(0).map(|code| text_of(code).trim().to_owned());
    let named = named.filter(|code| !code.is_empty());
    let currency = named.or_else(|| reader.currency().map(str::to_owned));
    let Some(amount) = amount(input, currency.as_deref(), &reader) else { return Value::Nil };
    match currency.filter(|_| with_code) {
        Some(code) if minor_digits(&code).is_some() => {
            Value::scalar(format!("{amount} {}", code.to_ascii_uppercase()))
        }
        Some(code) => Value::scalar(format!("{amount} {code}")),
        None => Value::scalar(amount),
    }
}

/// The amount as it is shown; none where the value is no number, for a wrong price is worse than none. Half a minor unit rounds away from zero. Of a currency
/// that nobody knows, or none, the amount stands with its own digits: two are not assumed.
pub(in super::super) fn amount(
    value: &dyn ValueView,
    currency: Option<&str>,
    reader: &Reader,
) -> Option<String> {
    let amount = number::read(value)?;
    let Some(digits) = currency.and_then(minor_digits) else {
        return Some(reader.number(&amount));
    };
    let mut rounded = amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    // Zeros at the end belong to it: 80.00.
    rounded.rescale(digits);
    Some(reader.number(&rounded))
}
