//! Customers who get nothing, and conditions that must hold before every send.

use crate::grammar::config::Config;
use crate::history::Draw;

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    if draw.chance(30) {
        config.policy.insert("holdout".into(), "50%".into());
        return;
    }
    let journey = config.journey(draw);
    if journey.contains_key("class") || draw.chance(50) {
        journey.insert("while".into(), "customer.orders < 2 || profile.vip == true".into());
    } else {
        journey.insert("holdout".into(), "50%".into());
    }
}
