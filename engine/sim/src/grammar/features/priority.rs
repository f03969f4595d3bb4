//! Journeys of which some matter more.

use crate::grammar::config::Config;
use crate::history::Draw;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    for journey in &mut config.journeys {
        journey.insert("priority".into(), (*draw.pick(&[10, 50, 51, 90])).into());
    }
    let journey = config.journey(draw);
    if draw.chance(20) && !journey.contains_key("holdout") {
        journey.insert("class".into(), "transactional".into());
    }
}
