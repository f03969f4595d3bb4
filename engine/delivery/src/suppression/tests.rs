use super::*;
use SuppressionReason::{Bounced, Unsubscribed};

const ANA: &str = "Ana@Example.com";

fn suppression(reason: SuppressionReason, active: bool) -> Suppression {
    Suppression {
        channel: Channel::Email,
        address: Suppression::hash(Channel::Email, ANA),
        reason,
        active,
        at: 0,
    }
}

fn fresh() -> View {
    let mut view = View::new([(0, 0)], 100, 1_000);
    view.end_seen(0, 0, 1_000);
    view
}

fn joined(
    view: &mut View,
    partition: i32,
    seq: u64,
    suppression: &Suppression,
) -> (String, Vec<u8>) {
    match view.accepted(partition, seq, suppression) {
        Some(Accepted::Joined(key, value)) => (key, value),
        other => panic!("{other:?}"),
    }
}

fn marketing(view: &View, now: Millis) -> Check {
    view.check(Channel::Email, "ana@example.com ", Class::Marketing, now)
}

#[test]
fn every_spelling_of_an_address_is_suppressed() {
    let mut view = fresh();
    let suppression = Suppression {
        address: Suppression::hash(Channel::Email, "Info@B\u{fc}cher.example"),
        ..suppression(Unsubscribed, true)
    };
    view.accepted(3, 1, &suppression);
    for spelling in
        ["info@b\u{fc}cher.example", " info@bu\u{308}cher.example", "INFO@XN--BCHER-KVA.example"]
    {
        let check = view.check(Channel::Email, spelling, Class::Marketing, 1_001);
        assert_eq!(check, Check::Suppressed(Unsubscribed), "{spelling}");
    }
    assert_eq!(
        Suppression::hash(Channel::Sms, "+1 (555) 010-0199"),
        Suppression::hash(Channel::Sms, "+15550100199")
    );
}

#[test]
fn not_fresh_until_every_partition_was_read_to_an_end() {
    let mut view = View::new([(0, 0), (1, 5)], 100, 1_000);
    view.end_seen(0, 2, 1_000);
    view.end_seen(1, 5, 1_010);
    assert_eq!(marketing(&view, 1_011), Check::NotFresh);
    view.record(0, 0, b"not a key", Some(b"{}"));
    view.advance(0, 2);
    assert_eq!(marketing(&view, 1_011), Check::Clear(1_100));
    assert_eq!(marketing(&view, 1_099), Check::Clear(1_100));
    assert_eq!(marketing(&view, 1_100), Check::NotFresh);
    assert_eq!(
        view.check(Channel::Webhook, "", Class::Marketing, 9_999),
        Check::Clear(Millis::MAX)
    );
}

#[test]
fn each_source_and_reason_counts_by_its_highest_sequence() {
    let mut view = fresh();
    view.accepted(0, 5, &suppression(Unsubscribed, true));
    assert_eq!(marketing(&view, 1_001), Check::Suppressed(Unsubscribed));
    assert_eq!(view.check(Channel::Email, ANA, Class::Transactional, 1_001), Check::Clear(1_100));
    view.accepted(1, 900, &suppression(Unsubscribed, false));
    assert_eq!(
        marketing(&view, 1_001),
        Check::Suppressed(Unsubscribed),
        "another customer with the address does not lift it"
    );
    view.accepted(0, 4, &suppression(Unsubscribed, false));
    assert_eq!(
        marketing(&view, 1_001),
        Check::Suppressed(Unsubscribed),
        "an older record changes nothing"
    );
    view.accepted(0, 6, &suppression(Bounced, true));
    view.accepted(0, 7, &suppression(Unsubscribed, false));
    assert_eq!(
        marketing(&view, 1_001),
        Check::Suppressed(Bounced),
        "lifting one reason leaves the other"
    );
    assert_eq!(
        view.check(Channel::Email, ANA, Class::Transactional, 1_001),
        Check::Suppressed(Bounced)
    );
    assert_eq!(
        view.check(Channel::Email, "bob@example.com", Class::Marketing, 1_001),
        Check::Clear(1_100)
    );
}

#[test]
fn what_cannot_be_read_is_not_called() {
    let mut view = fresh();
    let key = Suppression::hash(Channel::Email, ANA);
    assert!(!view.record(0, 0, key.as_bytes(), Some(b"{")));
    assert_eq!(marketing(&view, 1_001), Check::NotFresh);
    let value = joined(&mut fresh(), 0, 1, &suppression(Unsubscribed, false)).1;
    assert!(view.record(0, 1, key.as_bytes(), Some(&value)));
    assert_eq!(marketing(&view, 1_001), Check::Clear(1_100));
}

