//! Functions.

use super::syntax::{asked, segments};
use super::{Lowering, Typed};
use crate::journey::condition::expr::Expr;
use crate::journey::condition::fault::SUPPORTED;
use crate::journey::condition::fields::Path;
use crate::journey::condition::operator::{Arithmetic, Extreme, Function, Search};
use crate::journey::condition::types::Type;
use crate::suggest::closest;
use cel::common::ast::IdedExpr;

/// What stands at the beginning of a deadline alone.
pub(super) const NEXT: &str = "next";

/// Every function, with how it is written.
const FUNCTIONS: [(&str, &str); 20] = [
    ("size", "size(x)"),
    ("has", "has(x)"),
    ("startsWith", "x.startsWith(y)"),
    ("endsWith", "x.endsWith(y)"),
    ("contains", "x.contains(y)"),
    ("lowerAscii", "x.lowerAscii()"),
    ("min", "min(x, y)"),
    ("max", "max(x, y)"),
    ("floor", "floor(x)"),
    ("ceil", "ceil(x)"),
    ("round", "round(x)"),
    ("abs", "abs(x)"),
    ("days", "days(x)"),
    ("hours", "hours(x)"),
    ("minutes", "minutes(x)"),
    ("instant", "instant(x)"),
    ("age", "age(x)"),
    ("exists", "event.cart.items.exists(i, i.price > 100)"),
    ("all", "event.cart.items.all(i, i.price > 100)"),
    ("sum", "event.cart.items.sum(i, i.price * i.quantity)"),
];

impl Lowering<'_, '_> {
    pub(super) fn function(
        &mut self,
        node: &IdedExpr,
        name: &str,
        target: Option<&IdedExpr>,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        match (name, target, args) {
            ("size", None, [inner]) | ("size", Some(inner), []) => self.size(inner),
            ("startsWith", Some(text), [part]) => self.search(Search::StartsWith, text, part),
            ("endsWith", Some(text), [part]) => self.search(Search::EndsWith, text, part),
            ("contains", Some(text), [part]) => self.search(Search::Contains, text, part),
            ("lowerAscii", Some(text), []) => self.lower_case(text),
            ("min", None, of) if !of.is_empty() => self.extreme(Extreme::Least, of),
            ("max", None, of) if !of.is_empty() => self.extreme(Extreme::Greatest, of),
            ("floor", None, [of]) => self.of_number(Function::Floor, of),
            ("ceil", None, [of]) => self.of_number(Function::Ceil, of),
            ("round", None, [of]) => self.of_number(Function::Round, of),
            ("abs", None, [of]) => self.of_number(Function::Abs, of),
            ("days", None, [of]) => self.of_number(Function::Days, of),
            ("hours", None, [of]) => self.of_number(Function::Hours, of),
            ("minutes", None, [of]) => self.of_number(Function::Minutes, of),
            ("instant", None, [of]) => self.instant(of),
            ("age", None, [of]) => self.age(of),
            ("sum", ..) => self.sum(node, target, args),
            _ => self.no_function(node, name),
        }
    }

