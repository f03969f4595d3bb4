//! Liquid's lenient reading: what is not there is nil, and nil breaks nothing.
//!
//! The library takes an absent name or field for an error. But customers differ, and a message must not fail on a missing middle name. So a rendering runs
//! on runtimes of our own, [`Root`] and inside of loops [`Round`](super::round::Round), whose lookups always answer: of an absent field, a field of nothing, of a text or a
//! number, in dots or in brackets, the answer is [`MISSING`]. Every lookup is charged by the size of what it finds, since whoever asks goes over it.

use super::budget::{Budget, size, steps_of};
use liquid_core::model::{
    DisplayCow, KString, KStringCow, KStringRef, ScalarCow, State, Value, ValueCow, ValueView,
};
use liquid_core::runtime::{PartialStore, Registers, RuntimeCore};
use liquid_core::{Object, Result, Runtime};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

/// The outermost runtime: the data of the command, and what the template assigns.
pub(super) struct Root<'g> {
    core: RuntimeCore<'static>,
    globals: &'g Object,
    assigned: RefCell<Object>,
    /// The numbers of `increment` and `decrement`.
    numbers: RefCell<Object>,
}

impl<'g> Root<'g> {
    pub fn new(globals: &'g Object) -> Self {
        Self {
            core: RuntimeCore::default(),
            globals,
            assigned: RefCell::default(),
            numbers: RefCell::default(),
        }
    }
}

impl Runtime for Root<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.core.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.globals.keys().map(|name| name.as_ref().into()).collect()
    }

    /// What the template assigned hides the data, and the data hides its numbers.
    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let name = path.first()?.to_kstr();
        let of = |values: &RefCell<Object>| {
            let values = values.borrow();
            let found = look_up(self, values.get(name.as_str())?, &path[1..]);
            // A copy: the template may assign anew while this one is used.
            Some(match found {
                ValueCow::Borrowed(found) if found.is_nil() => ValueCow::Borrowed(&MISSING),
                found => ValueCow::Owned(found.into_owned()),
            })
        };
        let global = || Some(look_up(self, self.globals.get(name.as_str())?, &path[1..]));
        let found = of(&self.assigned).or_else(global).or_else(|| of(&self.numbers));
        Some(found.unwrap_or(ValueCow::Borrowed(&MISSING)))
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Borrowed(&MISSING)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        if !self.registers().get_mut::<Budget>().keep(&name, size(&value)) {
            return None;
        }
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.numbers.borrow_mut().insert(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.numbers.borrow().get(name).map(|value| value.clone().into())
    }

    fn registers(&self) -> &Registers {
        self.core.registers()
    }
}

/// What stands at a path inside of a value. Charged.
pub(super) fn look_up<'a>(
    runtime: &dyn Runtime,
    value: &'a dyn ValueView,
    path: &[ScalarCow<'_>],
) -> ValueCow<'a> {
    let found = find(value, path).unwrap_or(ValueCow::Borrowed(&MISSING));
    let charged = steps_of(size(found.as_view()).bytes) + path.len();
    runtime.registers().get_mut::<Budget>().charge(charged);
    if found.is_nil() { ValueCow::Borrowed(&MISSING) } else { found }
}

fn find<'a>(mut value: &'a dyn ValueView, path: &[ScalarCow<'_>]) -> Option<ValueCow<'a>> {
    for (place, name) in path.iter().enumerate() {
        let name_text = name.to_kstr();
        let inside = if let Some(list) = value.as_array() {
            match (name.to_integer(), name_text.as_str()) {
                (Some(index), _) => list.get(index),
                (None, "first") => list.first(),
                (None, "last") => list.last(),
                (None, _) => None,
            }
        } else {
            value.as_object().and_then(|object| object.get(name_text.as_str()))
        };
        match inside {
            Some(inside) => value = inside,
            None if name_text == "size" => return size_of(value, &path[place + 1..]),
            None => return None,
        }
    }
    Some(ValueCow::Borrowed(value))
}

/// Items, fields, or letters of a text (the library counts bytes). Behind it only the size of that number can be asked for.
fn size_of<'a>(value: &dyn ValueView, path: &[ScalarCow<'_>]) -> Option<ValueCow<'a>> {
    let mut size = if let Some(list) = value.as_array() {
        list.size()
    } else if let Some(object) = value.as_object() {
        object.size()
    } else {
        let text = value.as_scalar().filter(|_| !value.is_nil())?;
        i64::try_from(text.to_kstr().chars().count()).ok()?
    };
    for name in path {
        if name.to_kstr() != "size" {
            return None;
        }
        size = i64::try_from(size.to_string().len()).ok()?;
    }
    Some(ValueCow::Owned(Value::scalar(size)))
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
