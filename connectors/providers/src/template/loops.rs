//! `for` and `tablerow`. The library's own refuse a text or a number where a list is wanted and a limit that is no number, and would count to any number
//! that a customer's data names; these go over nothing, take every item, and stop.

use super::budget::{fail, size, spend, spend_round, steps_of, value_of};
use super::error::RenderFault;
use super::limits::{MAX_ITEMS, MAX_RANGE};
use super::marks::mark;
use super::number;
use super::place::HTML_SIGNS;
use super::round::{Counters, Round};
use liquid_core::model::{KString, KStringCow, Value, ValueCow, ValueView};
use liquid_core::parser::{BlockElement, BlockReflection, ParseBlock, TagBlock, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister};
use liquid_core::{
    Error, Expression, Language, Renderable, Result, Runtime, TagTokenIter, Template,
};
use rust_decimal::prelude::ToPrimitive;
use std::io::Write;
use std::ops::Range;

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
    /// What the loop goes over: everything, less what `offset` and `limit` leave out.
    fn items<'a>(&'a self, runtime: &'a dyn Runtime) -> Result<(Items<'a>, Range<usize>)> {
        let items = match &self.over {
            Over::List(list) => Items::of(value_of(list, runtime)?, runtime)?,
            Over::Range(start, end) => {
                let (start, end) = (whole(start, runtime)?, whole(end, runtime)?);
                if end.saturating_sub(start) >= MAX_RANGE {
                    return Err(fail(runtime, RenderFault::TooLong));
                }
                Items::Numbers(start, end)
            }
        };
        let offset = self.offset.as_ref().map_or(Ok(None), |offset| count(offset, runtime))?;
        let limit = self.limit.as_ref().map_or(Ok(None), |limit| count(limit, runtime))?;
        let start = offset.unwrap_or(0).min(items.len());
        let end = limit.map_or(items.len(), |limit| start.saturating_add(limit).min(items.len()));
        if end - start > MAX_ITEMS {
            return Err(fail(runtime, RenderFault::TooManyItems));
        }
        Ok((items, start..end))
    }
}

/// What a loop goes over. Nothing is copied before its round.
enum Items<'a> {
    /// A list.
    List(ValueCow<'a>),
    /// The pairs of an object, in the order of their names.
    Pairs(Vec<Value>),
    /// From the first number to the last.
    Numbers(i64, i64),
}

impl<'a> Items<'a> {
    /// The items of a list, the pairs of an object; nothing of anything else. (Ruby's Liquid goes once over a text; a field that was a list
    /// yesterday and is a text today would print it whole.)
    fn of(value: ValueCow<'a>, runtime: &dyn Runtime) -> Result<Self> {
        if value.as_array().is_some() {
            return Ok(Items::List(value));
        }
        let Some(object) = value.as_object() else { return Ok(Items::Pairs(Vec::new())) };
        spend(runtime, steps_of(size(value.as_view()).bytes))?;
        let mut fields: Vec<_> = object.iter().collect();
        fields.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        let pair = |(name, field): (KStringCow<'_>, &dyn ValueView)| {
            Value::Array(vec![Value::scalar(name.into_owned()), field.to_value()])
        };
        Ok(Items::Pairs(fields.into_iter().map(pair).collect()))
    }

    fn len(&self) -> usize {
        match self {
            Items::List(list) => {
                list.as_array().map_or(0, |list| usize::try_from(list.size()).unwrap_or(0))
            }
            Items::Pairs(pairs) => pairs.len(),
            Items::Numbers(start, end) => {
                usize::try_from(end.saturating_sub(*start).saturating_add(1)).unwrap_or(0)
            }
        }
    }

    fn get(&self, place: usize) -> ValueCow<'_> {
        let number = i64::try_from(place).unwrap_or(i64::MAX);
        match self {
            Items::List(list) => {
                let item = list.as_array().and_then(|list| list.get(number));
                item.map_or(ValueCow::Owned(Value::Nil), ValueCow::Borrowed)
            }
            Items::Pairs(pairs) => {
                pairs.get(place).map_or(ValueCow::Owned(Value::Nil), ValueCow::from)
            }
            Items::Numbers(start, _) => {
                ValueCow::Owned(Value::scalar(start.saturating_add(number)))
            }
        }
    }
}

/// The whole number that an end of a range is; 0 where it is none.
fn whole(value: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    Ok(number::or_zero(&value_of(value, runtime)?).trunc().to_i64().unwrap_or_default())
}

/// A limit, an offset or a number of columns; none where it is no number.
fn count(value: &Expression, runtime: &dyn Runtime) -> Result<Option<usize>> {
    let number = number::read(&value_of(value, runtime)?);
    Ok(number.map(|number| number.trunc().to_usize().unwrap_or_default()))
}

impl Renderable for Parsed {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let (items, places) = self.items(runtime)?;
        if places.is_empty() {
            return self
                .otherwise
                .as_ref()
                .map_or(Ok(()), |otherwise| otherwise.render_to(writer, runtime));
        }
        let length = places.len();
        let columns = match (self.kind, &self.columns) {
            (Loop::For, _) => None,
            (Loop::Row, None) => Some(length),
            (Loop::Row, Some(columns)) => {
                Some(count(columns, runtime)?.filter(|columns| *columns > 0).unwrap_or(length))
            }
        };
        let own = if self.kind == Loop::For { "forloop" } else { "tablerowloop" };
        for index in 0..length {
            spend_round(runtime)?;
            let place = if self.reversed { places.end - 1 - index } else { places.start + index };
            let item = items.get(place);
            let column = columns.map(|columns| (index % columns, index / columns));
            if let Some((column, row)) = column {
                let opened = if column == 0 {
                    format!("<tr class=\"row{}\">", row + 1)
                } else {
                    String::new()
                };
                write(writer, &format!("{opened}<td class=\"col{}\">", column + 1))?;
            }
            let round = Round {
                around: runtime,
                registers: runtime.registers(),
                own,
                counters: Counters { index, length, columns },
                item: (self.name.as_str(), item.as_view()),
            };
            self.each.render_to(writer, &round)?;
            if let Some((column, _)) = column {
                let closes = Some(column + 1) == columns || index + 1 == length;
                write(writer, if closes { "</td></tr>" } else { "</td>" })?;
            }
            let interrupt = runtime.registers().get_mut::<InterruptRegister>().reset();
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
