use super::*;
use std::collections::HashMap;

fn id(hash: u64) -> CustomerId {
    CustomerId(u128::from(hash))
}

#[test]
fn finds_what_a_map_finds() {
    check(Index::with_room(IndexKey::OPEN, 0));
    // With room for a part of them.
    check(Index::with_room(IndexKey::OPEN, 5_000));
}

#[test]
fn room_suffices() {
    for entries in [0, 1, 48, 49, 6_000] {
        let mut index = Index::with_room(IndexKey::random(), entries);
        let places = index.places.len();
        (0..entries as u32).for_each(|slot| index.insert(id(u64::from(slot)), slot));
        assert_eq!(index.places.len(), places, "{entries}");
    }
}

fn check(mut index: Index) {
    let mut map: HashMap<u64, Vec<u32>> = HashMap::new();
    assert_eq!((index.slots(index.tag(id(7))).next(), index.look(index.tag(id(7)))), (None, false));
    for slot in 0..20_000u32 {
        // A third are alike in the half that counts, and many want to be at the end of the table.
        let hash = match slot % 3 {
            0 => u64::from(slot).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            1 => u64::from(slot) << 32 | u64::from(u32::MAX - slot % 50),
            _ => u64::from(slot),
        };
        index.insert(id(hash), slot);
        map.entry(hash & u64::from(u32::MAX)).or_default().push(slot);
    }
    for (tag, slots) in &map {
        let mut found: Vec<u32> = index.slots(index.tag(id(*tag))).collect();
        found.sort_unstable();
        assert_eq!(found, *slots, "{tag:x}");
        assert!(index.look(index.tag(id(*tag))));
    }
    assert_eq!(index.slots(index.tag(id(0xdead_beef_dead_beef))).count(), 0);
    assert!(index.places.len() * 3 >= index.len * 4);
}

/// Places that are looked at to find every one of these.
fn probes(key: IndexKey, ids: &[CustomerId]) -> usize {
    let mut index = Index::with_room(key, 0);
    ids.iter().zip(0..).for_each(|(id, slot)| index.insert(*id, slot));
    let one = |(id, slot): (&CustomerId, u32)| {
        let mut at = index.start(key.tag(*id));
        let mut looked = 1;
        while index.places[at].slot != slot + 1 {
            at = index.behind(at);
            looked += 1;
        }
        looked
    };
    ids.iter().zip(0..).map(one).sum()
}

/// Names are tried until their public hashes want the same place: who writes events can do that for any key that he knows, and for larger
/// tables, too, since the hash of names can be turned back.
#[test]
fn customers_who_were_chosen_to_collide_do_not_under_a_key_that_is_not_known() {
    const CUSTOMERS: usize = 300;
    let wanted = |id: &CustomerId| id.0 as u32 % 512 == 5;
    let names = (0..).map(|number| CustomerId::of(&format!("guest-{number}")));
    let crafted: Vec<CustomerId> = names.filter(wanted).take(CUSTOMERS).collect();
    assert_eq!(probes(IndexKey::OPEN, &crafted), CUSTOMERS * (CUSTOMERS + 1) / 2);
    for number in 0..20 {
        let probes = probes(IndexKey::numbered(number), &crafted);
        assert!(probes < 3 * CUSTOMERS, "key {number}: {probes}");
    }
}

/// Ids that differ by little or in one half only: what a weak mixture leaves together.
#[test]
fn ids_in_rows_are_spread() {
    const IDS: u128 = 3_000;
    for step in [1_u128, 1 << 32, 1 << 63, 1 << 64, 1 << 96, 1 << 116, 1 << 64 | 1] {
        let row: Vec<CustomerId> =
            (0..IDS).map(|number| CustomerId(step.wrapping_mul(number))).collect();
        let probes = probes(IndexKey::numbered(9), &row);
        assert!(probes < 8 * row.len(), "step {step:x}: {probes}");
    }
}

#[test]
fn each_process_has_its_own_key_and_shows_it_to_nobody() {
    let [one, other] = [IndexKey::random(), IndexKey::default()];
    let differ = |number: u64| one.tag(id(number)) != other.tag(id(number));
    assert!((0..8).any(differ));
    assert_eq!(format!("{one:?}"), "IndexKey(hidden)");
}
