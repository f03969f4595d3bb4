//! What conditions mean, what they refuse and with which words.

mod differential;
mod foresight;
mod meaning;
mod refusals;

use super::{Condition, Fault, Scope, Slots, compile};

/// Compiles for a trigger or an exit.
fn compiled(text: &str) -> (Option<Condition>, Vec<Fault>, Slots) {
    let mut slots = Slots::default();
    let (condition, faults) = compile(text, Scope::Event, &mut slots, &mut Vec::new());
    (condition, faults, slots)
}
