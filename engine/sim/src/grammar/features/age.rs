//! How old an event may be that starts something, and from when on events do.

use crate::grammar::config::Config;
use crate::history::Draw;

/// Soon after histories begin.
const ACTIVE_FROM: [&str; 6] = [
    "2026-03-07T22:00:00Z",
    "2026-03-29T01:00:00+01:00",
    "2026-10-24T10:00:00-05:00",
    "2026-10-31T23:00:00Z",
    "2026-12-31T06:00:00Z",
    "2026-06-10T11:00:00Z",
];

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let age = *draw.pick(&["1h", "3h", "2d"]);
    config.journey(draw).insert("max_event_age".into(), age.into());
    if draw.chance(20) {
        let from = *draw.pick(&ACTIVE_FROM);
        let place = if draw.chance(50) { config.journey(draw) } else { &mut config.policy };
        place.insert("active_from".into(), from.into());
    }
}
