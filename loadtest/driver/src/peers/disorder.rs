//! The topic asks for the rules: whoever leaves out one that copies and late events need sends other messages, so that his run is void.

use super::messages::{Asked, Kept};
use crate::setup::plan;
use cartwheel_core::id::CommandId;
use cartwheel_core::time::DAY;
use cartwheel_workload::{Options, Profile, Shopped, Workload};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

const EVENTS: u64 = 60_000;

/// What must be sent for the events as `change` makes them, which is told each one's place.
fn messages(change: impl Fn(u64, &mut Shopped)) -> HashMap<CommandId, Kept> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers");
    let mut asked = Asked::new(&Arc::new(plan(&folder).expect("the job")));
    let options = Options {
        events: EVENTS,
        customers: 3_000,
        profile: Profile::Peers,
        rate: EVENTS,
        // So many that a tick is shorter than the late ones are late.
        every: (2 * DAY).unsigned_abs(),
        ..Options::default()
    };
    let mut line = Vec::new();
    for (mut event, place) in Workload::new(options).expect("a workload").zip(0..) {
        change(place, &mut event);
        line.clear();
        event.encode(&mut line);
        asked.record(place as i64, event.time, &line);
    }
    asked.messages.into_iter().collect()
}

/// How many messages of the one are missing in the other, or are others there.
fn differences(one: &HashMap<CommandId, Kept>, other: &HashMap<CommandId, Kept>) -> usize {
    one.iter().filter(|(id, kept)| other.get(id) != Some(kept)).count()
}

#[test]
fn who_leaves_out_a_rule_sends_other_messages() {
    let right = messages(|_, _| ());
    let share = right.len() as f64 / EVENTS as f64;
    assert!((0.03..0.12).contains(&share), "{share} messages an event");
    assert_eq!(differences(&right, &messages(|_, _| ())), 0);
    // Copies count as events of their own.
    let forgetful = messages(|place, event| event.id = place);
    assert!(differences(&right, &forgetful) > 0);
    // Whatever comes late has just happened.
    let in_a_hurry = messages(|_, event| event.happened = event.time);
    assert!(differences(&right, &in_a_hurry) > 10);
}
