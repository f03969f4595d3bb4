//! Until when a condition stays as it is, if nothing happens but that time passes.
//!
//! Beside its value each node has a speed, and an instant until which it goes on so: `now` and `age(x)` move by a millisecond a millisecond, a fact's number
//! stands still until something that it counts grows too old. A comparison of what moves turns where its sides meet. What is foreseen may be too
//! early, never too late: whoever looks then looks again.

use super::expr::{Condition, Expr};
use super::field::Field;
use super::operator::{Arithmetic, Comparison, Function, order};
use crate::fact::Reading;
use crate::time::{DAY, HOUR, Millis, NEVER};
use crate::value::ValueRef;

/// A value at an instant, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion<'v> {
    /// The value.
    pub value: ValueRef<'v>,
    /// What it gains a millisecond: milliseconds of an instant or a duration, or a part of a number.
    pub speed: f64,
    /// It goes on so before this instant.
    pub until: Millis,
}

/// Sides that meet within so small a part of a millisecond do meet: what doubles lose.
const MEETS: f64 = 1e-3;

impl<'v> Motion<'v> {
    /// Moves as time does.
    pub fn moving(value: ValueRef<'v>) -> Self {
        Self { value, speed: 1.0, until: NEVER }
    }

    /// Stands still until an instant.
    pub fn until(value: ValueRef<'v>, until: Millis) -> Self {
        Self { value, speed: 0.0, until }
    }

    fn truth(value: bool, until: Millis) -> Self {
        Self::until(ValueRef::Bool(value), until)
    }

    fn is_true(&self) -> bool {
        self.value == ValueRef::Bool(true)
    }

    fn before(self, until: Millis) -> Self {
        Self { until: self.until.min(until), ..self }
    }

    /// As a number.
    fn amount(&self) -> Option<f64> {
        match self.value {
            ValueRef::Number(number) => Some(number),
            ValueRef::Instant(millis) | ValueRef::Span(millis) => Some(millis as f64),
            ValueRef::Null | ValueRef::Bool(_) | ValueRef::Text(_) | ValueRef::Date(_) => None,
        }
    }

    /// Durations are rounded to the millisecond; at another speed than time's they may be there before they seem to be.
    fn slack(&self) -> f64 {
        let exact = self.speed.fract() == 0.0 || matches!(self.value, ValueRef::Number(_));
        if exact { 0.0 } else { 1.0 }
    }
}

impl Condition {
    /// Whether it is true at `t`, and the first instant after `t` at which it may be otherwise though nothing happens; [`NEVER`] without one.
    pub fn foresee<'v>(&self, t: Millis, read: impl Fn(Field) -> Motion<'v>) -> (bool, Millis) {
        let motion = Foresight { t, read: &read }.of(&self.expr);
        (motion.is_true(), motion.until)
    }

    /// Whether all of it can be foreseen. What moves with time cannot where it is multiplied with or divided by something that moves as well, where
    /// a remainder is made of it, and beside `in`.
    pub fn is_foreseeable(&self) -> bool {
        self.expr.is_foreseeable()
    }
}

/// One look ahead from `t`.
struct Foresight<'r, R> {
    t: Millis,
    read: &'r R,
}

