//! The traces beside the journeys: their files, and what is wrong in them as a person is told it.

use crate::failure::{Failure, Fault};
use crate::files;
use crate::journeys::Compiled;
use crate::settings::Settings;
use cartwheel_core::journey::shown::Shown;
use cartwheel_sim::trace::{self, Beside, Trace};

/// Reads the traces beside the journeys, if those are right, whose templates show this; all faults of all files at once.
pub fn read_all(
    settings: &Settings,
    compiled: Option<&Compiled>,
    shown: Option<&Shown>,
) -> Result<Vec<Trace>, Failure> {
    let beside = Beside {
        policy: &settings.policy,
        journeys: compiled.map(|compiled| compiled.sources.as_slice()),
        facts: compiled.and_then(|compiled| compiled.facts.as_ref()),
        shown,
        plan: compiled.map(|compiled| &compiled.plan),
        events: compiled.map(|compiled| &compiled.known),
    };
    let (mut traces, mut faults) = (Vec::new(), Vec::new());
    for source in files::with_ending(&settings.journeys_dir, "trace")? {
        match trace::read(&source, beside) {
            Ok(trace) => traces.push(trace),
            Err(wrong) => faults.extend(wrong.into_iter().map(Fault::from)),
        }
    }
    if faults.is_empty() { Ok(traces) } else { Err(Failure::Data(faults)) }
}

impl From<trace::Fault> for Fault {
    fn from(fault: trace::Fault) -> Self {
        Self::at(&fault.path, &fault.text, fault.span, fault.message, fault.help)
    }
}
