//! What a shop says of its events: any text is read or refused with problems that stand in it.
#![no_main]

use cartwheel_core::journey::load::{SourceFile, Sources, check_declared};
use cartwheel_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = SourceFile { path: "events.yaml".into(), text: text.into() };
    let checked = check_declared(&Policy::default(), Sources { journeys: &[], facts: None }, Some(&file));
    for problem in &checked.problems {
        assert!(!problem.message.is_empty() && problem.path == "events.yaml", "{problem:?}");
    }
});
