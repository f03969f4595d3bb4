//! What nodes of CEL's syntax tree spell.

use crate::journey::condition::operator::{Arithmetic, Comparison};
use cel::common::ast::{Expr as Syntax, IdedExpr, LiteralValue, operators};

/// The names of a path, root first.
pub(super) fn segments(node: &IdedExpr) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut node = node;
    loop {
        match &node.expr {
            Syntax::Ident(name) => {
                parts.push(name.as_str());
                parts.reverse();
                return Some(parts);
            }
            Syntax::Select(select) if !select.test => {
                parts.push(select.field.as_str());
                node = &select.operand;
            }
            _ => return None,
        }
    }
}

/// Whether the path goes through `[...]`.
pub(super) fn reads_index(node: &IdedExpr) -> bool {
    match &node.expr {
        Syntax::Select(select) => reads_index(&select.operand),
        Syntax::Call(call) => call.func_name == operators::INDEX,
        _ => false,
    }
}

/// The text of a literal in quotes.
pub(super) fn quoted(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Syntax::Literal(LiteralValue::String(value)) => Some(value.inner()),
        _ => None,
    }
}

/// Whether it is a number that stands there.
pub(super) fn is_number(node: &IdedExpr) -> bool {
    matches!(
        node.expr,
        Syntax::Literal(LiteralValue::Int(_) | LiteralValue::Double(_) | LiteralValue::UInt(_))
    )
}

pub(super) fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        operators::MODULO => Arithmetic::Remainder,
        _ => return None,
    })
}
