//! `for` and `tablerow`. The library's own refuse a text or a number where a list is wanted and a limit that is no number, and would count to any number
//! that a customer's data names; these go over nothing, take every item, and stop.

use super::error::RenderFault;
use super::lenient::{Lenient, Trail, fail};
use super::marks::mark;
use super::number;
use super::place::HTML_SIGNS;
use liquid_core::model::{KString, KStringRef, Object, Value, ValueCow, ValueView};
use liquid_core::parser::{BlockElement, BlockReflection, ParseBlock, TagBlock, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister, StackFrame};
use liquid_core::{
    Error, Expression, Language, Renderable, Result, Runtime, TagTokenIter, Template,
};
use rust_decimal::prelude::ToPrimitive;
use std::collections::HashMap;
use std::io::Write;

/// The longest range `(1..n)` that is gone over.
pub(super) const LONGEST: i64 = 10_000;
/// The most rounds of all loops of a part together: loops in loops must come to an end.
pub(super) const MOST_ROUNDS: usize = 1_000_000;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loop {
    /// `for`.
    For,
    /// `tablerow`, which writes the rows and cells of a table.
    Row,
}

impl BlockReflection for Loop {
    fn start_tag(&self) -> &str {
        match self {
            Loop::For => "for",
            Loop::Row => "tablerow",
        }
    }

    fn end_tag(&self) -> &str {
        match self {
            Loop::For => "endfor",
            Loop::Row => "endtablerow",
        }
    }

    fn description(&self) -> &str {
        "Goes over a list."
    }
}

