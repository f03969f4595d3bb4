//! A scenario of a trace, as it is read.

use super::block::Blocks;
use super::line::Statement;
use cartwheel_core::journey::plan::Plan;
use std::ops::Range;
use std::sync::Arc;

/// A journey that takes part, and where the trace names it; nowhere: the file does by its own name.
pub type Part = (String, Range<usize>);

/// One story, told to an engine that knows nothing yet.
#[derive(Debug)]
pub struct Scenario {
    /// After `---`.
    pub name: String,
    /// Its line's words in the file.
    pub span: Range<usize>,
    /// Its lines with a time, which never falls.
    pub entries: Vec<Statement>,
    /// Whether its clock jumps: a timer fires where a line says so and sees how late it is. Else each fires at its own time.
    pub jumps: bool,
    /// The journeys that stand in the trace, or those beside it under the policy that stands in the trace; none: those beside it as they are.
    pub plan: Option<Arc<Plan>>,
    pub(super) blocks: Blocks,
}

impl Scenario {
    /// Whether the journeys stand in the trace.
    pub fn has_journeys(&self) -> bool {
        self.blocks.has_journeys()
    }
}
