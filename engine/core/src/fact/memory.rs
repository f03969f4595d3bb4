//! What facts take in memory.

use super::definition::{Definition, Kind};
use super::facts::Fact;
use super::layout::Layout;
use super::ledger::Ledger;
use super::path::MAX_TEXT;
use super::rows::Rows;
use super::set::Set;
use super::tally::Tally;
use crate::value::Value;
use compact_str::CompactString;

/// All facts of a customer take at most so many bytes: a layout that could take more does not load.
pub const MAX_BYTES: usize = 8192;

/// What stands before the items of a list.
const HEAD: usize = 16;
/// Longer texts stand for themselves.
const INLINE: usize = size_of::<CompactString>();

impl Definition {
    /// Bytes that it takes at most of one customer. One that no event has touched takes none.
    pub fn most_bytes(&self) -> usize {
        let groups = self.by.as_ref().map_or(1, |_| self.bounds.keys);
        // What is one too many stands there until the oldest has gone, and its memory stays.
        let rows = groups * self.open() + 1;
        let marks = self.takes.as_ref().map_or(0, |_| self.bounds.up_to + 1);
        let (groups, keys) = (groups + 1, Set::room(self) + 1);
        self.bytes(Size {
            rows,
            groups,
            marks,
            keys,
            entries: self.bounds.up_to + 1,
            text: MAX_TEXT,
        })
    }

    /// Bytes that it takes after one event with short texts.
    pub fn few_bytes(&self) -> usize {
        self.bytes(Size { rows: 1, groups: 1, marks: 0, keys: 1, entries: 1, text: INLINE })
    }

    fn bytes(&self, size: Size) -> usize {
        let fact = size_of::<Fact>();
        if self.book().is_some() {
            return fact + Ledger::bytes(size.entries);
        }
        if self.kind == Kind::Set {
            return fact + Set::bytes(size.keys);
        }
        if self.is_plain() {
            return fact;
        }
        let list = |items: usize, bytes: usize| if items > 0 { HEAD + items * bytes } else { 0 };
        let text = if size.text > INLINE { size.text } else { 0 };
        let marks = if size.marks > 0 { Rows::bytes(self.mark_shape(), size.marks) } else { 0 };
        let groups = if self.by.is_some() { size.groups } else { 0 };
        fact + size_of::<Tally>()
            + Rows::bytes(self.shape(), size.rows)
            + marks
            + list(size.rows * self.keep().len(), size_of::<Value>() + text)
            + list(groups, size_of::<CompactString>() + text)
    }
}

/// How much of a fact there is.
struct Size {
    rows: usize,
    groups: usize,
    marks: usize,
    /// Of a set.
    keys: usize,
    /// Of a ledger.
    entries: usize,
    /// Length of each text.
    text: usize,
}

impl Layout {
    /// Bytes that all facts of a customer take at most.
    pub fn most_bytes(&self) -> usize {
        HEAD + self.iter().map(|(_, fact)| fact.most_bytes()).sum::<usize>()
    }

    /// Bytes that they take of somebody who has had one event of each.
    pub fn few_bytes(&self) -> usize {
        HEAD + self.iter().map(|(_, fact)| fact.few_bytes()).sum::<usize>()
    }
}
