//! A configuration whose templates read less, and one whose templates read more.

use super::upgrade::start;
use super::world::{HOUR, MINUTE, Owner, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::event::Subject;
use cartwheel_core::id::CustomerId;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::journey::shown::{Shown, Subjects};
use cartwheel_core::policy::Policy;
use std::sync::Arc;

/// Two messages about a product that was looked at.
const BROWSE: &str = "journey: browse\ntrigger: { event: product_viewed, quiet_for: 1h }\nclass: transactional\nreentry: always\nsteps:\n  - send: seen\n    channels: [email]\n  - wait: 1h\n  - send: again\n    channels: [email]\n";

fn plan(seen: &[Subject], again: &[Subject]) -> Arc<Plan> {
    reading(Subjects::of(seen.iter().copied()), Subjects::of(again.iter().copied()))
}

fn reading(seen: Subjects, again: Subjects) -> Arc<Plan> {
    let source = SourceFile { path: "browse.yaml".into(), text: BROWSE.into() };
    let mut shown = Shown::default();
    shown.insert("seen", seen);
    shown.insert("again", again);
    Arc::new(load(&Policy::default(), &[source]).unwrap().showing(&shown))
}

/// What each message so far carries of products.
fn products(world: &World) -> Vec<String> {
    let commands = world.accepted().1;
    commands.iter().map(|command| command.data["product"]["id"].to_string()).collect()
}

/// Ana looks at a product.
fn views(world: &mut World, at: i64, product: &str) {
    let json = format!(
        r#"{{"type":"product_viewed","customer":"ana","profile":{{"email":"ana@example.test"}},"product":{{"id":"{product}"}},"order":{{"id":"o"}}}}"#
    );
    world.event(at, &json);
}

fn kept(owner: &Owner) -> usize {
    let ana = owner.shard.table.find(CustomerId::of("ana"));
    ana.map_or(0, |slot| owner.shard.table.get(slot).documents.len())
}

#[test]
fn what_no_template_reads_is_not_kept_and_a_message_carries_what_its_own_reads() {
    for checkpoint in [false, true] {
        let disk = MemoryStore::default();
        let mut world = World::default();
        world.plans.push(plan(&[Subject::Product], &[]));
        views(&mut world, START, "p1");
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + HOUR + MINUTE, true).unwrap().unwrap();
        assert_eq!((products(&world), kept(&owner)), (vec!["\"p1\"".to_owned()], 1));
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }

        // Nobody reads products any more: they are forgotten, and what the run was about with them; it goes on.
        world.plans.push(plan(&[], &[]));
        let mut owner = start(&mut world, &disk).unwrap();
        assert_eq!(kept(&owner), 0);
        owner.drain(&mut world, 8, START + 2 * HOUR + MINUTE, true).unwrap().unwrap();
        views(&mut world, START + 3 * HOUR, "p2");
        owner.drain(&mut world, 8, START + 4 * HOUR + MINUTE, true).unwrap().unwrap();
        assert_eq!((products(&world)[1..].join(" "), kept(&owner)), ("null null".to_owned(), 0));
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }

        // Somebody does again: what comes from now on is there, and nothing of before.
        world.plans.push(plan(&[], &[Subject::Product]));
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START + 5 * HOUR + MINUTE, true).unwrap().unwrap();
        assert_eq!(products(&world)[3], "null");
        views(&mut world, START + 6 * HOUR, "p3");
        for hours in [7, 8] {
            let now = START + hours * HOUR + hours * MINUTE;
            owner.drain(&mut world, 8, now, true).unwrap().unwrap();
        }
        assert_eq!((products(&world)[4..].join(" "), kept(&owner)), ("null \"p3\"".to_owned(), 1));
    }
}

/// The ids of what each message so far has of what was looked at; none where it has no list.
fn browsed(world: &World) -> Vec<Option<Vec<String>>> {
    let ids = |list: &Vec<serde_json::Value>| list.iter().map(|it| it["id"].to_string()).collect();
    let commands = world.accepted().1.into_iter();
    commands.map(|command| command.data["browsed_products"].as_array().map(ids)).collect()
}

#[test]
fn what_was_looked_at_is_there_the_newest_first_for_templates_that_read_it() {
    for checkpoint in [false, true] {
        let disk = MemoryStore::default();
        let mut world = World::default();
        world.plans.push(reading(Subjects::of([]).with_browsed(), Subjects::of([])));
        for number in 0..10 {
            views(&mut world, START + number * MINUTE, &format!("p{number}"));
        }
        views(&mut world, START + 10 * MINUTE, "p4");
        let wish =
            r#"{"type":"wishlist_added","customer":"ana","product":{"id":"p11","colour":"red"}}"#;
        world.event(START + 11 * MINUTE, wish);
        let mut owner = start(&mut world, &disk).unwrap();
        if checkpoint {
            owner.drain(&mut world, 100, START + 12 * MINUTE, true).unwrap().unwrap();
            owner.checkpoint(&mut world).unwrap().unwrap();
            owner = start(&mut world, &disk).unwrap();
        }
        owner.drain(&mut world, 100, START + 3 * HOUR, true).unwrap().unwrap();
        owner.drain(&mut world, 8, START + 4 * HOUR, true).unwrap().unwrap();
        // Of the newest product nothing is shown: it was not looked at. Eight are, and the run's own is among them.
        let newest = ["p4", "p9", "p8", "p7", "p6", "p5", "p3", "p2"].map(|id| format!("\"{id}\""));
        let all = browsed(&world);
        let first = all.first().cloned().flatten().unwrap_or_default();
        assert_eq!(first, newest, "checkpoint {checkpoint}");
        assert_eq!(all.last(), Some(&None), "the other template reads no list");
    }
}
