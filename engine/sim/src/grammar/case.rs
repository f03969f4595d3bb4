//! A configuration with a history under it.

use super::config::Config;
use super::events::Heard;
use super::features::{FEATURES, Feature};
use crate::history::{Draw, Step, drawn, start};
use cartwheel_core::journey::plan::Plan;
use std::sync::Arc;

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// The journeys and the policy.
    pub config: Config,
    /// What happens under them.
    pub steps: Vec<Step>,
}

impl Case {
    /// The case of this seed. A configuration that does not load is a mistake of a feature: then its text and problems are returned.
    pub fn draw(seed: u64) -> Result<(Self, Arc<Plan>), String> {
        let mut draw = Draw::new(seed);
        let mut config = Config::bare(&mut draw);
        let mut features: Vec<&'static Feature> = Vec::new();
        let count = draw.between(1, 6);
        let mut chosen: Vec<&'static Feature> = (0..count).map(|_| draw.pick(FEATURES)).collect();
        chosen.sort_by_key(|feature| feature.last);
        for feature in chosen {
            (feature.add)(&mut draw, &mut config);
            if features.iter().all(|other| other.name != feature.name) {
                features.push(feature);
            }
        }
        let mut case = Self { config, steps: Vec::new() };
        let plan =
            case.config.plan().map_err(|problems| format!("{}\n{problems}", case.written()))?;
        let start = start(&mut draw);
        let mut heard = Heard::new(&mut draw, &case.config, features);
        let length = draw.between(15, 60) as usize;
        case.steps = drawn(&mut draw, start, &plan, length, |draw, time, commands| {
            heard.next(draw, time, commands)
        });
        Ok((case, plan))
    }
}
