//! Comparisons: only like meets like, and what is no instant, date or day of the week is read as one beside one.

use super::syntax::{is_number, quoted};
use super::{Lowering, Typed};
use crate::journey::condition::expr::{Expr, TextTest};
use crate::journey::condition::field::WEEKDAYS;
use crate::journey::condition::operator::{Comparison, Function, Search};
use crate::journey::condition::types::Type;
use crate::suggest::closest;
use crate::time::{parse_date, parse_instant};
use crate::value::{Value, ValueRef};
use cel::common::ast::{Expr as Syntax, IdedExpr, ListExpr};

/// A side of a comparison.
type Side<'n> = (&'n IdedExpr, Type);

impl Lowering<'_, '_> {
    pub(super) fn compare(
        &mut self,
        node: &IdedExpr,
        comparison: Comparison,
        args: &[IdedExpr],
    ) -> Option<Typed> {
        let [left, right] = args else {
            return self.unsupported(node, "this comparison is not supported");
        };
        let typed = (self.node(left), self.node(right));
        let (one, other) = (typed.0?, typed.1?);
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let one_in_time = self.in_time((left, &one), other.1)?;
        let other_in_time = self.in_time((right, &other), one.1)?;
        let (one, other) = (one_in_time.unwrap_or(one), other_in_time.unwrap_or(other));
        self.comparable(node, equality, (left, one.1), (right, other.1))?;
        let lowered = text_test(TextTest::Compare(comparison), one.0, other.0);
        self.warn_of_count(node, comparison, (left, right));
        self.warn_of_certain(node, comparison, (left, right));
        self.warn_of_constant(node, &lowered);
        Some((lowered, Type::Bool))
    }

    /// A text beside an instant or a date is read as one, one in quotes here and now. None after saying why not; none within where nothing is
    /// to be done.
    pub(super) fn in_time(
        &mut self,
        (node, (expr, kind)): (&IdedExpr, &Typed),
        beside: Type,
    ) -> Option<Option<Typed>> {
        let function = match beside {
            Type::Instant => Function::Instant,
            Type::Date => Function::Date,
            _ => return Some(None),
        };
        if !matches!(kind, Type::Text | Type::Any) || matches!(expr, Expr::Lower(_)) {
            return Some(None);
        }
        let Some(text) = quoted(node) else {
            return Some(Some((Expr::Call(function, Box::new(expr.clone())), beside)));
        };
        let read = match function {
            Function::Date => parse_date(text).map(ValueRef::Date),
            _ => parse_instant(text).map(ValueRef::Instant),
        };
        let Some(fixed) = read else {
            return self.fail(
                self.parsed.extent(node),
                format!("`{}` is not {beside}", self.text(node)),
                match function {
                    Function::Date => "write it as \"2026-12-24\"",
                    _ => "write it as \"2026-12-24T18:00:00Z\", or as the date \"2026-12-24\" (midnight in UTC)",
                },
            );
        };
        Some(Some((Expr::Fixed(fixed), beside)))
    }

