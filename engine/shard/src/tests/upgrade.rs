//! Another build begins: one with another number of the behaviour, with another partitioner, with other time-zone tables.

use super::world::{HOUR, Owner, START, World, plan};
use crate::checkpoint::memory::MemoryStore;
use crate::checkpoint::{Sealed, Store};
use crate::owner::{self, Next, OwnerSettings, Reading, SendsRecord};
use crate::{Identity, Opened, Settings, ShardError};
use cartwheel_core::customer::ZoneTables;
use cartwheel_core::event::Record;
use cartwheel_core::journey::bundle::{BundleError, ConfigBundle, JourneyText, StoredBundle};
use cartwheel_core::journey::plan::Plan;
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Dead, DeadReason, Headers, Kind, Poison, SEMANTICS, Turn};
use std::sync::Arc;
use std::time::Duration;

/// Ana leaves a cart, and nobody comes for three hours.
fn with_cart() -> World {
    let mut world = World { plans: vec![plan()], ..World::default() };
    for json in [
        r#"{"type":"customer_created","customer":"ana","profile":{"email":"ana@example.test","consent":{"email":true}}}"#,
        r#"{"type":"cart_updated","customer":"ana","cart":{"id":"k","total":80,"items":[1]}}"#,
    ] {
        world.event(START, json);
    }
    world
}

pub(super) fn settings() -> Settings {
    Settings { hold_after: i64::MAX, ..Settings::default() }
}

/// All that was decided so far was decided by a build of the number before; so says its checkpoint.
fn by_the_build_before(world: &mut World, disk: &MemoryStore) {
    let (ours, theirs) = (number(SEMANTICS), number(SEMANTICS - 1));
    for (_, value) in world.sends.iter_mut().filter(|(headers, _)| headers.kind == Kind::Turn) {
        *value = String::from_utf8(value.clone()).unwrap().replace(&ours, &theirs).into_bytes();
    }
    if let Some(mut meta) = disk.meta().unwrap() {
        meta.semantics = SEMANTICS - 1;
        disk.commit(&meta, &Sealed::default()).unwrap();
    }
}

