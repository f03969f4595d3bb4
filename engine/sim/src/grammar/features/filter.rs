//! A condition of the trigger.

use super::CONDITIONS;
use crate::grammar::config::Config;
use crate::history::Draw;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let journey = config.journey(draw);
    if let Some(trigger) = journey.get_mut("trigger") {
        trigger["when"] = (*draw.pick(&CONDITIONS)).into();
    }
}
