//! A broker's answer to Fetch: whatever it says, spans lie inside, offsets rise and memory is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../connectors/kafka/src/direct/mod.rs"]
#[allow(dead_code, unused_imports, missing_docs)]
mod direct;

/// What `direct` takes of its own crate.
mod settings {
    pub const FETCH_WAIT_MS: i32 = 50;
}

fuzz_target!(|answer: &[u8]| direct::read_any(answer));
