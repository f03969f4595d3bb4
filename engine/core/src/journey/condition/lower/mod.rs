//! Syntax tree to typed tree: types checked, paths numbered, what is not supported refused by name.
//!
//! Here are literals, paths and what joins conditions; beside it what compares (`compare`), what calculates (`compute`), functions
//! (`function`) and what is about lists (`list`).

mod certain;
mod compare;
mod compute;
mod constant;
mod deadline;
mod fact;
mod function;
mod list;
mod product;
mod syntax;

use super::alone::Alone;
use super::expr::{Condition, Expr};
use super::fault::{Fault, SUPPORTED};
use super::field::{Capture, Field};
use super::fields::{Items, Path, Resolver, Scope, Slots, is_name};
use super::parse::Parsed;
use super::types::Type;
use crate::event::vocabulary::Envelope;
use crate::value::{Value, ValueRef};
use cel::common::ast::{CallExpr, Expr as Syntax, IdedExpr, LiteralValue, operators};
use compact_str::CompactString;
pub(crate) use deadline::compile_deadline;
use std::ops::Range;
pub(crate) use syntax::OPENS;
use syntax::{arithmetic, asked, comparison, reads_index, segments};

/// Most nodes of a condition.
const MAX_NODES: usize = 200;

/// Compiles a condition; numbers its fields in `slots` and, for steps, in `captures`. None together with at least one error.
pub(crate) fn compile(
    text: &str,
    scope: Scope,
    slots: &mut Slots,
    captures: &mut Vec<Capture>,
) -> (Option<Condition>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let resolver = Resolver { scope, slots, captures, faults: Vec::new(), items: None };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let expr = lowering.condition(&parsed.root);
    if let Some(expr) = &expr {
        lowering.warn_of_constant(&parsed.root, expr);
    }
    let fields = lowering.fields;
    let text = text.into();
    (expr.map(|expr| Condition { text, fields, expr }), lowering.resolver.faults)
}

/// Compiles an expression that comes to a number. As [`compile`].
pub(crate) fn compile_number(
    text: &str,
    scope: Scope,
    slots: &mut Slots,
    captures: &mut Vec<Capture>,
) -> (Option<Condition>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let resolver = Resolver { scope, slots, captures, faults: Vec::new(), items: None };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let expr = lowering.number(&parsed.root, "profile.max_per_week");
    let Lowering { fields, resolver, .. } = lowering;
    (expr.map(|expr| Condition { text: text.into(), fields, expr }), resolver.faults)
}

/// Compiles a condition on an event alone, of the types that `of` says, or, where the items of a list are given (their name, and whether they are such as a cart has), on one of them.
pub(crate) fn compile_alone(
    text: &str,
    item: Option<(&str, bool)>,
    of: &Slots,
) -> (Option<Alone>, Vec<Fault>) {
    alone(text, item, of, |lowering, root| {
        let expr = lowering.condition(root);
        if let Some(expr) = &expr {
            lowering.warn_of_constant(root, expr);
        }
        expr
    })
}

fn alone(
    text: &str,
    item: Option<(&str, bool)>,
    of: &Slots,
    lower: impl FnOnce(&mut Lowering<'_, '_>, &IdedExpr) -> Option<Expr>,
) -> (Option<Alone>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let (mut slots, mut captures) = (of.of_events(), Vec::new());
    let items = item.map(|(name, known)| Items::new(name, known));
    let (scope, slots) = (Scope::Alone, &mut slots);
    let resolver = Resolver { scope, slots, captures: &mut captures, faults: Vec::new(), items };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let expr = lower(&mut lowering, &parsed.root);
    let Resolver { slots, faults, items, .. } = lowering.resolver;
    let (fields, lists) = (std::mem::take(&mut slots.fields), std::mem::take(&mut slots.lists));
    let parts = items.map_or_else(Vec::new, |items| items.parts);
    (expr.map(|expr| Alone { expr, fields, lists, parts }), faults)
}

/// Compiles a number that is made of an event alone, or of one of its items, as [`compile_alone`] does a condition.
pub(crate) fn compile_amount(
    text: &str,
    item: Option<(&str, bool)>,
    of: &Slots,
) -> (Option<Alone>, Vec<Fault>) {
    alone(text, item, of, |lowering, root| lowering.number(root, "event.order.total"))
}

