use super::*;
use cartwheel_core::effect::NewDecisions;
use std::collections::BTreeMap;

/// Customers whose ids share their lowest 64 bits, and others.
fn customer(number: u64) -> CustomerId {
    CustomerId(u128::from(number) << 64 | u128::from(number % 3))
}

/// Decisions of a checkpoint: of each of nine customers some, of differing length.
fn decided(checkpoint: u64, each: usize, length: usize) -> NewDecisions {
    let mut new = NewDecisions::default();
    for place in 0..each {
        for number in 0..9 {
            let text = format!("{checkpoint}/{place}/{number}");
            // Nothing that packing makes shorter.
            let seed = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
            let words = (0..(length * (number as usize % 2)) as u64)
                .map(|at| xxhash_rust::xxh3::xxh3_64_with_seed(&at.to_le_bytes(), seed));
            let packed = words.fold(text.into_bytes(), |mut packed, word| {
                packed.extend_from_slice(&word.to_le_bytes());
                packed
            });
            new.append(customer(number), &packed);
        }
    }
    new
}

struct Checkpoints {
    log: DecisionLog,
    seq: u64,
    expected: BTreeMap<u64, Vec<Vec<u8>>>,
}

impl Checkpoints {
    fn new(folder: &Path) -> Self {
        let log = DecisionLog::open(folder, End::default(), None).unwrap();
        Self { log, seq: 0, expected: BTreeMap::new() }
    }

    fn take(&mut self, new: &NewDecisions) -> End {
        self.seq += 1;
        let appended = self.log.append(new.pieces()).unwrap();
        let end = appended.end;
        self.log.publish(appended, self.seq).unwrap();
        for number in 0..9 {
            let own = new.of(customer(number)).map(<[u8]>::to_vec);
            self.expected.entry(number).or_default().extend(own);
        }
        end
    }

    fn check(&self, log: &DecisionLog) {
        for number in 0..9 {
            let all = &self.expected[&number];
            for limit in [1, 5, 64, usize::MAX] {
                let (seq, found) = log.newest(customer(number), limit).unwrap();
                let expected = &all[all.len().saturating_sub(limit)..];
                assert_eq!((seq, found.as_slice()), (Some(self.seq), expected), "{number} {limit}");
            }
        }
        assert_eq!(log.newest(customer(9), 64).unwrap(), (Some(self.seq), Vec::new()));
    }
}

#[test]
fn the_newest_of_a_customer_are_found_across_segments_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::new(folder.path());
    assert_eq!(checkpoints.log.newest(customer(1), 64).unwrap(), (None, Vec::new()));
    let mut end = End::default();
    for checkpoint in 0..5 {
        end = checkpoints.take(&decided(checkpoint, 40, 30_000));
        checkpoints.check(&checkpoints.log);
    }
    assert!(end.segment >= 2, "{end:?}");
    let again = DecisionLog::open(folder.path(), end, Some(checkpoints.seq)).unwrap();
    checkpoints.check(&again);
    assert_eq!(End::decode(&end.encode()).unwrap(), end);
    assert!(End::decode(&[0; 15]).is_err() && End::decode(&[0; 17]).is_err());
}

#[test]
fn what_a_checkpoint_that_did_not_come_to_be_has_appended_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::new(folder.path());
    let end = checkpoints.take(&decided(0, 3, 10));
    for length in [10, 60_000] {
        // Appended, never published; the second one also fills segments.
        checkpoints.log.append(decided(7, 40, length).pieces()).unwrap();
        let again = DecisionLog::open(folder.path(), end, Some(checkpoints.seq)).unwrap();
        checkpoints.check(&again);
    }
    checkpoints.take(&decided(1, 2, 10));
    checkpoints.check(&checkpoints.log);
}

#[test]
fn of_a_log_that_is_too_long_the_oldest_part_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::new(folder.path());
    checkpoints.log.limit = 3 * SEGMENT;
    for checkpoint in 0..12 {
        checkpoints.take(&decided(checkpoint, 40, 30_000));
        let sizes = std::fs::read_dir(folder.path()).unwrap();
        let bytes: u64 = sizes.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= 3 * SEGMENT + (1 << 20), "{bytes}");
    }
    let (_, found) = checkpoints.log.newest(customer(1), usize::MAX).unwrap();
    let all = &checkpoints.expected[&1];
    assert!(found.len() < all.len() && all.ends_with(&found));
}

#[test]
fn what_somebody_has_taken_away_is_gone_and_the_log_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::new(folder.path());
    let mut end = End::default();
    for checkpoint in 0..5 {
        end = checkpoints.take(&decided(checkpoint, 40, 30_000));
    }
    let path = |segment| folder.path().join(format!("{segment:016x}{SUFFIX}"));
    // A full segment, the index of another one, and a part of the last one.
    std::fs::remove_file(path(0)).unwrap();
    let cut = |segment: u64, by: u64| {
        let file = OpenOptions::new().write(true).open(path(segment)).unwrap();
        file.set_len(file.metadata().unwrap().len() - by).unwrap();
    };
    cut(1, 4);
    cut(end.segment, 1);
    let again = DecisionLog::open(folder.path(), end, Some(checkpoints.seq)).unwrap();
    let (_, found) = again.newest(customer(1), usize::MAX).unwrap();
    let all = &checkpoints.expected[&1];
    assert!(!found.is_empty() && found.len() < all.len());
    let new = decided(9, 1, 1);
    let appended = again.append(new.pieces()).unwrap();
    assert_eq!(appended.end.segment, end.segment + 1);
    again.publish(appended, 9).unwrap();
    assert_eq!(again.newest(customer(2), 1).unwrap().1, new.of(customer(2)).collect::<Vec<_>>());
}

