//! What a rendering has cost so far. Counted in steps, never by a clock: the same message costs the same everywhere, and a template that overruns
//! does so in `cartwheel check` as at the send.

use super::error::RenderFault;
use super::lenient::MISSING;
use super::limits::{
    BYTES_A_STEP, MAX_ITEMS, MAX_KEPT, MAX_ROUNDS, MAX_STEPS, MAX_TEXT, MAX_VALUE, MAX_VALUE_DEPTH,
};
use liquid_core::model::{KString, ValueView};
use liquid_core::{Error, Expression, Result, Runtime, ValueCow};
use std::collections::HashMap;

/// What the parts of one message have cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// Steps taken.
    pub steps: usize,
    /// Rounds that loops have taken.
    pub rounds: usize,
}

/// Where the rendering of a part has come to, what it has cost, and why it failed where that is ours to say. Kept in the runtime's registers, since the
/// library's errors know neither lines nor what may be told without showing data.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// The line of the source, from 1; 0 before the first tag.
    pub line: usize,
    /// What the message has cost.
    pub spent: Spent,
    /// Why it fails; once set, the next tag ends the rendering.
    pub fault: Option<RenderFault>,
    /// Memory of what the message may show, which a command bounds.
    data: usize,
    /// What each variable holds.
    kept: HashMap<KString, usize>,
    kept_in_all: usize,
}

impl Budget {
    /// Of a part of a message that has cost so much and may show these variables.
    pub fn of(spent: Spent, globals: &dyn ValueView) -> Self {
        Self { spent, data: size(globals).bytes, ..Self::default() }
    }

    /// The most memory of one value: a customer's list is as large as it is, and may be sorted and kept.
    pub fn max_value(&self) -> usize {
        MAX_VALUE.max(self.data)
    }

    /// The most memory of all variables together.
    fn max_kept(&self) -> usize {
        MAX_KEPT.max(2 * self.data)
    }

    /// Charges steps.
    pub fn charge(&mut self, steps: usize) {
        self.spent.steps = self.spent.steps.saturating_add(steps);
        if self.spent.steps > MAX_STEPS {
            self.refuse(RenderFault::Costly);
        }
    }

    /// Charges a round of a loop.
    pub fn charge_round(&mut self) {
        self.spent.rounds += 1;
        if self.spent.rounds > MAX_ROUNDS {
            self.refuse(RenderFault::Endless);
        }
        self.charge(2);
    }

    /// Notes why the rendering fails; the first reason counts.
    pub fn refuse(&mut self, fault: RenderFault) {
        self.fault.get_or_insert(fault);
    }

    /// Whether a variable may hold this much. If not, the rendering fails.
    pub fn keep(&mut self, name: &KString, size: Size) -> bool {
        self.charge(steps_of(size.bytes));
        if let Some(fault) = size.fault(self.max_value()) {
            self.refuse(fault);
            return false;
        }
        let before = self.kept.insert(name.clone(), size.bytes).unwrap_or(0);
        self.kept_in_all = self.kept_in_all + size.bytes - before;
        if self.kept_in_all > self.max_kept() {
            self.refuse(RenderFault::KeptTooMuch);
        }
        self.fault.is_none()
    }

    fn end(&self) -> Result<()> {
        self.fault.map_or(Ok(()), |_| Err(Error::with_msg("a message cannot be rendered")))
    }
}

/// Charges steps and ends the rendering if there were too many.
pub(super) fn spend(runtime: &dyn Runtime, steps: usize) -> Result<()> {
    let mut budget = runtime.registers().get_mut::<Budget>();
    budget.charge(steps);
    budget.end()
}

/// Charges a round of a loop and ends the rendering if there were too many.
pub(super) fn spend_round(runtime: &dyn Runtime) -> Result<()> {
    let mut budget = runtime.registers().get_mut::<Budget>();
    budget.charge_round();
    budget.end()
}

/// Notes why a rendering fails and gives the error that ends it.
pub(super) fn fail(runtime: &dyn Runtime, fault: RenderFault) -> Error {
    runtime.registers().get_mut::<Budget>().refuse(fault);
    Error::with_msg("a message cannot be rendered")
}

/// The value of an expression; nil where a list or an object stands in brackets, which is no name. A name is charged where it is looked up, a literal here.
pub(super) fn value_of<'a>(
    expression: &'a Expression,
    runtime: &'a dyn Runtime,
) -> Result<ValueCow<'a>> {
    if let Expression::Literal(literal) = expression {
        spend(runtime, steps_of(size(literal).bytes))?;
    }
    Ok(expression.try_evaluate(runtime).unwrap_or(ValueCow::Borrowed(&MISSING)))
}

/// The steps that going over so many bytes takes.
pub(super) const fn steps_of(bytes: usize) -> usize {
    1 + bytes / BYTES_A_STEP
}

/// How large a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Memory, about: texts, and for each item and field what it takes beside its text.
    pub bytes: usize,
    /// Bytes of a text.
    pub text: usize,
    /// Items of a list.
    pub items: usize,
    /// Lists and objects in one another.
    pub depth: usize,
}

/// What a value takes beside its text.
const VALUE: usize = 64;
/// What a field's name takes beside its letters.
const NAME: usize = 64;

impl Size {
    /// Why no filter or variable may hold a value of this size, where one may take `most` bytes.
    pub fn fault(&self, most: usize) -> Option<RenderFault> {
        if self.text > MAX_TEXT {
            Some(RenderFault::TextTooLong)
        } else if self.items > MAX_ITEMS {
            Some(RenderFault::TooManyItems)
        } else if self.bytes > most {
            Some(RenderFault::ValueTooLarge)
        } else if self.depth > MAX_VALUE_DEPTH {
            Some(RenderFault::ValueTooDeep)
        } else {
            None
        }
    }
}

/// How large a value is.
pub(super) fn size(value: &dyn ValueView) -> Size {
    let mut size = Size { bytes: VALUE, text: 0, items: 0, depth: 0 };
    if let Some(list) = value.as_array() {
        for item in list.values() {
            size.contain(self::size(item));
            size.items += 1;
        }
    } else if let Some(object) = value.as_object() {
        for (name, field) in object.iter() {
            size.bytes += NAME + name.len();
            size.contain(self::size(field));
        }
    } else if value.type_name() == "string" {
        size.text = value.to_kstr().len();
        size.bytes += size.text;
    }
    size
}

impl Size {
    fn contain(&mut self, inner: Self) {
        self.bytes += inner.bytes;
        self.depth = self.depth.max(inner.depth + 1);
    }
}
