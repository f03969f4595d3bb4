//! The owner's decisions, as tables. Offsets of the sends partition: our leader record at 0, what we append from 1 on.

use super::*;
use crate::checkpoint::Meta;
use crate::checkpoint::memory::MemoryStore;
use crate::tests::world::{HOUR, MINUTE, START, plan};
use crate::{Identity, Settings};
use cartwheel_core::partitioner::Partitioner;
use cartwheel_core::sends::{Headers, Kind};

const SECOND: Duration = Duration::from_secs(1);
const LEADER: Headers = Headers { kind: Kind::Leader, leader: -1, seq: 0 };

fn logs() -> Logs {
    Logs {
        events: "shop.events.v1".into(),
        sends: "shop.sends.v1".into(),
        partition: 3,
        partitions: 8,
    }
}

/// A refusal in its words, or what was allowed.
fn told<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    result.map_or_else(|refusal| refusal.to_string(), |allowed| format!("{allowed:?}"))
}

/// A checkpoint at offset 20 of the sends partition and 50 of the events, of 8 partitions.
fn checkpoint() -> Meta {
    Meta {
        next_offset: 50,
        seq: 9,
        sends_offset: 20,
        leader: 0,
        now: 1,
        seen: 1,
        behind: false,
        config: 9,
        semantics: 1,
        chain: 5,
        last_input: 4,
        partitions: 8,
        sample_hour: 0,
        sampled: 0,
        partitioner: None,
        streams: Vec::new(),
        product_names: Vec::new(),
        pools: Vec::new(),
        documents_begin: 0,
        documents_end: 0,
    }
}

#[test]
fn leads_only_where_both_logs_hold_what_the_checkpoint_needs() {
    let of_four = Meta { partitions: 4, ..checkpoint() };
    let moved = "shop.events.v1: has 8 partitions, and the checkpoint of partition 3 is of 4: customers have moved between shards. \
                 Go back to 4, or begin with a new namespace";
    let sends_passed = |wanted, start| {
        format!(
            "shop.sends.v1/3: offset {wanted} is needed and the log begins at {start}; retention has passed it"
        )
    };
    let table = [
        // checkpoint, events, sends
        ("nothing anywhere", None, 0..0, 0..0, "()".to_owned()),
        ("all decisions are there", None, 7..9, 0..5, "()".to_owned()),
        ("the first decisions are gone", None, 0..9, 1..5, sends_passed(0, 1)),
        ("just confirmed", Some(checkpoint()), 0..50, 0..21, "()".to_owned()),
        ("what is before it is not needed", Some(checkpoint()), 50..90, 20..30, "()".to_owned()),
        ("its turn record is gone", Some(checkpoint()), 50..90, 21..30, sends_passed(20, 21)),
        (
            "its turn record was lost",
            Some(checkpoint()),
            0..90,
            0..20,
            "shop.sends.v1/3: the checkpoint was confirmed at offset 20 and the log ends at 20: acknowledged records were lost".to_owned(),
        ),
        (
            "the topic was made anew",
            Some(checkpoint()),
            0..0,
            0..0,
            "shop.sends.v1/3: the checkpoint was confirmed at offset 20 and the log ends at 0: acknowledged records were lost".to_owned(),
        ),
        (
            "the next event is gone",
            Some(checkpoint()),
            51..90,
            0..30,
            "shop.events.v1/3: offset 50 is needed and the log begins at 51; retention has passed it".to_owned(),
        ),
        ("of another number of partitions", Some(of_four.clone()), 0..90, 0..30, moved.to_owned()),
        ("which is said before what follows from it", Some(of_four), 0..0, 0..0, moved.to_owned()),
    ];
    for (rule, checkpoint, events, sends, expected) in table {
        let ends = Ends { events, sends, partitions: [8, 8] };
        let result = logs().check(&ends, checkpoint.as_ref());
        assert!(result.as_ref().err().is_none_or(Refusal::is_final), "{rule}: a person must look");
        assert_eq!(told(result), expected, "{rule}");
    }
}

/// Also where there is no checkpoint that could tell.
#[test]
fn leads_only_where_the_topics_have_as_many_partitions_as_when_the_process_began() {
    for (partitions, topic, is) in [
        ([16, 8], "shop.events.v1", 16),
        ([8, 16], "shop.sends.v1", 16),
        ([16, 16], "shop.events.v1", 16),
        ([4, 4], "shop.events.v1", 4),
    ] {
        for checkpoint in [None, Some(checkpoint())] {
            let ends = Ends { events: 0..90, sends: 0..30, partitions };
            let refusal = logs().check(&ends, checkpoint.as_ref()).unwrap_err();
            assert!(refusal.is_final(), "a person must look");
            let said = format!(
                "{topic}: has {is} partitions, and had 8 when this engine began: partition 3 would not know all of its customers. \
                 Go back to 8, or begin with a new namespace"
            );
            assert_eq!(refusal.to_string(), said);
        }
    }
}

