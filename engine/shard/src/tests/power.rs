//! The power fails around a checkpoint's commit: the disk has it as a whole, or not at all.

use super::crash::{ids, play_with, played, same_as_reexecution, settings, spilling, story, tight};
use super::world::{HOUR, START};
use crate::Settings;
use crate::checkpoint::memory::MemoryStore;
use crate::checkpoint::{EachCustomer, Logged, Meta, Piece, Sealed, Store, StoreError};
use cartwheel_core::id::CustomerId;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the power fails.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Nothing of the checkpoint counts: its file may be there in part, but the store does not name it.
    BeforeItIsThere,
    /// The store has it, and nobody was told.
    BeforeItIsKnown,
}

/// A disk whose power fails at a commit.
#[derive(Clone)]
struct Failing {
    disk: MemoryStore,
    cut: Cut,
    /// Commits and spills until then.
    left: Arc<AtomicUsize>,
}

impl Store for Failing {
    fn meta(&self) -> Result<Option<Meta>, StoreError> {
        self.disk.meta()
    }

    fn load(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        self.disk.load(each)
    }

    fn products(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.disk.products(each)
    }

    fn codes(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.disk.codes(each)
    }

    fn document(&self, place: u64, piece: &mut Piece) -> Result<(), StoreError> {
        self.disk.document(place, piece)
    }

    fn old_documents(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        self.disk.old_documents(each)
    }

    fn decisions(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError> {
        self.disk.decisions(customer, limit)
    }

    fn commit(&self, meta: &Meta, sealed: &Sealed) -> Result<u64, StoreError> {
        self.write(|disk| disk.commit(meta, sealed))
    }

    fn spill(&self, seq: u64, sealed: &Sealed) -> Result<u64, StoreError> {
        self.write(|disk| disk.spill(seq, sealed))
    }
}

impl Failing {
    fn write(
        &self,
        write: impl Fn(&MemoryStore) -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        let fails = self.left.fetch_sub(1, Ordering::Relaxed) == 0;
        match self.cut {
            Cut::BeforeItIsThere if fails => {}
            Cut::BeforeItIsThere | Cut::BeforeItIsKnown => {
                let bytes = write(&self.disk)?;
                if !fails {
                    return Ok(bytes);
                }
            }
        }
        Err(StoreError::Failed { path: "disk".into(), message: "the power failed".into() })
    }
}

/// The power fails at each write of the story, both ways, and what is there is opened again. How often it did.
fn cuts(settings: &Settings) -> usize {
    let mut expected = ids(&played());
    expected.sort_unstable();
    let mut cuts = 0;
    for cut in [Cut::BeforeItIsThere, Cut::BeforeItIsKnown] {
        for nth in 0.. {
            let (mut world, disk) = (story(), MemoryStore::default());
            let left = Arc::new(AtomicUsize::new(nth));
            let failing = Failing { disk: disk.clone(), cut, left };
            let Err(error) = play_with(settings.clone(), &mut world, &failing).unwrap() else {
                break;
            };
            assert!(error.to_string().contains("the power failed"), "{error}");
            cuts += 1;
            world.events = story().events;
            let had = disk.meta().unwrap().map(|meta| meta.seq);
            let mut again = play_with(settings.clone(), &mut world, &disk)
                .unwrap()
                .unwrap_or_else(|error| panic!("{cut:?} {nth}: {error}"));
            let mut accepted = ids(&world);
            accepted.sort_unstable();
            assert_eq!(accepted, expected, "{cut:?} {nth}");
            same_as_reexecution(&mut world, &mut again, nth as u64);
            // Behind the comparison: whoever asks begins at the checkpoint.
            assert!(disk.meta().unwrap().map(|meta| meta.seq) > had, "{cut:?} {nth}");
        }
    }
    cuts
}

#[test]
fn a_power_cut_around_a_commit_costs_a_checkpoint_at_most_and_changes_no_decision() {
    let cuts = cuts(&settings());
    assert!(cuts >= 8, "every checkpoint of the story, both ways: {cuts}");
}

#[test]
fn a_power_cut_around_a_spill_changes_no_decision() {
    let cuts = cuts(&spilling());
    assert!(cuts >= 30, "every turn of the story that leaves something, both ways: {cuts}");
}

#[test]
fn a_power_cut_around_a_commit_of_a_replay_costs_a_checkpoint_at_most() {
    let whole = played();
    let (expected, mut cuts) = (ids(&whole), 0);
    for cut in [Cut::BeforeItIsThere, Cut::BeforeItIsKnown] {
        for nth in 0.. {
            let (mut world, disk) = (whole.clone(), MemoryStore::default());
            let left = Arc::new(AtomicUsize::new(nth));
            let failing = Failing { disk: disk.clone(), cut, left };
            let mut owner = world.open(tight(), failing).unwrap().unwrap();
            let Err(error) = owner.replay(&world, usize::MAX) else { break };
            assert!(error.to_string().contains("the power failed"), "{error}");
            cuts += 1;
            let mut again = world
                .open(settings(), disk)
                .unwrap()
                .unwrap_or_else(|error| panic!("{cut:?} {nth}: {error}"));
            again.drain(&mut world, 4, START + 60 * HOUR, true).unwrap().unwrap();
            assert_eq!(ids(&world), expected, "{cut:?} {nth}");
            same_as_reexecution(&mut world, &mut again, nth as u64);
        }
    }
    assert!(cuts >= 16, "every checkpoint of the replay, both ways: {cuts}");
}
