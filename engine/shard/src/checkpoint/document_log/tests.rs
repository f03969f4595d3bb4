use super::*;
use crate::checkpoint::{Sealed, Stored, fold};
use cartwheel_core::customer::{
    Chain, Customer, Document, DocumentEntry, DocumentKey, How, Journal, Version,
};
use cartwheel_core::effect::NewDecisions;
use cartwheel_core::id::CustomerId;

fn read(log: &DocumentLog, place: u64) -> Option<Vec<u8>> {
    let mut room = Vec::new();
    log.read(place, &mut room).ok()?;
    DocumentEntry::read(&room).map(|entry| entry.content.to_vec())
}

#[test]
fn entries_are_read_at_their_places_until_their_segment_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let log = DocumentLog::open(folder.path(), 0).unwrap();
    let (mut journal, mut places) = (Journal::default(), Vec::new());
    // Around the end of the first segment.
    journal.go_on(begin_of(1) - (2 << 20));
    for number in 0..40_usize {
        let mut chain = Chain::default();
        let content = vec![number as u8; number * number * 100];
        journal.append(&mut chain, Document::Cart, &content);
        places.push((chain.newest(journal.end()).unwrap(), content));
        if number % 7 == 0 {
            let taken = journal.take();
            assert!(log.add(taken.pieces()).unwrap() > 0);
        }
    }
    log.add(journal.pieces()).unwrap();
    assert!(segment_of(places[0].0) == 0 && segment_of(places[39].0) == 1);
    let again = || DocumentLog::open(folder.path(), journal.end()).unwrap();
    for log in [&log, &again()] {
        for (place, content) in &places {
            assert_eq!(read(log, *place).as_ref(), Some(content));
        }
    }
    log.forget(begin_of(1)).unwrap();
    for log in [&log, &again()] {
        for (place, content) in &places {
            let expected = (segment_of(*place) == 1).then_some(content);
            assert_eq!(read(log, *place).as_ref(), expected);
        }
    }
    assert_eq!(read(&log, begin_of(1) + (200 << 20)), None);
}

/// Entries of every length across the borders of windows, of what can be packed and what cannot.
#[test]
fn entries_stand_across_windows_and_take_less_than_they_are_long() {
    let folder = tempfile::tempdir().unwrap();
    let log = DocumentLog::open(folder.path(), 0).unwrap();
    let (mut journal, mut places) = (Journal::default(), Vec::new());
    let mut noise = 1_u32;
    for length in 0..2_500_usize {
        let content: Vec<u8> = (0..length)
            .map(|at| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if length % 3 == 0 { (noise >> 24) as u8 } else { b"\"quantity\":1,"[at % 13] }
            })
            .collect();
        let mut chain = Chain::default();
        journal.append(&mut chain, Document::Cart, &content);
        places.push((chain.newest(journal.end()).unwrap(), content));
    }
    let written = log.add(journal.pieces()).unwrap();
    assert!(written < journal.len() as u64 * 6 / 10, "{written} of {}", journal.len());
    for (place, content) in &places {
        assert_eq!(read(&log, *place).as_ref(), Some(content));
    }
}

#[test]
fn what_a_checkpoint_that_did_not_come_to_be_has_added_gives_way() {
    let folder = tempfile::tempdir().unwrap();
    let log = DocumentLog::open(folder.path(), 0).unwrap();
    let entry = |log: &DocumentLog, journal: &mut Journal, content: &[u8]| {
        let mut chain = Chain::default();
        journal.append(&mut chain, Document::Cart, content);
        log.add(journal.pieces()).unwrap();
        chain.newest(journal.end()).unwrap()
    };
    let lost = entry(&log, &mut Journal::default(), &[7; 5_000]);
    let mut journal = Journal::default();
    let place = entry(&log, &mut journal, b"{}");
    assert_eq!((lost, read(&log, place).as_deref()), (place, Some(&b"{}"[..])));
    // The same after a crash: whole, and cut off anywhere.
    let end = journal.end();
    drop(journal.take());
    entry(&log, &mut journal, &[8; 5_000]);
    let path = folder.path().join("00000000.frames");
    let (whole, mut cut) = (std::fs::read(&path).unwrap(), 0);
    let first = log.look().frames.values().next().unwrap().end() as usize;
    while first + cut <= whole.len() {
        std::fs::write(&path, &whole[..first + cut]).unwrap();
        let again = DocumentLog::open(folder.path(), end).unwrap();
        assert_eq!(read(&again, place).as_deref(), Some(&b"{}"[..]));
        let mut journal = Journal::default();
        journal.go_on(end);
        let next = entry(&again, &mut journal, b"next");
        assert_eq!(read(&again, next).as_deref(), Some(&b"next"[..]));
        cut += 5;
    }
}

