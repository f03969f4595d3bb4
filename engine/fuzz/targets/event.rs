//! The decoder of events: it never panics, and what it makes of a record depends neither on those before it nor on the way it was read.
#![no_main]

use cartwheel_core::event::{Decoder, Event, decode};
use cartwheel_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: (&[u8], &[u8], i64)| {
    let (before, value, time) = records;
    let policy = Policy::default();
    let alone = decode(value, time, &policy);
    let mut decoder = Decoder::default();
    let mut event = Event::default();
    // A layout is learnt from one, and tried on the other.
    let _ = decoder.decode(before, time, &policy, &mut event);
    let _ = decoder.decode(value, time, &policy, &mut event);
    let mut event = Event::default();
    let behind = decoder.decode(value, time, &policy, &mut event);
    match (alone, behind) {
        (Ok(alone), Ok(())) => assert_eq!(format!("{alone:?}"), format!("{event:?}")),
        (Err(alone), Err(behind)) => assert_eq!(format!("{alone:?}"), format!("{behind:?}")),
        (alone, behind) => panic!("{alone:?} alone, {behind:?} behind another"),
    }
});
