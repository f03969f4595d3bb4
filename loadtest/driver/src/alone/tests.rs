use super::*;
use crate::sends::{AcceptedTurn, Fact};
use crate::verify::Check;
use cartwheel_core::command::Command;
use cartwheel_core::event::Record;
use cartwheel_core::sends::Kind;
use cartwheel_core::time::{DAY, HOUR};
use cartwheel_shard::checkpoint::Store;
use cartwheel_shard::checkpoint::memory::MemoryStore;
use cartwheel_shard::{Clock, Outgoing, Settings};

fn plan() -> Arc<Plan> {
    Arc::new(crate::setup::plan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")).unwrap())
}

fn lone<S: Store>(plan: &Arc<Plan>, store: S) -> Lone<S> {
    Lone::open(plan, Settings::without_clock(), store).unwrap()
}

fn options() -> Options {
    Options { events: 20_000, customers: 3_000, rate: 1, ..Options::default() }
}

#[test]
fn shards_divide_the_events_and_decide_the_same() {
    let plan = plan();
    let one = run(&plan, &options(), 1, 1_000, 0).unwrap();
    let two = run(&plan, &options(), 2, 1_000, 3_000).unwrap();
    assert_eq!((one.rows.len(), two.rows.len()), (1, 3));
    assert_eq!(one.rows[0].events, 20_000);
    assert_eq!(two.rows[0].events + two.rows[1].events, 20_000);
    let (parts, all) = (two.rows[0].cpu_seconds + two.rows[1].cpu_seconds, two.rows[2].cpu_seconds);
    assert!((parts - all).abs() < 1e-9, "the whole process's time is shared: {parts} and {all}");
    assert!(one.commands > 150, "{}", one.commands);
    // Timers fire when their own shard sees a later time: towards the end a few more or fewer have.
    assert!(two.commands.abs_diff(one.commands) < 10, "{} and {}", one.commands, two.commands);
}

/// What a shard has done after all events, with `between` called after each batch.
fn apply_all<S: Store>(
    shard: &mut Beside<S>,
    input: &Input,
    between: impl Fn(&mut Beside<S>),
) -> (u64, u64) {
    let records: Vec<Record<'_>> = (0..input.len()).map(|place| input.record(place)).collect();
    for batch in records.chunks(1_000) {
        shard.apply(batch).unwrap();
        between(shard);
    }
    let counters = shard.lone().shard().counters();
    (counters.commands, counters.suppressions)
}

#[test]
fn checkpoints_beside_the_shard_change_nothing_that_it_decides() {
    let (plan, dir) = (plan(), tempfile::tempdir().unwrap());
    let input = Input::make(&options(), 0, 1).unwrap();
    let mut plain = Beside::new(lone(&plan, MemoryStore::default()));
    let store = RocksStore::open(dir.path()).unwrap();
    let mut shard = Beside::new(lone(&plan, store.clone()));
    let decided = apply_all(&mut shard, &input, |shard| shard.checkpoint(Duration::ZERO).unwrap());
    assert_eq!(decided, apply_all(&mut plain, &input, |_| ()));
    shard.settle().unwrap();
    // The first batch began one; later ones did wherever the disk was quick enough.
    assert!((1..=20).contains(&shard.lone().shard().counters().checkpoints));
    shard.checkpoint(Duration::ZERO).unwrap();
    shard.settle().unwrap();
    let lone = shard.lone().shard();
    assert_eq!((lone.dirty(), lone.is_writing()), (0, false));
    assert_eq!(store.meta().unwrap().unwrap().next_offset, 20_000);
}

#[test]
fn a_shard_waits_for_what_is_being_written_where_the_engine_would() {
    let input = Input::make(&options(), 0, 1).unwrap();
    let settings = Settings { max_journal: 10_000, max_spills: 2, ..Settings::without_clock() };
    let lone = Lone::open(&plan(), settings, MemoryStore::default()).unwrap();
    let mut shard = Beside::new(lone);
    apply_all(&mut shard, &input, |shard| shard.checkpoint(Duration::MAX).unwrap());
    shard.settle().unwrap();
    let counters = shard.lone().shard().counters();
    assert!(counters.checkpoints >= 1 && counters.checkpoint_bytes > 100_000);
    assert_eq!(shard.lone().shard().next_offset(), 20_000);
}

/// What a lone shard hands out, as a log of turns.
fn turns(plan: &Arc<Plan>, input: &Input) -> Vec<AcceptedTurn> {
    let mut lone = lone(plan, MemoryStore::default());
    lone.keep();
    let mut turns = Vec::new();
    let mut begin = 0;
    let mut record = |outgoing: Outgoing| match outgoing.kind {
        Kind::Turn => {
            let turn = serde_json::from_slice(&outgoing.value).unwrap();
            turns.push(AcceptedTurn { offset: 0, at: 0, turn, commands: Vec::new(), have: 0 });
        }
        kind => {
            let last: &mut AcceptedTurn = turns.last_mut().unwrap();
            last.have += 1;
            if kind == Kind::Command {
                last.commands
                    .push(Fact::from(serde_json::from_slice::<Command>(&outgoing.value).unwrap()));
            }
        }
    };
    // Small turns, some cut by the clock of a shard that has caught up.
    while begin < input.len() {
        let end = input.len().min(begin + 700);
        let records: Vec<_> = (begin..end).map(|place| input.record(place)).collect();
        let wall = records.last().unwrap().time;
        let caught_up = (begin % 3 == 0).then_some(wall);
        begin += lone.turn(&records, Clock { wall, caught_up, level: None }).unwrap().consumed;
    }
    let end = input.record(input.len() - 1).time + 3 * DAY;
    lone.turn(&[], Clock { wall: i64::MAX, caught_up: Some(end), level: None }).unwrap();
    lone.take_published().into_iter().for_each(&mut record);
    turns
}

fn check(plan: &Arc<Plan>, input: &Input, turns: &[AcceptedTurn]) -> Result<u64, Error> {
    let mut check = Check::new(plan, turns);
    for place in 0..input.len() {
        let record = input.record(place);
        check.record(record.offset, record.time, record.value)?;
    }
    check.finish(input.len() as i64)
}

#[test]
fn the_reference_follows_the_turn_records_and_finds_every_difference() {
    let plan = plan();
    let input = Input::make(&Options { events: 30_000, ..options() }, 0, 1).unwrap();
    let turns = turns(&plan, &input);
    let commands: u64 = turns.iter().map(|turn| turn.commands.len() as u64).sum();
    assert!(commands > 300, "{commands}");
    assert_eq!(check(&plan, &input, &turns).unwrap(), commands);

    let place = turns.iter().rposition(|turn| !turn.commands.is_empty()).unwrap();
    let differs = |change: &dyn Fn(&mut AcceptedTurn)| {
        let mut turns = turns.clone();
        change(&mut turns[place]);
        check(&plan, &input, &turns).unwrap_err().to_string()
    };
    assert!(differs(&|turn| turn.commands[0].decided_at += 1).contains("reference:"));
    assert!(differs(&|turn| drop(turn.commands.pop())).contains("engine:    nothing"));
    assert!(
        differs(&|turn| turn.commands.push(turn.commands[0].clone()))
            .contains("reference: nothing")
    );
    assert!(differs(&|turn| turn.turn.now += HOUR).contains("reference:"));
    assert!(differs(&|turn| turn.have += 1).contains("follow"));
    assert!(differs(&|turn| turn.turn.config = String::new()).contains("configuration"));
}
