//! What stands beside a trace, and holds where the trace says nothing else.

use cartwheel_core::journey::load::SourceFile;
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
}

impl<'b> From<&'b Policy> for Beside<'b> {
    /// A policy alone.
    fn from(policy: &'b Policy) -> Self {
        Self { policy, journeys: Some(&[]), facts: None, shown: None }
    }
}