/// Of many customers with a decision or two each: what a checkpoint appends is a half of what was decided, and each is found.
#[test]
fn what_is_decided_alike_takes_little_room() {
    let folder = tempfile::tempdir().unwrap();
    let log = DecisionLog::open(folder.path(), End::default(), None).unwrap();
    let (mut new, mut bytes) = (NewDecisions::default(), 0);
    let id = |number: u64| CustomerId(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    for number in 0..40_000_u64 {
        let packed = format!("{} cart_abandonment moved", number % 20_000);
        bytes += packed.len() as u64 + 16;
        new.append(id(number % 20_000), packed.as_bytes());
    }
    let appended = log.append(new.pieces()).unwrap();
    assert!(appended.bytes < bytes * 6 / 10, "{} of {bytes}", appended.bytes);
    log.publish(appended, 1).unwrap();
    for number in [0, 1, 777, 19_999] {
        let packed = format!("{number} cart_abandonment moved").into_bytes();
        assert_eq!(log.newest(id(number), 64).unwrap().1, [packed.clone(), packed]);
    }
    assert!(log.newest(id(20_000), 64).unwrap().1.is_empty());
}

/// A segment of version 8, full or not.
fn write_old(path: &Path, entries: &[(CustomerId, &[u8])], full: bool) -> u64 {
    let (mut segment, mut index) = (Vec::new(), Vec::new());
    for (customer, packed) in entries {
        index.push((customer.0 as u64, segment.len() as u32));
        segment.extend_from_slice(&customer.0.to_le_bytes());
        segment.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        let seed = customer.0 as u64 ^ packed.len() as u64;
        let hash = xxhash_rust::xxh3::xxh3_64_with_seed(packed, seed) as u32;
        segment.extend_from_slice(&hash.to_le_bytes());
        segment.extend_from_slice(packed);
    }
    let bytes = segment.len() as u64;
    if full {
        index.sort_unstable();
        for (customer, at) in &index {
            segment.extend_from_slice(&customer.to_le_bytes());
            segment.extend_from_slice(&at.to_le_bytes());
        }
        segment.extend_from_slice(&(index.len() as u32).to_le_bytes());
        segment.extend_from_slice(&(bytes as u32).to_le_bytes());
        segment.extend_from_slice(b"cwdecide");
    } else {
        // Of a checkpoint that did not come to be.
        segment.extend_from_slice(&[7; 30]);
    }
    std::fs::write(path, segment).unwrap();
    bytes
}

#[test]
fn segments_of_before_are_read_until_they_are_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let old = |segment: u64| folder.path().join(format!("{segment:016x}.decisions"));
    let long = vec![7; 2_000];
    write_old(&old(3), &[(customer(1), b"a"), (customer(4), b"x"), (customer(1), &long)], true);
    let bytes = write_old(&old(4), &[(customer(1), b"c"), (customer(2), b"y")], false);
    let end = End { segment: 4, bytes };
    let log = DecisionLog::open(folder.path(), end, Some(7)).unwrap();
    let before = [b"a".to_vec(), long.clone(), b"c".to_vec()];
    assert_eq!(log.newest(customer(1), 64).unwrap(), (Some(7), before.to_vec()));
    assert_eq!(log.newest(customer(4), 64).unwrap().1, [b"x".to_vec()]);
    let mut new = NewDecisions::default();
    new.append(customer(1), b"d");
    let appended = log.append(new.pieces()).unwrap();
    let end = appended.end;
    assert_eq!(end.segment, 5);
    log.publish(appended, 8).unwrap();
    let again = DecisionLog::open(folder.path(), end, Some(8)).unwrap();
    for log in [&log, &again] {
        let all = [&before[..], &[b"d".to_vec()]].concat();
        assert_eq!(log.newest(customer(1), 64).unwrap(), (Some(8), all.clone()));
        assert_eq!(log.newest(customer(1), 2).unwrap().1, all[2..]);
    }
    // Too long by one byte, then by all but the newest.
    for (limit, left) in [(100, "4 5"), (60, "5")] {
        let mut log = again.clone();
        log.limit = limit;
        let appended = log.append(std::iter::empty()).unwrap();
        log.publish(appended, 9).unwrap();
        let there = |segment: &u64| {
            old(*segment).exists() || folder.path().join(format!("{segment:016x}{SUFFIX}")).exists()
        };
        let there: Vec<String> = (3..=5).filter(there).map(|number| number.to_string()).collect();
        assert_eq!(there.join(" "), left);
    }
}

#[test]
fn a_decision_that_is_not_what_was_written_is_said_and_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoints = Checkpoints::new(folder.path());
    let mut end = End::default();
    for checkpoint in 0..5 {
        end = checkpoints.take(&decided(checkpoint, 40, 30_000));
    }
    checkpoints.take(&decided(5, 2, 1));
    for segment in [0, end.segment] {
        let path = folder.path().join(format!("{segment:016x}{SUFFIX}"));
        let sound = std::fs::read(&path).unwrap();
        let mut damaged = sound.clone();
        damaged[HEADER] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let log = &checkpoints.log;
        let told =
            (0..9).find_map(|number| log.newest(customer(number), usize::MAX).err()).unwrap();
        assert!(told.to_string().contains("the decisions at byte 0 of a segment"), "{told}");
        std::fs::write(&path, &sound).unwrap();
        checkpoints.check(&checkpoints.log);
    }
}