#[test]
fn damage_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let log = DocumentLog::open(folder.path(), 0).unwrap();
    let (mut journal, mut chain) = (Journal::default(), Chain::default());
    journal.append(&mut chain, Document::Cart, &b"cart".repeat(1_000));
    log.add(journal.pieces()).unwrap();
    let path = folder.path().join("00000000.frames");
    let sound = std::fs::read(&path).unwrap();
    let place = chain.newest(journal.end()).unwrap();
    let content = b"cart".repeat(1_000);
    let mut unharmed = 0;
    for at in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[at] ^= 9;
        std::fs::write(&path, damaged).unwrap();
        match DocumentLog::open(folder.path(), journal.end()) {
            // What stands before the entry, and fills up the chunk, is nobody's.
            Ok(log) => {
                let found = read(&log, place);
                unharmed += usize::from(found.is_some());
                assert!(found.is_none_or(|found| found == content), "{at}");
            }
            Err(error) => assert!(error.to_string().contains("damaged at byte 0"), "{error}"),
        }
    }
    assert!(unharmed < 24, "{unharmed} of {}", sound.len());
    std::fs::write(&path, &sound[..sound.len() - 1]).unwrap();
    assert!(DocumentLog::open(folder.path(), journal.end()).is_err());
}

/// Files of version 8: the journal's chunks at their places.
#[test]
fn files_of_before_are_read_until_they_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let (mut journal, mut chain) = (Journal::default(), Chain::default());
    journal.append(&mut chain, Document::Cart, b"old");
    let file = File::create(folder.path().join("00000000.documents")).unwrap();
    for (place, chunk) in journal.pieces() {
        file.write_all_at(chunk, place).unwrap();
    }
    let (end, old) = (journal.end(), chain.newest(journal.end()).unwrap());
    // The first checkpoint that writes frames comes to nothing, with none of them whole.
    std::fs::write(folder.path().join("00000000.frames"), b"ab").unwrap();
    let log = DocumentLog::open(folder.path(), end).unwrap();
    drop(journal.take());
    journal.append(&mut chain, Document::Cart, b"new");
    log.add(journal.pieces()).unwrap();
    let new = chain.newest(journal.end()).unwrap();
    for log in [&log, &DocumentLog::open(folder.path(), journal.end()).unwrap()] {
        assert_eq!(read(log, old).as_deref(), Some(&b"old"[..]));
        assert_eq!(read(log, new).as_deref(), Some(&b"new"[..]));
    }
    log.forget(begin_of(1)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(read(&log, old).is_none() && read(&log, new).is_none());
}

/// Versions of a customer's carts, orders and profile, late ones among them, over two checkpoints: what is read is what it was, and the log is shorter.
#[test]
fn versions_that_gave_way_are_not_written_and_nobody_misses_them() {
    let mut noise = 7_u32;
    let mut random = |below: u32| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 16) % below
    };
    let mut blanked = 0;
    for round in 0..400 {
        let folder = tempfile::tempdir().unwrap();
        let log = DocumentLog::open(folder.path(), 0).unwrap();
        let (mut journal, mut customer) = (Journal::default(), Customer::new(CustomerId(round)));
        let (mut written, mut keys) = (Vec::new(), Vec::new());
        for _ in 0..2 {
            for _ in 0..random(9) {
                let kind = [Document::Cart, Document::Order, Document::Profile][random(3) as usize];
                let key = DocumentKey::new(kind, u64::from(random(2)) << 8);
                let how = [How::Replace, How::Replace, How::Add, How::Remove, How::Forget];
                let how = how[random(if kind == Document::Profile { 3 } else { 5 }) as usize];
                let at = if how == How::Forget { i64::MIN } else { i64::from(random(6)) };
                let content = format!(r#"{{"f{}":{},"g":{at}}}"#, random(3), random(100));
                let version = Version { key, at, how };
                journal.append_version(&mut customer.cold, version, content.as_bytes());
                written.push((kind, [&version.encode()[..], content.as_bytes()].concat()));
                keys.push(key);
            }
            let mut sealed = Sealed::default();
            sealed.take_over(&mut journal, &mut NewDecisions::default(), 1);
            sealed.add(&mut customer);
            log.add(sealed.documents()).unwrap();
        }
        let (mut stored, mut next) = (Stored::default(), customer.cold.newest(journal.end()));
        let mut room = Vec::new();
        while let Some(place) = next {
            log.read(place, &mut room).unwrap();
            let entry = DocumentEntry::read(&room).expect("an entry");
            blanked += usize::from(entry.content.is_empty());
            stored.push_older(entry.document, entry.content, |_, _| true);
            next = entry.older(place);
        }
        let mut whole = Stored::default();
        for (kind, content) in written.iter().rev() {
            whole.push_older(*kind, content, |_, _| true);
        }
        assert_eq!(fold(stored.entries()), fold(whole.entries()), "{round}");
        for key in keys {
            let text = |stored: &Stored| {
                let mut out = Vec::new();
                stored.document(key).inspect(|shown| shown.write(&mut out));
                out
            };
            assert_eq!(text(&stored), text(&whole), "{round}");
        }
    }
    assert!(blanked > 200, "{blanked}");
}
