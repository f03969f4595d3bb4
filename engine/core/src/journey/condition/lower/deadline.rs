//! Deadlines: `BASE`, and durations that are added to it or taken from it.

use super::function::NEXT;
use super::{Lowering, Typed};
use crate::journey::condition::deadline::Deadline;
use crate::journey::condition::expr::Expr;
use crate::journey::condition::fault::Fault;
use crate::journey::condition::field::{Capture, Field};
use crate::journey::condition::fields::{Resolver, Scope, Slots};
use crate::journey::condition::operator::Arithmetic;
use crate::journey::condition::parse::Parsed;
use crate::journey::condition::types::Type;
use crate::value::ValueRef;
use cel::common::ast::{Expr as Syntax, IdedExpr, operators};
use std::ops::Range;

/// Compiles a deadline, as [`super::compile`] does conditions.
pub(crate) fn compile_deadline(
    text: &str,
    scope: Scope,
    slots: &mut Slots,
    captures: &mut Vec<Capture>,
) -> (Option<Deadline>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let resolver = Resolver { scope, slots, captures, faults: Vec::new(), items: None };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let sum = lowering.sum_in_time(&parsed.root).and_then(|sum| lowering.has_base(sum));
    let (fields, faults) = (lowering.fields, lowering.resolver.faults);
    let deadline = |Sum { expr, kind, yearly, offset, at }: Sum| {
        let mut local = yearly || kind != Type::Instant;
        let mut note = |field| local |= matches!(field, Field::Local(_));
        expr.each_field(&mut note);
        offset.iter().for_each(|offset| offset.each_field(&mut note));
        let base_text = parsed.text.get(at).unwrap_or_default().into();
        Deadline { text: text.into(), base_text, fields, base: expr, yearly, offset, local }
    };
    (sum.map(deadline), faults)
}

/// The part of a deadline that has been read: a base with durations, or durations alone.
struct Sum {
    expr: Expr,
    kind: Type,
    yearly: bool,
    offset: Option<Expr>,
    /// Where the base stands.
    at: Range<usize>,
}

impl Sum {
    /// Whether it may be a base.
    fn is_base(kind: Type) -> bool {
        match kind {
            Type::Instant | Type::Date | Type::Text | Type::Any => true,
            Type::Bool
            | Type::Number
            | Type::Duration
            | Type::Weekday
            | Type::List
            | Type::Object
            | Type::Null => false,
        }
    }
}

impl Lowering<'_, '_> {
    fn sum_in_time(&mut self, node: &IdedExpr) -> Option<Sum> {
        let Syntax::Call(call) = &node.expr else { return self.alone_in_time(node) };
        let arithmetic = match call.func_name.as_str() {
            operators::ADD => Arithmetic::Add,
            operators::SUBSTRACT => Arithmetic::Subtract,
            NEXT => return self.yearly(node, call.target.is_some(), &call.args),
            _ => return self.alone_in_time(node),
        };
        let [left, right] = call.args.as_slice() else { return self.alone_in_time(node) };
        let (sum, added) = (self.sum_in_time(left), self.node(right));
        let (sum, (added, kind)) = (sum?, added?);
        match (arithmetic, sum.kind, kind) {
            (_, base, Type::Duration) if Sum::is_base(base) => {
                let offset = match (sum.offset, arithmetic) {
                    (Some(offset), _) => Expr::Compute(arithmetic, Box::new((offset, added))),
                    (None, Arithmetic::Subtract) => Expr::Negate(Box::new(added)),
                    (None, _) => added,
                };
                Some(Sum { offset: Some(offset), ..sum })
            }
            (_, Type::Duration, Type::Duration) => {
                let expr = Expr::Compute(arithmetic, Box::new((sum.expr, added)));
                Some(Sum { expr, ..sum })
            }
            (Arithmetic::Add, Type::Duration, base) if Sum::is_base(base) => {
                let (offset, at) = (Some(sum.expr), self.parsed.extent(right));
                Some(Sum { expr: added, kind: base, yearly: false, offset, at })
            }
            (_, left_kind, _) => {
                let message = format!(
                    "`{}` is {left_kind} and `{}` is {kind}: together they are no instant",
                    self.text(left),
                    self.text(right)
                );
                let help = "write an instant and durations, such as `last_order.at + 60d` or `event.time + days(item.supply_days)`";
                self.fail(self.parsed.token(node.id), message, help)
            }
        }
    }

    fn alone_in_time(&mut self, node: &IdedExpr) -> Option<Sum> {
        let (expr, kind) = match self.expiry_of_lots(node) {
            Some(found) => found?,
            None => self.node(node)?,
        };
        let expr = if let Expr::Lower(inner) = expr { *inner } else { expr };
        Some(Sum { expr, kind, yearly: false, offset: None, at: self.parsed.extent(node) })
    }

    /// `next(x)`.
    fn yearly(&mut self, node: &IdedExpr, of_target: bool, args: &[IdedExpr]) -> Option<Sum> {
        let ([of], false) = (args, of_target) else {
            let message = "`next` with these arguments is not supported";
            return self.fail(self.parsed.extent(node), message, "write `next(profile.birthday)`");
        };
        let typed: Typed = self.node(of)?;
        if !Sum::is_base(typed.1) {
            let message = format!("`{}` is {}, not a date", self.text(of), typed.1);
            let help = "next() takes a date, such as `profile.birthday`, or an instant";
            return self.fail(self.parsed.extent(of), message, help);
        }
        let at = self.parsed.extent(node);
        Some(Sum { expr: typed.0, kind: Type::Date, yearly: true, offset: None, at })
    }

    /// A deadline is an instant, not a duration.
    fn has_base(&mut self, sum: Sum) -> Option<Sum> {
        if Sum::is_base(sum.kind) {
            return Some(sum);
        }
        let (whole, text) = (0..self.parsed.text.len(), self.parsed.text);
        let help = match sum.expr {
            Expr::Fixed(ValueRef::Span(_)) => "say from when, such as `event.time + 23h`",
            _ => "write an instant and durations, such as `last_order.at + 60d`",
        };
        self.fail(whole, format!("`{text}` is {}, not an instant", sum.kind), help)
    }
}
