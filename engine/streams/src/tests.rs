//! Writers that crash, write at once and come late, over a journal, a marker and partitions in memory: every partition gets every entry, in order, without a gap.

use crate::journal::Entry;
use crate::plan::{Known, opening};
use crate::record::raw;
use crate::{Epoch, Follower, Marker, Step, Stream};
use serde_json::{Map, Value};
use std::collections::VecDeque;

const PARTITIONS: usize = 3;
const STREAM: Stream = Stream::Catalogue;
/// Steps of a world in which writers come and crash.
const STEPS: u32 = 400;

/// A fault that somebody could build in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    None,
    /// The marker does not wait for acknowledgements.
    EarlyMarker,
    /// A writer begins at its own entries.
    OwnOnly,
    /// A shard takes sequence 1 of any other epoch for a beginning, also of one that is over.
    AnyEpochBegins,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// The broker: what it has, and what is on its way to it, also from writers that are no more.
struct World {
    random: Random,
    sabotage: Sabotage,
    journal: Vec<Vec<u8>>,
    marker: Option<Marker>,
    partitions: Vec<Vec<Vec<u8>>>,
    writers: Vec<Writer>,
    entries: usize,
    clock: i64,
}

/// A writer, as `cli/src/streams` drives one.
struct Writer {
    alive: bool,
    known: Known,
    follower: Follower,
    /// Where following ends.
    target: i64,
    /// Entries that it still has to append.
    left: usize,
    anew: bool,
    /// On their way, in order, a queue a partition.
    copies: Vec<VecDeque<Vec<u8>>>,
    markers: VecDeque<Marker>,
}

impl Writer {
    fn acknowledged(&self) -> bool {
        self.copies.iter().all(VecDeque::is_empty)
    }
}

impl World {
    fn new(seed: u64, sabotage: Sabotage) -> Self {
        Self {
            random: Random(seed),
            sabotage,
            journal: Vec::new(),
            marker: None,
            partitions: vec![Vec::new(); PARTITIONS],
            writers: Vec::new(),
            entries: 0,
            clock: 1_767_261_600_000,
        }
    }

    fn known(&self) -> Known {
        let opened = self
            .marker
            .as_ref()
            .and_then(|marker| self.journal.get(marker.opened as usize))
            .cloned();
        let journal = 0..self.journal.len() as i64;
        Known {
            stream: STREAM,
            journal,
            marker: self.marker.clone(),
            opened,
            partitions: PARTITIONS as i32,
        }
    }

    fn begin(&mut self, left: usize, anew: bool) {
        let known = self.known();
        let mut follower = known.begin(None).expect("nothing is lost here");
        if self.sabotage == Sabotage::OwnOnly && follower.epoch().is_some() {
            while follower.next() < known.journal.end {
                let value = &self.journal[follower.next() as usize];
                follower.take(follower.next(), value).expect("ours");
            }
        }
        let target = known.journal.end;
        self.writers.push(Writer {
            alive: true,
            known,
            follower,
            target,
            left,
            anew,
            copies: vec![VecDeque::new(); PARTITIONS],
            markers: VecDeque::new(),
        });
    }

    /// One thing that this writer does by itself; false if it waits, or has ended.
    fn step(&mut self, number: usize) -> bool {
        let writer = &mut self.writers[number];
        if !writer.alive {
            return false;
        }
        let acknowledged = writer.acknowledged();
        let follower = &mut writer.follower;
        if follower.next() < writer.target {
            if let Step::Copy { value, .. } = follower
                .take(follower.next(), &self.journal[follower.next() as usize])
                .expect("ours")
            {
                writer.copies.iter_mut().for_each(|queue| queue.push_back(value.clone()));
            }
            return true;
        }
        if !acknowledged && self.sabotage != Sabotage::EarlyMarker {
            return false;
        }
        writer.markers.extend(follower.marker(PARTITIONS as i32));
        let must_open = writer.known.must_open(follower).expect("everything can be numbered");
        if must_open || writer.anew {
            self.clock += self.random.below(5) as i64 - 2;
            let nonce = self.random.below(1 << 30) as u32;
            let epoch = Epoch::begin(self.clock, nonce, writer.known.before(follower));
            self.journal.push(opening(follower, epoch).value());
            writer.anew = false;
        } else if writer.left > 0 {
            for _ in 0..writer.left.min(1 + self.random.below(3)) {
                let content = raw(&Map::from_iter([("id".to_owned(), Value::from(self.entries))]));
                self.journal.push(Entry::new(STREAM, self.clock, &content).value());
                (self.entries, writer.left) = (self.entries + 1, writer.left - 1);
            }
        } else {
            writer.alive = false;
            return false;
        }
        writer.target = self.journal.len() as i64;
        true
    }

