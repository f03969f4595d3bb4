//! What a condition may read by its name alone: facts and segments.

use super::expr::{Condition, Expr};
use super::field::Field;
use crate::fact::Layout;
use crate::journey::catalogue::CHANGED;
use compact_str::CompactString;

/// What may be read by its name alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) facts: Layout,
    pub(crate) segments: Vec<(CompactString, Segment)>,
    /// The sets of which it is known who has a key in them.
    pub(crate) indexed: Vec<u16>,
    /// The types of the events that tell of a change of a level or a segment.
    pub(crate) changes: Vec<String>,
}

/// A condition that is used by its name.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(super) fields: Vec<(CompactString, Field)>,
    pub(super) expr: Expr,
}

impl From<Condition> for Segment {
    fn from(Condition { fields, expr, .. }: Condition) -> Self {
        Self { fields, expr }
    }
}

/// The type of the event that tells of a change of the level or segment of this name.
pub(crate) fn change_of(name: &str) -> String {
    format!("{name}{CHANGED}")
}

impl Names {
    /// The names, for suggestions.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        let facts = self.facts.iter().map(|(_, fact)| fact.name.as_str());
        facts.chain(self.segments.iter().map(|(name, _)| name.as_str()))
    }
}