impl<'v, R: Fn(Field) -> Motion<'v>> Foresight<'_, R> {
    fn of<'a>(&self, expr: &'a Expr) -> Motion<'a>
    where
        'v: 'a,
    {
        match expr {
            Expr::Field(field) => (self.read)(*field),
            Expr::Has(field) => {
                let motion = (self.read)(*field);
                Motion::truth(motion.value != ValueRef::Null, motion.until)
            }
            Expr::Not(inner) => {
                let motion = self.of(inner);
                Motion::truth(!motion.is_true(), motion.until)
            }
            Expr::Both(sides) => self.logical(sides, true),
            Expr::Either(sides) => self.logical(sides, false),
            Expr::Compare(comparison, sides) => self.compare(*comparison, sides),
            Expr::Choose(parts) => {
                let test = self.of(&parts.0);
                self.of(if test.is_true() { &parts.1 } else { &parts.2 }).before(test.until)
            }
            Expr::Negate(inner) => {
                let motion = self.of(inner);
                Motion { value: self.value(expr), speed: -motion.speed, ..motion }
            }
            Expr::Compute(operator, sides) => self.compute(expr, *operator, sides),
            Expr::Call(function, inner) => self.call(expr, *function, self.of(inner)),
            Expr::Extreme(_, of) => self.extreme(expr, of),
            Expr::Literal(_)
            | Expr::Fixed(_)
            | Expr::Size(_)
            | Expr::OneOf(..)
            | Expr::Search(..)
            | Expr::Lower(_)
            | Expr::LowerCase(_) => self.still(expr),
        }
    }

    fn value<'a>(&self, expr: &'a Expr) -> ValueRef<'a>
    where
        'v: 'a,
    {
        expr.eval(&|field| (self.read)(field).value)
    }

    /// What stands still as long as its parts do.
    fn still<'a>(&self, expr: &'a Expr) -> Motion<'a>
    where
        'v: 'a,
    {
        let mut until = NEVER;
        expr.each_part(&mut |part| {
            let motion = self.of(part);
            until = until.min(if motion.speed == 0.0 { motion.until } else { self.t + 1 });
        });
        Motion::until(self.value(expr), until)
    }

    /// The second side counts only where the first leaves it open.
    fn logical<'a>(&self, sides: &'a (Expr, Expr), both: bool) -> Motion<'a>
    where
        'v: 'a,
    {
        let first = self.of(&sides.0);
        if first.is_true() != both {
            return Motion::truth(first.is_true(), first.until);
        }
        let second = self.of(&sides.1);
        Motion::truth(second.is_true(), first.until.min(second.until))
    }

    fn compare<'a>(&self, comparison: Comparison, sides: &'a (Expr, Expr)) -> Motion<'a>
    where
        'v: 'a,
    {
        let (left, right) = (self.of(&sides.0), self.of(&sides.1));
        let value = comparison.holds(left.value, right.value);
        Motion::truth(value, self.meeting(left, right).min(left.until).min(right.until))
    }

    /// When the one that is behind reaches the other, or the two part.
    fn meeting(&self, left: Motion<'_>, right: Motion<'_>) -> Millis {
        let speed = left.speed - right.speed;
        let comparable = order(left.value, right.value).is_some();
        let Some((left_at, right_at)) =
            left.amount().zip(right.amount()).filter(|_| comparable && speed != 0.0)
        else {
            return NEVER;
        };
        let (ahead, slack) = (left_at - right_at, left.slack() + right.slack());
        if ahead.abs() > slack && (ahead > 0.0) == (speed > 0.0) {
            return NEVER;
        }
        self.after((ahead.abs() - slack) / speed.abs())
    }

    /// So many milliseconds later, one at least.
    fn after(&self, millis: f64) -> Millis {
        self.t.saturating_add(((millis - MEETS).ceil() as Millis).max(1))
    }

    fn compute<'a>(
        &self,
        expr: &'a Expr,
        operator: Arithmetic,
        sides: &'a (Expr, Expr),
    ) -> Motion<'a>
    where
        'v: 'a,
    {
        let (left, right) = (self.of(&sides.0), self.of(&sides.1));
        let (value, until) = (operator.apply(left.value, right.value), left.until.min(right.until));
        if left.speed == 0.0 && right.speed == 0.0 {
            return Motion::until(value, until);
        }
        let (one, other) = (left.amount().unwrap_or(0.0), right.amount().unwrap_or(0.0));
        let speed = match operator {
            Arithmetic::Add => Some(left.speed + right.speed),
            Arithmetic::Subtract => Some(left.speed - right.speed),
            Arithmetic::Multiply if left.speed == 0.0 => Some(right.speed * one),
            Arithmetic::Multiply if right.speed == 0.0 => Some(left.speed * other),
            Arithmetic::Divide if right.speed == 0.0 => Some(left.speed / other),
            Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => None,
        };
        match speed {
            Some(speed) if value != ValueRef::Null && speed.is_finite() => {
                Motion { value, speed, until }
            }
            // Divided by nothing, as long as there is nothing.
            Some(_) => Motion::until(value, until),
            None => self.still(expr),
        }
    }

    fn call<'a>(&self, expr: &'a Expr, function: Function, inner: Motion<'a>) -> Motion<'a>
    where
        'v: 'a,
    {
        let value = function.apply(inner.value);
        let scaled = |by: Millis| Motion { value, speed: inner.speed * by as f64, ..inner };
        match (function, inner.amount().filter(|_| inner.speed != 0.0)) {
            (_, None) => Motion::until(value, inner.until),
            (Function::Floor | Function::Ceil | Function::Round, Some(amount)) => {
                // Of each of the three the next step is at a whole number or halfway between two.
                let halves = amount * 2.0;
                let next =
                    if inner.speed > 0.0 { halves.floor() + 1.0 } else { halves.ceil() - 1.0 };
                let to_next = (next - halves).abs() / (2.0 * inner.speed.abs());
                let at_step = halves.fract() == 0.0;
                let until = if at_step { self.t + 1 } else { self.after(to_next) };
                Motion::until(value, inner.until.min(until))
            }
            (Function::Abs, Some(amount)) => {
                let falls = amount != 0.0 && (amount > 0.0) != (inner.speed > 0.0);
                let speed = if falls { -inner.speed.abs() } else { inner.speed.abs() };
                let zero = Motion::until(ValueRef::Number(0.0), NEVER);
                let at = Motion { value: ValueRef::Number(amount), ..inner };
                Motion { value, speed, until: inner.until.min(self.meeting(at, zero)) }
            }
            (Function::Days, Some(_)) => scaled(DAY),
            (Function::Hours, Some(_)) => scaled(HOUR),
            (Function::Minutes, Some(_)) => scaled(HOUR / 60),
            (Function::Instant, Some(_)) if matches!(inner.value, ValueRef::Instant(_)) => inner,
            (Function::Instant | Function::Date, Some(_)) => self.still(expr),
        }
    }

    fn extreme<'a>(&self, expr: &'a Expr, of: &'a [Expr]) -> Motion<'a>
    where
        'v: 'a,
    {
        let motions: Vec<Motion<'a>> = of.iter().map(|part| self.of(part)).collect();
        let mut until = motions.iter().map(|motion| motion.until).min().unwrap_or(NEVER);
        for (place, one) in motions.iter().enumerate() {
            for other in &motions[place + 1..] {
                until = until.min(self.meeting(*one, *other));
            }
        }
        let value = self.value(expr);
        let chosen = motions.iter().find(|motion| motion.value == value);
        let speed = chosen.map_or(0.0, |motion| motion.speed);
        Motion { value, speed, until }
    }
}

