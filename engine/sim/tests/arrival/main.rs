//! Event time decides, not arrival (`docs/semantics.md`, "Order does not matter"): a history whose events between two timers come in another
//! order ends in the same runs, consents and documents, and in the same messages afterwards; and whatever comes when, nothing is sent that
//! something which has arrived forbids.
//!
//! More histories: `CARTWHEEL_HISTORIES=20000`. A failure is made as short as it goes and printed as a trace.

mod forbidden;
mod shop;
mod shuffled;

/// How many histories are tried.
fn histories() -> u64 {
    let asked = std::env::var("CARTWHEEL_HISTORIES").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(5_000)
}
