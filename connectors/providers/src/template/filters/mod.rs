//! The filters, a function each. None of them fails on a customer's data: nil and what cannot be read is blank or 0, as Liquid has it, division by zero is
//! blank, and one that cannot do its work leaves its input as it is.
//!
//! Each is charged for what it reads and for what it makes. One whose output can be much longer than what it reads looks at the size before it makes it.

mod case;
mod date;
mod edit;
mod list;
mod math;
mod money;
mod order;
mod text;

pub(super) use money::amount;

use super::budget::{Budget, fail, size, spend, steps_of, value_of};
use super::error::{Part, RenderFault};
use super::shown::text_of;
use liquid_core::model::{KStringCow, Value, ValueCow, ValueView};
use liquid_core::parser::{
    Filter, FilterArguments, FilterReflection, ParameterReflection, ParseFilter,
};
use liquid_core::{Error, Expression, Language, Result, Runtime};
use std::fmt;

/// Registers the filters of a part: what escapes differs between them.
pub(super) fn register(language: &mut Language, part: Part) {
    let all = math::FILTERS
        .iter()
        .chain(case::FILTERS)
        .chain(edit::FILTERS)
        .chain(list::FILTERS)
        .chain(order::FILTERS)
        .chain(text::FILTERS)
        .chain(text::escaping(part))
        .chain(date::FILTERS)
        .chain(money::FILTERS);
    for native in all {
        language.filters.register(native.name.to_owned(), Box::new(*native));
    }
}

/// What a filter is given beside its input.
pub(super) struct Given<'a> {
    arguments: Vec<ValueCow<'a>>,
    runtime: &'a dyn Runtime,
}

impl Given<'_> {
    /// The argument at this place; none if the template gave none, or nil.
    fn argument(&self, place: usize) -> Option<&dyn ValueView> {
        self.arguments.get(place).map(ValueCow::as_view).filter(|value| !value.is_nil())
    }

    /// The argument at this place as a text; empty if there is none.
    fn text(&self, place: usize) -> KStringCow<'_> {
        self.argument(place).map_or(KStringCow::from_static(""), text_of)
    }

    /// Charges more than reading and making cost. Whether the message may go on.
    fn charge(&self, steps: usize) -> bool {
        let mut budget = self.runtime.registers().get_mut::<Budget>();
        budget.charge(steps);
        budget.fault.is_none()
    }

    /// The most memory of what the filter may make.
    fn max_value(&self) -> usize {
        self.runtime.registers().get_mut::<Budget>().max_value()
    }

    /// Ends the rendering: what the filter would make is too large.
    fn refuse(&self, fault: RenderFault) -> Value {
        self.runtime.registers().get_mut::<Budget>().refuse(fault);
        Value::Nil
    }
}

/// A filter: a function of its input and its arguments.
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
        spend(runtime, steps_of(size(input).bytes))?;
        let arguments = self.arguments.iter().map(|argument| value_of(argument, runtime));
        let given = Given { arguments: arguments.collect::<Result<_>>()?, runtime };
        let output = (self.native.run)(input, &given);
        drop(given);
        settled(output, runtime)
    }
}

/// Charges what a filter made, and refuses what has grown too large: a template that appends in a loop must end.
fn settled(output: Value, runtime: &dyn Runtime) -> Result<Value> {
    let size = size(&output);
    let most = runtime.registers().get_mut::<Budget>().max_value();
    if let Some(fault) = size.fault(most) {
        return Err(fail(runtime, fault));
    }
    spend(runtime, steps_of(size.bytes))?;
    Ok(output)
}
