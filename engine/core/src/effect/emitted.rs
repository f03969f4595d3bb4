//! Events that steps have let happen, and changes of levels: each is applied behind what is being applied, and so are those to which it leads.

use crate::time::Millis;
use compact_str::CompactString;
use std::collections::VecDeque;

/// Most of them for one event, or for one timer.
pub const MAX_EMITTED: usize = 16;

/// See the module. Hardly any event leads to one; behind each customer's turn there are none.
#[derive(Default)]
pub struct Emitted {
    queue: VecDeque<Happening>,
    count: usize,
}

/// An event that has not been applied yet.
pub struct Happening {
    /// Its type.
    pub kind: CompactString,
    /// Its fields, as a JSON object.
    pub text: String,
    /// Tells it from others that happen at the same instant.
    pub number: u64,
    /// When it happens.
    pub at: Millis,
}

impl Emitted {
    /// Puts one behind the others; false if there have been [`MAX_EMITTED`].
    pub fn push(&mut self, happening: Happening) -> bool {
        let room = self.count < MAX_EMITTED;
        if room {
            self.count += 1;
            self.queue.push_back(happening);
        }
        room
    }

    /// Whether none has been put there since the count began.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The next one. Behind the last the count begins anew.
    pub fn take_next(&mut self) -> Option<Happening> {
        let next = self.queue.pop_front();
        if next.is_none() {
            self.count = 0;
        }
        next
    }
}
