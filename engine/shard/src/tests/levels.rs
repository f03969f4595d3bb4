//! Levels when a configuration comes into force, and behind a stop.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use std::sync::Arc;

/// Every shop counts orders; so what is new knows of those that there were.
const FACTS: &str = "facts:
  stage: { level: [ { old: customer.days_since_order >= 1 && profile.country == 'DE' }, { buyer: customer.orders > 0 }, { none: true } ] }
";
const HEARS: &str = "journey: hears\nclass: transactional\nreentry: always\ntrigger: { event: stage_changed, when: \"event.from == 'buyer'\" }\nsteps: [{ send: hello, channels: [email] }]\n";

fn plan(facts: Option<&str>) -> Arc<Plan> {
    let file = |path: &str, text: &str| SourceFile { path: path.into(), text: text.into() };
    let facts = facts.map(|text| file("facts.yaml", text));
    let journeys = [file("hears.yaml", HEARS)];
    let sources = Sources { journeys: &journeys, facts: facts.as_ref() };
    Arc::new(load(&Policy::default(), sources).unwrap())
}

fn stage(owner: &super::world::Owner, customer: &str) -> Vec<String> {
    let explained = owner.shard.explain(customer).unwrap().unwrap();
    explained.facts.iter().map(|(name, value)| format!("{name} {}", value.to_json())).collect()
}

#[test]
fn a_new_level_is_judged_silently_of_everybody_and_turns_by_itself() {
    for checkpoint in [false, true] {
        let (mut world, disk) = (World::default(), MemoryStore::default());
        world.plans.push(plan(None));
        for customer in ["ana", "bob"] {
            let event = r#"{"type":"order_placed","customer":"NAME","order":{"id":1,"total":5},"profile":{"email":"a@example.test","country":"DE"}}"#;
            world.event(START, &event.replace("NAME", customer));
        }
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + HOUR, true).unwrap().unwrap();
        // What has decided nothing stands in no log; so the customers are known of a checkpoint.
        owner.checkpoint(&mut world).unwrap().unwrap();
        world.plans.push(plan(Some(FACTS)));
        let mut owner = start(&mut world, &disk).unwrap();
        assert_eq!(stage(&owner, "ana"), ["stage \"buyer\""]);
        owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
        assert_eq!(world.accepted().1.len(), 0, "nobody has come from anywhere");
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }
        // Whoever comes back knows when it is another.
        let mut owner = start(&mut world, &disk).unwrap();
        let day = START + 24 * HOUR;
        owner.drain(&mut world, 8, day - 1, true).unwrap().unwrap();
        assert_eq!(
            (world.accepted().1.len(), stage(&owner, "bob")),
            (0, vec!["stage \"buyer\"".into()])
        );
        owner.drain(&mut world, 8, day, true).unwrap().unwrap();
        assert_eq!(
            (world.accepted().1.len(), stage(&owner, "bob")),
            (2, vec!["stage \"old\"".into()])
        );
        // The same configuration again leaves levels where they stand, and so does the log alone.
        let mut again = start(&mut world, &MemoryStore::default()).unwrap();
        again.drain(&mut world, 8, day + MINUTE, true).unwrap().unwrap();
        assert_eq!(again.shard.position.chain, owner.shard.position.chain);
        assert_eq!(again.shard.explain("ana").unwrap(), owner.shard.explain("ana").unwrap());
        assert_eq!(world.accepted().1.len(), 2);
        // Another level of the same name: everybody is judged anew, and nobody hears of it.
        world.plans.push(plan(Some(&FACTS.replace(">= 1", ">= 3"))));
        let mut owner = start(&mut world, &disk).unwrap();
        assert_eq!(stage(&owner, "ana"), ["stage \"buyer\""]);
        owner.drain(&mut world, 8, START + 71 * HOUR, true).unwrap().unwrap();
        assert_eq!(world.accepted().1.len(), 2);
        owner.drain(&mut world, 8, START + 72 * HOUR, true).unwrap().unwrap();
        assert_eq!(world.accepted().1.len(), 4);
    }
}
