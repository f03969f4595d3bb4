//! How many runs of a journey there may be.

use crate::grammar::config::Config;
use crate::history::Draw;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let most = draw.between(1, 3);
    config.journey(draw).insert("max_runs".into(), most.into());
}
