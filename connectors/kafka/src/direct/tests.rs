//! What is read, asked and noticed, from answers made here.

use super::reading::Reading;
use super::*;
use crate::connection::Answered;
use crate::connection::tests::{broker, framed, request};
use crate::protocol::tests::{EPOCH, batch, epoch_end, fetched, found, found_at, values};
use crate::protocol::{Chunk, Reader, TopicId};
use std::io::Write;
use std::time::Duration;

const ID: TopicId = TopicId(*b"0123456789abcdef");

fn reader(bytes: &[u8]) -> Reader<'_> {
    Reader { bytes, at: 0 }
}

/// A reading of partition 1 of `events`, which has found its leader.
fn reading() -> Reading {
    let mut reading = Reading::new("events", 1);
    let leader = reading.whereabouts().found(&mut reader(&found(0, ID, 2, EPOCH))).unwrap();
    assert_eq!((leader.host.as_str(), leader.port, leader.epoch), ("broker-2", 9092, EPOCH));
    reading
}

fn answered(bytes: Vec<u8>) -> Answered {
    Answered { bytes, body: 0 }
}

fn take(reading: &mut Reading, answer: Vec<u8>) -> Result<Vec<i64>, Lost> {
    let chunk = reading.take(answered(answer), Chunk::default())?;
    Ok(chunk.records.iter().map(|span| span.offset).collect())
}

/// One that has read offsets 0 to 9.
fn advanced() -> Reading {
    let mut reading = reading();
    let answer = fetched(0, 20, &[], &batch(0, -1, 9, &values(0..10)));
    assert_eq!(take(&mut reading, answer), Ok((0..10).collect()));
    assert_eq!(reading.next(), 10);
    reading
}

#[test]
fn what_is_read_is_behind_what_was_read() {
    let mut reading = advanced();
    let batches = [batch(0, -1, 9, &values(0..10)), batch(0, -1, 14, &values(10..15))].concat();
    let chunk = reading.take(answered(fetched(0, 20, &[], &batches)), Chunk::default()).unwrap();
    assert!(chunk.more && chunk.partition == 1);
    let offsets: Vec<_> = chunk.records.iter().map(|span| span.offset).collect();
    assert_eq!((offsets, reading.next()), ((10..15).collect(), 15));
    assert_eq!(take(&mut reading, fetched(0, 15, &[], b"")), Ok(vec![]), "the end");
}

#[test]
fn an_answer_cut_anywhere_is_no_answer_and_moves_nothing() {
    let whole = fetched(0, 20, &[(7, 12)], &batch(0, -1, 14, &values(10..15)));
    for cut in 0..whole.len() - 3 {
        let mut reading = advanced();
        let lost = take(&mut reading, whole[..cut].to_vec()).unwrap_err();
        assert_eq!(lost, Lost::Trouble(Trouble::Unreadable), "{cut}");
        assert_eq!(reading.next(), 10);
    }
}

#[test]
fn a_topic_made_anew_is_another_topic() {
    let mut reading = advanced();
    assert!(
        reading.whereabouts().found(&mut reader(&found(0, ID, 1, EPOCH + 1))).is_ok(),
        "only its leader moved"
    );
    let other = TopicId(*b"0123456789abcdeX");
    assert_eq!(
        reading.whereabouts().found(&mut reader(&found(0, other, 1, 0))),
        Err(Lost::Replaced)
    );
    assert_eq!(reading.whereabouts().found(&mut reader(&found(3, ID, 1, 0))), Err(Lost::NoTopic));
    assert!(
        reading.whereabouts().found(&mut reader(&found(0, ID, 1, EPOCH + 1))).is_ok(),
        "as it was"
    );
}

#[test]
fn a_partition_without_leader_is_waited_for_and_one_that_is_not_there_is_not() {
    let lost = reading().whereabouts().found(&mut reader(&found(0, ID, -1, EPOCH))).unwrap_err();
    assert!(matches!(lost, Lost::Trouble(Trouble::Connection(_))), "{lost:?}");
    let mut reading = Reading::new("events", 2);
    let lost = reading.whereabouts().found(&mut reader(&found(0, ID, 2, EPOCH))).unwrap_err();
    assert_eq!(lost, Lost::NoPartition(2));
}

