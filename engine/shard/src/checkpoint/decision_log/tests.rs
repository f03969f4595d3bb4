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
            let packed = text.into_bytes().repeat(1 + length * (number as usize % 2));
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
        damaged[DECISION_HEADER] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let told = checkpoints.log.newest(customer(0), usize::MAX).unwrap_err();
        assert!(told.to_string().contains("the decision at byte 0 of a segment"), "{told}");
        std::fs::write(&path, &sound).unwrap();
        checkpoints.check(&checkpoints.log);
    }
}
