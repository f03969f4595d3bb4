//! A broker's answers: whatever it says, spans lie inside, offsets rise and memory is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../../connectors/kafka/src/protocol/mod.rs"]
#[allow(dead_code, unused_imports, missing_docs)]
mod protocol;

fuzz_target!(|answer: &[u8]| protocol::read_any(answer));