/// The type of a path of an event alone, as above, or, where the items of a list are given as above, of one of them; and what is odd about it.
pub(crate) fn type_alone(
    path: &str,
    item: Option<(&str, bool)>,
    of: &Slots,
) -> (Option<Type>, Vec<Fault>) {
    let parts: Vec<&str> = path.split('.').collect();
    let (mut slots, mut captures) = (of.of_events(), Vec::new());
    let items = item.map(|(name, known)| Items::new(name, known));
    let (scope, slots) = (Scope::Alone, &mut slots);
    let mut resolver =
        Resolver { scope, slots, captures: &mut captures, faults: Vec::new(), items };
    let read = resolver.resolve(&Path { parts: &parts, span: 0..path.len(), size: false });
    (read.map(|(_, kind)| kind), resolver.faults)
}

/// The field of a key such as `event.cart.id`; none together with at least one error.
pub(crate) fn compile_path(text: &str, slots: &mut Slots) -> (Option<u16>, Vec<Fault>) {
    let whole = 0..text.len();
    let refused =
        |message: String, help: &str| (None, vec![Fault::error(0..text.len(), message).help(help)]);
    let parts: Vec<&str> = text.split('.').collect();
    let (root, rest) = parts.split_first().map_or(("", &[][..]), |(root, rest)| (*root, rest));
    let of_item = slots.each.as_ref().is_some_and(|each| each.name == root);
    if root != "event" && !of_item {
        return refused(
            "a key is a path of the event".into(),
            "write a path such as `event.cart.id`",
        );
    }
    if rest.is_empty() || rest.len() > 8 || !rest.iter().all(|name| is_name(name)) {
        let help = "write names joined by dots, such as `event.cart.id`";
        return refused(format!("`{text}` is not a path"), help);
    }
    if let ([name], false, true) = (rest, of_item, Envelope::parse(rest[0].as_bytes()).is_some()) {
        let message = format!("`event.{name}` says nothing of what the event is about");
        return refused(message, "name what runs are about, such as `event.cart.id`");
    }
    let mut captures = Vec::new();
    let mut resolver = Resolver {
        scope: Scope::Event,
        slots,
        captures: &mut captures,
        faults: Vec::new(),
        items: None,
    };
    let read = resolver.resolve(&Path { parts: &parts, span: whole, size: false });
    let faults = resolver.faults;
    match read {
        Some((_, kind @ (Type::List | Type::Object))) => refused(
            format!("`{text}` is {kind}: it is no key"),
            "name one of its fields, such as `event.cart.id`",
        ),
        Some((Field::Event(number), _)) => (Some(number), faults),
        _ => (None, faults),
    }
}

/// The field that a path such as `event.cart.id` reads in a step.
pub(crate) fn compile_read(
    text: &str,
    slots: &mut Slots,
    captures: &mut Vec<Capture>,
) -> (Option<Field>, Vec<Fault>) {
    let parts: Vec<&str> = text.split('.').collect();
    if text.starts_with(OPENS)
        || parts.first().is_some_and(|name| slots.names.facts.named(name).is_some())
    {
        return compile_fact(text, slots, captures);
    }
    let mut resolver =
        Resolver { scope: Scope::Step, slots, captures, faults: Vec::new(), items: None };
    let path = Path { parts: &parts, span: 0..text.len(), size: false };
    let read = resolver.resolve(&path);
    let mut faults = resolver.faults;
    if let Some((_, kind @ (Type::List | Type::Object))) = read {
        let fault = Fault::error(0..text.len(), format!("`{text}` is {kind}: it has no value"));
        faults.push(fault.help("name a field that is a text, a number or a boolean"));
        return (None, faults);
    }
    (read.map(|(field, _)| field), faults)
}

/// The same of a path that begins with the name of a fact, or of what is asked of a product.
fn compile_fact(
    text: &str,
    slots: &mut Slots,
    captures: &mut Vec<Capture>,
) -> (Option<Field>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let resolver =
        Resolver { scope: Scope::Step, slots, captures, faults: Vec::new(), items: None };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let read = match &parsed.root.expr {
        Syntax::Call(call) => lowering.of_fact(&parsed.root, call).flatten(),
        _ => lowering.path(&parsed.root, false),
    };
    match read {
        Some((Expr::Field(field), _)) => (Some(field), lowering.resolver.faults),
        _ => (None, lowering.resolver.faults),
    }
}

pub(super) struct Lowering<'p, 's> {
    pub(super) parsed: &'p Parsed<'p>,
    pub(super) resolver: Resolver<'s>,
    fields: Vec<(CompactString, Field)>,
    nodes: usize,
}

/// A lowered node and its type.
pub(super) type Typed = (Expr, Type);