#[test]
fn a_lost_value_is_written_again_by_its_owner_and_then_rests() {
    let mut view = fresh();
    let (key, newer) = joined(&mut view, 0, 9, &suppression(Unsubscribed, true));
    let older = joined(&mut fresh(), 0, 5, &suppression(Unsubscribed, false)).1;
    view.record(0, 0, key.as_bytes(), Some(&newer));
    assert!(view.rewrites(1_001, |_| true, 9).is_empty());
    view.record(0, 1, key.as_bytes(), Some(&older));
    assert!(view.rewrites(1_001, |source| source == 7, 9).is_empty(), "not the owner");
    assert!(view.rewrites(1_100, |_| true, 9).is_empty(), "not fresh");
    assert_eq!(view.rewrites(1_001, |source| source == 0, 9), [(key.clone(), newer.clone())]);
    view.record(0, 2, key.as_bytes(), Some(&newer));
    assert!(view.rewrites(1_001, |_| true, 9).is_empty());
    assert_eq!(marketing(&view, 1_001), Check::Suppressed(Unsubscribed));
}

/// Two forwarders that write without having seen each other end with one value that holds both.
#[test]
fn forwarders_that_overwrite_each_other_converge() {
    let mut views = [fresh(), fresh()];
    let mut log = Vec::new();
    for (partition, view) in views.iter_mut().enumerate() {
        log.push(joined(view, partition as i32, 3, &suppression(Unsubscribed, true)));
    }
    let mut read = 0;
    while read < log.len() {
        assert!(log.len() < 8, "no endless exchange");
        for view in &mut views {
            for (offset, (key, value)) in log.iter().enumerate().skip(read) {
                view.record(0, offset as i64, key.as_bytes(), Some(value));
            }
            view.end_seen(0, log.len() as i64, 1_000);
        }
        read = log.len();
        for (partition, view) in views.iter_mut().enumerate() {
            log.extend(view.rewrites(1_001, |source| source == partition as i32, 9));
        }
    }
    let last: Stored = serde_json::from_slice(&log.last().unwrap().1).unwrap();
    assert_eq!(last.sources.iter().map(|source| source.partition).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_full_view_calls_nobody_and_forgets_nothing() {
    let mut view = View::new([(0, 0)], 100, 3);
    view.end_seen(0, 0, 1_000);
    view.accepted(0, 1, &suppression(Unsubscribed, true));
    view.accepted(1, 1, &suppression(Unsubscribed, true));
    assert!(!view.record(0, 0, &[b'0'; 32], Some(b"{")), "what cannot be read takes room too");
    view.accepted(0, 2, &suppression(Unsubscribed, false));
    assert_eq!((view.len(), view.words(), view.is_full()), (1, 2, false));
    let bob =
        |view: &View| view.check(Channel::Email, "bob@example.com", Class::Transactional, 1_001);
    assert_eq!(bob(&view), Check::Clear(1_100));
    assert_eq!(
        view.accepted(0, 3, &suppression(Bounced, true)),
        Some(Accepted::NoRoom),
        "another word of a known address"
    );
    assert!(view.is_full());
    assert_eq!(bob(&view), Check::NotFresh);
    assert_eq!(view.check(Channel::Webhook, "", Class::Marketing, 0), Check::Clear(Millis::MAX));
    assert_eq!(
        view.accepted(1, 2, &suppression(Unsubscribed, false)),
        Some(Accepted::NoRoom),
        "what is written could lack what had no room"
    );
}

#[test]
fn a_topic_with_more_than_there_is_room_for_fills_the_view() {
    for (room, full) in [(2, false), (1, true)] {
        let mut view = View::new([(0, 0)], 100, room);
        view.end_seen(0, 2, 1_000);
        for (offset, address) in [(0, ANA), (1, "bob@example.com")] {
            let address = Suppression::hash(Channel::Email, address);
            let told = Suppression { address, ..suppression(Unsubscribed, true) };
            let (key, value) = joined(&mut fresh(), 0, 1, &told);
            assert!(view.record(0, offset, key.as_bytes(), Some(&value)));
        }
        let carl = view.check(Channel::Email, "carl@example.com", Class::Marketing, 1_001);
        let expected = if full { Check::NotFresh } else { Check::Clear(1_100) };
        assert_eq!((view.is_full(), carl), (full, expected));
    }
}

#[test]
fn what_is_written_again_comes_a_few_at_a_time() {
    let mut view = fresh();
    for offset in 0..5 {
        let address = Suppression::hash(Channel::Email, &format!("{offset}@example.com"));
        let told =
            |active| Suppression { address: address.clone(), ..suppression(Unsubscribed, active) };
        let (key, _) = joined(&mut view, 0, 9, &told(true));
        let older = joined(&mut fresh(), 0, 5, &told(false)).1;
        view.record(0, offset, key.as_bytes(), Some(&older));
    }
    let mut counts = || view.rewrites(1_001, |_| true, 2).len();
    assert_eq!([counts(), counts(), counts(), counts()], [2, 2, 1, 0]);
}