#[test]
fn reads_events_only_where_all_that_was_decided_on_is_there() {
    // next offset, until where the log decided, the first to compare, the events there are
    let table = [
        ("nothing was decided", 0, None, 0, 0..0, "0"),
        ("from the checkpoint on, with the record before it", 50, None, 49, 0..90, "49"),
        ("the record before it is gone, and not missed", 50, None, 49, 50..90, "50"),
        (
            "its own record is gone",
            50,
            None,
            49,
            51..90,
            "shop.events.v1/3: offset 50 is needed and the log begins at 51; retention has passed it",
        ),
        ("to the end of the replay", 50, Some(90), 49, 0..90, "49"),
        (
            "an event of the replay is missing",
            50,
            Some(91),
            49,
            0..90,
            "shop.events.v1/3: the log of decisions reaches offset 91 and the events end at 90",
        ),
        (
            "events before the checkpoint are missing",
            50,
            None,
            49,
            0..49,
            "shop.events.v1/3: the log of decisions reaches offset 50 and the events end at 49",
        ),
        ("a log without turns decided on nothing", 7, None, 7, 7..7, "7"),
    ];
    for (rule, next, until, first, events, expected) in table {
        assert_eq!(told(logs().begin_at(next, until, first, events)), expected, "{rule}");
    }
}

fn settings() -> OwnerSettings {
    OwnerSettings {
        margin: 500,
        checkpoint_interval: 60 * SECOND,
        max_in_flight: 2,
        tick: Duration::from_millis(50),
        near: 8,
        sends_retention: None,
    }
}

/// An owner without any history, whose leader record is at 0 and is followed by `later`.
fn owner_followed_by(
    settings: OwnerSettings,
    later: &[(i64, Headers, &[u8])],
) -> Owner<MemoryStore> {
    owner_of(Settings::without_clock(), settings, later)
}

fn owner_of(
    shard: Settings,
    settings: OwnerSettings,
    later: &[(i64, Headers, &[u8])],
) -> Owner<MemoryStore> {
    let identity = Identity {
        events_topic: logs().events,
        partition: 3,
        partitions: 8,
        partitioner: Partitioner::Murmur2,
    };
    let opened = Opened::open(identity, shard, MemoryStore::default()).unwrap();
    let mut reading = Reading::new(None, 0);
    assert!(!reading.is_done(0) && reading.is_done(1));
    reading.record(0, LEADER, b"{}").unwrap();
    for (offset, headers, value) in later {
        reading.record(*offset, *headers, value).unwrap();
    }
    Owner::lead(opened, reading, 0, &plan(), &|_| None, settings).unwrap()
}

/// One that runs, and has read back the record that begins its log.
fn running(settings: OwnerSettings) -> Owner<MemoryStore> {
    let mut owner = owner_followed_by(settings, &[]);
    owner.begin(Duration::ZERO).unwrap();
    assert_eq!(owner.start_running().unwrap(), Some(false));
    assert_eq!(owner.start_running().unwrap(), None, "once");
    assert_eq!(publish(&mut owner), 1);
    assert_eq!(owner.read_back(ours(1, 1)).unwrap(), Read::Accepted);
    owner
}

fn ours(offset: i64, seq: u64) -> SendsRecord {
    SendsRecord::new(offset, Headers { kind: Kind::Turn, leader: 0, seq }, b"{}")
}

/// Appends what is to be appended: how many records.
fn publish(owner: &mut Owner<MemoryStore>) -> usize {
    let out = owner.outgoing();
    let records = out.len();
    owner.sent(out);
    records
}

/// Applies the next record, of this time; each is poison, so that each is a turn of two records.
fn apply(owner: &mut Owner<MemoryStore>, time: Millis) -> Turned {
    let offset = owner.shard().next_offset();
    let record = Record { offset, time, key: None, value: b"{broken" };
    owner.turn(&[record], offset + 1, Duration::ZERO, time).unwrap()
}