impl Lowering<'_, '_> {
    /// A node that must be a boolean.
    fn condition(&mut self, node: &IdedExpr) -> Option<Expr> {
        let (expr, kind) = self.node(node)?;
        if matches!(kind, Type::Bool | Type::Any) {
            return Some(expr);
        }
        let text = self.text(node);
        let remedy = match kind {
            Type::Number => format!("compare it, such as `{text} > 0`"),
            Type::Text => format!("compare it, such as `{text} == \"...\"`"),
            Type::Instant => format!("compare it, such as `{text} < now - 7d`"),
            Type::Duration => format!("compare it, such as `{text} > 7d`"),
            Type::Date => format!("compare it, such as `{text} == \"2026-12-24\"`"),
            Type::Weekday => format!("compare it, such as `{text} == \"mon\"`"),
            Type::List => format!("ask for its size, such as `size({text}) > 0`"),
            Type::Bool | Type::Object | Type::Null | Type::Any => "name one of its fields".into(),
        };
        self.fail(self.parsed.extent(node), format!("`{text}` is {kind}, not a condition"), remedy)
    }

    /// A node that must be a number.
    fn number(&mut self, node: &IdedExpr, example: &str) -> Option<Expr> {
        let (expr, kind) = self.whole(node)?;
        if matches!(kind, Type::Number | Type::Any) {
            return Some(expr);
        }
        let message = format!("`{}` is {kind}, not a number", self.text(node));
        let help = format!("write a number, such as `{example}`");
        self.fail(self.parsed.extent(node), message, help)
    }

