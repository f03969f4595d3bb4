//! Events that steps have let happen: each is applied behind what is being applied, and so are those to which it leads.

use compact_str::CompactString;
use std::collections::VecDeque;

/// Most of them for one event, or for one timer.
pub(super) const MAX_EMITTED: usize = 16;

/// See the module.
#[derive(Default)]
pub(super) struct Emitted {
    waiting: VecDeque<Happening>,
    count: usize,
}

/// An event that has not been applied yet.
pub(super) struct Happening {
    /// Its type.
    pub kind: CompactString,
    /// Its fields, as a JSON object.
    pub text: String,
}

impl Emitted {
    /// Puts one behind the others; false if there have been [`MAX_EMITTED`].
    pub fn push(&mut self, happening: Happening) -> bool {
        let room = self.count < MAX_EMITTED;
        if room {
            self.count += 1;
            self.waiting.push_back(happening);
        }
        room
    }

    /// The next one. Behind the last the count begins anew.
    pub fn next(&mut self) -> Option<Happening> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.count = 0;
        }
        next
    }
}
