//! Warnings of what is always true or never: somebody meant something else.

use super::Lowering;
use super::syntax::segments;
use crate::event::vocabulary::Counted;
use crate::journey::condition::expr::Expr;
use crate::journey::condition::fault::Fault;
use crate::journey::condition::operator::Comparison;
use crate::value::ValueRef;
use cel::common::ast::{Expr as Syntax, IdedExpr, LiteralValue};

impl Lowering<'_, '_> {
    /// It reads nothing.
    pub(super) fn warn_of_constant(&mut self, node: &IdedExpr, expr: &Expr) {
        if expr.is_constant() {
            self.warn_of(node, expr.is_true(&|_| ValueRef::Null), "it reads nothing");
        }
    }

    /// It asks whether a number is below zero that never is.
    pub(super) fn warn_of_count(
        &mut self,
        node: &IdedExpr,
        comparison: Comparison,
        (left, right): (&IdedExpr, &IdedExpr),
    ) {
        let always = match (is_count(left), literal(right), is_count(right), literal(left)) {
            (true, Some(number), ..) => always(comparison, number),
            (_, _, true, Some(number)) => always(flipped(comparison), number),
            _ => None,
        };
        if let Some(always) = always {
            self.warn_of(node, always, "it counts, and is never below 0");
        }
    }

    pub(super) fn warn_of(&mut self, node: &IdedExpr, always: bool, why: &str) {
        let range = self.parsed.extent(node);
        let word = if always { "always" } else { "never" };
        let text = self.text(node);
        let fault = Fault::warning(range.clone(), format!("`{text}` is {word} true: {why}"));
        let told = self.resolver.faults.iter().any(|fault| fault.range == range);
        if !told {
            self.resolver.faults.push(fault.help("leave it out, or compare with what you meant"));
        }
    }
}

/// A number that counts something.
fn is_count(node: &IdedExpr) -> bool {
    match &node.expr {
        Syntax::Call(call) => call.func_name == "size",
        _ => segments(node).is_some_and(|path| path == ["customer", Counted::Orders.name()]),
    }
}

pub(super) fn literal(node: &IdedExpr) -> Option<f64> {
    match &node.expr {
        Syntax::Literal(LiteralValue::Int(value)) => Some(*value.inner() as f64),
        Syntax::Literal(LiteralValue::Double(value)) => Some(*value.inner()),
        _ => None,
    }
}

/// What a number that is not below zero makes of it; none where that depends.
fn always(comparison: Comparison, number: f64) -> Option<bool> {
    match comparison {
        Comparison::GreaterOrEqual if number <= 0.0 => Some(true),
        Comparison::Greater | Comparison::NotEqual if number < 0.0 => Some(true),
        Comparison::Less if number <= 0.0 => Some(false),
        Comparison::LessOrEqual | Comparison::Equal if number < 0.0 => Some(false),
        _ => None,
    }
}

pub(super) fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual => comparison,
    }
}
