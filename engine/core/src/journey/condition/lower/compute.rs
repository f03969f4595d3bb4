//! Calculations with numbers, instants and durations.

use super::{Lowering, Typed};
use crate::journey::condition::expr::Expr;
use crate::journey::condition::operator::Arithmetic;
use crate::journey::condition::types::Type;
use cel::common::ast::IdedExpr;

impl Lowering<'_, '_> {
    pub(super) fn compute(
        &mut self,
        node: &IdedExpr,
        arithmetic: Arithmetic,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        let [left, right] = args else {
            return self.unsupported(node, "this calculation is not supported");
        };
        let typed = (self.node(left), self.node(right));
        let (one, other) = (typed.0?, typed.1?);
        let timed = [one.1, other.1].map(|kind| matches!(kind, Type::Instant | Type::Duration));
        if timed == [false, false] {
            self.is_number(node, left, one.1)?;
            self.is_number(node, right, other.1)?;
            return Some((Expr::Compute(arithmetic, Box::new((one.0, other.0))), Type::Number));
        }
        let (one, other) = self.read_in_time(arithmetic, (left, one), (right, other))?;
        let Some(kind) = of_times(arithmetic, one.1, other.1) else {
            return self.no_such_time(node, (left, one.1), (right, other.1));
        };
        Some((Expr::Compute(arithmetic, Box::new((one.0, other.0))), kind))
    }

    /// `+` and `-` read a text beside an instant or a duration as an instant.
    fn read_in_time(
        &mut self,
        arithmetic: Arithmetic,
        (left, one): (&IdedExpr, Typed),
        (right, other): (&IdedExpr, Typed),
    ) -> Option<(Typed, Typed)> {
        let sums = matches!(arithmetic, Arithmetic::Add | Arithmetic::Subtract);
        // Nothing is subtracted from a duration but a duration.
        let (first, second) = match (sums, one.1, other.1) {
            (true, _, Type::Duration) => (Type::Instant, Type::Any),
            (true, Type::Duration, _) if arithmetic == Arithmetic::Add => {
                (Type::Any, Type::Instant)
            }
            (true, Type::Instant, _) if arithmetic == Arithmetic::Subtract => {
                (Type::Any, Type::Instant)
            }
            (true, _, Type::Instant) if arithmetic == Arithmetic::Subtract => {
                (Type::Instant, Type::Any)
            }
            _ => (Type::Any, Type::Any),
        };
        let one_in_time = self.in_time((left, &one), first)?;
        let other_in_time = self.in_time((right, &other), second)?;
        Some((one_in_time.unwrap_or(one), other_in_time.unwrap_or(other)))
    }

    fn no_such_time<T>(
        &mut self,
        node: &IdedExpr,
        (left, one): (&IdedExpr, Type),
        (right, other): (&IdedExpr, Type),
    ) -> Option<T> {
        let message = format!(
            "`{}` is {one} and `{}` is {other}: this cannot be calculated",
            self.text(left),
            self.text(right)
        );
        let help = match (one, other) {
            (Type::Number, Type::Instant | Type::Duration)
            | (Type::Instant | Type::Duration, Type::Number) => {
                "write a number of days as `days(x)`, and a fixed one with its unit, such as 7d"
            }
            _ => {
                "an instant takes `+` and `-` with a duration, and `-` with an instant; durations take + - with durations, * / with numbers"
            }
        };
        self.fail(self.parsed.token(node.id), message, help)
    }

    pub(super) fn negate(&mut self, node: &IdedExpr, inner: &IdedExpr) -> Option<Typed> {
        let (expr, kind) = self.node(inner)?;
        if kind == Type::Duration {
            return Some((Expr::Negate(Box::new(expr)), kind));
        }
        self.is_number(node, inner, kind)?;
        Some((Expr::Negate(Box::new(expr)), Type::Number))
    }

    /// Says so where it is none.
    fn is_number(&mut self, operator: &IdedExpr, node: &IdedExpr, kind: Type) -> Option<()> {
        if matches!(kind, Type::Number | Type::Any) {
            return Some(());
        }
        let message =
            format!("`{}` is {kind}; only numbers can be calculated with", self.text(node));
        self.fail(self.parsed.token(operator.id), message, "+ - * / % take numbers on both sides")
    }
}

/// The type of a calculation with instants and durations; none where there is no such.
fn of_times(arithmetic: Arithmetic, left: Type, right: Type) -> Option<Type> {
    use Type::{Any, Duration, Instant, Number};
    Some(match (arithmetic, left, right) {
        (Arithmetic::Add, Instant, Duration)
        | (Arithmetic::Add, Duration, Instant)
        | (Arithmetic::Subtract, Instant, Duration) => Instant,
        (Arithmetic::Subtract, Instant, Instant)
        | (Arithmetic::Add | Arithmetic::Subtract, Duration, Duration)
        | (Arithmetic::Multiply, Duration, Number | Any)
        | (Arithmetic::Multiply, Number | Any, Duration)
        | (Arithmetic::Divide, Duration, Number | Any) => Duration,
        (Arithmetic::Divide, Duration, Duration) => Number,
        _ => return None,
    })
}
