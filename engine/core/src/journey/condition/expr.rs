//! The lowered tree and its evaluation: no allocation, no panic, two truth values.
//!
//! Where CEL has errors, this has null: a field that is absent, a number beyond range, an operand of another type. Null is not true;
//! ordering or computing with it gives false or null again; `==` and `!=` know it as a value of its own.

use super::field::Field;
use crate::value::{Value, ValueRef};
use compact_str::CompactString;
use std::cmp::Ordering;

/// A condition, lowered.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What it reads, as written, in order of first appearance.
    pub fields: Vec<(CompactString, Field)>,
    pub(super) expr: Expr,
}

impl Condition {
    /// Whether it is true; comparing with null or between types at run time is false (`!=` of different types is true).
    /// Allocates nothing; `read` gives each field's value, [`ValueRef::Null`] where it is absent, an array or an object.
    pub fn holds<'v>(&self, read: impl Fn(Field) -> ValueRef<'v>) -> bool {
        self.expr.is_true(&read)
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Literal(Value),
    Field(Field),
    /// The field is not null.
    Has(Field),
    /// The number of characters of a text; of an event's field it is read as a field of its own.
    Size(Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    /// `&&`
    Both(Box<(Expr, Expr)>),
    /// `||`
    Either(Box<(Expr, Expr)>),
    Compare(Comparison, Box<(Expr, Expr)>),
    Compute(Arithmetic, Box<(Expr, Expr)>),
    /// `in` a list of literals.
    OneOf(Box<Expr>, Vec<Value>),
    Search(Search, Box<(Expr, Expr)>),
    /// `test ? yes : no`
    Choose(Box<(Expr, Expr, Expr)>),
}

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
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Search {
    StartsWith,
    EndsWith,
    Contains,
}

impl Expr {
    /// The value, given the fields.
    pub(crate) fn eval<'a, 'v: 'a>(
        &'a self,
        read: &impl Fn(Field) -> ValueRef<'v>,
    ) -> ValueRef<'a> {
        match self {
            Expr::Literal(value) => value.borrow(),
            Expr::Field(field) => read(*field),
            Expr::Choose(parts) => {
                let (test, yes, no) = &**parts;
                if test.is_true(read) { yes.eval(read) } else { no.eval(read) }
            }
            Expr::Size(inner) => match inner.eval(read) {
                ValueRef::Text(text) => ValueRef::Number(text.chars().count() as f64),
                _ => ValueRef::Number(0.0),
            },
            Expr::Negate(inner) => match inner.eval(read) {
                ValueRef::Number(number) => ValueRef::Number(-number),
                _ => ValueRef::Null,
            },
            Expr::Compute(operator, sides) => match (sides.0.eval(read), sides.1.eval(read)) {
                (ValueRef::Number(left), ValueRef::Number(right)) => operator.apply(left, right),
                _ => ValueRef::Null,
            },
            _ => ValueRef::Bool(self.test(read)),
        }
    }

    /// Whether the value is the boolean true.
    pub(crate) fn is_true<'v>(&self, read: &impl Fn(Field) -> ValueRef<'v>) -> bool {
        self.eval(read) == ValueRef::Bool(true)
    }

    /// The nodes whose value is a boolean.
    fn test<'v>(&self, read: &impl Fn(Field) -> ValueRef<'v>) -> bool {
        match self {
            Expr::Has(field) => read(*field) != ValueRef::Null,
            Expr::Not(inner) => !inner.is_true(read),
            Expr::Both(sides) => sides.0.is_true(read) && sides.1.is_true(read),
            Expr::Either(sides) => sides.0.is_true(read) || sides.1.is_true(read),
            Expr::Compare(operator, sides) => {
                operator.holds(sides.0.eval(read), sides.1.eval(read))
            }
            Expr::OneOf(item, list) => {
                let item = item.eval(read);
                list.iter().any(|value| value.borrow() == item)
            }
            Expr::Search(search, sides) => match (sides.0.eval(read), sides.1.eval(read)) {
                (ValueRef::Text(text), ValueRef::Text(part)) => search.finds(text, part),
                _ => false,
            },
            Expr::Literal(_)
            | Expr::Field(_)
            | Expr::Size(_)
            | Expr::Negate(_)
            | Expr::Compute(..)
            | Expr::Choose(_) => self.is_true(read),
        }
    }
}

impl Comparison {
    fn holds(self, left: ValueRef<'_>, right: ValueRef<'_>) -> bool {
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

fn order(left: ValueRef<'_>, right: ValueRef<'_>) -> Option<Ordering> {
    match (left, right) {
        (ValueRef::Number(left), ValueRef::Number(right)) => left.partial_cmp(&right),
        (ValueRef::Text(left), ValueRef::Text(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

impl Arithmetic {
    /// Null where the result is not a finite number.
    fn apply<'v>(self, left: f64, right: f64) -> ValueRef<'v> {
        let result = match self {
            Arithmetic::Add => left + right,
            Arithmetic::Subtract => left - right,
            Arithmetic::Multiply => left * right,
            Arithmetic::Divide => left / right,
        };
        if result.is_finite() { ValueRef::Number(result) } else { ValueRef::Null }
    }
}

impl Search {
    fn finds(self, text: &str, part: &str) -> bool {
        match self {
            Search::StartsWith => text.starts_with(part),
            Search::EndsWith => text.ends_with(part),
            Search::Contains => text.contains(part),
        }
    }
}
