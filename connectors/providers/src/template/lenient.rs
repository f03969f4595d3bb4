//! Liquid's lenient reading: what is not there is nil, and nil breaks nothing.
//!
//! The library takes an absent name or field for an error. But customers differ, and a message must not fail on a missing middle name. So every tag and
//! every `{{ }}` runs behind [`Lenient`], whose lookups always answer: of an absent field, a field of nothing, of a text or a number, in dots or in
//! brackets, the answer is [`MISSING`].

use super::error::RenderFault;
use liquid_core::model::{
    DisplayCow, KString, KStringCow, KStringRef, ScalarCow, State, Value, ValueCow, ValueView,
};
use liquid_core::parser::{BlockReflection, ParseBlock, ParseTag, TagBlock, TagReflection};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{Language, Renderable, Result, Runtime, TagTokenIter};
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

/// Where a rendering has come to, and why it failed where that is ours to say. Kept in the runtime's registers, since the library's errors know
/// neither lines nor what may be told without showing data.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The line of the source, from 1; 0 before the first tag.
    pub line: usize,
    /// Rounds that loops have taken.
    pub rounds: usize,
    /// Why it fails.
    pub fault: Option<RenderFault>,
}

/// Notes why a rendering fails and gives the error that ends it.
pub(super) fn fail(runtime: &dyn Runtime, fault: RenderFault) -> liquid_core::Error {
    runtime.registers().get_mut::<Trail>().fault = Some(fault);
    liquid_core::Error::with_msg("a message cannot be rendered")
}

/// A runtime whose lookups always answer.
pub(super) struct Lenient<'r>(pub &'r dyn Runtime);

impl Lenient<'_> {
    fn look_up(&self, path: &[ScalarCow<'_>]) -> ValueCow<'_> {
        if let Some(size) = self.size_of_text(path) {
            return ValueCow::Owned(Value::scalar(size));
        }
        self.0.try_get(path).filter(|found| !found.is_nil()).unwrap_or(ValueCow::Borrowed(&MISSING))
    }

    /// The letters of a text; the library counts bytes.
    fn size_of_text(&self, path: &[ScalarCow<'_>]) -> Option<i64> {
        let (name, parent) = path.split_last().filter(|(_, parent)| !parent.is_empty())?;
        if name.to_kstr() != "size" {
            return None;
        }
        let found = self.0.try_get(parent)?;
        let text = found.as_scalar().filter(|_| !found.is_nil())?;
        i64::try_from(text.to_kstr().chars().count()).ok()
    }
}

impl Runtime for Lenient<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.0.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        self.0.name()
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.0.roots()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        Some(self.look_up(path))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.look_up(path))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.0.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.0.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.0.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.0.registers()
    }
}

/// Nil that may stand where the library insists on a scalar: as an index, beside `contains`. A consequence: nil equals the empty text, so
/// `{% if first_name != "" %}` asks what its author means.
#[derive(Debug)]
pub(super) struct Missing;

/// The only one.
pub(super) static MISSING: Missing = Missing;

impl ValueView for Missing {
    fn as_debug(&self) -> &dyn fmt::Debug {
        self
    }

    fn render(&self) -> DisplayCow<'_> {
        DisplayCow::Owned(Box::new(""))
    }

    fn source(&self) -> DisplayCow<'_> {
        DisplayCow::Owned(Box::new("nil"))
    }

    fn type_name(&self) -> &'static str {
        "nil"
    }

    fn query_state(&self, state: State) -> bool {
        match state {
            State::Truthy => false,
            State::DefaultValue | State::Empty | State::Blank => true,
        }
    }

    fn to_kstr(&self) -> KStringCow<'_> {
        KStringCow::from_static("")
    }

    fn to_value(&self) -> Value {
        Value::Nil
    }

    fn as_scalar(&self) -> Option<ScalarCow<'_>> {
        Some(ScalarCow::new(""))
    }

    fn is_nil(&self) -> bool {
        true
    }
}

/// A tag that runs behind [`Lenient`].
#[derive(Clone)]
pub(super) struct LenientTag(pub Box<dyn ParseTag>);

impl ParseTag for LenientTag {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Behind(self.0.parse(arguments, options)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self.0.reflection()
    }
}

/// A block that runs behind [`Lenient`].
#[derive(Clone)]
pub(super) struct LenientBlock(pub Box<dyn ParseBlock>);

impl ParseBlock for LenientBlock {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(Behind(self.0.parse(arguments, block, options)?)))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self.0.reflection()
    }
}

#[derive(Debug)]
struct Behind(Box<dyn Renderable>);

impl Renderable for Behind {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        self.0.render_to(writer, &Lenient(runtime))
    }
}