impl ParseBlock for Loop {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name =
            arguments.expect_next("Identifier expected.")?.expect_identifier().into_result()?;
        arguments
            .expect_next("\"in\" expected.")?
            .expect_str("in")
            .into_result_custom_msg("\"in\" expected.")?;
        let over = match arguments.expect_next("Array or range expected.")?.expect_value() {
            TryMatchToken::Matches(list) => Over::List(list),
            TryMatchToken::Fails(range) => {
                let (start, end) = range.expect_range().into_result()?;
                Over::Range(start, end)
            }
        };
        let mut parsed = Parsed {
            kind: *self,
            name: KString::from_ref(name),
            over,
            limit: None,
            offset: None,
            columns: None,
            reversed: false,
            each: Template::new(Vec::new()),
            otherwise: None,
        };
        while let Some(token) = arguments.next() {
            match token.as_str() {
                "limit" => parsed.limit = Some(number_of(&mut arguments)?),
                "offset" => parsed.offset = Some(number_of(&mut arguments)?),
                "cols" if *self == Loop::Row => parsed.columns = Some(number_of(&mut arguments)?),
                "reversed" if *self == Loop::For => parsed.reversed = true,
                _ => return token.raise_custom_error("\"limit\", \"offset\", \"cols\" (of tablerow) or \"reversed\" (of for) expected.").into_err(),
            }
        }
        let mut each = Vec::new();
        while let Some(element) = tokens.next()? {
            match element {
                BlockElement::Tag(mut tag) if tag.name() == "else" && *self == Loop::For => {
                    tag.tokens().expect_nothing()?;
                    parsed.otherwise = Some(Template::new(tokens.parse_all(options)?));
                    break;
                }
                element => each.push(element.parse(&mut tokens, options)?),
            }
        }
        tokens.assert_empty();
        parsed.each = Template::new(each);
        Ok(Box::new(parsed))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

/// The value behind `limit:`.
fn number_of(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments
        .expect_next("\":\" expected.")?
        .expect_str(":")
        .into_result_custom_msg("\":\" expected.")?;
    arguments.expect_next("Value expected.")?.expect_value().into_result()
}

#[derive(Debug)]
enum Over {
    List(Expression),
    Range(Expression, Expression),
}

#[derive(Debug)]
struct Parsed {
    kind: Loop,
    name: KString,
    over: Over,
    limit: Option<Expression>,
    offset: Option<Expression>,
    columns: Option<Expression>,
    reversed: bool,
    each: Template,
    otherwise: Option<Template>,
}

impl Parsed {
    fn items(&self, runtime: &Lenient<'_>) -> Result<Vec<Value>> {
        let mut items = match &self.over {
            Over::List(list) => items_of(&list.evaluate(runtime)?),
            Over::Range(start, end) => {
                let (start, end) = (whole(start, runtime)?, whole(end, runtime)?);
                if end.saturating_sub(start) >= LONGEST {
                    return Err(fail(runtime, RenderFault::TooLong));
                }
                (start..=end).map(Value::scalar).collect()
            }
        };
        let offset = self.offset.as_ref().map_or(Ok(None), |offset| count(offset, runtime))?;
        items.drain(..offset.unwrap_or(0).min(items.len()));
        if let Some(limit) = self.limit.as_ref().map_or(Ok(None), |limit| count(limit, runtime))? {
            items.truncate(limit);
        }
        if self.reversed {
            items.reverse();
        }
        Ok(items)
    }
}

/// The items of a list, the pairs of an object; nothing of anything else. (Ruby's Liquid goes once over a text; a field that was a list
/// yesterday and is a text today would print it whole.)
fn items_of(value: &ValueCow<'_>) -> Vec<Value> {
    if let Some(list) = value.as_array() {
        return list.values().map(ValueView::to_value).collect();
    }
    let Some(object) = value.as_object() else { return Vec::new() };
    let pair = |(name, value): (liquid_core::model::KStringCow<'_>, &dyn ValueView)| {
        Value::Array(vec![Value::scalar(name.into_owned()), value.to_value()])
    };
    object.iter().map(pair).collect()
}

fn take_a_round(runtime: &dyn Runtime) -> Result<()> {
    let rounds = {
        let mut trail = runtime.registers().get_mut::<Trail>();
        trail.rounds += 1;
        trail.rounds
    };
    if rounds > MOST_ROUNDS { Err(fail(runtime, RenderFault::Endless)) } else { Ok(()) }
}

/// The whole number that an end of a range is; 0 where it is none.
fn whole(value: &Expression, runtime: &Lenient<'_>) -> Result<i64> {
    Ok(number::or_zero(&value.evaluate(runtime)?).trunc().to_i64().unwrap_or_default())
}

/// A limit, an offset or a number of columns; none where it is no number.
fn count(value: &Expression, runtime: &Lenient<'_>) -> Result<Option<usize>> {
    let number = number::read(&value.evaluate(runtime)?);
    Ok(number.map(|number| number.trunc().to_usize().unwrap_or_default()))
}

/// `forloop` and `tablerowloop`.
fn counters(index: usize, length: usize, columns: Option<usize>, parent: Option<Value>) -> Object {
    let number = |number: usize| Value::scalar(i64::try_from(number).unwrap_or(i64::MAX));
    let mut counters: Object = [
        ("length", number(length)),
        ("index0", number(index)),
        ("index", number(index + 1)),
        ("rindex0", number(length - index - 1)),
        ("rindex", number(length - index)),
        ("first", Value::scalar(index == 0)),
        ("last", Value::scalar(index + 1 == length)),
    ]
    .into_iter()
    .map(|(name, value)| (name.into(), value))
    .collect();
    if let Some(columns) = columns {
        let column = index % columns;
        counters.insert("col0".into(), number(column));
        counters.insert("col".into(), number(column + 1));
        counters.insert("col_first".into(), Value::scalar(column == 0));
        counters.insert("col_last".into(), Value::scalar(column + 1 == columns));
    }
    counters.extend(parent.map(|parent| ("parentloop".into(), parent)));
    counters
}

impl Renderable for Parsed {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let runtime = Lenient(runtime);
        let items = self.items(&runtime)?;
        if items.is_empty() {
            return self
                .otherwise
                .as_ref()
                .map_or(Ok(()), |otherwise| otherwise.render_to(writer, &runtime));
        }
        let length = items.len();
        let columns = match (self.kind, &self.columns) {
            (Loop::For, _) => None,
            (Loop::Row, None) => Some(length),
            (Loop::Row, Some(columns)) => {
                Some(count(columns, &runtime)?.filter(|columns| *columns > 0).unwrap_or(length))
            }
        };
        let own = if self.kind == Loop::For { "forloop" } else { "tablerowloop" };
        let parent = runtime.get(&[KStringRef::from_ref(own).into()])?.to_value();
        let parent = (!parent.is_nil()).then_some(parent);
        for (index, item) in items.iter().enumerate() {
            take_a_round(&runtime)?;
            let counters = counters(index, length, columns, parent.clone());
            let scope: HashMap<KStringRef<'_>, &dyn ValueView> = [
                (KStringRef::from_ref(own), &counters as &dyn ValueView),
                (self.name.as_ref(), item),
            ]
            .into();
            let column = columns.map(|columns| (index % columns, index / columns));
            if let Some((column, row)) = column {
                let opened = if column == 0 {
                    format!("<tr class=\"row{}\">", row + 1)
                } else {
                    String::new()
                };
                write(writer, &format!("{opened}<td class=\"col{}\">", column + 1))?;
            }
            let scope = StackFrame::new(&runtime, &scope);
            self.each.render_to(writer, &scope)?;
            if let Some((column, _)) = column {
                let closes = Some(column + 1) == columns || index + 1 == length;
                write(writer, if closes { "</td></tr>" } else { "</td>" })?;
            }
            let interrupt = scope.registers().get_mut::<InterruptRegister>().reset();
            if interrupt == Some(Interrupt::Break) {
                break;
            }
        }
        Ok(())
    }
}

/// As marks, which are signs in what leaves at last, also out of a captured text.
fn write(writer: &mut dyn Write, markup: &str) -> Result<()> {
    writer
        .write_all(mark(markup, HTML_SIGNS).as_bytes())
        .map_err(|_| Error::with_msg("the output is too long"))
}
