//! What is about the items of a list of the event: `exists`, `all`, `sum`, and `in`.

use super::{Lowering, Typed};
use crate::event::EventField;
use crate::journey::condition::expr::Expr;
use crate::journey::condition::field::{Capture, Field};
use crate::journey::condition::fields::{Items, Path, Scope, intern};
use crate::journey::condition::list::{List, Over, Part};
use crate::journey::condition::operator::Comparison;
use crate::journey::condition::types::Type;
use cel::common::ast::{ComprehensionExpr, Expr as Syntax, IdedExpr, LiteralValue, operators};

/// What an item is called where no name is given.
const ITEM: &str = "i";
/// The field of subjects that has items of known fields.
const ITEMS: &str = "items";

impl Lowering<'_, '_> {
    /// What the parser makes of `x.exists(i, ...)` and its like.
    pub(super) fn comprehension(
        &mut self,
        node: &IdedExpr,
        comprehension: &ComprehensionExpr,
    ) -> Option<Typed> {
        let starts = match &comprehension.accu_init.expr {
            Syntax::Literal(LiteralValue::Boolean(value)) => Some(*value.inner()),
            _ => None,
        };
        let step = match &comprehension.loop_step.expr {
            Syntax::Call(step) => Some((step.func_name.as_str(), step.args.as_slice())),
            _ => None,
        };
        let (over, about) = match (starts, step) {
            (Some(false), Some((operators::LOGICAL_OR, [_, about]))) => (Over::Exists, about),
            (Some(true), Some((operators::LOGICAL_AND, [_, about]))) => (Over::All, about),
            _ => {
                return self.unsupported(
                    node,
                    "of a list there are exists(), all(), sum(), size() and `in`",
                );
            }
        };
        let list = &comprehension.iter_range;
        self.items(node, over, list, &comprehension.iter_var, |lowering| lowering.condition(about))
            .map(|expr| (expr, Type::Bool))
    }

    /// `event.cart.items.sum(i, i.price)`, `sum(event.cart.items, i, i.price)` or `sum(event.cart.items, i.price)`.
    pub(super) fn sum(
        &mut self,
        node: &IdedExpr,
        target: Option<&IdedExpr>,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        let (list, name, about) = match (target, args) {
            (Some(list), [name, about]) | (None, [list, name, about]) => match &name.expr {
                Syntax::Ident(name) => (list, name.as_str(), about),
                _ => return self.no_sum(node),
            },
            (None, [list, about]) => (list, ITEM, about),
            _ => return self.no_sum(node),
        };
        let number = |lowering: &mut Self| {
            let (expr, kind) = lowering.node(about)?;
            if matches!(kind, Type::Number | Type::Any) {
                return Some(expr);
            }
            let message = format!("`{}` is {kind}, not a number", lowering.text(about));
            let range = lowering.parsed.extent(about);
            lowering.fail(range, message, "sum() adds numbers")
        };
        self.items(node, Over::Sum, list, name, number).map(|expr| (expr, Type::Number))
    }

    fn no_sum<T>(&mut self, node: &IdedExpr) -> Option<T> {
        self.fail(
            self.parsed.extent(node),
            "`sum` with these arguments is not supported",
            "write `event.cart.items.sum(i, i.price * i.quantity)`",
        )
    }

    /// `x in event.product.tags`: some item is `x`.
    pub(super) fn in_list_of_event(
        &mut self,
        node: &IdedExpr,
        item: &IdedExpr,
        list: &IdedExpr,
    ) -> Option<Typed> {
        // No name of the language has a space: the item is read by its part alone.
        let is = |lowering: &mut Self| {
            let (expr, kind) = lowering.whole(item)?;
            let known = lowering.resolver.items.as_ref().is_some_and(|items| items.known);
            if known
                || !matches!(
                    kind,
                    Type::Number | Type::Text | Type::Weekday | Type::Bool | Type::Any
                )
            {
                let text = lowering.text(list);
                let message = if known {
                    format!("the items of `{text}` are objects")
                } else {
                    format!("`{}` is {kind}: no item of a list is", lowering.text(item))
                };
                let range = lowering.parsed.extent(if known { list } else { item });
                let help =
                    format!("ask for one of their fields: `{text}.exists(i, i.product == ...)`");
                return lowering.fail(range, message, help);
            }
            let items = lowering.resolver.items.as_mut()?;
            let whole = Part { path: Vec::new(), size: false, number: false };
            let item = Expr::Field(Field::Item(intern(&mut items.parts, whole)));
            Some(Expr::Compare(Comparison::Equal, Box::new((expr, item))))
        };
        self.items(node, Over::Exists, list, " ", is).map(|expr| (expr, Type::Bool))
    }

    /// Reads `about` with the items of `list` at hand.
    fn items(
        &mut self,
        node: &IdedExpr,
        over: Over,
        list: &IdedExpr,
        name: &str,
        about: impl FnOnce(&mut Self) -> Option<Expr>,
    ) -> Option<Expr> {
        if self.resolver.items.is_some() {
            return self.fail(
                self.parsed.extent(node),
                "a list cannot be gone through for each item of a list",
                "ask for one list at a time",
            );
        }
        let (of, known) = self.list_of_event(list)?;
        self.resolver.items = Some(Items::new(name, known));
        let expr = about(self);
        let Items { parts, reads, .. } = self.resolver.items.take()?;
        let text = self.text(node);
        let list = List { text: text.as_str().into(), of, over, expr: expr?, parts, reads };
        let number = intern(&mut self.resolver.slots.lists, list);
        let field = match self.resolver.scope {
            Scope::Step => Field::Capture(intern(self.resolver.captures, Capture::List(number))),
            Scope::Event | Scope::While | Scope::Customer | Scope::Policy | Scope::Alone => {
                Field::List(number)
            }
        };
        self.show(text, field);
        Some(Expr::Field(field))
    }

    /// The list, and whether its items are such as a cart has.
    fn list_of_event(&mut self, node: &IdedExpr) -> Option<(EventField, bool)> {
        let parts = self.segments(node)?;
        let path = Path { parts: &parts, span: self.parsed.extent(node), size: false };
        let (field, kind) = self.resolver.list(&path)?;
        match kind {
            Type::List => Some((field, parts.last() == Some(&ITEMS))),
            Type::Any => Some((field, false)),
            kind => {
                let message = format!("`{}` is {kind}, not a list", parts.join("."));
                self.fail(path.span, message, "name a list, such as `event.cart.items`")
            }
        }
    }
}