#[test]
fn what_is_read_back_says_whether_we_still_lead() {
    let record = |offset, kind, leader, seq, value: &[u8]| {
        SendsRecord::new(offset, Headers { kind, leader, seq }, value)
    };
    let generation = br#"{"nonce":"00","generation":7,"member":"other"}"#;
    let deposed = |generation| Refusal::Deposed { ours: 0, later: 4, generation };
    let lost = |seq| format!("{:?}", Refusal::Lost { offset: 4, seq });
    // We have appended sequences 1 to 3, of which 1 was read back.
    let table = [
        ("the next of ours", record(2, Kind::Turn, 0, 2, b"{}"), "Accepted".into()),
        ("of an owner before us", record(4, Kind::Turn, -5, 2, b"{}"), "Stray".into()),
        ("of ours, and one before it is missing", record(4, Kind::Dead, 0, 3, b"{}"), lost(3)),
        ("of ours, for the second time", record(4, Kind::Turn, 0, 1, b"{}"), lost(1)),
        (
            "another leader",
            record(4, Kind::Leader, -1, 0, generation),
            format!("{:?}", deposed(Some(7))),
        ),
        (
            "a leader that tells nothing",
            record(4, Kind::Leader, -1, 0, b"?"),
            format!("{:?}", deposed(None)),
        ),
    ];
    for (rule, record, expected) in table {
        let mut owner = running(settings());
        apply(&mut owner, START);
        assert_eq!(publish(&mut owner), 2);
        let told = match owner.read_back(record) {
            Ok(read) => format!("{read:?}"),
            Err(refusal) => {
                assert!(!refusal.is_final(), "{rule}: we may lead again");
                format!("{refusal:?}")
            }
        };
        assert_eq!(told, expected, "{rule}");
    }
}

/// The broker has acknowledged it, and nobody will ever read it.
#[test]
fn a_record_that_was_lost_confirms_nothing_and_is_noticed_with_the_next_one() {
    let mut owner = running(settings());
    apply(&mut owner, START);
    assert!(owner.checkpoint_if_due(60 * SECOND).unwrap());
    assert_eq!(publish(&mut owner), 3);
    // The first of the turn is there, its dead letter is not.
    assert_eq!(owner.read_back(ours(2, 2)).unwrap(), Read::Accepted);
    let lost = owner.read_back(ours(3, 4)).unwrap_err();
    assert!(matches!(lost, Refusal::Lost { offset: 3, seq: 4 }) && !lost.is_final(), "{lost}");
    assert!(owner.commit().is_none(), "the disk never has what the log does not have");

    // Where nothing follows it, we neither leave a checkpoint behind nor go on for long.
    let mut owner = running(settings());
    apply(&mut owner, START);
    publish(&mut owner);
    owner.read_back(ours(2, 2)).unwrap();
    assert_eq!(owner.finish(SECOND).unwrap(), Next::Send, "the last checkpoint");
    publish(&mut owner);
    for seconds in 2..99 {
        assert_eq!(owner.finish(seconds * SECOND).unwrap(), Next::Wait);
        assert!(owner.commit().is_none());
    }
}

#[test]
fn a_leader_behind_ours_in_the_same_read_deposes_before_anything_is_published() {
    let stray = Headers { kind: Kind::Turn, leader: -5, seq: 8 };
    let mut owner = owner_followed_by(settings(), &[(1, stray, b"{}")]);
    owner.begin(Duration::ZERO).unwrap();
    assert_eq!(publish(&mut owner), 1);
    let mut owner = owner_followed_by(settings(), &[(1, stray, b"{}"), (2, LEADER, b"{}")]);
    assert!(owner.begin(Duration::ZERO).unwrap_err().is_deposed());
    assert_eq!(publish(&mut owner), 0);
}

#[test]
fn a_leader_record_is_renewed_every_quarter_of_the_retention() {
    let kept = |sends_retention| OwnerSettings { sends_retention, ..settings() };
    let hour = Duration::from_secs(3_600);
    // retention, age, whether to renew
    let table = [
        (None, 10_000 * hour, false),
        (Some(4 * HOUR), hour - SECOND, false),
        (Some(4 * HOUR), hour, true),
        (Some(-1), hour, true), // not a retention that a topic has
    ];
    for (retention, age, old) in table {
        assert_eq!(running(kept(retention)).is_old(age), old, "{retention:?} {age:?}");
    }
    let mut replaying = owner_followed_by(kept(Some(4 * HOUR)), &[]);
    replaying.begin(hour).unwrap();
    assert!(!replaying.is_old(9 * hour), "not before the replay is done");
    replaying.start_running().unwrap();
    assert!(!replaying.is_old(2 * hour - SECOND) && replaying.is_old(2 * hour), "since it began");
}

