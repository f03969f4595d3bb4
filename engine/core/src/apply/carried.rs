//! The documents that an event carries, of those that are kept. Who keeps them asks for them, and each run that is about them: so they are worked out once.

use crate::customer::{Document, DocumentKey};
use crate::event::{Event, Subject};
use crate::journey::plan::Plan;

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Carried {
    keys: [DocumentKey; Subject::KEPT.len()],
    len: usize,
}

impl Carried {
    const NONE: Self = Self { keys: [DocumentKey(0); Subject::KEPT.len()], len: 0 };

    /// Those of an event, in the order of [`Plan::documents`].
    #[inline]
    pub fn of(plan: &Plan, event: &Event<'_>) -> Self {
        // Most events carry none.
        if plan.brings(event) { Self::some_of(plan, event) } else { Self::NONE }
    }

    /// Which ones.
    #[inline]
    pub fn keys(&self) -> &[DocumentKey] {
        &self.keys[..self.len]
    }

    #[inline(never)]
    fn some_of(plan: &Plan, event: &Event<'_>) -> Self {
        let mut carried = Self::NONE;
        for (subject, _) in plan.documents(event) {
            if let Some(kind) = Document::of(subject) {
                carried.keys[carried.len] = DocumentKey::new(kind, event.id_of(subject));
                carried.len += 1;
            }
        }
        carried
    }
}
