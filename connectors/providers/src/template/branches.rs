//! `if` and `unless`. The library's own recurse for each `elsif` and each `and`, at parsing and at rendering: a long row of them would end the process.

use super::budget::value_of;
use super::shown::text_of;
use liquid_core::model::{State, ValueView, ValueViewCmp};
use liquid_core::parser::{BlockElement, BlockReflection, ParseBlock, TagBlock, TagToken};
use liquid_core::{Expression, Language, Renderable, Result, Runtime, TagTokenIter, Template};
use std::io::Write;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Branches {
    /// `if`.
    If,
    /// `unless`: its first condition must not hold.
    Unless,
}

impl BlockReflection for Branches {
    fn start_tag(&self) -> &str {
        match self {
            Branches::If => "if",
            Branches::Unless => "unless",
        }
    }

    fn end_tag(&self) -> &str {
        match self {
            Branches::If => "endif",
            Branches::Unless => "endunless",
        }
    }

    fn description(&self) -> &str {
        "Chooses between branches."
    }
}

impl ParseBlock for Branches {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let first = Condition { negated: *self == Branches::Unless, ..condition(arguments)? };
        let mut parsed = Parsed { branches: Vec::new(), otherwise: None };
        let (mut when, mut then) = (first, Vec::new());
        while let Some(element) = tokens.next()? {
            match element {
                BlockElement::Tag(tag) if tag.name() == "elsif" => {
                    let next = condition(tag.into_tokens())?;
                    let ended = (std::mem::replace(&mut when, next), Template::new(then));
                    parsed.branches.push(ended);
                    then = Vec::new();
                }
                BlockElement::Tag(tag) if tag.name() == "else" => {
                    parsed.otherwise = Some(Template::new(tokens.parse_all(options)?));
                    break;
                }
                element => then.push(element.parse(&mut tokens, options)?),
            }
        }
        tokens.assert_empty();
        parsed.branches.push((when, Template::new(then)));
        Ok(Box::new(parsed))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Parsed {
    branches: Vec<(Condition, Template)>,
    otherwise: Option<Template>,
}

impl Renderable for Parsed {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        for (when, then) in &self.branches {
            if when.holds(runtime)? {
                return then.render_to(writer, runtime);
            }
        }
        self.otherwise.as_ref().map_or(Ok(()), |otherwise| otherwise.render_to(writer, runtime))
    }
}

/// Holds if all of one row hold: `or` separates the rows, `and` what stands in them.
#[derive(Debug)]
struct Condition {
    negated: bool,
    rows: Vec<Vec<Test>>,
}

#[derive(Debug)]
enum Test {
    Truthy(Expression),
    Compares(Expression, Comparison, Expression),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    Greater,
    AtMost,
    AtLeast,
    Contains,
}

impl Comparison {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "==" => Comparison::Equal,
            "!=" | "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            ">" => Comparison::Greater,
            "<=" => Comparison::AtMost,
            ">=" => Comparison::AtLeast,
            "contains" => Comparison::Contains,
            _ => return None,
        })
    }
}

fn condition(mut arguments: TagTokenIter<'_>) -> Result<Condition> {
    let mut condition = Condition { negated: false, rows: vec![Vec::new()] };
    loop {
        let (test, next) = test(&mut arguments)?;
        if let Some(row) = condition.rows.last_mut() {
            row.push(test);
        }
        match next {
            None => return Ok(condition),
            Some(and) if and.as_str() == "and" => {}
            Some(or) => {
                or.expect_str("or").into_result_custom_msg("\"and\" or \"or\" expected.")?;
                condition.rows.push(Vec::new());
            }
        }
    }
}

/// A test, and the word behind it.
fn test<'a>(arguments: &mut TagTokenIter<'a>) -> Result<(Test, Option<TagToken<'a>>)> {
    let left = arguments.expect_next("Value expected.")?.expect_value().into_result()?;
    let next = arguments.next();
    let Some(comparison) = next.as_ref().and_then(|word| Comparison::parse(word.as_str())) else {
        return Ok((Test::Truthy(left), next));
    };
    let right = arguments.expect_next("Value expected.")?.expect_value().into_result()?;
    Ok((Test::Compares(left, comparison, right), arguments.next()))
}

impl Condition {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        for row in &self.rows {
            if all_hold(row, runtime)? {
                return Ok(!self.negated);
            }
        }
        Ok(self.negated)
    }
}

fn all_hold(row: &[Test], runtime: &dyn Runtime) -> Result<bool> {
    for test in row {
        if !test.holds(runtime)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Test {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        match self {
            Test::Truthy(value) => Ok(value_of(value, runtime)?.query_state(State::Truthy)),
            Test::Compares(left, comparison, right) => {
                let (left, right) = (value_of(left, runtime)?, value_of(right, runtime)?);
                Ok(compares(left.as_view(), *comparison, right.as_view()))
            }
        }
    }
}

fn compares(left: &dyn ValueView, comparison: Comparison, right: &dyn ValueView) -> bool {
    let (one, other) = (ValueViewCmp::new(left), ValueViewCmp::new(right));
    match comparison {
        Comparison::Equal => one == other,
        Comparison::NotEqual => one != other,
        Comparison::Less => one < other,
        Comparison::Greater => one > other,
        Comparison::AtMost => one <= other,
        Comparison::AtLeast => one >= other,
        Comparison::Contains => contains(left, right),
    }
}

/// Letters in a text, a field in an object, an item in a list; nothing else contains anything.
fn contains(all: &dyn ValueView, one: &dyn ValueView) -> bool {
    if let Some(text) = all.as_scalar() {
        text.to_kstr().contains(text_of(one).as_str())
    } else if let Some(object) = all.as_object() {
        one.as_scalar().is_some_and(|name| object.contains_key(name.to_kstr().as_str()))
    } else if let Some(list) = all.as_array() {
        list.values().any(|item| ValueViewCmp::new(item) == ValueViewCmp::new(one))
    } else {
        false
    }
}
