//! The filters. None of them fails on a customer's data: nil and what cannot be read is blank or 0, as Liquid has it, and division by zero is blank.
//!
//! Those that compute, format, count letters or must know escaping are ours, a function each ([`Native`]); the library's others run as [`Tolerant`].

mod date;
mod list;
mod math;
mod money;
mod text;

pub(super) use money::amount;

use super::error::{Part, RenderFault};
use super::lenient::{Lenient, fail};
use super::output::MAX_OUTPUT;
use liquid_core::model::{Value, ValueCow, ValueView};
use liquid_core::parser::{
    Filter, FilterArguments, FilterReflection, ParameterReflection, ParseFilter,
};
use liquid_core::{Error, Expression, Language, Result, Runtime};
use liquid_lib::stdlib;
use std::fmt;

/// A list that a filter makes is never longer.
const LONGEST_LIST: usize = 10_000;

/// Registers the filters of a part: what escapes differs between them.
pub(super) fn register(language: &mut Language, part: Part) {
    let all = math::FILTERS
        .iter()
        .chain(list::FILTERS)
        .chain(text::FILTERS)
        .chain(text::escaping(part))
        .chain(date::FILTERS)
        .chain(money::FILTERS);
    for native in all {
        language.filters.register(native.name.to_owned(), Box::new(*native));
    }
    for filter in tolerant() {
        language.filters.register(filter.filter.reflection().name().to_owned(), Box::new(filter));
    }
}

/// The library's filters that are kept, by what they work on.
fn tolerant() -> Vec<Tolerant> {
    let on = |takes: Takes, filter: Box<dyn ParseFilter>| Tolerant { takes, filter };
    vec![
        on(Takes::Anything, stdlib::Default.into()),
        on(Takes::Text, stdlib::Append.into()),
        on(Takes::Text, stdlib::Capitalize.into()),
        on(Takes::Text, stdlib::Downcase.into()),
        on(Takes::Text, stdlib::Lstrip.into()),
        on(Takes::Text, stdlib::Prepend.into()),
        on(Takes::Text, stdlib::Remove.into()),
        on(Takes::Text, stdlib::RemoveFirst.into()),
        on(Takes::Text, stdlib::Replace.into()),
        on(Takes::Text, stdlib::ReplaceFirst.into()),
        on(Takes::Text, stdlib::Rstrip.into()),
        on(Takes::Text, stdlib::Split.into()),
        on(Takes::Text, stdlib::Strip.into()),
        on(Takes::Text, stdlib::StripNewlines.into()),
        on(Takes::Text, stdlib::Truncate.into()),
        on(Takes::Text, stdlib::TruncateWords.into()),
        on(Takes::Text, stdlib::Upcase.into()),
        on(Takes::List, stdlib::Compact.into()),
        on(Takes::List, stdlib::Concat.into()),
        on(Takes::List, stdlib::Join.into()),
        on(Takes::List, stdlib::Reverse.into()),
        on(Takes::List, stdlib::Sort.into()),
        on(Takes::List, stdlib::SortNatural.into()),
        on(Takes::List, stdlib::Uniq.into()),
    ]
}

/// What a filter of the library works on; its input is made that first.
#[derive(Clone, Copy, Debug)]
enum Takes {
    Anything,
    Text,
    List,
}

impl Takes {
    fn of(self, input: &dyn ValueView) -> Value {
        match self {
            Takes::Anything => input.to_value(),
            Takes::Text => Value::scalar(input.to_kstr().into_owned()),
            Takes::List => Value::Array(list::items(input)),
        }
    }
}

/// A filter of the library. Where it cannot do its work, its input stays as it is.
#[derive(Clone)]
struct Tolerant {
    takes: Takes,
    filter: Box<dyn ParseFilter>,
}

impl ParseFilter for Tolerant {
    fn parse(&self, arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let filter = self.filter.parse(arguments)?;
        Ok(Box::new(TolerantFilter { takes: self.takes, filter }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self.filter.reflection()
    }
}

#[derive(Debug)]
struct TolerantFilter {
    takes: Takes,
    filter: Box<dyn Filter>,
}

impl fmt::Display for TolerantFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.filter.fmt(out)
    }
}

impl Filter for TolerantFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let runtime = Lenient(runtime);
        let input = self.takes.of(input);
        let output = self.filter.evaluate(&input, &runtime).unwrap_or(input);
        bounded(output, &runtime)
    }
}

/// What a filter of ours is given beside its input.
pub(super) struct Given<'a> {
    arguments: Vec<ValueCow<'a>>,
    runtime: &'a dyn Runtime,
}

impl Given<'_> {
    /// The argument at this place; none if the template gave none, or nil.
    fn argument(&self, place: usize) -> Option<&dyn ValueView> {
        self.arguments.get(place).map(ValueCow::as_view).filter(|value| !value.is_nil())
    }
}

/// A filter that is a function of its input and its arguments.
#[derive(Clone, Copy)]
pub(super) struct Native {
    name: &'static str,
    /// The fewest and the most arguments.
    arguments: (usize, usize),
    run: fn(&dyn ValueView, &Given<'_>) -> Value,
}

impl FilterReflection for Native {
    fn name(&self) -> &str {
        self.name
    }

    fn description(&self) -> &str {
        self.name
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Native {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let given: Vec<Expression> = arguments.positional.collect();
        let (fewest, most) = self.arguments;
        if arguments.keyword.next().is_some() || !(fewest..=most).contains(&given.len()) {
            let wanted =
                if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
            let count = given.len();
            return Err(Error::with_msg(format!(
                "the filter `{}` takes {wanted} arguments without names, not {count}",
                self.name
            )));
        }
        Ok(Box::new(NativeFilter { native: *self, arguments: given }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

struct NativeFilter {
    native: Native,
    arguments: Vec<Expression>,
}

impl fmt::Debug for NativeFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.native.name)
    }
}

impl fmt::Display for NativeFilter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.native.name)
    }
}

impl Filter for NativeFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let runtime = Lenient(runtime);
        let arguments = self.arguments.iter().map(|argument| argument.evaluate(&runtime));
        let given = Given { arguments: arguments.collect::<Result<_>>()?, runtime: &runtime };
        let output = (self.native.run)(input, &given);
        drop(given);
        bounded(output, &runtime)
    }
}

/// Refuses what has grown too long: a template that appends in a loop must end.
fn bounded(value: Value, runtime: &dyn Runtime) -> Result<Value> {
    let too_long = match &value {
        Value::Scalar(text) => text.to_kstr().len() > MAX_OUTPUT,
        Value::Array(items) => items.len() > LONGEST_LIST,
        Value::Object(_) | Value::State(_) | Value::Nil => false,
    };
    if too_long { Err(fail(runtime, RenderFault::TooLarge)) } else { Ok(value) }
}
