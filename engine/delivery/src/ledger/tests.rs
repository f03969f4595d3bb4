use super::*;
use crate::receipt::Ending;

fn begin(command: u128, number: u32, at: Millis) -> Begin {
    Begin {
        command: CommandId(command),
        number,
        at,
        not_after: at + DAY,
        provider: provider_hash("smtp"),
    }
}

/// Three commands: one sent at the second call, one open, one uncertain.
fn story<S: Storage>(storage: S) -> Ledger<S> {
    let mut ledger = Ledger::open(storage).unwrap();
    ledger.begin(begin(1, 1, 10));
    ledger.flush(true).unwrap();
    ledger.refused(CommandId(1), 11);
    ledger.begin(begin(1, 2, 12));
    ledger.begin(begin(2, 1, 12));
    ledger.begin(begin(3, 1, 12));
    ledger.flush(true).unwrap();
    ledger.end(CommandId(1), Ending::Sent, 10 + DAY, 13);
    ledger.uncertain(CommandId(3), 14);
    ledger.flush(false).unwrap();
    ledger
}

fn check_story<S: Storage>(ledger: &Ledger<S>) {
    let get = |id| ledger.get(CommandId(id)).copied().unwrap();
    assert_eq!(
        (get(1).attempts, get(1).first_at, get(1).ending, get(1).open),
        (2, 10, Some(Ending::Sent), false)
    );
    assert_eq!(
        (get(2).attempts, get(2).ending, get(2).open, get(2).uncertain),
        (1, None, true, false)
    );
    assert_eq!((get(3).ending, get(3).open, get(3).uncertain), (None, false, true));
    assert_eq!(get(2).provider, provider_hash("smtp"));
    assert_eq!(ledger.get(CommandId(4)), None);
}

#[test]
fn a_file_is_read_again_and_belongs_to_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attempts-0");
    let ledger = story(File::open(&path).unwrap());
    check_story(&ledger);
    assert_eq!(File::open(&path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(ledger);
    let mut ledger = Ledger::open(File::open(&path).unwrap()).unwrap();
    check_story(&ledger);
    ledger.rewrite(20).unwrap();
    ledger.begin(begin(5, 1, 21));
    ledger.flush(true).unwrap();
    drop(ledger);
    let ledger = Ledger::open(File::open(&path).unwrap()).unwrap();
    check_story(&ledger);
    assert!(ledger.get(CommandId(5)).unwrap().open, "appends go on behind a compaction");
}

#[test]
fn a_ledger_is_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attempts-0");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let mut ledger = story(File::open(&path).unwrap());
    assert_eq!((mode(&path), mode(&path.with_extension("lock"))), (0o600, 0o600));
    ledger.rewrite(20).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_tail_torn_at_any_byte_keeps_what_was_whole() {
    let whole = story(Memory::default()).storage.content().to_vec();
    for cut in 0..whole.len() {
        let mut ledger = Ledger::open(Memory::with(whole[..cut].to_vec())).unwrap();
        let entries = cut.saturating_sub(8) / entry::SIZE;
        assert_eq!(ledger.storage.content().len(), 8 + entries * entry::SIZE, "cut {cut}");
        assert_eq!(ledger.get(CommandId(1)).is_some(), entries >= 1, "cut {cut}");
        assert_eq!(ledger.get(CommandId(2)).is_some(), entries >= 4, "cut {cut}");
        ledger.begin(begin(9, 1, 50));
        ledger.flush(true).unwrap();
        let again = Ledger::open(Memory::with(ledger.storage.content().to_vec())).unwrap();
        assert!(again.get(CommandId(9)).unwrap().open, "cut {cut}");
    }
}

#[test]
fn a_tail_of_zeros_is_torn_and_a_flipped_byte_before_it_is_damage() {
    let whole = story(Memory::default()).storage.content().to_vec();
    let mut zeros = whole.clone();
    zeros.extend([0; 200]);
    check_story(&Ledger::open(Memory::with(zeros)).unwrap());
    let last = whole.len() - entry::SIZE;
    for place in 8..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x40;
        match Ledger::open(Memory::with(flipped)) {
            Err(LedgerError::Damaged(at)) => {
                assert!(place < last && at == (8 + (place - 8) / entry::SIZE * entry::SIZE) as u64)
            }
            Ok(ledger) => assert!(place >= last && !ledger.get(CommandId(3)).unwrap().uncertain),
            Err(other) => panic!("{other}"),
        }
    }
    for place in 0..8 {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        assert!(matches!(Ledger::open(Memory::with(flipped)), Err(LedgerError::Foreign)));
    }
}

#[test]
fn old_commands_are_forgotten_and_the_rest_survives_compaction() {
    let mut ledger = story(Memory::default());
    ledger.rewrite(20).unwrap();
    check_story(&Ledger::open(ledger.storage.clone()).unwrap());
    let mut now = 0;
    while ledger.compacted < COMPACT_ABOVE / 4 {
        for id in 0..100 {
            ledger.begin(begin(1_000 + now as u128 * 100 + id, 1, now));
        }
        ledger.flush(false).unwrap();
        ledger.compact(now, false).unwrap();
        now += 1_000;
    }
    assert!(ledger.bytes <= COMPACT_ABOVE + 100 * entry::SIZE as u64);
    ledger.rewrite(now + DAY + KEEP + 1_000).unwrap();
    assert!(ledger.is_empty());
    assert_eq!(ledger.storage.content(), entry::MAGIC);
}

/// Fails every append.
struct Full;

impl Storage for Full {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(entry::MAGIC.to_vec())
    }
    fn append(&mut self, _: &[u8], _: bool) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
    fn replace(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failed_write_is_final() {
    let mut ledger = Ledger::open(Full).unwrap();
    ledger.begin(begin(1, 1, 0));
    assert!(matches!(ledger.flush(true), Err(LedgerError::Io(_))));
    assert!(matches!(ledger.flush(true), Err(LedgerError::Failed)));
}

#[test]
fn a_full_worker_forgets_what_is_over_before_the_file_has_doubled() {
    let mut ledger = story(Memory::default());
    ledger.compact(20, true).unwrap();
    check_story(&ledger);
    let over = 12 + DAY + KEEP + 1;
    ledger.compact(over, false).unwrap();
    assert_eq!(ledger.len(), 3, "the file is small");
    ledger.compact(over, true).unwrap();
    assert!(ledger.is_empty());
    ledger.begin(begin(4, 1, 0));
    ledger.compact(over + AGAIN - 1, true).unwrap();
    assert_eq!(ledger.len(), 1, "not again at once");
    ledger.compact(over + AGAIN, true).unwrap();
    assert!(ledger.is_empty());
}
