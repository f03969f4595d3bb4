//! Which runs an event is about, and when a customer may come again.

use super::compiler::Compiler;
use crate::journey::at::At;
use crate::journey::condition;
use crate::journey::definition::{self, Definition, ReentryWord};
use crate::journey::op::Op;
use crate::journey::plan::{Key, Reentry, WITHOUT_KEY};
use crate::suggest::closest;

/// `reentry` where neither it nor `key` is given.
const REENTRY: Reentry = Reentry::After(WITHOUT_KEY);

/// The path of the key in events of this type, as it is written; none where they have none.
pub(super) fn path_of<'d>(definition: &'d Definition, event: &At<String>) -> Option<&'d str> {
    match &definition.key.as_ref()?.value {
        definition::Key::Path(path) => Some(path.as_str()),
        definition::Key::ByType(paths) => paths.get(event).map(|path| path.as_str()),
    }
}

/// The event types that start, move or end windows and runs, or are waited for.
fn heard<'d>(definition: &'d Definition, ops: &'d [Op]) -> impl Iterator<Item = &'d str> {
    let trigger = &definition.trigger;
    let exits = definition.exit.iter().map(|rule| &rule.on);
    let written = trigger.event.names().iter().chain(&trigger.moved_by).chain(exits);
    let waits = ops.iter().filter_map(|op| op.wait_for()).flat_map(|wait| &wait.events);
    written.map(|kind| kind.as_str()).chain(waits.map(|kind| kind.as_str()))
}

impl Compiler<'_> {
    pub(super) fn key(&mut self, definition: &Definition) -> Key {
        if definition.trigger.event.is_none() {
            return Key::None; // one that is written is refused
        }
        match definition.key.as_ref().map(|key| &key.value) {
            None => Key::None,
            Some(definition::Key::Path(path)) => {
                self.path(path, None).map_or(Key::None, Key::Everywhere)
            }
            Some(definition::Key::ByType(paths)) => {
                let path = |(kind, path): (&At<String>, &At<String>)| {
                    Some((kind.as_str().into(), self.path(path, Some(kind))?))
                };
                Key::ByType(paths.iter().filter_map(path).collect())
            }
        }
    }

    /// The field in events of this type; in the trigger events where none is given: others may be without it.
    fn path(&mut self, path: &At<String>, kind: Option<&At<String>>) -> Option<u16> {
        let of_trigger = self.slots.types.clone();
        if let Some(kind) = kind {
            self.slots.types = vec![kind.value.clone()];
        }
        let (field, faults) = condition::compile_path(path, self.slots);
        self.slots.types = of_trigger;
        faults.into_iter().for_each(|fault| self.fault(path, fault));
        field
    }

    /// Every trigger has a path, and every path is of an event that the journey, with these operations, hears.
    pub(super) fn check_key(&mut self, definition: &Definition, ops: &[Op]) {
        let Some(definition::Key::ByType(paths)) = definition.key.as_ref().map(|key| &key.value)
        else {
            return;
        };
        for kind in definition.trigger.event.names().iter().filter(|kind| !paths.contains_key(kind))
        {
            let message =
                format!("`key` has no path for `{}`, which starts the journey", kind.value);
            let help = format!("add one to `key:`, such as `{}: event.cart.id`", kind.value);
            self.error(kind, message, help);
        }
        for kind in
            paths.keys().filter(|kind| heard(definition, ops).all(|heard| heard != kind.as_str()))
        {
            let known = || heard(definition, ops);
            let help = match closest(kind, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("what it hears of: {}", known().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("this journey does not hear of `{}`", kind.value);
            self.error(kind, message, help);
        }
    }

    pub(super) fn reentry(&mut self, definition: &Definition) -> Reentry {
        let keyed = definition.key.is_some();
        let Some(reentry) = &definition.reentry else {
            return match (keyed, definition.trigger.event.is_none()) {
                (true, _) => Reentry::OncePerKey,
                // A base begins one run.
                (false, true) => Reentry::Always,
                (false, false) => REENTRY,
            };
        };
        let mut needs_key = |what: &str, remedy: &str| {
            if !keyed {
                let help = format!("add `key:`, such as `key: event.cart.id`, or {remedy}");
                self.error(reentry, format!("`{what}` needs a key"), help);
            }
        };
        let (rule, after) = match &reentry.value {
            definition::Reentry::Word(word) => match word {
                ReentryWord::Never => return Reentry::Never,
                ReentryWord::Always => return Reentry::Always,
                ReentryWord::Restart => return Reentry::Restart,
                ReentryWord::OncePerKey => {
                    needs_key("once_per_key", "write `never`");
                    return Reentry::OncePerKey;
                }
            },
            definition::Reentry::After(rule) if rule.per.is_some() => {
                needs_key("per: key", "remove `per`");
                (Reentry::AfterPerKey(rule.after.value), &rule.after)
            }
            definition::Reentry::After(rule) => (Reentry::After(rule.after.value), &rule.after),
            definition::Reentry::OncePerKey(rule) => {
                needs_key("once_per_key", "write `{ after: 7d }` alone");
                let after = &rule.once_per_key.after;
                (Reentry::OncePerKeyAfter(after.value), after)
            }
        };
        self.positive(after);
        rule
    }
}
