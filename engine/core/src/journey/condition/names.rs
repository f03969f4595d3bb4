//! What a condition may read by its name alone: facts and segments.

use super::expr::Expr;
use super::field::Field;
use crate::fact::Layout;
use compact_str::CompactString;

/// What may be read by its name alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) facts: Layout,
    pub(crate) segments: Vec<(CompactString, Segment)>,
}

/// A condition that is used by its name.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(super) fields: Vec<(CompactString, Field)>,
    pub(super) expr: Expr,
}

impl Names {
    /// The names, for suggestions.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        let facts = self.facts.iter().map(|(_, fact)| fact.name.as_str());
        facts.chain(self.segments.iter().map(|(name, _)| name.as_str()))
    }
}