fn number(semantics: u32) -> String {
    format!(r#""semantics":{semantics},"#)
}

/// Takes over and puts what is newest into force.
pub(super) fn start(world: &mut World, disk: &MemoryStore) -> Result<Owner, ShardError> {
    let mut owner = world.open(settings(), disk.clone()).unwrap()?;
    let until = owner.shard.replay_until().unwrap_or(0) as usize;
    let events = world.events.clone();
    world.events.truncate(until.max(owner.shard.next_offset() as usize));
    owner.drain(world, 3, START, false).unwrap()?;
    world.events = events;
    let (mut out, newest) = (Vec::new(), Arc::clone(world.plans.last().unwrap()));
    owner.shard.activate(&newest, &mut out)?;
    owner.publish(world, &mut out).unwrap()?;
    Ok(owner)
}

fn turns(world: &World) -> Vec<Turn> {
    world.accepted().0
}

#[test]
fn a_new_number_begins_where_the_checkpoint_ends_its_log() {
    let (mut world, disk) = (with_cart(), MemoryStore::default());
    let mut before = start(&mut world, &disk).unwrap();
    before.drain(&mut world, 8, START, true).unwrap().unwrap();
    before.checkpoint(&mut world).unwrap().unwrap();
    by_the_build_before(&mut world, &disk);
    let decided = turns(&world).len();

    let mut owner = start(&mut world, &disk).unwrap();
    let activated = turns(&world);
    assert_eq!(activated.len(), decided + 1, "a turn of its own, before anything is decided");
    assert_eq!(activated[decided].semantics, SEMANTICS);
    assert_eq!((activated[decided].follow, activated[decided].fired), (0, 0));
    owner.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
    assert_eq!(world.accepted().1.len(), 1);

    // Stopped without a checkpoint: what follows the old one is all of the new number.
    let mut again = start(&mut world, &disk).unwrap();
    assert_eq!(again.shard.explain("ana").unwrap(), owner.shard.explain("ana").unwrap());
    assert_eq!(again.shard.position.chain, owner.shard.position.chain);
    again.checkpoint(&mut world).unwrap().unwrap();
    assert_eq!(disk.meta().unwrap().unwrap().semantics, SEMANTICS);
    assert_eq!(world.accepted().1.len(), 1);
}

#[test]
fn a_new_number_is_refused_where_something_follows_the_checkpoint() {
    for cut in [false, true] {
        for lose_disk in [false, true] {
            let (mut world, disk) = (with_cart(), MemoryStore::default());
            let mut before = start(&mut world, &disk).unwrap();
            before.checkpoint(&mut world).unwrap().unwrap();
            before.drain(&mut world, 8, START + 2 * HOUR, true).unwrap().unwrap();
            assert_eq!(world.sends.last().unwrap().0.kind, Kind::Command);
            if cut {
                world.sends.pop(); // the turn is there without its command
            }
            by_the_build_before(&mut world, &disk);
            let published = world.sends.len();
            let disk = if lose_disk { MemoryStore::default() } else { disk };
            let refused = start(&mut world, &disk).err().expect("refused").to_string();
            let expected = format!(
                "was decided under semantics {}; this build has {SEMANTICS}",
                SEMANTICS - 1
            );
            assert!(refused.contains(&expected), "{refused}");
            assert!(refused.contains("Start the previous build once"), "{refused}");
            assert_eq!(world.sends.len(), published + 1, "nothing but our leader record");
        }
    }
}

/// Of four partitions this is the first: customers whom each of two partitioners puts here.
fn strangers(here: Partitioner, elsewhere: Partitioner) -> impl Iterator<Item = String> {
    (0..)
        .map(|number| format!("c{number}"))
        .filter(move |name| here.partition_of(name.as_bytes(), 4) == 0)
        .filter(move |name| elsewhere.partition_of(name.as_bytes(), 4) != 0)
}

#[test]
fn another_partitioner_counts_from_its_own_turn_on_and_a_replay_knows() {
    let (murmur2, crc32, fnv1a) = (Partitioner::Murmur2, Partitioner::Crc32, Partitioner::Fnv1a);
    let seen = |name: &str| format!(r#"{{"type":"page_viewed","customer":"{name}"}}"#);
    let names: Vec<String> = strangers(crc32, murmur2).take(4).collect();
    let theirs: Vec<String> = strangers(murmur2, crc32).take(2).collect();
    for checkpoint in [false, true] {
        let (mut world, disk) =
            (World { plans: vec![plan()], ..World::default() }, MemoryStore::default());
        world.placed = Some((4, murmur2));
        [&names[0], &names[1], &theirs[0]].iter().for_each(|name| world.event(START, &seen(name)));
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START, true).unwrap().unwrap();
        if checkpoint {
            owner.checkpoint(&mut world).unwrap().unwrap();
        }

        world.placed = Some((4, crc32));
        let mut owner = start(&mut world, &disk).unwrap();
        [&names[2], &names[3], &theirs[1]].iter().for_each(|name| world.event(START, &seen(name)));
        owner.drain(&mut world, 8, START, true).unwrap().unwrap();
        let dead = |dead: &Dead| {
            assert_eq!(dead.reason, DeadReason::Poison(Poison::Misplaced));
            dead.offset
        };
        let letters = world.sends.iter().filter(|(headers, _)| headers.kind == Kind::Dead);
        let offsets: Vec<i64> =
            letters.map(|(_, value)| dead(&serde_json::from_slice(value).unwrap())).collect();
        assert_eq!(offsets, [0, 1, 5], "checkpoint {checkpoint}");
        let stated: Vec<_> = turns(&world).iter().filter_map(|turn| turn.partitioner).collect();
        assert_eq!(stated, [murmur2, crc32]);

        // Whoever replays it, whatever is configured by then, follows the log.
        world.placed = Some((4, fnv1a));
        let again = start(&mut world, &disk).unwrap();
        assert_eq!(again.shard.customers(), owner.shard.customers());
        assert_eq!(turns(&world).last().unwrap().partitioner, Some(fnv1a));
    }
}

/// Says good morning at ten, the customer's time.
const MORNING: &str = "journey: morning
class: transactional
trigger: { event: hello }
steps:
  - wait: { until: \"10:00\", at_most: 24h }
  - send: morning
    channels: [email]
";

/// The same journey by these tables, as a build that has them kept it.
fn morning_by(tables: &Arc<ZoneTables>) -> Arc<Plan> {
    let journeys = vec![JourneyText { path: "morning.yaml".into(), text: MORNING.into() }];
    let kept = ConfigBundle { journeys, ..ConfigBundle::default() }.stored().unwrap();
    let name = |tables: &ZoneTables| format!("{:032x}", tables.id());
    let kept = String::from_utf8(kept).unwrap();
    let kept = kept.replace(&name(&ZoneTables::bundled()), &name(tables));
    let kept = StoredBundle::read(kept.as_bytes()).unwrap();
    let Err(BundleError::OtherHash(hash)) = kept.compile(0, Some(tables)) else {
        panic!("nothing is called 0")
    };
    Arc::new(kept.compile(u128::from_str_radix(&hash, 16).unwrap(), Some(tables)).unwrap())
}

/// Tables in which Paris has Kolkata's time, and the other way round: numbers and times of zones are others.
fn other_tables() -> Arc<ZoneTables> {
    let (paris, kolkata) = (b"Europe/Paris", b"Asia/Kolkata");
    let mut stored = ZoneTables::bundled_bytes().to_vec();
    let place = |name: &[u8]| stored.windows(12).position(|window| window == name).unwrap();
    for (place, name) in [(place(paris), kolkata), (place(kolkata), paris)] {
        stored[place..place + 12].copy_from_slice(name);
    }
    Arc::new(ZoneTables::read(&stored).unwrap())
}

#[test]
fn the_old_part_of_a_log_goes_by_the_tables_under_which_it_was_decided() {
    let (before, now) = (morning_by(&other_tables()), morning_by(&ZoneTables::bundled()));
    assert_ne!(before.hash, now.hash);
    let hello = |name: &str| {
        format!(
            r#"{{"type":"hello","customer":"{name}","profile":{{"email":"{name}@example.test","time_zone":"Europe/Paris"}}}}"#
        )
    };
    let to = |world: &World| -> Vec<String> {
        world.accepted().1.into_iter().map(|command| command.customer).collect()
    };
    for lose_disk in [false, true] {
        let disk = MemoryStore::default();
        let mut world = World { plans: vec![Arc::clone(&before)], ..World::default() };
        world.event(START, &hello("ana"));
        let mut owner = start(&mut world, &disk).unwrap();
        owner.drain(&mut world, 8, START, true).unwrap().unwrap();
        owner.checkpoint(&mut world).unwrap().unwrap();
        let disk = if lose_disk { MemoryStore::default() } else { disk };

        // The next build: by its tables ana would wait until 9:00 UTC of tomorrow, by the old ones until 4:30.
        world.plans.push(Arc::clone(&now));
        let mut owner = start(&mut world, &disk).unwrap();
        world.event(START + HOUR, &hello("ben"));
        owner.drain(&mut world, 8, START + 19 * HOUR, true).unwrap().unwrap();
        assert_eq!(to(&world), ["ana"]);
        let zone = owner.shard.explain("ana").unwrap().unwrap().zone;
        assert_eq!(zone.as_deref(), Some("Europe/Paris"), "by its number in the new tables");
        owner.drain(&mut world, 8, START + 23 * HOUR, true).unwrap().unwrap();
        assert_eq!(to(&world), ["ana", "ben"]);

        let again = start(&mut world, &MemoryStore::default()).unwrap();
        assert_eq!(again.shard.position.chain, owner.shard.position.chain);
        assert_eq!(again.shard.explain("ben").unwrap(), owner.shard.explain("ben").unwrap());
    }
}

/// An owner with all its parts over a log in memory.
struct Whole {
    owner: owner::Owner<MemoryStore>,
    read: usize,
}

type Log = Vec<(Headers, Vec<u8>)>;

impl Whole {
    fn lead(disk: &MemoryStore, log: &mut Log) -> Self {
        let epoch = log.len() as i64;
        log.push((Headers { kind: Kind::Leader, leader: -1, seq: 0 }, b"{}".to_vec()));
        let (events_topic, partitioner) = ("events".into(), Partitioner::Murmur2);
        let identity = Identity { events_topic, partition: 0, partitions: 1, partitioner };
        let opened = Opened::open(identity, Settings::without_clock(), disk.clone()).unwrap();
        let mut reading = Reading::new(opened.checkpoint().cloned(), epoch);
        for offset in reading.begin().unwrap_or(0)..=epoch {
            let (headers, value) = &log[offset as usize];
            reading.record(offset, *headers, value).unwrap();
        }
        let settings = OwnerSettings {
            margin: 0,
            checkpoint_interval: Duration::from_secs(60),
            max_in_flight: 100,
            tick: Duration::from_millis(50),
            near: 8,
            sends_retention: None,
        };
        let (plan, known) = (plan(), plan());
        let find = |hash| Some(Arc::clone(&known)).filter(|plan| plan.hash == hash);
        let mut owner = owner::Owner::lead(opened, reading, 0, &plan, &find, settings).unwrap();
        owner.begin(Duration::ZERO).unwrap();
        owner.start_running().unwrap();
        Self { owner, read: log.len() }
    }

    fn send(&mut self, log: &mut Log) {
        let leader = self.owner.shard().epoch();
        for record in self.owner.outgoing() {
            log.push((Headers { kind: record.kind, leader, seq: record.seq }, record.value));
        }
    }

    /// As the pump does it when it is told to stop.
    fn stop(mut self, log: &mut Log) {
        loop {
            match self.owner.finish(Duration::from_secs(1)).unwrap() {
                Next::Send => self.send(log),
                Next::Wait if self.read < log.len() => {
                    let (offset, headers) = (self.read as i64, log[self.read].0);
                    self.owner.read_back(SendsRecord::new(offset, headers, b"{}")).unwrap();
                    self.read += 1;
                }
                Next::Wait => {
                    let done = self.owner.commit().expect("confirmed").run().unwrap();
                    self.owner.committed(done, Duration::from_secs(2));
                }
                Next::Go => return,
            }
        }
    }
}

#[test]
fn what_a_clean_stop_leaves_is_a_checkpoint_that_ends_its_log() {
    for clean in [true, false] {
        let (disk, mut log) = (MemoryStore::default(), Log::new());
        let mut whole = Whole::lead(&disk, &mut log);
        let events = with_cart().events;
        let records: Vec<Record<'_>> = (0..)
            .zip(&events)
            .map(|(offset, (time, value))| Record { offset, time: *time, key: None, value })
            .collect();
        // Ana's window is over: a command is on its way, and an event behind it decided nothing.
        let seen = br#"{"type":"page_viewed","customer":"ben"}"#;
        let later = |offset| Record { offset, time: START + 2 * HOUR, key: None, value: &seen[..] };
        whole.owner.turn(&records, 2, Duration::ZERO, START).unwrap();
        whole.owner.turn(&[later(2)], 3, Duration::ZERO, START + 2 * HOUR).unwrap();
        whole.owner.turn(&[later(3)], 4, Duration::ZERO, START + 2 * HOUR).unwrap();
        if clean {
            whole.stop(&mut log);
            let mut meta = disk.meta().unwrap().expect("a checkpoint");
            assert_eq!((meta.next_offset, meta.sends_offset), (4, log.len() as i64 - 1));
            meta.semantics = SEMANTICS - 1;
            disk.commit(&meta, &Sealed::default()).unwrap();
        } else {
            whole.send(&mut log);
        }
        let next = Whole::lead(&disk, &mut log);
        assert_eq!(next.owner.shard().replaying() == 0, clean);
        assert_eq!(next.owner.shard().next_offset() == 4, clean);
    }
}
