//! What stands beside a trace, and holds where the trace says nothing else.

use cartwheel_core::journey::load::{KnownEvents, SourceFile};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::Shown;
use cartwheel_core::policy::Policy;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'b> {
    /// The policy; its zone is that of the trace's times.
    pub policy: &'b Policy,
    /// The journeys: they run under a policy that stands in the trace, too. None where they are wrong: then nothing is said of such a policy.
    pub journeys: Option<&'b [SourceFile]>,
    /// The facts of these.
    pub facts: Option<&'b SourceFile>,
    /// What their templates read, if that is known.
    pub shown: Option<&'b Shown>,
    /// What the journeys decide by; none where they are wrong, or somewhere else.
    pub plan: Option<&'b Plan>,
    /// What the shop knows of events. None where there is no shop: any event may mean something.
    pub events: Option<&'b KnownEvents>,
}

impl<'b> From<&'b Policy> for Beside<'b> {
    /// A policy alone.
    fn from(policy: &'b Policy) -> Self {
        let (journeys, plan, events) = (Some([].as_slice()), None, None);
        Self { policy, journeys, facts: None, shown: None, plan, events }
    }
}
