//! How old an event may be that starts something.

use crate::grammar::config::Config;
use crate::history::Draw;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let age = *draw.pick(&["1h", "3h", "2d"]);
    config.journey(draw).insert("max_event_age".into(), age.into());
}
