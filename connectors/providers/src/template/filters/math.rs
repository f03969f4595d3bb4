//! Arithmetic, in decimals. Whole numbers stay whole; nil and what is no number is 0; what has no answer is blank.

use super::super::number::{is_whole, or_zero, value};
use super::{Given, Native};
use liquid_core::model::{Value, ValueView};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

pub(super) const FILTERS: &[Native] = &[
    Native { name: "abs", arguments: (0, 0), run: |input, _| value(or_zero(input).abs()) },
    Native {
        name: "plus",
        arguments: (1, 1),
        run: |input, by| two(input, by, Decimal::checked_add),
    },
    Native {
        name: "minus",
        arguments: (1, 1),
        run: |input, by| two(input, by, Decimal::checked_sub),
    },
    Native {
        name: "times",
        arguments: (1, 1),
        run: |input, by| two(input, by, Decimal::checked_mul),
    },
    Native { name: "divided_by", arguments: (1, 1), run: divided_by },
    Native { name: "modulo", arguments: (1, 1), run: |input, by| two(input, by, modulo) },
    Native {
        name: "at_least",
        arguments: (1, 1),
        run: |input, by| two(input, by, |one, other| Some(one.max(other))),
    },
    Native {
        name: "at_most",
        arguments: (1, 1),
        run: |input, by| two(input, by, |one, other| Some(one.min(other))),
    },
    Native { name: "ceil", arguments: (0, 0), run: |input, _| value(or_zero(input).ceil()) },
    Native { name: "floor", arguments: (0, 0), run: |input, _| value(or_zero(input).floor()) },
    Native { name: "round", arguments: (0, 1), run: round },
];

fn two(
    input: &dyn ValueView,
    given: &Given<'_>,
    compute: impl Fn(Decimal, Decimal) -> Option<Decimal>,
) -> Value {
    compute(or_zero(input), other(given)).map_or(Value::Nil, value)
}

fn other(given: &Given<'_>) -> Decimal {
    given.argument(0).map(or_zero).unwrap_or_default()
}

/// Two whole numbers divide to a whole one, rounded down, as in Ruby.
fn divided_by(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let whole = is_whole(input) && given.argument(0).is_none_or(is_whole);
    let Some(quotient) = or_zero(input).checked_div(other(given)) else { return Value::Nil };
    value(if whole { quotient.floor() } else { quotient })
}

/// With the sign of the divisor, as in Ruby.
fn modulo(number: Decimal, by: Decimal) -> Option<Decimal> {
    number.checked_rem(by)?.checked_add(by)?.checked_rem(by)
}

/// Half away from zero.
fn round(input: &dyn ValueView, given: &Given<'_>) -> Value {
    let digits = other(given).trunc().to_u32().unwrap_or_default();
    value(or_zero(input).round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero))
}
