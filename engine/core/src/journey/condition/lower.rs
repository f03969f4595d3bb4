//! Syntax tree to typed tree: types checked, paths numbered, what is not supported refused by name.

use super::expr::{Arithmetic, Comparison, Condition, Expr, Search};
use super::fault::{Fault, SUPPORTED};
use super::field::Field;
use super::fields::{Path, Resolver, Scope, Slots, Type, intern, is_name};
use super::names::Segment;
use super::parse::Parsed;
use crate::event::EventField;
use crate::time::Span;
use crate::value::Value;
use cel::common::ast::{CallExpr, Expr as Syntax, IdedExpr, LiteralValue, operators};
use compact_str::CompactString;
use std::ops::Range;

/// Most nodes of a condition.
const MAX_NODES: usize = 200;

/// Compiles a condition; numbers its fields in `slots` and, for steps, in `captures`. None together with at least one error.
pub(crate) fn compile(
    text: &str,
    scope: Scope,
    slots: &mut Slots,
    captures: &mut Vec<u16>,
) -> (Option<Condition>, Vec<Fault>) {
    let parsed = match Parsed::read(text) {
        Ok(parsed) => parsed,
        Err(fault) => return (None, vec![fault]),
    };
    let resolver = Resolver { scope, slots, captures, faults: Vec::new() };
    let mut lowering = Lowering { parsed: &parsed, resolver, fields: Vec::new(), nodes: 0 };
    let expr = lowering.condition(&parsed.root);
    let fields = lowering.fields;
    (expr.map(|expr| Condition { fields, expr }), lowering.resolver.faults)
}

/// Compiles a condition of the customer that is to be used by its name.
pub(crate) fn compile_segment(text: &str, slots: &mut Slots) -> (Option<Segment>, Vec<Fault>) {
    let (condition, faults) = compile(text, Scope::While, slots, &mut Vec::new());
    (condition.map(|Condition { fields, expr }| Segment { fields, expr }), faults)
}

/// The field of a key such as `event.cart.id`.
pub(crate) fn compile_path(text: &str, slots: &mut Slots) -> Result<u16, Fault> {
    let whole = 0..text.len();
    let parts: Vec<&str> = text.split('.').collect();
    let ["event", rest @ ..] = parts.as_slice() else {
        return Err(Fault::error(whole, "a key is a path of the event")
            .help("write a path such as `event.cart.id`"));
    };
    if rest.is_empty() || rest.len() > 8 || !rest.iter().all(|name| is_name(name)) {
        return Err(Fault::error(whole, format!("`{text}` is not a path"))
            .help("write names joined by dots, such as `event.cart.id`"));
    }
    let field = EventField::new(rest.iter().map(|name| (*name).into()).collect(), false);
    Ok(intern(&mut slots.fields, field))
}

