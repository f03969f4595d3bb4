//! Which events a fact is made of, and what it reads of them.

use super::path::Path;
use compact_str::CompactString;

/// Events, and what of them a fact reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// Their types.
    pub on: Vec<CompactString>,
    /// A list of the event each of whose items counts.
    pub each: Option<Path>,
    /// What an item is called in `when`.
    pub item: CompactString,
    /// What contributes once.
    pub key: Option<Path>,
    /// The condition under which one counts, as it is written: two definitions with other conditions are others. Whoever compiles it evaluates it.
    pub when: Option<CompactString>,
}
