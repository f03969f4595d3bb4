//! The lowered tree and its evaluation: no allocation, no panic, two truth values.
//!
//! Where CEL has errors, this has null: a field that is absent, a number beyond range, an operand of another type. Null is not true;
//! ordering or computing with it gives false or null again; `==` and `!=` know it as a value of its own.

use super::field::Field;
use super::operator::{Arithmetic, Comparison, Extreme, Function, Search};
use crate::value::{Value, ValueRef};
use compact_str::CompactString;

/// A condition, lowered.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it is written.
    pub text: CompactString,
    /// What it reads and decisions show, as written, in order of first appearance.
    pub fields: Vec<(CompactString, Field)>,
    pub(super) expr: Expr,
}

impl Condition {
    /// Whether it is true; comparing with null or between types at run time is false (`!=` of different types is true).
    /// Allocates nothing but texts in lower case; `read` gives each field's value, [`ValueRef::Null`] where it is absent, an array or an object.
    pub fn holds<'v>(&self, read: impl Fn(Field) -> ValueRef<'v>) -> bool {
        self.expr.is_true(&read)
    }

    /// Where it cannot be true unless one of some truths is that `which` knows: these; the fewest that there are.
    pub(crate) fn needs_one_of<T>(&self, which: &impl Fn(Field) -> Option<T>) -> Option<Vec<T>> {
        self.expr.needs_one_of(which)
    }

    /// Its value, where it is an expression that comes to something else than a truth.
    pub fn value<'a, 'v: 'a>(&'a self, read: impl Fn(Field) -> ValueRef<'v>) -> ValueRef<'a> {
        self.expr.eval(&read)
    }

    /// Its value, where nothing has to be read for it.
    pub fn constant(&self) -> Option<ValueRef<'_>> {
        self.expr.is_constant().then(|| self.expr.eval(&|_| ValueRef::Null))
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Literal(Value),
    /// An instant, a duration or a date that is known at load.
    Fixed(ValueRef<'static>),
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
    /// A function of one value.
    Call(Function, Box<Expr>),
    /// The least or the greatest.
    Extreme(Extreme, Vec<Expr>),
    /// A text in lower case. It stands on a side of a [`Expr::LowerCase`] and nowhere else.
    Lower(Box<Expr>),
    /// A comparison or a search (one of the two nodes) of which a side is in lower case.
    LowerCase(Box<(TextTest, Expr, Expr)>),
}

/// What may be asked of texts in lower case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TextTest {
    Compare(Comparison),
    Search(Search),
}

impl Expr {
    /// The value, given the fields.
    pub(crate) fn eval<'a, 'v: 'a>(
        &'a self,
        read: &impl Fn(Field) -> ValueRef<'v>,
    ) -> ValueRef<'a> {
        match self {
            Expr::Literal(value) => value.borrow(),
            Expr::Fixed(value) => *value,
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
                ValueRef::Span(span) => ValueRef::Span(-span),
                _ => ValueRef::Null,
            },
            Expr::Compute(operator, sides) => {
                operator.apply(sides.0.eval(read), sides.1.eval(read))
            }
            Expr::Call(function, inner) => function.apply(inner.eval(read)),
            Expr::Extreme(extreme, of) => extreme.of(of.iter().map(|part| part.eval(read))),
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
            Expr::Search(search, sides) => search.holds(sides.0.eval(read), sides.1.eval(read)),
            Expr::LowerCase(parts) => {
                let (test, left, right) = &**parts;
                let (mut one, mut other) = (CompactString::default(), CompactString::default());
                let left = left.in_lower_case(read, &mut one);
                let right = right.in_lower_case(read, &mut other);
                match test {
                    TextTest::Compare(comparison) => comparison.holds(left, right),
                    TextTest::Search(search) => search.holds(left, right),
                }
            }
            Expr::Lower(_)
            | Expr::Literal(_)
            | Expr::Fixed(_)
            | Expr::Field(_)
            | Expr::Size(_)
            | Expr::Negate(_)
            | Expr::Compute(..)
            | Expr::Call(..)
            | Expr::Extreme(..)
            | Expr::Choose(_) => false,
        }
    }

    /// The value; of a [`Expr::Lower`] its text in lower case, in `room`.
    fn in_lower_case<'a, 'v: 'a>(
        &'a self,
        read: &impl Fn(Field) -> ValueRef<'v>,
        room: &'a mut CompactString,
    ) -> ValueRef<'a> {
        let Expr::Lower(inner) = self else { return self.eval(read) };
        let ValueRef::Text(text) = inner.eval(read) else { return ValueRef::Null };
        *room = text.into();
        room.make_ascii_lowercase();
        ValueRef::Text(room)
    }

    /// Whether it reads nothing.
    pub(crate) fn is_constant(&self) -> bool {
        let mut reads = false;
        self.each_field(&mut |_| reads = true);
        !reads
    }

    fn needs_one_of<T>(&self, which: &impl Fn(Field) -> Option<T>) -> Option<Vec<T>> {
        match self {
            Expr::Field(field) => which(*field).map(|one| vec![one]),
            Expr::Both(sides) => {
                let sides = [&sides.0, &sides.1].map(|side| side.needs_one_of(which));
                sides.into_iter().flatten().min_by_key(Vec::len)
            }
            Expr::Either(sides) => {
                let mut all = sides.0.needs_one_of(which)?;
                all.extend(sides.1.needs_one_of(which)?);
                Some(all)
            }
            Expr::Literal(_)
            | Expr::Fixed(_)
            | Expr::Has(_)
            | Expr::Size(_)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Compare(..)
            | Expr::Compute(..)
            | Expr::OneOf(..)
            | Expr::Search(..)
            | Expr::Choose(_)
            | Expr::Call(..)
            | Expr::Extreme(..)
            | Expr::Lower(_)
            | Expr::LowerCase(_) => None,
        }
    }

    /// Every field that is read.
    pub(crate) fn each_field(&self, seen: &mut impl FnMut(Field)) {
        match self {
            Expr::Field(field) | Expr::Has(field) => seen(*field),
            _ => self.each_part(&mut |part| part.each_field(seen)),
        }
    }

    /// Every node right below.
    pub(super) fn each_part<'e>(&'e self, seen: &mut dyn FnMut(&'e Expr)) {
        match self {
            Expr::Literal(_) | Expr::Fixed(_) | Expr::Field(_) | Expr::Has(_) => {}
            Expr::Size(inner)
            | Expr::Not(inner)
            | Expr::Negate(inner)
            | Expr::Call(_, inner)
            | Expr::OneOf(inner, _)
            | Expr::Lower(inner) => seen(inner),
            Expr::Both(sides)
            | Expr::Either(sides)
            | Expr::Compare(_, sides)
            | Expr::Compute(_, sides)
            | Expr::Search(_, sides) => {
                seen(&sides.0);
                seen(&sides.1);
            }
            Expr::Choose(parts) => {
                seen(&parts.0);
                seen(&parts.1);
                seen(&parts.2);
            }
            Expr::Extreme(_, of) => of.iter().for_each(seen),
            Expr::LowerCase(parts) => {
                seen(&parts.1);
                seen(&parts.2);
            }
        }
    }
}
