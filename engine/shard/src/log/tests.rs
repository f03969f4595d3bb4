//! What a replay has in memory, and that it reads all of the log.

use super::*;
use cartwheel_core::sends::Mode;

const LEADER: Headers = Headers { kind: Kind::Leader, leader: -1, seq: 0 };

fn turn(next_offset: i64, follow: u32) -> Vec<u8> {
    let turn = Turn {
        next_offset,
        now: 0,
        mode: Mode::Live,
        config: "0".repeat(32),
        semantics: SEMANTICS,
        fired: 0,
        walked: 0,
        follow,
        skipped: Vec::new(),
        chain: "0".repeat(32),
        clamped: Vec::new(),
        partitioner: None,
        measured: cartwheel_core::sends::Measured::default(),
    };
    serde_json::to_vec(&turn).unwrap()
}

type Log = Vec<(Headers, Vec<u8>)>;

/// So many turns of one owner, each with `n % 3` followers, between two leader records; strays of another one among them.
fn log(turns: i64) -> Log {
    let (mut log, mut seq) = (vec![(LEADER, b"{}".to_vec())], 0);
    for number in 0..turns {
        for follower in 0..=number % 3 {
            seq += 1;
            let kind = if follower == 0 { Kind::Turn } else { Kind::Command };
            log.push((Headers { kind, leader: 0, seq }, turn(number, number as u32 % 3)));
        }
        log.push((Headers { kind: Kind::Turn, leader: -7, seq: seq + 1 }, turn(9, 9)));
    }
    log.push((LEADER, b"{}".to_vec()));
    log
}

fn read(log: &Log, bound: usize) -> Replay {
    let mut accepted = AcceptedLog::keeping(None, bound);
    for (offset, (headers, value)) in (0..).zip(log) {
        accepted.push(offset, *headers, value).unwrap();
    }
    assert_eq!(accepted.configurations().len(), 1);
    accepted.into_replay()
}

/// The turns, one after the other, and the most that were in memory.
fn all(log: &Log, replay: &mut Replay) -> Result<(Vec<AcceptedTurn>, usize), ShardError> {
    let (mut turns, mut most, epoch) = (Vec::new(), 0, log.len() as i64 - 1);
    while replay.left() > 0 {
        if let Some(begin) = replay.wanted() {
            assert!(replay.next().is_none() && replay.take().is_none());
            let rest = (begin..).zip(&log[begin as usize..]);
            for (offset, (headers, value)) in rest {
                if !replay.read_on(epoch, offset, *headers, value)? {
                    break;
                }
            }
        }
        most = most.max(replay.turns.len());
        turns.push(replay.take().expect("a turn"));
    }
    assert_eq!((replay.wanted(), replay.until()), (None, None));
    Ok((turns, most))
}

#[test]
fn a_replay_has_a_part_of_the_log_in_memory_and_reads_all_of_it() {
    let (log, record) = (log(100), turn(99, 0).len());
    let (expected, kept) = all(&log, &mut read(&log, usize::MAX)).unwrap();
    assert_eq!((expected.len(), kept), (100, 100));
    assert!(expected.iter().all(AcceptedTurn::is_whole));
    for turns in [0, 1, 2, 3, 7, 99, 100] {
        let mut replay = read(&log, turns * record);
        assert_eq!((replay.left(), replay.until()), (100, Some(99)));
        let (read, most) = all(&log, &mut replay).unwrap();
        assert_eq!(read, expected, "{turns}");
        assert!(most <= turns.max(1) + 1, "{turns}: {most} in memory");
    }
}

#[test]
fn what_the_log_lacks_of_its_last_turn_is_counted_wherever_it_was_cut() {
    let whole = log(30);
    for end in 2..whole.len() - 1 {
        let log = [&whole[..end], &whole[whole.len() - 1..]].concat();
        let expected = all(&log, &mut read(&log, usize::MAX)).unwrap().0;
        let cut = expected.iter().filter(|turn| !turn.is_whole());
        assert!(cut.count() <= 1 && expected.iter().rev().skip(1).all(AcceptedTurn::is_whole));
        for bound in [0, 500] {
            assert_eq!(all(&log, &mut read(&log, bound)).unwrap().0, expected, "{end}");
        }
    }
}

#[test]
fn a_log_that_is_shorter_when_it_is_read_again_is_refused() {
    let log = log(20);
    let mut replay = read(&log, 0);
    let shorter = [&log[..30], &log[log.len() - 1..]].concat();
    let error = all(&shorter, &mut replay).unwrap_err();
    assert!(error.to_string().contains("turns are to be replayed"), "{error}");
}

#[test]
fn a_log_whose_input_goes_back_is_refused() {
    let mut accepted = AcceptedLog::new(None);
    accepted.push(0, LEADER, b"{}").unwrap();
    let turns = [(1, 5), (2, 5), (3, 4)];
    let pushed = turns.map(|(seq, next)| {
        accepted.push(seq as i64, Headers { kind: Kind::Turn, leader: 0, seq }, &turn(next, 0))
    });
    let [Ok(()), Ok(()), Err(error)] = pushed else { panic!("{pushed:?}") };
    assert!(error.to_string().contains("next offset is 4, and that of the turn before it 5"));
}
