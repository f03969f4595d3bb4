//! A command names the answers that its step offers, and no other.

use super::upgrade::start;
use super::world::{MINUTE, START, World};
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::journey::load::{SourceFile, load};
use cartwheel_core::policy::Policy;
use std::sync::Arc;

#[test]
fn a_command_names_the_answers_of_its_step() {
    let text = "journey: ask\nclass: transactional\ntrigger: { event: go }\nsteps:\n  - { send: plain, channels: [email] }\n  - { send: ask, channels: [email], with: { answers: [price, doubt] } }\n";
    let source = SourceFile { path: "ask.yaml".into(), text: text.into() };
    let mut world = World::default();
    world.plans.push(Arc::new(load(&Policy::default(), &[source]).unwrap()));
    world.event(START, r#"{"type":"go","customer":"ana","profile":{"email":"ana@example.test"}}"#);
    let mut owner = start(&mut world, &MemoryStore::default()).unwrap();
    owner.drain(&mut world, 8, START + MINUTE, true).unwrap().unwrap();
    let commands = world.accepted().1;
    let answers: Vec<_> = commands.iter().map(|command| command.answers.join(" ")).collect();
    assert_eq!(answers, ["", "price doubt"]);
    let json: Vec<_> = commands.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
    assert!(!json[0].contains("answers"), "a reader of before sees what it has always seen");
    assert!(json[1].contains(r#""answers":["price","doubt"]"#), "{}", json[1]);
}
