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

/// What reads of the catalogue begin with.
const CATALOGUE: &str = "catalogue";
/// The same, with the bracket behind it.
pub(crate) const OPENS: &str = "catalogue[";

/// A field of a product: `catalogue[KEY]`, the key between the brackets, and the field behind them.
pub(super) struct Asked<'n> {
    pub(super) of: &'n IdedExpr,
    pub(super) key: &'n IdedExpr,
    pub(super) field: &'n str,
}

/// What a node of the form `catalogue[KEY].field` asks for; none of another form.
pub(super) fn asked(node: &IdedExpr) -> Option<Asked<'_>> {
    let Syntax::Select(select) = &node.expr else { return None };
    let key = key_of_catalogue(&select.operand)?;
    Some(Asked { of: &select.operand, key, field: &select.field })
}

/// The key in `catalogue[KEY]`.
pub(super) fn key_of_catalogue(node: &IdedExpr) -> Option<&IdedExpr> {
    let Syntax::Call(call) = &node.expr else { return None };
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::INDEX, None, [of, key]) if is_word(of, CATALOGUE) => Some(key),
        _ => None,
    }
}

/// Whether the node is this word.
pub(super) fn is_word(node: &IdedExpr, word: &str) -> bool {
    matches!(&node.expr, Syntax::Ident(name) if name == word)
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