#[test]
fn records_wait_for_company_only_while_more_events_are_there() {
    let soon = |millis| SECOND + Duration::from_millis(millis);
    let mut owner = running(settings());
    assert_eq!(owner.next(SECOND), Next::Go, "nothing to send");
    apply(&mut owner, START);
    assert_eq!(owner.next(SECOND), Next::Send, "no more events: nothing to wait for");
    publish(&mut owner);
    owner.read_back(ours(2, 2)).unwrap();
    owner.read_back(ours(3, 3)).unwrap();

    owner.more(true);
    apply(&mut owner, START);
    assert_eq!(owner.next(soon(0)), Next::Go, "held");
    assert_eq!(owner.next(soon(49)), Next::Go);
    assert_eq!(owner.next(soon(50)), Next::Send, "held for long enough");
    assert_eq!(owner.next(soon(0)), Next::Go);
    owner.more(false);
    assert_eq!(owner.next(soon(1)), Next::Send, "the last events");
}

#[test]
fn applies_nothing_more_while_too_much_is_in_flight() {
    let mut owner = running(settings());
    owner.more(true);
    apply(&mut owner, START);
    assert_eq!(owner.next(SECOND), Next::Go, "two records, as many as may be");
    apply(&mut owner, START);
    assert_eq!(owner.next(SECOND), Next::Send, "four: not held any longer");
    publish(&mut owner);
    for seq in [2, 3] {
        assert_eq!(owner.next(SECOND), Next::Wait);
        owner.read_back(ours(seq as i64, seq)).unwrap();
    }
    assert_eq!(owner.next(SECOND), Next::Go);
}

#[test]
fn a_checkpoint_is_due_when_something_changed_since_the_last() {
    let mut owner = owner_followed_by(settings(), &[]);
    owner.begin(SECOND).unwrap();
    assert!(!owner.checkpoint_if_due(90 * SECOND).unwrap(), "not before the replay is done");
    owner.start_running().unwrap();
    assert!(!owner.checkpoint_if_due(90 * SECOND).unwrap(), "nothing changed");
    apply(&mut owner, START);
    assert!(!owner.checkpoint_if_due(60 * SECOND).unwrap(), "not yet");
    assert!(owner.checkpoint_if_due(61 * SECOND).unwrap());
    assert!(!owner.checkpoint_if_due(200 * SECOND).unwrap(), "one at a time");
    assert_eq!(publish(&mut owner), 4);
    for seq in 1..4 {
        assert_eq!(owner.read_back(ours(seq as i64, seq)).unwrap(), Read::Accepted);
    }
    assert!(owner.commit().is_none());
    assert_eq!(owner.read_back(ours(4, 4)).unwrap(), Read::Confirmed);
    let done = owner.commit().unwrap().run().unwrap();
    assert_eq!(owner.committed(done, 70 * SECOND), Some(9 * SECOND), "since it was begun");
    assert_eq!(owner.checkpoint_age(100 * SECOND), 30 * SECOND);
    assert!(!owner.checkpoint_if_due(200 * SECOND).unwrap(), "nothing changed");
    apply(&mut owner, START);
    assert!(owner.checkpoint_if_due(200 * SECOND).unwrap());
}

#[test]
fn it_leaves_behind_a_last_checkpoint() {
    for pending in [false, true] {
        let mut owner = running(settings());
        owner.more(true);
        apply(&mut owner, START);
        if pending {
            assert!(owner.checkpoint_if_due(60 * SECOND).unwrap());
        }
        let (mut offset, mut steps) = (2, Vec::new());
        loop {
            let next = owner.finish(61 * SECOND).unwrap();
            steps.push(next);
            match next {
                Next::Send => drop(publish(&mut owner)),
                Next::Wait if owner.shard().in_flight() > 0 => {
                    owner.read_back(ours(offset, offset as u64)).unwrap();
                    offset += 1;
                }
                Next::Wait => {
                    let done = owner.commit().expect("confirmed").run().unwrap();
                    owner.committed(done, 62 * SECOND);
                }
                Next::Go => break,
            }
        }
        // Whatever was held goes first. A checkpoint under way is stored, then the last one.
        assert_eq!(steps.first(), Some(&Next::Send));
        assert_eq!(owner.shard().counters().checkpoints, 1 + u64::from(pending), "{steps:?}");
        let shard = owner.shard();
        assert_eq!((shard.in_flight(), shard.dirty(), shard.is_writing()), (0, 0, false));
    }
}

