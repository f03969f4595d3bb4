//! Messages that a hold has put off, over restarts and changes of the policy.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::{Hold, Policy};
use cartwheel_core::time::Span;
use std::sync::Arc;

const JOURNEY: &str =
    "journey: hello\ntrigger: { event: go }\nsteps: [{ send: hello, channels: [email] }]\n";
const FACTS: &str = "facts:\n  tickets: { set: ticket_opened, key: event.ticket.id, drop: ticket_closed, for: 21d, keys: 4 }\n";

/// Under these holds, by their conditions.
fn plan(holds: &[&str]) -> Arc<Plan> {
    let hold = |while_: &&str| Hold {
        name: (*while_).into(),
        while_: (*while_).into(),
        at_most: Span(100 * HOUR),
        missed_within: Span(50 * HOUR),
    };
    let policy = Policy { holds: holds.iter().map(hold).collect(), ..Policy::default() };
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let (journeys, facts) = ([file("hello.yaml", JOURNEY)], file("facts.yaml", FACTS));
    let sources = Sources { journeys: &journeys, facts: Some(&facts) };
    Arc::new(load(&policy, sources).unwrap())
}

const SERVICE: &str = "size(tickets) > 0";
const CALM: &str = "profile.calm == true";

/// Ana has a ticket open, and a message is due.
fn held() -> World {
    let mut world = World { plans: vec![plan(&[SERVICE])], ..World::default() };
    let profile = r#"{"email":"ana@example.test","consent":{"email":true}}"#;
    let told = [
        format!(r#""type":"known","profile":{profile}"#),
        r#""type":"ticket_opened","ticket":{"id":1}"#.into(),
        r#""type":"go""#.into(),
    ];
    told.iter().for_each(|event| world.event(START, &format!(r#"{{"customer":"ana",{event}}}"#)));
    world
}

fn sent(world: &World) -> usize {
    world.accepted().1.len()
}

#[test]
fn a_restart_keeps_what_a_hold_has_put_off() {
    for checkpoint in [false, true] {
        let (mut world, disk) = (held(), MemoryStore::default());
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + HOUR, true).unwrap().unwrap();
        assert_eq!(sent(&world), 0);
        world.event(
            START + 2 * HOUR,
            r#"{"customer":"ana","type":"ticket_closed","ticket":{"id":1}}"#,
        );
        owner.drain(&mut world, 8, START + 2 * HOUR + MINUTE, true).unwrap().unwrap();
        assert_eq!(sent(&world), 1);
        // The same from the log alone.
        let mut again = start(&mut world, &MemoryStore::default()).unwrap();
        again.drain(&mut world, 8, START + 3 * HOUR, true).unwrap().unwrap();
        assert_eq!(sent(&world), 1);
    }
}

#[test]
fn what_a_hold_has_put_off_is_asked_again_under_another_policy() {
    // Another hold before it, none, and one that did not hold before.
    for (holds, leaves) in [(&[CALM, SERVICE][..], false), (&[], true), (&[CALM], true)] {
        let (mut world, disk) = (held(), MemoryStore::default());
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
        world.plans.push(plan(holds));
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + HOUR, true).unwrap().unwrap();
        assert_eq!(sent(&world), usize::from(leaves), "{holds:?}");
        // Overdue by then.
        let closed = r#"{"customer":"ana","type":"ticket_closed","ticket":{"id":1}}"#;
        world.event(START + 60 * HOUR, closed);
        owner.drain(&mut world, 8, START + 61 * HOUR, true).unwrap().unwrap();
        assert_eq!(sent(&world), usize::from(leaves), "{holds:?}");
    }
}
