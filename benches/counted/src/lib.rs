//! What an event costs, in instructions, which do not move with the machine: the job by which engines are compared (`loadtest/peers`) and the load test's, over a store in memory.
//!
//! `cargo bench -p cartwheel-counted` counts, and fails where a part costs a twentieth more than `benches/guard.rs` says: `make test` runs it. To see where it goes:
//! `cargo build --release -p cartwheel-counted`, then `valgrind --tool=callgrind --toggle-collect='*counted*measured*' cartwheel-counted PART` says what
//! a part costs, and `callgrind_annotate --inclusive=yes` where.

use cartwheel_core::event::{Decoder, Event, Record};
use cartwheel_core::journey::load::{SourceFile, Sources, load};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::policy::Policy;
use cartwheel_core::time::{DAY, Millis};
use cartwheel_providers::template::Templates;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Lone, Settings};
use cartwheel_workload::{Options, Profile, Workload};
use serde_json::Value;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

/// Records in a turn.
const BATCH: usize = 4_096;
/// Customers: as many events a customer come together as in the job at full size.
const CUSTOMERS: u32 = 8_000;
/// Events before those that are counted.
const BEFORE: usize = 24 * BATCH;
/// Events that are counted.
pub const COUNTED: usize = 8 * BATCH;

/// Events, one behind the other.
pub struct Input {
    bytes: Vec<u8>,
    /// Where each ends, and its time.
    events: Vec<(usize, Millis)>,
}

impl Input {
    fn make(profile: Profile) -> Self {
        let events = (BEFORE + COUNTED) as u64;
        // All of them in a week: each of a job's waits ends within.
        let every = (7 * DAY).unsigned_abs() / events;
        let rate = 1;
        let options =
            Options { profile, events, customers: CUSTOMERS, rate, every, ..Options::default() };
        let mut input = Self { bytes: Vec::new(), events: Vec::new() };
        for event in Workload::new(options).expect("valid options") {
            event.encode(&mut input.bytes);
            input.events.push((input.bytes.len(), event.time));
        }
        input
    }

    /// Records from one place to another.
    pub fn records(&self, from: usize, to: usize) -> Vec<Record<'_>> {
        let record = |place: usize| {
            let begin = place.checked_sub(1).map_or(0, |before| self.events[before].0);
            let (end, time) = self.events[place];
            Record { offset: place as i64, time, key: None, value: &self.bytes[begin..end] }
        };
        (from..to).map(record).collect()
    }
}

/// The folder's journeys under its policy, with what its templates read.
fn plan(folder: &str) -> Arc<Plan> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadtest").join(folder);
    let read = |path: &Path| std::fs::read_to_string(path).expect("a readable file");
    let settings: Value =
        serde_saphyr::from_str(&read(&folder.join("cartwheel.yaml"))).expect("settings");
    let policy: Policy = serde_json::from_value(settings["policy"].clone()).expect("a policy");
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("journeys"))
        .expect("a folder of journeys")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let sources: Vec<SourceFile> = paths
        .iter()
        .map(|path| SourceFile { path: path.display().to_string(), text: read(path) })
        .collect();
    let plan = load(&policy, Sources { journeys: &sources, facts: None })
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let templates = Templates::load(&folder.join("templates"))
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    Arc::new(plan.showing(&templates.shown()))
}

/// A shard that has seen what comes before the events that are counted.
pub struct Warm {
    input: Input,
    lone: Lone<MemoryStore>,
    decoder: Decoder,
}

impl Warm {
    /// Under the configuration in this folder of `loadtest`.
    pub fn new(folder: &str) -> Self {
        let profile = if folder == "peers" { Profile::Peers } else { Profile::Shop };
        let input = Input::make(profile);
        let mut lone = Lone::open(&plan(folder), Settings::without_clock(), MemoryStore::default())
            .expect("a shard opens");
        for from in (0..BEFORE).step_by(BATCH) {
            apply(&mut lone, &input.records(from, from + BATCH));
        }
        let mut decoder = Decoder::default();
        decode(&mut decoder, &input.records(0, BEFORE));
        Self { input, lone, decoder }
    }

    /// The same behind the events that are counted.
    pub fn behind(folder: &str) -> Self {
        let mut warm = Self::new(folder);
        warm.measured_turns();
        warm
    }

    /// What has been decided to send.
    pub fn commands(&self) -> u64 {
        self.lone.shard().counters().commands
    }

    /// Turns over the events that are counted.
    #[inline(never)]
    pub fn measured_turns(&mut self) {
        for from in (BEFORE..BEFORE + COUNTED).step_by(BATCH) {
            apply(&mut self.lone, &self.input.records(from, from + BATCH));
        }
    }

    /// A checkpoint of all who have changed.
    #[inline(never)]
    pub fn measured_checkpoint(&mut self) {
        self.lone.checkpoint().expect("a checkpoint");
    }

    /// Fires what is due within four days, without events: every timer decides, and most send.
    #[inline(never)]
    pub fn measured_fire(&mut self) {
        let now = self.lone.shard().now();
        self.lone.advance(now + 4 * DAY).expect("turns");
    }

    /// Decodes the events that are counted.
    #[inline(never)]
    pub fn measured_decode(&mut self) -> usize {
        decode(&mut self.decoder, &self.input.records(BEFORE, BEFORE + COUNTED))
    }
}

/// Decodes into an event that is there already, as the engine does; how many are events.
fn decode(decoder: &mut Decoder, records: &[Record<'_>]) -> usize {
    let (policy, mut event, mut read) = (Policy::default(), Event::default(), 0);
    for record in records {
        let decoded = decoder.decode(black_box(record.value), record.time, &policy, &mut event);
        read += usize::from(decoded.is_ok());
    }
    read
}

fn apply(lone: &mut Lone<MemoryStore>, records: &[Record<'_>]) {
    let mut at = 0;
    while at < records.len() {
        at += lone.apply(&records[at..]).expect("a turn");
        if at < records.len() {
            lone.checkpoint().expect("a checkpoint");
        }
    }
}
