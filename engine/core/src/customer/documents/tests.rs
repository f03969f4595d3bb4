use super::super::document::DocumentKey;
use super::*;

fn contents(journal: &Journal, chain: Chain) -> Vec<(Document, Vec<u8>)> {
    let mut found = Vec::new();
    let mut next = chain.newest(journal.end());
    while let Some(place) = next {
        let entry = journal.entry(place).expect("an entry");
        found.push((entry.document, entry.content.to_vec()));
        next = entry.older(place);
    }
    found
}

#[test]
fn chains_are_separate_and_stay_as_they_were_copied() {
    let mut journal = Journal::default();
    let (mut ana, mut ben) = (Chain::default(), Chain::default());
    journal.append(&mut ana, Document::Name, b"ana");
    journal.append(&mut ben, Document::Name, b"ben");
    journal.append(&mut ana, Document::Cart, b"{1}");
    let before = ana;
    journal.append(&mut ana, Document::Cart, b"{2}");
    let entry = |document, content: &[u8]| (document, content.to_vec());
    let all = [
        entry(Document::Cart, b"{2}"),
        entry(Document::Cart, b"{1}"),
        entry(Document::Name, b"ana"),
    ];
    assert_eq!(contents(&journal, ana), all);
    assert_eq!(contents(&journal, before), all[1..]);
    assert_eq!(contents(&journal, ben).len(), 1);
    assert_eq!((ana.links(), ana.oldest_segment(journal.end())), (3, Some(0)));
    assert!(Chain::default().newest(journal.end()).is_none());
    assert_eq!(Chain::default().oldest_segment(journal.end()), None);
    assert_eq!(Chain::from_bytes(ana.to_bytes()), ana);
}

#[test]
fn a_version_takes_the_place_of_the_one_before_that_it_supersedes() {
    let key = |id: u64| DocumentKey::new(Document::Cart, id << 8);
    let version = |id: u64, at, how| Version { key: key(id), at, how };
    let whole = version(1, 5, How::Replace);
    for (next, longer) in [
        (version(1, 5, How::Replace), false),
        (version(1, 6, How::Remove), false),
        (Version::forgotten(key(1)), false),
        (version(1, 4, How::Replace), true),
        (version(1, 6, How::Add), true),
        (version(2, 6, How::Replace), true),
    ] {
        let (mut journal, mut chain) = (Journal::default(), Chain::default());
        journal.append(&mut chain, Document::Name, b"ana");
        journal.append_version(&mut chain, whole, b"{}");
        let (before, was) = (chain, contents(&journal, chain));
        journal.append_version(&mut chain, next, b"{}");
        let count = if longer { 3 } else { 2 };
        assert_eq!((contents(&journal, chain).len(), chain.links()), (count, count as u8));
        assert_eq!(contents(&journal, before), was, "what was copied before stays");
        // What has been taken is not looked at.
        let _ = journal.take();
        journal.append_version(&mut chain, version(1, 9, How::Replace), b"{}");
        assert_eq!(chain.links(), count as u8 + 1);
    }
    // Whoever was forgotten stays so, and what is no version is not taken for one.
    let (mut journal, mut chain) = (Journal::default(), Chain::default());
    journal.append(&mut chain, Document::Name, &whole.encode());
    journal.append_version(&mut chain, whole, b"{}");
    journal.append_version(&mut chain, Version::forgotten(key(1)), b"");
    journal.append_version(&mut chain, version(1, 9, How::Replace), b"{}");
    assert_eq!(contents(&journal, chain).len(), 3);
}

#[test]
fn an_entry_that_is_not_whole_or_not_what_was_written_is_not_read() {
    let mut journal = Journal::default();
    journal.append(&mut Chain::default(), Document::Cart, b"some content");
    let (_, piece) = journal.pieces().next().unwrap();
    let bytes = piece[UNIT..].to_vec();
    let length = DocumentEntry::length(&bytes).unwrap();
    assert!(DocumentEntry::read(&bytes).is_some());
    assert!((0..length).all(|cut| DocumentEntry::read(&bytes[..cut]).is_none()));
    for at in 0..length {
        let mut damaged = bytes.clone();
        damaged[at] ^= 9;
        assert!(DocumentEntry::read(&damaged).is_none(), "{at}");
    }
}

/// Places come round again after 64 GiB, and nothing is mistaken for what stood there before.
#[test]
fn places_go_on_beyond_32_bits() {
    for end in [3 * LOG_SPAN - 40 * CHUNK as u64, 3 * LOG_SPAN - 3 * CHUNK as u64] {
        let mut journal = Journal::default();
        journal.go_on(end);
        let mut chain = Chain::default();
        let content = vec![7; CHUNK / 2];
        (0..64).for_each(|_| journal.append(&mut chain, Document::Cart, &content));
        assert!(journal.end() > 3 * LOG_SPAN);
        assert_eq!(contents(&journal, chain).len(), 64);
        assert_eq!(chain.oldest_segment(journal.end()), Some(segment_of(end)));
        let later = journal.end() + LOG_SPAN - 100 * CHUNK as u64;
        assert_eq!(chain.newest(later), chain.newest(journal.end()));
    }
}

#[test]
fn what_was_taken_stays_and_its_memory_is_used_again() {
    let mut journal = Journal::with_room(2 * CHUNK + 1);
    assert_eq!((journal.len(), journal.chunks.count()), (0, 3));
    let (mut first, mut second) = (Chain::default(), Chain::default());
    let content = vec![7; CHUNK / 2 - UNIT];
    (0..5).for_each(|_| journal.append(&mut first, Document::Cart, &content));
    let end = journal.end();
    let taken = journal.take();
    assert_eq!(contents(&taken, first).len(), 5);
    assert!(journal.is_empty() && journal.begin() >= end && taken.end() == end);
    journal.append(&mut second, Document::Cart, b"{}");
    journal.reuse(taken);
    (0..3).for_each(|_| journal.append(&mut second, Document::Cart, &content));
    assert_eq!(contents(&journal, second).len(), 4);
    assert!(journal.entry(first.newest(journal.end()).unwrap()).is_none());
}
