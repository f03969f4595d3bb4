//! A condition in CEL, as the entry filter of a journey.
#![no_main]

use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|condition: &str| {
    // JSON is YAML, and quotes whatever the condition holds.
    let journey = serde_json::json!({
        "journey": "fuzz",
        "version": 1,
        "trigger": { "event": "cart_updated", "where": condition },
        "steps": [{ "send": "first", "template": "t", "channel": "email" }],
    });
    let file = SourceFile { path: "journey.yaml".into(), text: journey.to_string() };
    let _ = load(&Policy::default(), &[file]);
});