#[test]
fn a_log_that_ends_before_what_was_read_was_cut() {
    assert_eq!(reading().ask_end(), None, "nothing was read");
    let reading = advanced();
    assert!(reading.ask_end().is_some());
    let end = |code, epoch, end| reading.end(&mut reader(&epoch_end(code, epoch, end)));
    assert_eq!(end(0, EPOCH, 10), Ok(()));
    assert_eq!(end(0, EPOCH, 99), Ok(()));
    assert_eq!(end(0, EPOCH, 9), Err(Lost::Cut { read: 10, end: 9 }));
    assert_eq!(end(0, EPOCH - 1, 4), Err(Lost::Cut { read: 10, end: 4 }), "the epoch is gone");
    assert_eq!(end(0, -1, -1), Err(Lost::Cut { read: 10, end: 0 }), "and all before it");
    // The new leader does not know yet that it leads, or no longer does: asked again.
    for code in [74, 75] {
        assert_eq!(end(code, -1, -1), Err(Lost::Trouble(Trouble::Code(code))));
    }
}

#[test]
fn going_back_does_not_forget_what_the_log_had() {
    let mut reading = advanced();
    reading.go_to(2);
    let answer = fetched(0, 20, &[], &batch(0, -1, 3, &values(2..4)));
    assert_eq!(take(&mut reading, answer), Ok(vec![2, 3]));
    let lost = reading.end(&mut reader(&epoch_end(0, EPOCH, 9)));
    assert_eq!(lost, Err(Lost::Cut { read: 10, end: 9 }));
}

fn reach() -> Reach {
    Reach { bootstrap: Vec::new(), security: Security::default(), who: String::new() }
}

#[test]
fn codes_are_sorted_by_what_to_do() {
    let error = |code| {
        let lost = take(&mut advanced(), fetched(code, -1, &[], b"")).unwrap_err();
        lost.error(&reach(), "broker:9092", "reading".to_owned(), "events", 1)
    };
    // The next try finds the leader, its epoch and the topic anew: 3, 100 and 103 say so of the topic, 6, 74 and 75 of the leader.
    for code in [3, 5, 6, 7, 74, 75, 78, 100, 103] {
        assert!(error(code).is_transient(), "{code}: {}", error(code));
    }
    assert!(matches!(error(1), Error::OffsetOutOfRange { offset: 10, .. }));
    assert!(matches!(error(29), Error::Denied { .. }));
    assert!(matches!(error(2), Error::Fatal { .. }));
    assert!(matches!(error(9_999), Error::Fatal { .. }));
}

#[test]
fn what_was_handed_out_is_not_handed_out_again_when_the_next_answer_is_an_error() {
    let (port_is, port_of) = std::sync::mpsc::channel::<u16>();
    let (port, serving) = broker(64, move |stream| {
        let port = port_of.recv().unwrap();
        let brokers = [("127.0.0.1", port); 2];
        let batch = batch(0, -1, 9, &values(0..10));
        for body in [
            found_at(brokers, 0, ID, 1, EPOCH),
            fetched(0, 20, &[], &batch),
            fetched(6, -1, &[], b""),
        ] {
            let correlation = request(stream);
            stream.write_all(&framed(correlation, &[&[0], &body[..]].concat())).unwrap();
        }
    });
    port_is.send(port).unwrap();
    let bootstrap = vec![("127.0.0.1".to_owned(), port)];
    let mut direct = Direct::new(Arc::new(Reach { bootstrap, ..reach() }), "events", 1);
    let wait = Duration::from_secs(5);
    let (held, range) = direct.poll(100, wait).unwrap();
    assert_eq!((range, held.records.len(), direct.position()), (0..10, 10, 10));
    let lost = direct.poll(100, wait).unwrap_err();
    assert_eq!(lost, Lost::Trouble(Trouble::Code(6)));
    serving.join().unwrap();
    // The broker is gone.
    let lost = direct.poll(100, wait).unwrap_err();
    assert!(matches!(lost, Lost::Trouble(Trouble::Connection(_))), "{lost:?}");
    let (_, range) = direct.poll(100, Duration::ZERO).unwrap();
    assert_eq!((range.len(), direct.position()), (0, 10));
}
