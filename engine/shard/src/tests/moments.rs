//! What is known of a customer as of a moment that is past, as long as no checkpoint has come in between: behind one nobody asks for it.

use super::world::{START, World, plan};
use crate::Settings;
use crate::checkpoint::Shown;
use crate::checkpoint::memory::MemoryStore;
use cartwheel_core::customer::{Chain, Document};
use cartwheel_core::id::CustomerId;

#[test]
fn a_chain_that_was_copied_tells_what_was_known_then() {
    for (many, checkpoints) in [(4, false), (4, true), (40, false), (40, true)] {
        let mut since = 0;
        let mut world = World { plans: vec![plan()], ..World::default() };
        let disk = MemoryStore::default();
        let mut owner = world.open(Settings::without_clock(), disk).unwrap().unwrap();
        let mut chains = Vec::new();
        for n in 0..many {
            let event = format!(
                r#"{{"type":"cart_updated","customer":"ana","profile":{{"n":{n}}},"cart":{{"id":"k","total":{n}}}}}"#
            );
            world.event(START + n, &event);
            owner.drain(&mut world, 1, START + n, false).unwrap().unwrap();
            let customer =
                owner.shard.table.get(owner.shard.table.find(CustomerId::of("ana")).unwrap());
            chains.push((customer.cold, customer.documents.newest(Document::Cart).unwrap()));
            for (n, (chain, cart)) in chains.iter().enumerate().skip(since) {
                let stored = owner.shard.stored(*chain).unwrap();
                assert_eq!(stored.name(), "ana");
                assert_eq!(stored.profile().get("n").unwrap().value.0, n.to_string());
                let Some(Shown::Whole(text)) = stored.document(*cart) else { panic!("a cart") };
                assert_eq!(text, format!(r#"{{"id":"k","total":{n}}}"#).as_bytes());
            }
            if checkpoints && n % 3 == 0 {
                owner.checkpoint(&mut world).unwrap().unwrap();
                since = chains.len();
            }
        }
        assert_eq!(owner.shard.stored(Chain::default()).unwrap().name(), "");
    }
}