/// The field that a path such as `event.cart.id` reads in a step.
pub(crate) fn compile_read(
    text: &str,
    slots: &mut Slots,
    captures: &mut Vec<u16>,
) -> (Option<Field>, Vec<Fault>) {
    let parts: Vec<&str> = text.split('.').collect();
    let mut resolver = Resolver { scope: Scope::Step, slots, captures, faults: Vec::new() };
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
            Type::List => format!("ask for its size, such as `size({text}) > 0`"),
            _ => "name one of its fields".into(),
        };
        self.fail(self.parsed.extent(node), format!("`{text}` is {kind}, not a condition"), remedy)
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
            Syntax::Ident(_) => self.path(node, false).and_then(|typed| self.scalar(node, typed)),
            Syntax::Select(select) if select.test => self.has(node),
            Syntax::Select(_) => self.path(node, false).and_then(|typed| self.scalar(node, typed)),
            Syntax::Call(call) => self.call(node, call),
            Syntax::List(_) => self.fail(
                self.parsed.extent(node),
                "a list can only stand after `in`",
                "write `x in [\"a\", \"b\"]`",
            ),
            Syntax::Comprehension(_) => {
                self.unsupported(node, "all(), exists(), map() and filter() are not supported")
            }
            Syntax::Map(_) | Syntax::Struct(_) | Syntax::Unspecified => {
                self.unsupported(node, "this is not supported")
            }
        }
    }

    pub(super) fn literal(&mut self, node: &IdedExpr, literal: &LiteralValue) -> Option<Typed> {
        let (value, kind) = match literal {
            LiteralValue::Boolean(value) => (Value::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Value::Number(*value.inner() as f64), Type::Number),
            LiteralValue::UInt(_) if self.parsed.span_at(node.id).is_some() => {
                let millis = self.parsed.span_at(node.id).map_or(0, Span::millis);
                (Value::Number(millis as f64), Type::Number)
            }
            LiteralValue::UInt(value) => (Value::Number(*value.inner() as f64), Type::Number),
            LiteralValue::Double(value) => (Value::Number(*value.inner()), Type::Number),
            LiteralValue::String(value) => (Value::Text(value.inner().into()), Type::Text),
            LiteralValue::Null => (Value::Null, Type::Null),
            LiteralValue::Bytes(_) => return self.unsupported(node, "bytes are not supported"),
        };
        Some((Expr::Literal(value), kind))
    }

    /// Numbers the path that the node spells.
    pub(super) fn path(&mut self, node: &IdedExpr, size: bool) -> Option<Typed> {
        let Some(parts) = segments(node) else {
            let what = if reads_index(node) {
                "an index is not supported; write paths with dots"
            } else {
                "a field can only be read from a path"
            };
            return self.unsupported(node, what);
        };
        if let Some(found) = self.named(node, &parts) {
            return found;
        }
        let path = Path { parts: &parts, span: self.parsed.extent(node), size };
        let (field, kind) = self.resolver.resolve(&path)?;
        let name = parts.join(".");
        let of_event = matches!(field, Field::Event(_) | Field::Capture(_) | Field::Waited(_));
        let name = if size && of_event { format!("size({name})") } else { name };
        Some((self.field(&name, field), kind))
    }

    /// A field; it is among those that the condition shows.
    pub(super) fn field(&mut self, name: &str, field: Field) -> Expr {
        if !self.fields.iter().any(|(_, known)| *known == field) {
            self.fields.push((name.into(), field));
        }
        Expr::Field(field)
    }

    /// Refuses what has no value of its own.
    fn scalar(&mut self, node: &IdedExpr, (expr, kind): Typed) -> Option<Typed> {
        let text = self.text(node);
        match kind {
            Type::List => self.fail(
                self.parsed.extent(node),
                format!("`{text}` is a list"),
                format!("ask for its size: `size({text})`"),
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
        if let Some(found) = self.of_fact(node, call) {
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
                self.both(left, right).map(|pair| (Expr::Both(pair), Type::Bool))
            }
            (operators::LOGICAL_OR, None, [left, right]) => {
                self.both(left, right).map(|pair| (Expr::Either(pair), Type::Bool))
            }
            (operators::LOGICAL_NOT, None, [inner]) => {
                self.condition(inner).map(|inner| (Expr::Not(Box::new(inner)), Type::Bool))
            }
            (operators::NEGATE, None, [inner]) => {
                self.number(node, inner).map(|inner| (Expr::Negate(Box::new(inner)), Type::Number))
            }
            (operators::IN, None, [item, list]) => self.one_of(node, item, list),
            (operators::CONDITIONAL, None, [test, yes, no]) => self.choose(test, yes, no),
            ("size", None, [inner]) | ("size", Some(inner), []) => self.size(inner),
            ("startsWith", Some(text), [part]) => self.search(Search::StartsWith, text, part),
            ("endsWith", Some(text), [part]) => self.search(Search::EndsWith, text, part),
            ("contains", Some(text), [part]) => self.search(Search::Contains, text, part),
            (operators::INDEX, ..) => {
                self.unsupported(node, "an index is not supported; write paths with dots")
            }
            (operators::MODULO, ..) => self.unsupported(node, "`%` is not supported"),
            (name, ..) if is_name(name) => {
                self.unsupported(node, &format!("`{name}` with these arguments is not supported"))
            }
            _ => self.unsupported(node, "this operator is not supported"),
        }
    }

    fn both(&mut self, left: &IdedExpr, right: &IdedExpr) -> Option<Box<(Expr, Expr)>> {
        let (left, right) = (self.condition(left), self.condition(right));
        Some(Box::new((left?, right?)))
    }

    fn compare(
        &mut self,
        node: &IdedExpr,
        comparison: Comparison,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        let [left, right] = args else {
            return self.unsupported(node, "this comparison is not supported");
        };
        let typed = (self.node(left), self.node(right));
        let ((left_expr, left_kind), (right_expr, right_kind)) = (typed.0?, typed.1?);
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        self.comparable(node, equality, (left, left_kind), (right, right_kind))?;
        Some((Expr::Compare(comparison, Box::new((left_expr, right_expr))), Type::Bool))
    }

    fn comparable(
        &mut self,
        node: &IdedExpr,
        equality: bool,
        left: (&IdedExpr, Type),
        right: (&IdedExpr, Type),
    ) -> Option<()> {
        let token = self.parsed.token(node.id);
        let (left_text, right_text) = (self.text(left.0), self.text(right.0));
        match (left.1, right.1) {
            (Type::Null, _) | (_, Type::Null) if !equality => self.fail(
                token,
                "an order with null is never true",
                "write `== null`, `!= null` or `has(x)`",
            ),
            (Type::Bool, _) | (_, Type::Bool) if !equality => {
                self.fail(token, "booleans have no order", "write `==`, `!=` or `!`")
            }
            (Type::Any | Type::Null, _) | (_, Type::Any | Type::Null) => Some(()),
            (a, b) if a == b => Some(()),
            (a, b) => {
                let message =
                    format!("`{left_text}` is {a} and `{right_text}` is {b}: this is never equal");
                let message =
                    if equality { message } else { message.replace("never equal", "never true") };
                self.fail(token, message, remedy(left, right, &left_text, &right_text))
            }
        }
    }

    fn compute(
        &mut self,
        node: &IdedExpr,
        arithmetic: Arithmetic,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        let [left, right] = args else {
            return self.unsupported(node, "this calculation is not supported");
        };
        let (left, right) = (self.number(node, left), self.number(node, right));
        Some((Expr::Compute(arithmetic, Box::new((left?, right?))), Type::Number))
    }

    fn number(&mut self, operator: &IdedExpr, node: &IdedExpr) -> Option<Expr> {
        let (expr, kind) = self.node(node)?;
        if matches!(kind, Type::Number | Type::Any) {
            return Some(expr);
        }
        let message =
            format!("`{}` is {kind}; only numbers can be calculated with", self.text(node));
        self.fail(self.parsed.token(operator.id), message, "+ - * / take numbers on both sides")
    }

    fn one_of(&mut self, node: &IdedExpr, item: &IdedExpr, list: &IdedExpr) -> Option<Typed> {
        let typed = self.node(item);
        let Syntax::List(list) = &list.expr else {
            let help = "write `x in [\"a\", \"b\"]`; the elements of an event's list cannot be read, only its size";
            return self.fail(
                self.parsed.extent(list),
                "after `in` stands a list of literals",
                help,
            );
        };
        let (expr, kind) = typed?;
        let mut values = Vec::with_capacity(list.elements.len());
        for element in &list.elements {
            let Some((Expr::Literal(value), of)) = self.node(element) else {
                return self.fail(
                    self.parsed.extent(element),
                    "a list after `in` has literals only",
                    "write numbers or strings in quotes",
                );
            };
            self.comparable(node, true, (item, kind), (element, of))?;
            values.push(value);
        }
        Some((Expr::OneOf(Box::new(expr), values), Type::Bool))
    }

    fn choose(&mut self, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Option<Typed> {
        let parts = (self.condition(test), self.node(yes), self.node(no));
        let (test, (yes, left), (no, right)) = (parts.0?, parts.1?, parts.2?);
        Some((
            Expr::Choose(Box::new((test, yes, no))),
            if left == right { left } else { Type::Any },
        ))
    }

    fn size(&mut self, inner: &IdedExpr) -> Option<Typed> {
        let (expr, kind) =
            if segments(inner).is_some() { self.path(inner, true)? } else { self.node(inner)? };
        if matches!(kind, Type::Number | Type::Bool | Type::Null) {
            return self.fail(
                self.parsed.extent(inner),
                format!("`{}` is {kind}: it has no size", self.text(inner)),
                "size() takes a list or a string",
            );
        }
        let counted =
            matches!(expr, Expr::Field(Field::Event(_) | Field::Capture(_) | Field::Waited(_)));
        Some((if counted { expr } else { Expr::Size(Box::new(expr)) }, Type::Number))
    }

    fn search(&mut self, search: Search, text: &IdedExpr, part: &IdedExpr) -> Option<Typed> {
        let typed = (self.node(text), self.node(part));
        for (side, kind) in [(text, typed.0.as_ref()?.1), (part, typed.1.as_ref()?.1)] {
            if !matches!(kind, Type::Text | Type::Any) {
                let message = format!("`{}` is {kind}, not a string", self.text(side));
                return self.fail(
                    self.parsed.extent(side),
                    message,
                    "startsWith, endsWith and contains take strings",
                );
            }
        }
        Some((Expr::Search(search, Box::new((typed.0?.0, typed.1?.0))), Type::Bool))
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

/// What to do when a string meets a number.
fn remedy(
    left: (&IdedExpr, Type),
    right: (&IdedExpr, Type),
    left_text: &str,
    right_text: &str,
) -> String {
    let literal = |node: &IdedExpr| match &node.expr {
        Syntax::Literal(LiteralValue::String(value)) => Some(value.inner().to_owned()),
        _ => None,
    };
    for ((string, string_text), (_, other)) in
        [((left.0, left_text), right), ((right.0, right_text), left)]
    {
        if let (Some(value), Type::Number) = (literal(string), other)
            && value.parse::<f64>().is_ok()
        {
            return format!("write {value} without quotes instead of {string_text}");
        }
    }
    let number = |node: &IdedExpr| {
        matches!(
            node.expr,
            Syntax::Literal(LiteralValue::Int(_) | LiteralValue::Double(_) | LiteralValue::UInt(_))
        )
    };
    if number(right.0) && left.1 == Type::Text {
        return format!("write \"{right_text}\" in quotes");
    }
    if number(left.0) && right.1 == Type::Text {
        return format!("write \"{left_text}\" in quotes");
    }
    "compare two strings or two numbers".into()
}

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
fn reads_index(node: &IdedExpr) -> bool {
    match &node.expr {
        Syntax::Select(select) => reads_index(&select.operand),
        Syntax::Call(call) => call.func_name == operators::INDEX,
        _ => false,
    }
}

fn comparison(name: &str) -> Option<Comparison> {
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

fn arithmetic(name: &str) -> Option<Arithmetic> {
    Some(match name {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        _ => return None,
    })
}
