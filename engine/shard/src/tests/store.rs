//! The real store keeps what the store in memory keeps, through several checkpoints and a reopening.

use super::tidy::{shop, told};
use super::world::START;
use crate::checkpoint::memory::MemoryStore;
use crate::checkpoint::rocks::RocksStore;
use crate::checkpoint::{Meta, Piece, Sealed, Store, StoreError, append};
use crate::{Explanation, Settings};
use cartwheel_core::customer::{CHUNK, Chain, Customer, Document, Journal, LOG_BEGIN};
use cartwheel_core::effect::NewDecisions;
use cartwheel_core::id::CustomerId;
use std::collections::BTreeMap;

/// Checkpoint `number`: every customer whose number it divides has changed.
fn sealed(number: u64) -> Sealed {
    let (mut journal, mut decisions) = (Journal::default(), NewDecisions::default());
    // A chunk a checkpoint, one behind the other, as they are in a shard.
    journal.go_on(number * CHUNK as u64);
    let mut customers: Vec<Customer> = (0..300u64)
        .filter(|customer| customer % number == 0)
        .map(|customer| {
            let name = format!("c{customer}");
            let mut customer = Customer::new(CustomerId::of(&name));
            customer.seen.set(0, number);
            if number == 1 {
                journal.append(&mut customer.cold, Document::Name, name.as_bytes());
            }
            journal.append(
                &mut customer.cold,
                Document::Cart,
                format!(r#"{{"id":"k{number}"}}"#).as_bytes(),
            );
            for n in 0..30 {
                decisions.append(customer.id, format!("{number}-{n}").as_bytes());
            }
            journal.append(
                &mut customer.cold,
                Document::Profile,
                format!(r#"{{"n{number}":1}}"#).as_bytes(),
            );
            customer
        })
        .collect();
    customers.sort_by_key(|customer| customer.id);
    let mut sealed = Sealed::default();
    sealed.take_over(&mut journal, &mut decisions, customers.len());
    customers.iter_mut().for_each(|customer| sealed.add(customer));
    // Products come, change and go.
    for product in (0..40u64).filter(|product| product % number == 0) {
        let packed = format!("{product} {number}");
        let there = !(product + number).is_multiple_of(3);
        sealed.add_product(product << 56 | product, there.then_some(packed.as_bytes()));
    }
    for pool in 0..3 {
        sealed.add_codes(pool << 32 | number, format!("{pool}.{number}").as_bytes());
    }
    sealed
}

fn meta(number: u64) -> Meta {
    Meta {
        next_offset: number as i64,
        seq: number,
        sends_offset: 7,
        leader: 3,
        now: 1,
        seen: 1,
        behind: false,
        config: 9,
        semantics: 1,
        chain: 5,
        last_input: 4,
        partitions: 2,
        sample_hour: 6,
        sampled: 1,
        partitioner: None,
        streams: vec![1, 2, 3],
        product_names: Vec::new(),
        pools: Vec::new(),
        documents_begin: LOG_BEGIN,
        documents_end: (number + 1) * CHUNK as u64,
    }
}

type Numbered = Vec<(u64, Vec<u8>)>;
type Decided = Vec<(Option<u64>, Vec<Vec<u8>>)>;
type Content =
    (Option<Meta>, BTreeMap<u128, Vec<u8>>, BTreeMap<u128, Vec<u8>>, Decided, Numbered, Numbered);

/// The entries of a stored customer, whose chain stands at its end.
fn chain(store: &impl Store, stored: &[u8], end: u64) -> Vec<u8> {
    let chain = Chain::from_bytes(*stored.last_chunk().expect("a chain"));
    let (mut next, mut piece, mut contents) = (chain.newest(end), Piece::default(), Vec::new());
    while let Some(place) = next {
        store.document(place, &mut piece).expect("an entry");
        let entry = piece.entry(place).expect("a sound entry");
        contents.extend_from_slice(entry.content);
        next = entry.older(place);
    }
    assert!(!contents.is_empty());
    contents
}

fn content(store: &impl Store) -> Content {
    let mut hot = BTreeMap::new();
    store
        .load(&mut |id, bytes| {
            hot.insert(id.0, bytes.to_vec());
            Ok(())
        })
        .expect("customers");
    let mut ids: Vec<CustomerId> =
        (0..320).map(|customer| CustomerId::of(&format!("c{customer}"))).collect();
    ids.sort_unstable();
    let end = store.meta().expect("meta").map_or(LOG_BEGIN, |meta| meta.documents_end);
    let documents = hot.iter().map(|(id, stored)| (*id, chain(store, stored, end))).collect();
    let mut products = Vec::new();
    let decisions = ids.iter().map(|id| store.decisions(*id, 64).expect("decisions")).collect();
    store.products(&mut |key, packed| products.push((key, packed.to_vec()))).expect("products");
    let mut codes = Vec::new();
    store.codes(&mut |key, packed| codes.push((key, packed.to_vec()))).expect("codes");
    (store.meta().expect("meta"), hot, documents, decisions, products, codes)
}

#[test]
fn rocks_keeps_what_memory_keeps() {
    let dir = tempfile::tempdir().expect("a folder");
    let memory = MemoryStore::default();
    let rocks = RocksStore::open(dir.path()).expect("a store");
    assert_eq!(content(&rocks), content(&memory));
    for number in 1..=5 {
        memory.commit(&meta(number), &sealed(number)).expect("a checkpoint");
        rocks.commit(&meta(number), &sealed(number)).expect("a checkpoint");
        assert_eq!(content(&rocks), content(&memory), "checkpoint {number}");
    }
    assert!(matches!(RocksStore::open(dir.path()), Err(StoreError::Locked { .. })));
    drop(rocks);
    assert_eq!(content(&RocksStore::open(dir.path()).expect("the store")), content(&memory));
}

/// A spill is found at once, gives way in a store that is opened anew, and lasts once a checkpoint stands behind it.
#[test]
fn a_spill_is_there_for_readers_and_lasts_with_the_next_checkpoint() {
    let dir = tempfile::tempdir().expect("a folder");
    let open = || RocksStore::open(dir.path()).expect("the store");
    let (memory, mut rocks) = (MemoryStore::default(), open());
    memory.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    rocks.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    let decided = |store: &RocksStore| {
        let (seq, decisions) = store.decisions(CustomerId::of("c6"), 200).expect("decisions");
        (seq, decisions.len())
    };
    for _ in 0..3 {
        assert_eq!(decided(&rocks), (Some(1), 30));
        rocks.spill(17, &sealed(2)).expect("a spill");
        rocks.spill(29, &sealed(3)).expect("a spill");
        assert_eq!(decided(&rocks), (Some(29), 90));
        let (place, mut piece) = (3 * CHUNK as u64 + 16, Piece::default());
        rocks.document(place, &mut piece).expect("an entry");
        assert!(piece.entry(place).is_some());
        drop(rocks);
        rocks = open();
        assert_eq!(content(&rocks), content(&memory));
    }
    memory.spill(2, &sealed(2)).expect("a spill");
    memory.commit(&meta(3), &sealed(3)).expect("a checkpoint");
    rocks.spill(2, &sealed(2)).expect("a spill");
    rocks.commit(&meta(3), &sealed(3)).expect("a checkpoint");
    drop(rocks);
    let rocks = open();
    assert_eq!(decided(&rocks), (Some(3), 90));
    assert_eq!(content(&rocks), content(&memory));
}

/// A process that ended in the middle of a checkpoint leaves a part of its file.
#[test]
fn what_an_unfinished_checkpoint_left_is_gone_once_the_store_is_open() {
    let dir = tempfile::tempdir().expect("a folder");
    let left = dir.path().join("next-checkpoint");
    std::fs::write(&left, "half of a check").expect("a file");
    let (memory, rocks) = (MemoryStore::default(), RocksStore::open(dir.path()).expect("a store"));
    assert!(!left.exists());
    memory.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    rocks.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    assert!(!left.exists());
    assert_eq!(content(&rocks), content(&memory));
}

/// A crash between the take-over of a checkpoint's file and the removal of our own name for it leaves two names for one file.
#[test]
fn a_leftover_of_the_last_checkpoint_is_not_written_into() {
    let dir = tempfile::tempdir().expect("a folder");
    let memory = MemoryStore::default();
    let rocks = RocksStore::open(dir.path()).expect("a store");
    memory.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    rocks.commit(&meta(1), &sealed(1)).expect("a checkpoint");
    let taken_over = std::fs::read_dir(dir.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path());
    let taken_over = taken_over
        .into_iter()
        .find(|path| path.extension().is_some_and(|kind| kind == "sst"))
        .expect("a sorted file");
    std::fs::hard_link(&taken_over, dir.path().join("next-checkpoint")).expect("a link");
    memory.commit(&meta(2), &sealed(2)).expect("a checkpoint");
    rocks.commit(&meta(2), &sealed(2)).expect("a checkpoint");
    drop(rocks);
    assert_eq!(content(&RocksStore::open(dir.path()).expect("the store")), content(&memory));
}

/// Without the decisions, which are no documents.
fn undecided(told: Vec<Explanation>) -> Vec<Explanation> {
    told.into_iter().map(|told| Explanation { decisions: Vec::new(), ..told }).collect()
}

/// A store that was written before there was a log of documents: what is known of its customers comes into the log with the next checkpoint.
#[test]
fn documents_of_an_older_store_come_into_the_log() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut world, memory) = (shop(), MemoryStore::default());
    let mut owner = world.open(Settings::without_clock(), memory.clone()).unwrap().unwrap();
    owner.drain(&mut world, 64, START, false).unwrap().unwrap();
    owner.checkpoint(&mut world).unwrap().unwrap();
    let expected = undecided(told(&owner.shard));
    let rocks = RocksStore::open(dir.path()).expect("a store");
    let mut meta = memory.meta().unwrap().unwrap().encode().unwrap();
    meta[1] = 7;
    meta.truncate(meta.len() - 16);
    let mut customers = Vec::new();
    memory
        .load(&mut |id, stored| {
            customers.push((id, stored.to_vec()));
            Ok(())
        })
        .unwrap();
    for (id, stored) in customers {
        let (hot, chain) = stored.split_last_chunk().unwrap();
        let documents = owner.shard.stored(Chain::from_bytes(*chain)).unwrap();
        let entries: Vec<_> = documents.entries().collect();
        let (first, second) = entries.split_at(1);
        let packed = |part: &[(Document, &[u8])]| {
            let mut out = Vec::new();
            part.iter().for_each(|(document, content)| append(&mut out, *document, content));
            out
        };
        rocks.put_old(&meta, id, hot, [&packed(first), &packed(second)]);
    }
    let mut owner = world.open(Settings::without_clock(), rocks).unwrap().unwrap();
    owner.drain(&mut world, 64, START, false).unwrap().unwrap();
    assert_eq!(undecided(told(&owner.shard)), expected);
    owner.checkpoint(&mut world).unwrap().unwrap();
    drop(owner);
    for _ in 0..2 {
        let rocks = RocksStore::open(dir.path()).expect("the store");
        let mut left = 0;
        rocks
            .old_documents(&mut |_, _| {
                left += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(left, 0, "needed no more");
        let mut owner = world.open(Settings::without_clock(), rocks).unwrap().unwrap();
        owner.drain(&mut world, 64, START, false).unwrap().unwrap();
        assert_eq!(undecided(told(&owner.shard)), expected);
    }
}