    fn node(&mut self, node: &IdedExpr) -> Option<Typed> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let whole = 0..self.parsed.text.len();
            return (self.nodes == MAX_NODES + 1)
                .then(|| {
                    self.fail::<Typed>(
                        whole,
                        format!("the condition has more than {MAX_NODES} parts"),
                        "split it over the arms of a branch",
                    )
                })
                .flatten();
        }
        match &node.expr {
            Syntax::Literal(literal) => self.literal(node, literal),
            Syntax::Ident(_) if self.parsed.duration(node).is_some() => {
                let span = self.parsed.duration(node)?;
                Some((Expr::Fixed(ValueRef::Span(span.millis())), Type::Duration))
            }
            Syntax::Ident(_) => self.path(node, false).and_then(|typed| self.scalar(node, typed)),
            Syntax::Select(select) if select.test => self.has(node),
            Syntax::Select(_) => self.path(node, false).and_then(|typed| self.scalar(node, typed)),
            Syntax::Call(call) => self.call(node, call),
            Syntax::List(_) => self.fail(
                self.parsed.extent(node),
                "a list can only stand after `in`",
                "write `x in [\"a\", \"b\"]`",
            ),
            Syntax::Comprehension(comprehension) => self.comprehension(node, comprehension),
            Syntax::Map(_) | Syntax::Struct(_) | Syntax::Unspecified => {
                self.unsupported(node, "this is not supported")
            }
        }
    }

    pub(super) fn literal(&mut self, node: &IdedExpr, literal: &LiteralValue) -> Option<Typed> {
        let (value, kind) = match literal {
            LiteralValue::Boolean(value) => (Value::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Value::Number(*value.inner() as f64), Type::Number),
            LiteralValue::UInt(value) => (Value::Number(*value.inner() as f64), Type::Number),
            LiteralValue::Double(value) => (Value::Number(*value.inner()), Type::Number),
            LiteralValue::String(value) => (Value::Text(value.inner().into()), Type::Text),
            LiteralValue::Null => (Value::Null, Type::Null),
            LiteralValue::Bytes(_) => return self.unsupported(node, "bytes are not supported"),
        };
        Some((Expr::Literal(value), kind))
    }

    /// Numbers the path that the node spells.
    fn path(&mut self, node: &IdedExpr, size: bool) -> Option<Typed> {
        if let Some(asked) = asked(node) {
            return self.product(node, asked, size);
        }
        let parts = self.segments(node)?;
        if let Some(found) = self.named(node, &parts) {
            return found;
        }
        let path = Path { parts: &parts, span: self.parsed.extent(node), size };
        let (field, kind) = self.resolver.resolve(&path)?;
        let name = parts.join(".");
        let of_event = matches!(field, Field::Event(_) | Field::Capture(_) | Field::Waited(_));
        let name = if size && of_event { format!("size({name})") } else { name };
        self.show(name, field);
        Some((Expr::Field(field), kind))
    }

    /// The names of the path that the node spells.
    fn segments<'n>(&mut self, node: &'n IdedExpr) -> Option<Vec<&'n str>> {
        let parts = segments(node);
        if parts.is_none() {
            let what = if reads_index(node) {
                "an index is not supported; write paths with dots"
            } else {
                "a field can only be read from a path"
            };
            return self.unsupported(node, what);
        }
        parts
    }

    /// Decisions show what a condition reads: not parts of a list's items, and not their own instant.
    fn show(&mut self, name: String, field: Field) {
        let known = self.fields.iter().any(|(_, known)| *known == field);
        if !known && self.resolver.items.is_none() && field != Field::Now {
            self.fields.push((name.into(), field));
        }
    }

    /// Refuses what has no value of its own.
    fn scalar(&mut self, node: &IdedExpr, (expr, kind): Typed) -> Option<Typed> {
        let text = self.text(node);
        match kind {
            Type::List => self.fail(
                self.parsed.extent(node),
                format!("`{text}` is a list"),
                format!(
                    "ask for its size: `size({text})`, or for its items: `{text}.exists(i, ...)`"
                ),
            ),
            Type::Object => self.fail(
                self.parsed.extent(node),
                format!("`{text}` is an object"),
                "name one of its fields",
            ),
            _ => Some((expr, kind)),
        }
    }

    fn has(&mut self, node: &IdedExpr) -> Option<Typed> {
        let Syntax::Select(select) = &node.expr else { return None };
        let inner = cel::common::ast::SelectExpr { test: false, ..select.clone() };
        let inner = IdedExpr { id: node.id, expr: Syntax::Select(inner) };
        match self.path(&inner, false).and_then(|typed| self.scalar(&inner, typed))? {
            (Expr::Field(field), _) => Some((Expr::Has(field), Type::Bool)),
            _ => None,
        }
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr) -> Option<Typed> {
        let args = call.args.as_slice();
        if let Some(found) = self.of_fact(node, call).or_else(|| self.of_products(node, call)) {
            return found;
        }
        if let Some(comparison) = comparison(&call.func_name) {
            return self.compare(node, comparison, args);
        }
        if let Some(arithmetic) = arithmetic(&call.func_name) {
            return self.compute(node, arithmetic, args);
        }
        match (call.func_name.as_str(), call.target.as_deref(), args) {
            (operators::LOGICAL_AND, None, [left, right]) => {
                let pair = self.both(left, right)?;
                self.warn_of_contradiction(node, left, right);
                Some((Expr::Both(pair), Type::Bool))
            }
            (operators::LOGICAL_OR, None, [left, right]) => {
                self.both(left, right).map(|pair| (Expr::Either(pair), Type::Bool))
            }
            (operators::LOGICAL_NOT, None, [inner]) => {
                self.condition(inner).map(|inner| (Expr::Not(Box::new(inner)), Type::Bool))
            }
            (operators::NEGATE, None, [inner]) => self.negate(node, inner),
            (operators::IN, None, [item, list]) => self.one_of(node, item, list),
            (operators::CONDITIONAL, None, [test, yes, no]) => self.choose(test, yes, no),
            (operators::INDEX, ..) => {
                self.unsupported(node, "an index is not supported; write paths with dots")
            }
            (name, target, args) if is_name(name) => self.function(node, name, target, args),
            _ => self.unsupported(node, "this operator is not supported"),
        }
    }

    fn both(&mut self, left: &IdedExpr, right: &IdedExpr) -> Option<Box<(Expr, Expr)>> {
        let (left, right) = (self.condition(left), self.condition(right));
        Some(Box::new((left?, right?)))
    }

    fn choose(&mut self, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Option<Typed> {
        let parts = (self.condition(test), self.whole(yes), self.whole(no));
        let (test, (yes, left), (no, right)) = (parts.0?, parts.1?, parts.2?);
        let kind = match (left, right) {
            (left, right) if left == right => left,
            (kind, Type::Null) | (Type::Null, kind) => kind,
            _ => Type::Any,
        };
        Some((Expr::Choose(Box::new((test, yes, no))), kind))
    }

    /// A node that is no text in lower case: such a text can only be compared at once.
    fn whole(&mut self, node: &IdedExpr) -> Option<Typed> {
        let (expr, kind) = self.node(node)?;
        if !matches!(expr, Expr::Lower(_)) {
            return Some((expr, kind));
        }
        self.fail(
            self.parsed.extent(node),
            "a text in lower case can only be compared at once",
            "write lowerAscii() directly beside `==`, `in` or startsWith()",
        )
    }

    pub(super) fn text(&self, node: &IdedExpr) -> String {
        self.parsed.text.get(self.parsed.extent(node)).unwrap_or_default().to_owned()
    }

    fn unsupported<T>(&mut self, node: &IdedExpr, message: &str) -> Option<T> {
        self.fail(self.parsed.extent(node), message, SUPPORTED)
    }

    pub(super) fn fail<T>(
        &mut self,
        range: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        self.resolver.faults.push(Fault::error(range, message).help(help));
        None
    }
}
