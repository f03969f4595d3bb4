//! What a plan's journeys and steps are called, as packed decisions have it: every decision tells it, so it is packed once.

use crate::compact::Writer;
use crate::journey::plan::Plan;

/// Longer texts are cut.
pub(super) const MAX_TEXT: usize = 255;

/// The name of a journey that there is not.
const NO_NAME: &[u8] = &[1];

/// See the module.
pub struct Names {
    /// Of which plan, by its hash.
    plan: u128,
    /// For each journey its own name, and behind that for each operation the journey's and the step's.
    journeys: Vec<Vec<Name>>,
}

/// The name of a journey, and of a step in it, if it has one.
struct Name {
    packed: Vec<u8>,
    has_step: bool,
}

impl Names {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Self {
        let journeys = plan.journeys.iter().map(|journey| {
            let steps = journey.ops.iter().map(|op| op.step());
            let all = [None].into_iter().chain(steps.map(|step| step.map(|name| name.as_str())));
            all.map(|step| Name::of(&journey.name, step)).collect()
        });
        Self { plan: plan.hash, journeys: journeys.collect() }
    }

    /// Whether they are this plan's.
    #[inline]
    pub fn are_of(&self, plan: &Plan) -> bool {
        self.plan == plan.hash
    }

    /// The packed name of the journey, and of the step at this operation if it has a name; whether it has.
    #[inline]
    pub(super) fn get(&self, journey: u16, op: Option<u16>) -> (&[u8], bool) {
        let Some(names) = self.journeys.get(usize::from(journey)) else { return (NO_NAME, false) };
        let place = op.map_or(0, |op| usize::from(op) + 1);
        match names.get(place).or_else(|| names.first()) {
            Some(name) => (&name.packed, name.has_step),
            None => (NO_NAME, false),
        }
    }
}

impl Name {
    fn of(journey: &str, step: Option<&str>) -> Self {
        let mut packed = Vec::new();
        let mut writer = Writer::new(&mut packed);
        for text in [Some(journey), step].into_iter().flatten() {
            writer.text(0, cut(text));
        }
        writer.flush();
        Self { packed, has_step: step.is_some() }
    }
}

/// As much of a text as is packed.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
