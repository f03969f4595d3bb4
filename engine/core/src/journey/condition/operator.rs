//! What operators and functions make of values. Null, and a value of another kind, gives null, or false.

use crate::time::{DAY, HOUR, Millis, instant_of_number, is_instant, parse_date, parse_instant};
use crate::value::ValueRef;
use std::cmp::Ordering;

/// Longest duration in either direction: longer than between any two instants.
const LONGEST: Millis = 20_000 * 366 * DAY;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// With the sign of the dividend, as in CEL.
    Remainder,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Search {
    StartsWith,
    EndsWith,
    Contains,
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    Floor,
    Ceil,
    /// Halves away from zero.
    Round,
    /// Of a number or a duration.
    Abs,
    /// So many days as a duration.
    Days,
    /// So many hours.
    Hours,
    /// So many minutes.
    Minutes,
    /// A text or a number read as an instant.
    Instant,
    /// A text read as a date.
    Date,
}

/// Of several numbers, instants, durations or dates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extreme {
    Least,
    Greatest,
}

impl Comparison {
    pub(super) fn holds(self, left: ValueRef<'_>, right: ValueRef<'_>) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            _ => order(left, right).is_some_and(|order| self.accepts(order)),
        }
    }

    fn accepts(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

pub(super) fn order(left: ValueRef<'_>, right: ValueRef<'_>) -> Option<Ordering> {
    match (left, right) {
        (ValueRef::Number(left), ValueRef::Number(right)) => left.partial_cmp(&right),
        (ValueRef::Text(left), ValueRef::Text(right)) => Some(left.cmp(right)),
        (ValueRef::Instant(left), ValueRef::Instant(right))
        | (ValueRef::Span(left), ValueRef::Span(right)) => Some(left.cmp(&right)),
        (ValueRef::Date(left), ValueRef::Date(right)) => Some(left.cmp(&right)),
        _ => None,
    }
}

impl Arithmetic {
    /// Null where the result is not a finite number, an instant of the years -9999 to 9999, or a duration between such.
    pub(super) fn apply<'v>(self, left: ValueRef<'_>, right: ValueRef<'_>) -> ValueRef<'v> {
        match (left, right) {
            (ValueRef::Number(left), ValueRef::Number(right)) => number(self.of(left, right)),
            _ => self.in_time(left, right),
        }
    }

    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
            Arithmetic::Remainder => left % right,
        }
    }

    /// Instants and durations never exceed 2^53, so their sums do not overflow.
    fn in_time<'v>(self, left: ValueRef<'_>, right: ValueRef<'_>) -> ValueRef<'v> {
        use ValueRef::{Instant, Number, Span};
        match (self, left, right) {
            (Arithmetic::Add, Instant(at), Span(by)) | (Arithmetic::Add, Span(by), Instant(at)) => {
                instant(at + by)
            }
            (Arithmetic::Subtract, Instant(at), Span(by)) => instant(at - by),
            (Arithmetic::Subtract, Instant(left), Instant(right)) => span((left - right) as f64),
            (Arithmetic::Add | Arithmetic::Subtract, Span(left), Span(right)) => {
                span(self.of(left as f64, right as f64))
            }
            (Arithmetic::Multiply, Span(by), Number(number))
            | (Arithmetic::Multiply, Number(number), Span(by)) => span(by as f64 * number),
            (Arithmetic::Divide, Span(by), Number(number)) => span(by as f64 / number),
            (Arithmetic::Divide, Span(left), Span(right)) => number(left as f64 / right as f64),
            _ => ValueRef::Null,
        }
    }
}

fn number<'v>(number: f64) -> ValueRef<'v> {
    if number.is_finite() { ValueRef::Number(number) } else { ValueRef::Null }
}

fn instant<'v>(at: Millis) -> ValueRef<'v> {
    if is_instant(at) { ValueRef::Instant(at) } else { ValueRef::Null }
}

/// To the nearest millisecond.
fn span<'v>(millis: f64) -> ValueRef<'v> {
    if millis.abs() <= LONGEST as f64 {
        ValueRef::Span(millis.round() as Millis)
    } else {
        ValueRef::Null
    }
}

impl Search {
    pub(super) fn holds(self, text: ValueRef<'_>, part: ValueRef<'_>) -> bool {
        match (text, part) {
            (ValueRef::Text(text), ValueRef::Text(part)) => self.finds(text, part),
            _ => false,
        }
    }

    fn finds(self, text: &str, part: &str) -> bool {
        match self {
            Search::StartsWith => text.starts_with(part),
            Search::EndsWith => text.ends_with(part),
            Search::Contains => text.contains(part),
        }
    }
}

impl Function {
    pub(super) fn apply<'v>(self, value: ValueRef<'v>) -> ValueRef<'v> {
        match (self, value) {
            (Function::Floor, ValueRef::Number(of)) => ValueRef::Number(of.floor()),
            (Function::Ceil, ValueRef::Number(of)) => ValueRef::Number(of.ceil()),
            (Function::Round, ValueRef::Number(of)) => ValueRef::Number(of.round()),
            (Function::Abs, ValueRef::Number(of)) => ValueRef::Number(of.abs()),
            (Function::Abs, ValueRef::Span(of)) => ValueRef::Span(of.abs()),
            (Function::Days, ValueRef::Number(of)) => span(of * DAY as f64),
            (Function::Hours, ValueRef::Number(of)) => span(of * HOUR as f64),
            (Function::Minutes, ValueRef::Number(of)) => span(of * (HOUR / 60) as f64),
            (Function::Instant, ValueRef::Text(text)) => {
                parse_instant(text).map_or(ValueRef::Null, ValueRef::Instant)
            }
            (Function::Instant, ValueRef::Number(number)) => {
                instant_of_number(number).map_or(ValueRef::Null, ValueRef::Instant)
            }
            (Function::Instant, ValueRef::Instant(_)) | (Function::Date, ValueRef::Date(_)) => {
                value
            }
            (Function::Date, ValueRef::Text(text)) => {
                parse_date(text).map_or(ValueRef::Null, ValueRef::Date)
            }
            _ => ValueRef::Null,
        }
    }
}

impl Extreme {
    /// Null where one is null or a text, or where they are not all of a kind.
    pub(super) fn of<'v>(self, values: impl Iterator<Item = ValueRef<'v>>) -> ValueRef<'v> {
        let least = self == Extreme::Least;
        let better = |one: ValueRef<'v>, other: ValueRef<'v>| match (one, order(one, other)?) {
            (ValueRef::Text(_), _) => None,
            (_, Ordering::Less) if !least => Some(other),
            (_, Ordering::Greater) if least => Some(other),
            (_, Ordering::Less | Ordering::Equal | Ordering::Greater) => Some(one),
        };
        let mut values = values.map(Some);
        let first = values
            .next()
            .flatten()
            .filter(|first| !matches!(first, ValueRef::Text(_)) && order(*first, *first).is_some());
        values.fold(first, |best, value| better(best?, value?)).unwrap_or(ValueRef::Null)
    }
}
