//! Journeys that are paused, resumed and stopped: wherever the shard is stopped, the same is known and the same is sent.

use super::cuts::same_wherever_stopped;
use super::upgrade::start;
use super::world::{HOUR, MINUTE, Owner, START, World, plan_of};
use crate::checkpoint::memory::MemoryStore;
use crate::explain::Explanation;
use cartwheel_core::control::{Control, Standing};
use cartwheel_core::decision::Reason;
use cartwheel_core::time::Millis;

const JOURNEY: &str = "journey: j
class: transactional
trigger: { event: go }
reentry: always
steps:
  - wait: 2h
  - split: offer
    arms:
      gift: { share: 1%, steps: [{ send: gift, channels: [webhook] }] }
      percent: { share: 99%, steps: [{ send: percent, channels: [webhook] }] }
  - wait: { for: answered, at_most: 3h }
  - { send: last, channels: [webhook] }
";

fn order(world: &mut World, time: Millis, sequence: u64, order: &str) {
    let record = format!(
        r#"{{"type":"control","stream":"control","epoch":"e","sequence":{sequence},"control":{order}}}"#
    );
    world.event(time, &record);
}

fn told(world: &mut World, time: Millis, kind: &str, customer: &str) {
    world.event(time, &format!(r#"{{"type":"{kind}","customer":"{customer}"}}"#));
}

/// One goes on, one waits in a pause and goes on late, one is ended, one begins by an arm that has won.
fn story() -> World {
    let mut world = World { plans: vec![plan_of(JOURNEY)], ..World::default() };
    told(&mut world, START, "go", "ana");
    told(&mut world, START + HOUR, "go", "ben");
    order(&mut world, START + HOUR, 1, r#"{"pause":"j"}"#);
    told(&mut world, START + HOUR, "go", "cho");
    order(&mut world, START + 5 * HOUR, 2, r#"{"resume":"j","missed_within":"150m"}"#);
    told(&mut world, START + 6 * HOUR, "answered", "ben");
    order(
        &mut world,
        START + 6 * HOUR,
        3,
        r#"{"winner":{"journey":"j","split":"offer","arm":"gift"}}"#,
    );
    told(&mut world, START + 6 * HOUR, "go", "dee");
    told(&mut world, START + 7 * HOUR, "go", "eve");
    told(&mut world, START + 9 * HOUR, "else", "eve");
    order(&mut world, START + 9 * HOUR, 4, r#"{"stop":"j"}"#);
    told(&mut world, START + 9 * HOUR, "go", "fay");
    world
}

fn sent(world: &World) -> Vec<(String, String, Millis)> {
    let commands = world.accepted().1;
    commands.into_iter().map(|it| (it.customer, it.template, it.decided_at)).collect()
}

type Known = (Control, Vec<Option<Explanation>>);

fn known(owner: &Owner) -> Known {
    let all = ["ana", "ben", "cho", "dee", "eve", "fay"];
    let explained = all.map(|customer| owner.shard.explain(customer).expect("what is known"));
    (owner.shard.control().clone(), explained.to_vec())
}

#[test]
fn wherever_it_is_stopped_the_same_is_known_and_sent() {
    // Turns of one record each: what was released fires with the next timers, and so where a turn ends.
    let (expected, shared) = same_wherever_stopped(story, (1, START + 12 * HOUR), sent, known);
    let whom: Vec<(&str, &str)> =
        expected.iter().map(|(whom, what, _)| (whom.as_str(), what.as_str())).collect();
    // Ana's time was missed by half an hour; what came later was sent, in order of ids where it was due together.
    assert_eq!(
        whom,
        [("ben", "percent"), ("ben", "last"), ("ana", "last"), ("dee", "gift"), ("eve", "gift")]
    );
    let halted: Vec<_> = shared.0.halted().collect();
    assert_eq!(halted, [("j", Standing::Stopped, START + 9 * HOUR)]);
}

#[test]
fn who_waits_is_told_so_and_another_configuration_keeps_the_pause() {
    let mut world = World { plans: vec![plan_of(JOURNEY)], ..World::default() };
    told(&mut world, START, "go", "ana");
    order(&mut world, START + MINUTE, 1, r#"{"pause":"j"}"#);
    let disk = MemoryStore::default();
    let mut owner = start(&mut world, &disk).unwrap();
    owner.drain(&mut world, 3, START + 3 * HOUR, true).unwrap().unwrap();
    let waits = |owner: &Owner| {
        let known = owner.shard.explain("ana").unwrap().unwrap();
        let [run] = known.runs.as_slice() else { panic!("{known:?}") };
        let last = known.decisions.last().map(|decision| decision.reason);
        assert_eq!((run.next_timer, last), (None, Some(Reason::Paused)));
        assert_eq!(known.outlooks[0].standing, Standing::Paused);
        run.waits.clone()
    };
    assert_eq!(waits(&owner), "its journey to be resumed");
    world.plans.push(plan_of(&JOURNEY.replace("wait: 2h", "wait: 1h")));
    let mut owner = start(&mut world, &disk).unwrap();
    owner.drain(&mut world, 3, START + 4 * HOUR, true).unwrap().unwrap();
    assert_eq!(waits(&owner), "its journey to be resumed");
    // Of a journey that is away for a while the pause is kept, and so it is when it comes back.
    world.plans.push(plan_of(&JOURNEY.replace("journey: j\n", "journey: k\n")));
    let mut owner = start(&mut world, &disk).unwrap();
    assert_eq!(owner.shard.control().standing("j"), Standing::Paused);
    order(&mut world, START + 5 * HOUR, 2, r#"{"resume":"j"}"#);
    owner.drain(&mut world, 3, START + 5 * HOUR, true).unwrap().unwrap();
    assert_eq!(owner.shard.control(), &Control::default());
    assert!(sent(&world).is_empty());
}