    pub(super) fn comparable(
        &mut self,
        node: &IdedExpr,
        equality: bool,
        left: Side<'_>,
        right: Side<'_>,
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
            (Type::Weekday, _) | (_, Type::Weekday) if !equality => self.fail(
                token,
                "days of the week have no order",
                "write `local.weekday in [\"sat\", \"sun\"]`",
            ),
            (Type::Weekday, Type::Text) => self.weekday(right.0),
            (Type::Text, Type::Weekday) => self.weekday(left.0),
            (Type::Duration, Type::Any) => self.no_duration(token, &right_text),
            (Type::Any, Type::Duration) => self.no_duration(token, &left_text),
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

    fn weekday(&mut self, node: &IdedExpr) -> Option<()> {
        let Some(text) = quoted(node).filter(|text| !WEEKDAYS.contains(text)) else {
            return Some(());
        };
        let start: String = text.chars().take(3).collect::<String>().to_lowercase();
        let near = WEEKDAYS.contains(&start.as_str()).then_some(start.as_str());
        let near = near.or_else(|| closest(text, WEEKDAYS));
        let near = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
        self.fail(
            self.parsed.extent(node),
            format!("`{}` is not a day of the week", self.text(node)),
            format!("{near}the days are {}", WEEKDAYS.join(", ")),
        )
    }

    fn no_duration<T>(&mut self, token: std::ops::Range<usize>, text: &str) -> Option<T> {
        self.fail(
            token,
            format!("`{text}` is never a duration: events and profiles have none"),
            format!(
                "write `days({text})` or `hours({text})` where it is a number of days or hours"
            ),
        )
    }

    pub(super) fn one_of(
        &mut self,
        node: &IdedExpr,
        item: &IdedExpr,
        list: &IdedExpr,
    ) -> Option<Typed> {
        match &list.expr {
            Syntax::List(literals) => self.one_of_literals(node, item, literals),
            Syntax::Select(_) | Syntax::Ident(_) => self.in_list_of_event(node, item, list),
            _ => self.fail(
                self.parsed.extent(list),
                "after `in` stands a list of literals, or a list of the event",
                "write `x in [\"a\", \"b\"]` or `x in event.product.tags`",
            ),
        }
    }

    fn one_of_literals(
        &mut self,
        node: &IdedExpr,
        item: &IdedExpr,
        list: &ListExpr,
    ) -> Option<Typed> {
        let (expr, kind) = self.node(item)?;
        let mut values = Vec::with_capacity(list.elements.len());
        for element in &list.elements {
            let Some((Expr::Literal(value), of)) = self.node(element) else {
                return self.fail(
                    self.parsed.extent(element),
                    "a list after `in` has literals only",
                    "write numbers or strings in quotes",
                );
            };
            let typed = (Expr::Literal(value), of);
            let (value, of) = self.in_time((element, &typed), kind)?.unwrap_or(typed);
            self.comparable(node, true, (item, kind), (element, of))?;
            values.push(value);
        }
        self.warn_of_other_type(item, &list.elements);
        // Each is compared as it would be beside `==`.
        if matches!(expr, Expr::Lower(_)) || matches!(kind, Type::Instant | Type::Date) {
            let is = |value| text_test(TextTest::Compare(Comparison::Equal), expr.clone(), value);
            let any = values.into_iter().map(is);
            let any = any.reduce(|one, other| Expr::Either(Box::new((one, other))));
            return Some((any.unwrap_or(Expr::Literal(Value::Bool(false))), Type::Bool));
        }
        let literal = |value| match value {
            Expr::Literal(value) => Some(value),
            _ => None,
        };
        let values = values.into_iter().filter_map(literal).collect();
        Some((Expr::OneOf(Box::new(expr), values), Type::Bool))
    }

    pub(super) fn search(
        &mut self,
        search: Search,
        text: &IdedExpr,
        part: &IdedExpr,
    ) -> Option<Typed> {
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
        Some((text_test(TextTest::Search(search), typed.0?.0, typed.1?.0), Type::Bool))
    }
}

/// The test, in the form that costs more only where a side is in lower case.
fn text_test(test: TextTest, left: Expr, right: Expr) -> Expr {
    if [&left, &right].iter().any(|side| matches!(side, Expr::Lower(_))) {
        return Expr::LowerCase(Box::new((test, left, right)));
    }
    match test {
        TextTest::Compare(comparison) => Expr::Compare(comparison, Box::new((left, right))),
        TextTest::Search(search) => Expr::Search(search, Box::new((left, right))),
    }
}

/// What to do when two types meet that never match.
fn remedy(left: Side<'_>, right: Side<'_>, left_text: &str, right_text: &str) -> String {
    for ((one, one_text), (other, other_text)) in
        [((left, left_text), (right, right_text)), ((right, right_text), (left, left_text))]
    {
        if let (Some(value), Type::Number) = (quoted(one.0), other.1)
            && value.parse::<f64>().is_ok()
        {
            return format!("write {value} without quotes instead of {one_text}");
        }
        if let (Some(value), Type::Duration) = (quoted(one.0), other.1) {
            return format!("write {value} without quotes if it is a duration, such as 7d");
        }
        if is_number(one.0) && other.1 == Type::Text {
            return format!("write \"{one_text}\" in quotes");
        }
        match (one.1, other.1) {
            (Type::Number, Type::Duration) if is_number(one.0) => {
                return format!("write the unit with the number, such as {one_text}d");
            }
            (Type::Number, Type::Duration) => {
                return format!("compare numbers, such as of days: `{other_text} / 1d`");
            }
            (Type::Instant, Type::Duration) => {
                return format!("compare how long ago it is: `age({one_text})`");
            }
            (Type::Instant, Type::Date) => {
                return "compare instants with `now` and dates with `local.date`".into();
            }
            _ => {}
        }
    }
    "compare two strings or two numbers".into()
}
