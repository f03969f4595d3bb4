//! A journey's YAML: any text is compiled or refused with problems that stand in it.
#![no_main]

use cartwheel_core::journey::load::{SourceFile, check};
use cartwheel_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = SourceFile { path: "journey.yaml".into(), text: text.into() };
    let checked = check(&Policy::default(), &[file]);
    for problem in &checked.problems {
        assert!(!problem.message.is_empty() && problem.path == "journey.yaml", "{problem:?}");
    }
});