    fn no_function<T>(&mut self, node: &IdedExpr, name: &str) -> Option<T> {
        if let Some((_, written)) = FUNCTIONS.iter().find(|(known, _)| *known == name) {
            let message = format!("`{name}` with these arguments is not supported");
            return self.fail(self.parsed.extent(node), message, format!("write `{written}`"));
        }
        if name == NEXT {
            let message = "`next` is no part of a condition";
            let help = "it stands in `at:`, where it means the next day of a date, such as `at: next(profile.birthday)`";
            return self.fail(self.parsed.extent(node), message, help);
        }
        let message = format!("`{name}` with these arguments is not supported");
        let near = closest(name, FUNCTIONS.map(|(known, _)| known));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`? "),
            None if name == "matches" => {
                "write startsWith(), endsWith() or contains(): a regular expression has no bound; "
                    .into()
            }
            None => String::new(),
        };
        self.fail(self.parsed.extent(node), message, format!("{remedy}{SUPPORTED}"))
    }

    fn size(&mut self, inner: &IdedExpr) -> Option<Typed> {
        let of_path = segments(inner).is_some() && self.parsed.duration(inner).is_none()
            || asked(inner).is_some();
        let (expr, kind) = if of_path { self.path(inner, true)? } else { self.node(inner)? };
        if !matches!(kind, Type::Text | Type::List | Type::Object | Type::Weekday | Type::Any) {
            return self.fail(
                self.parsed.extent(inner),
                format!("`{}` is {kind}: it has no size", self.text(inner)),
                "size() takes a list or a string",
            );
        }
        // In lower case it is as long.
        let expr = if let Expr::Lower(inner) = expr { *inner } else { expr };
        let counted = of_path && matches!(&expr, Expr::Field(field) if field.has_sizes());
        Some((if counted { expr } else { Expr::Size(Box::new(expr)) }, Type::Number))
    }

    fn lower_case(&mut self, text: &IdedExpr) -> Option<Typed> {
        let (expr, kind) = self.whole(text)?;
        if matches!(kind, Type::Text | Type::Any) {
            return Some((Expr::Lower(Box::new(expr)), Type::Text));
        }
        let message = format!("`{}` is {kind}, not a string", self.text(text));
        self.fail(self.parsed.extent(text), message, "lowerAscii takes a string")
    }

    fn of_number(&mut self, function: Function, of: &IdedExpr) -> Option<Typed> {
        let (expr, kind) = self.node(of)?;
        let duration = function == Function::Abs && kind == Type::Duration;
        if !duration && !matches!(kind, Type::Number | Type::Any) {
            let message = format!("`{}` is {kind}, not a number", self.text(of));
            let help = match kind {
                Type::Duration => "make it a number: `x / 1d` is a number of days",
                _ => "this function takes a number",
            };
            return self.fail(self.parsed.extent(of), message, help);
        }
        let kind = match function {
            Function::Days | Function::Hours | Function::Minutes => Type::Duration,
            _ if duration => Type::Duration,
            _ => Type::Number,
        };
        Some((Expr::Call(function, Box::new(expr)), kind))
    }

    fn instant(&mut self, of: &IdedExpr) -> Option<Typed> {
        let typed = self.whole(of)?;
        if let Some(read) = self.in_time((of, &typed), Type::Instant)? {
            return Some(read);
        }
        let (expr, kind) = typed;
        match kind {
            Type::Instant => Some((expr, kind)),
            Type::Number => Some((Expr::Call(Function::Instant, Box::new(expr)), Type::Instant)),
            _ => {
                let message = format!("`{}` is {kind}, not an instant", self.text(of));
                let help = "write an instant, such as `event.time`, or a text that has one, such as `profile.member_since`";
                self.fail(self.parsed.extent(of), message, help)
            }
        }
    }

    /// How long ago: `now - x`.
    fn age(&mut self, of: &IdedExpr) -> Option<Typed> {
        let (expr, _) = self.instant(of)?;
        let now = Path { parts: &["now"], span: self.parsed.extent(of), size: false };
        let (now, _) = self.resolver.resolve(&now)?;
        let sides = Box::new((Expr::Field(now), expr));
        Some((Expr::Compute(Arithmetic::Subtract, sides), Type::Duration))
    }

    fn extreme(&mut self, extreme: Extreme, of: &[IdedExpr]) -> Option<Typed> {
        let typed: Vec<Option<Typed>> = of.iter().map(|part| self.node(part)).collect();
        let mut all = None;
        let mut parts = Vec::with_capacity(of.len());
        for (node, typed) in of.iter().zip(typed) {
            let (expr, kind) = typed?;
            let one = match kind {
                Type::Any => Type::Number,
                kind => kind,
            };
            let fits = match all {
                None => matches!(one, Type::Number | Type::Instant | Type::Duration | Type::Date),
                Some(all) => one == all,
            };
            if !fits {
                let message = format!("`{}` is {kind}", self.text(node));
                let help = "min() and max() take numbers only, instants only or durations only; write `instant(x)` or `days(x)`";
                return self.fail(self.parsed.extent(node), message, help);
            }
            all = Some(one);
            parts.push(expr);
        }
        Some((Expr::Extreme(extreme, parts), all?))
    }
}
