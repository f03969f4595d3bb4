//! The core accepts every event that the workload makes.

use cartwheel_core::event::decode;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::DAY;
use cartwheel_workload::{Options, Story, StoryOptions, Workload};

#[test]
fn no_event_of_the_stream_is_poison() {
    let policy = Policy::default();
    let mut line = Vec::new();
    for shopped in Workload::new(Options { events: 50_000, ..Options::default() }).unwrap() {
        line.clear();
        shopped.encode(&mut line);
        let event = decode(&line, shopped.time, &policy).unwrap();
        assert_eq!(
            (event.kind.as_ref(), event.customer.as_bytes()),
            (shopped.kind.name(), &shopped.key()[..])
        );
        assert_eq!(event.time, Some(shopped.happened));
        assert!(event.odd().is_empty(), "{:?}", event.odd());
    }
}

#[test]
fn no_event_of_the_story_is_poison() {
    let policy = Policy::default();
    let start = 1_767_225_600_000;
    let mut story = Story::new(StoryOptions::from(start));
    while let Some(told) = story.next_before(start + DAY) {
        let event = decode(&told.json, told.time, &policy).unwrap();
        assert_eq!((event.kind.as_ref(), event.customer.as_ref()), (told.kind, told.key.as_str()));
        // What happened before the story has an earlier time.
        assert!(event.time == Some(told.time) || event.time.is_some_and(|time| time < start));
        assert!(event.odd().is_empty(), "{:?}", event.odd());
    }
}