#[test]
fn shard_time_follows_the_clock_exactly_at_the_end_of_the_events() {
    // Somebody who belongs to this partition.
    let here = |name: &String| Partitioner::Murmur2.partition_of(name.as_bytes(), 8) == 3;
    let customer = (0..).map(|number| format!("c{number}")).find(here).unwrap();
    let cart = format!(
        r#"{{"type":"cart_updated","customer":"{customer}","time":{START},"cart":{{"id":"k","total":80,"items":[1]}}}}"#
    );
    let at = |millis: u64, wall| Moment { mono: Duration::from_millis(millis), wall, speed: 1.0 };
    let mut owner = running(settings());
    let record = Record { offset: 0, time: START, key: None, value: cart.as_bytes() };
    owner.turn(&[record], 1, Duration::ZERO, START).unwrap();

    // The end was two records further when we asked: what is due waits.
    let asked = at(0, START + 2 * HOUR);
    assert!(owner.asks(asked, 1));
    owner.answered(asked, Some(3));
    assert!(!owner.asks(at(10, START + 2 * HOUR), 1) && !owner.is_at_end(1));
    let turned = owner.turn(&[], 1, asked.mono, asked.wall).unwrap();
    assert!(!turned.recorded && owner.shard().now() == START);
    assert_eq!(owner.end(), 3);

    // We are at the end: the window closes, at the time of the question less the margin.
    let asked = at(60, START + 2 * HOUR + MINUTE);
    assert_eq!(owner.patience(asked, 1), Duration::from_millis(1), "a timer is due");
    owner.answered(asked, Some(1));
    assert!(owner.is_at_end(1));
    let turned = owner.turn(&[], 1, asked.mono, asked.wall + HOUR).unwrap();
    assert!(turned.recorded);
    assert_eq!(owner.shard().now(), START + 2 * HOUR + MINUTE - 500);
    assert!(!owner.is_at_end(1), "an answer counts once");
    assert_eq!(owner.due_by(Moment { speed: 100.0, ..asked }), asked.wall - 50_000);
    assert_eq!(owner.patience(asked, 1), BREATH, "its records are under way");
}

#[test]
fn how_far_behind_a_shard_is_follows_from_the_end_of_the_events_and_not_from_one_old_time() {
    let at = |seconds: u64, wall| Moment { mono: seconds as u32 * SECOND, wall, speed: 1.0 };
    let old = |offset| Record { offset, time: START - 9 * HOUR, key: None, value: b"{broken" };
    let hold = Settings::default().hold_after;
    // Seconds since the newest answer that was passed, and the mode that an old record finds.
    for (silent, expected) in
        [(1, Mode::Live), (hold / 1_000 - 1, Mode::Live), (hold / 1_000 + 1, Mode::Behind)]
    {
        let mut owner = owner_of(Settings::default(), settings(), &[]);
        owner.begin(Duration::ZERO).unwrap();
        owner.start_running().unwrap();
        // Three records are there; the answer is passed with the last of them.
        owner.answered(at(0, START), Some(3));
        for offset in 0..3 {
            let record = Record { time: START, ..old(offset) };
            owner.turn(&[record], offset + 1, 2 * SECOND, START).unwrap();
        }
        let wall = START + 1_000 * silent;
        let seconds = silent.unsigned_abs() as u32;
        owner.turn(&[old(3)], 4, seconds * SECOND, wall).unwrap();
        assert_eq!(owner.shard().mode(), expected, "{silent} s");
    }
}

#[test]
fn a_clock_that_is_held_moves_nothing_until_it_is_believed() {
    let mut owner = running(settings());
    let at = |millis: u64, wall| Moment { mono: Duration::from_millis(millis), wall, speed: 1.0 };
    apply(&mut owner, START);
    let record = Record { offset: 1, time: START + MINUTE, key: None, value: b"{broken" };
    owner.hold(true);
    let asked = at(0, START + HOUR);
    owner.answered(asked, Some(1));
    assert!(!owner.is_at_end(1) && owner.end() == 1, "the end is known, for whoever looks");
    owner.turn(&[], 1, asked.mono, asked.wall).unwrap();
    assert_eq!(owner.shard().now(), START);
    // Records go on, and shard time with them.
    owner.turn(&[record], 2, asked.mono, asked.wall).unwrap();
    assert_eq!((owner.shard().next_offset(), owner.shard().now()), (2, START + MINUTE));
    owner.hold(false);
    let asked = at(60, START + HOUR);
    owner.answered(asked, Some(2));
    assert!(owner.is_at_end(2));
}

#[test]
fn an_owner_that_replays_does_not_ask_for_the_end() {
    let mut owner = owner_followed_by(settings(), &[]);
    owner.begin(Duration::ZERO).unwrap();
    let now = Moment { mono: SECOND, wall: START, speed: 1.0 };
    assert!(!owner.asks(now, 0));
    owner.start_running().unwrap();
    assert!(owner.asks(now, 0));
}
