//! A facts file's YAML: any text is compiled or refused with problems that stand in it.
#![no_main]

use cartwheel_core::journey::load::{SourceFile, Sources, check};
use cartwheel_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = SourceFile { path: "facts.yaml".into(), text: text.into() };
    let checked = check(&Policy::default(), Sources { journeys: &[], facts: Some(&file) });
    for problem in &checked.problems {
        assert!(!problem.message.is_empty() && problem.path == "facts.yaml", "{problem:?}");
    }
});