    /// A record arrives that is on its way; false if there is none from this writer.
    fn deliver(&mut self, number: usize) -> bool {
        let writer = &mut self.writers[number];
        let begin = self.random.below(PARTITIONS + 1);
        for place in 0..=PARTITIONS {
            let partition = (begin + place) % (PARTITIONS + 1);
            if partition == PARTITIONS {
                if let Some(marker) = writer.markers.pop_front() {
                    self.marker = Some(marker);
                    return true;
                }
            } else if let Some(value) = writer.copies[partition].pop_front() {
                self.partitions[partition].push(value);
                return true;
            }
        }
        false
    }

    /// kill -9: of what is on its way some arrives all the same, now or later.
    fn crash(&mut self, number: usize) {
        let writer = &mut self.writers[number];
        writer.alive = false;
        for queue in &mut writer.copies {
            let left = self.random.below(queue.len() + 1);
            queue.truncate(left);
        }
        let left = self.random.below(writer.markers.len() + 1);
        writer.markers.truncate(left);
    }

    fn play(&mut self) {
        for _ in 0..STEPS {
            if self.writers.is_empty() || self.random.below(40) == 0 {
                let (left, anew) = (self.random.below(6), self.random.below(12) == 0);
                self.begin(left, anew);
            }
            let number = self.random.below(self.writers.len());
            match self.random.below(30) {
                0 => self.crash(number),
                1..=14 => _ = self.deliver(number),
                _ => _ = self.step(number),
            }
        }
        // The last one finishes what the others have left; what is still on its way arrives before, meanwhile or after.
        (0..self.writers.len()).for_each(|number| self.crash(number));
        self.begin(0, false);
        let last = self.writers.len() - 1;
        for _ in 0..100_000 {
            let number = self.random.below(self.writers.len());
            let _ = self.deliver(number);
            if !self.step(last) && !self.deliver(last) && !self.writers[last].alive {
                break;
            }
        }
        (0..self.writers.len()).for_each(|number| while self.deliver(number) {});
    }

    /// What the journal says, by a reader of all of it.
    fn expected(&self) -> Vec<Vec<u8>> {
        let mut follower = Follower::at(STREAM, 0);
        let taken = self
            .journal
            .iter()
            .enumerate()
            .map(|(offset, value)| follower.take(offset as i64, value));
        taken
            .filter_map(|step| match step {
                Ok(Step::Copy { value, .. }) => Some(value),
                _ => None,
            })
            .collect()
    }
}

/// What a shard applies of a partition by the rule of `docs/streams.md`. Errors: a gap.
fn applied(partition: &[Vec<u8>], sabotage: Sabotage) -> Result<Vec<Vec<u8>>, String> {
    let (mut epoch, mut last, mut applied) = (String::new(), 0, Vec::new());
    for value in partition {
        let record: Value = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        let (of, sequence) = (
            record["epoch"].as_str().unwrap_or_default(),
            record["sequence"].as_u64().unwrap_or(0),
        );
        let later = of > epoch.as_str() || (sabotage == Sabotage::AnyEpochBegins && of != epoch);
        if later && sequence == 1 {
            (epoch, last) = (of.to_owned(), 0);
        }
        match (of.cmp(&epoch), sequence) {
            (std::cmp::Ordering::Less, _) => {}
            (std::cmp::Ordering::Equal, sequence) if sequence <= last => {}
            (std::cmp::Ordering::Equal, sequence) if sequence == last + 1 => {
                last = sequence;
                applied.push(value.clone());
            }
            (_, sequence) => {
                return Err(format!("sequence {sequence} of {of} behind {last} of {epoch}"));
            }
        }
    }
    Ok(applied)
}

fn verdict(seed: u64, sabotage: Sabotage) -> Result<usize, String> {
    let mut world = World::new(seed, sabotage);
    world.play();
    let expected = world.expected();
    for partition in &world.partitions {
        if applied(partition, sabotage)? != expected {
            return Err(format!(
                "{} of {} entries",
                applied(partition, sabotage)?.len(),
                expected.len()
            ));
        }
    }
    Ok(expected.len())
}

#[test]
fn every_partition_gets_every_entry_in_order_whoever_crashes() {
    let mut entries = 0;
    for seed in 0..3_000 {
        entries +=
            verdict(seed, Sabotage::None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
    assert!(entries > 10_000, "{entries} entries are worth little");
}

#[test]
fn faults_are_noticed() {
    for sabotage in [Sabotage::EarlyMarker, Sabotage::OwnOnly, Sabotage::AnyEpochBegins] {
        let noticed = (0..1_000).filter(|seed| verdict(*seed, sabotage).is_err()).count();
        assert!(noticed > 0, "nobody notices {sabotage:?}");
    }
}
