//! A configuration that reads more of the profiles than the one before.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use std::sync::Arc;

fn plan(condition: &str) -> Arc<Plan> {
    let text = format!(
        "journey: hello\nclass: transactional\ntrigger: {{ event: go }}\nreentry: always\n{condition}steps:\n  - send: hello\n    channels: [email]\n"
    );
    let source = SourceFile { path: "hello.yaml".into(), text };
    Arc::new(load(&Policy::default(), &[source]).unwrap())
}

fn say(world: &mut World, at: i64, customer: &str, profile: &str) {
    world.event(at, &format!(r#"{{"type":"known","customer":"{customer}","profile":{profile}}}"#));
}

/// Who got a message since.
fn told(world: &World, since: usize) -> Vec<String> {
    world.accepted().1[since..].iter().map(|command| command.customer.clone()).collect()
}

#[test]
fn what_a_new_condition_reads_is_fetched_from_the_stored_profiles() {
    for checkpoint in [false, true] {
        let disk = MemoryStore::default();
        let mut world = World::default();
        world.plans.push(plan(""));
        let email = |more: &str| format!(r#"{{"email":"someone@example.test"{more}}}"#);
        say(&mut world, START, "ana", &email(r#","blocked":true,"tier":"gold""#));
        say(&mut world, START, "bob", &email(r#","blocked":false"#));
        say(&mut world, START, "cora", &email(""));
        // Older than what is known: it changes nothing, then or later.
        world.event(
            START + 1,
            &format!(
                r#"{{"type":"known","customer":"ana","time":{},"profile":{{"blocked":false}}}}"#,
                START - HOUR
            ),
        );
        say(&mut world, START + 2, "dan", &email(r#","blocked":true"#));
        say(&mut world, START + 3, "dan", r#"{"blocked":null}"#);
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }
        for (hours, condition, expected) in [
            (1, "while: profile.blocked != true\n", "bob cora dan"),
            // Taken back, and put in once more.
            (2, "", "ana bob cora dan"),
            (3, "while: profile.blocked != true && profile.tier != 'gold'\n", "bob cora dan"),
        ] {
            world.plans.push(plan(condition));
            let mut owner = start(&mut world, &disk).unwrap();
            let since = world.accepted().1.len();
            // An older value does not win over what was fetched.
            world.event(
                START + hours * HOUR,
                &format!(
                    r#"{{"type":"known","customer":"ana","time":{},"profile":{{"blocked":false}}}}"#,
                    START - hours * HOUR
                ),
            );
            for customer in ["ana", "bob", "cora", "dan"] {
                world.event(
                    START + hours * HOUR,
                    &format!(r#"{{"type":"go","customer":"{customer}"}}"#),
                );
            }
            owner.drain(&mut world, 8, START + hours * HOUR + MINUTE, true).unwrap().unwrap();
            assert_eq!(told(&world, since).join(" "), expected, "{condition}");
            // The same from the log alone.
            let mut again = start(&mut world, &MemoryStore::default()).unwrap();
            again.drain(&mut world, 8, START + hours * HOUR + 3 * MINUTE, true).unwrap().unwrap();
        }
    }
}
