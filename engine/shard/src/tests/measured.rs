//! What turn records say for reports: all of it once, whoever leads.

use super::crash::{play, story};
use super::world::{CART, World, plan_of};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::channel::Side;
use cartwheel_core::sends::Measured;

/// The story, with some of its customers held out.
fn measured_story() -> World {
    World { plans: vec![plan_of(&CART.replace("holdout: 5%", "holdout: 60%"))], ..story() }
}

/// What all accepted turn records say together.
fn told(world: &World) -> Measured {
    let mut all = Measured::default();
    for turn in world.accepted().0 {
        for (journey, count) in turn.measured.entered {
            *all.entered.entry(journey).or_default() += count;
        }
        all.held_out.extend(turn.measured.held_out);
        all.converted.extend(turn.measured.converted);
    }
    all
}

#[test]
fn stopped_after_every_durable_step_and_reopened_it_is_told_once() {
    let mut whole = measured_story();
    play(&mut whole, &MemoryStore::default()).expect("not stopped").expect("no error");
    let expected = told(&whole);
    assert_eq!(expected.entered["cart_abandonment"], 5, "all but the one who bought");
    assert!(expected.held_out.iter().any(|told| told.first), "{expected:?}");
    assert!(expected.held_out.iter().any(|told| !told.first), "{expected:?}");
    let sides =
        whole.accepted().1.iter().filter(|command| command.side == Some(Side::Treated)).count();
    let first = expected.held_out.iter().filter(|told| told.first).count();
    assert!(sides > 0 && sides + first <= 5, "{sides} {first}");
    assert_eq!(expected.converted.len(), 1, "{expected:?}");
    for stop in 0..whole.sends.len() as u64 + 4 {
        for lose_disk in [false, true] {
            let (mut world, mut disk) = (measured_story(), MemoryStore::default());
            world.steps_left = Some(stop);
            let _ = play(&mut world, &disk);
            world.steps_left = None;
            world.events = story().events;
            if lose_disk {
                disk = MemoryStore::default();
            }
            play(&mut world, &disk).expect("not stopped").expect("no error");
            assert_eq!(told(&world), expected, "stop {stop}");
        }
    }
}