impl Expr {
    /// Whether its value moves with time, other than in steps.
    fn moves(&self) -> bool {
        match self {
            Expr::Field(Field::Now | Field::Fact(_, Reading::Age)) => true,
            Expr::Negate(inner) => inner.moves(),
            Expr::Call(Function::Floor | Function::Ceil | Function::Round, _) => false,
            Expr::Call(_, inner) => inner.moves(),
            Expr::Compute(_, sides) => sides.0.moves() || sides.1.moves(),
            Expr::Choose(parts) => parts.1.moves() || parts.2.moves(),
            Expr::Extreme(_, of) => of.iter().any(Expr::moves),
            _ => false,
        }
    }

    fn is_foreseeable(&self) -> bool {
        let here = match self {
            Expr::Compute(Arithmetic::Multiply, sides) => !(sides.0.moves() && sides.1.moves()),
            Expr::Compute(Arithmetic::Divide, sides) => !sides.1.moves(),
            Expr::Compute(Arithmetic::Remainder, sides) => !(sides.0.moves() || sides.1.moves()),
            Expr::OneOf(inner, _) | Expr::Call(Function::Instant | Function::Date, inner) => {
                !inner.moves()
            }
            _ => true,
        };
        let mut all = here;
        self.each_part(&mut |part| all = all && part.is_foreseeable());
        all
    }
}
