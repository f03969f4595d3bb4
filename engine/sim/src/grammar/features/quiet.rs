//! Hours in which nothing leaves.

use crate::grammar::config::Config;
use crate::history::Draw;
use serde_json::{Value, json};

pub(super) fn add(draw: &mut Draw, config: &mut Config) {
    let quiet = config.policy.entry("quiet_hours").or_insert_with(|| json!([]));
    if let Value::Array(quiet) = quiet {
        let (from, to) = draw.pick(&[("21:00", "08:00"), ("01:00", "03:30"), ("12:00", "12:30")]);
        let channels =
            *draw.pick::<&[&str]>(&[&["email"][..], &["sms", "push"], &["email", "sms"]]);
        quiet.push(json!({ "channels": channels, "from": from, "to": to }));
    }
}
