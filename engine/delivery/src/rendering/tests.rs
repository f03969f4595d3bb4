use super::*;

const ANA: CommandId = CommandId(7);
const BEA: CommandId = CommandId(8);

/// A watch over its file, as the caller keeps it.
struct Kept {
    watch: Watch,
    file: Vec<u8>,
}

impl Kept {
    fn open(file: &[u8]) -> Self {
        let watch = Watch::read(file);
        Self { file: watch.content(), watch }
    }

    fn apply(&mut self, patch: &Patch) {
        let at = usize::try_from(patch.offset).unwrap();
        self.file[at..at + ENTRY].copy_from_slice(&patch.bytes);
    }

    fn begin(&mut self, command: CommandId) -> usize {
        let (slot, patch) = self.watch.begin(command).unwrap();
        self.apply(&patch);
        slot
    }

    fn end(&mut self, slot: usize, strike: Option<Strike>) {
        self.watch.end(slot, strike).iter().for_each(|patch| self.apply(patch));
    }

    /// The process ends, and another begins.
    fn killed(&self) -> Self {
        Self::open(&self.file)
    }
}

#[test]
fn what_ends_the_process_twice_is_quarantined() {
    let mut kept = Kept::open(&[]);
    assert_eq!(kept.watch.verdict(ANA), Verdict::Clear);
    kept.begin(ANA);
    let mut kept = kept.killed();
    assert_eq!(kept.watch.verdict(ANA), Verdict::Alone);
    kept.begin(ANA);
    let mut kept = kept.killed();
    assert_eq!(kept.watch.verdict(ANA), Verdict::Quarantined(Strike::Killed));
    assert_eq!(kept.watch.verdict(BEA), Verdict::Clear, "delivery goes on with the next");
    let bea = kept.begin(BEA);
    kept.end(bea, None);
    let kept = kept.killed();
    assert_eq!(kept.watch.verdict(ANA), Verdict::Quarantined(Strike::Killed), "and stays so");
}

#[test]
fn who_was_only_beside_it_is_cleared() {
    let mut kept = Kept::open(&[]);
    let slots = [kept.begin(ANA), kept.begin(BEA)];
    assert_ne!(slots[0], slots[1]);
    let mut kept = kept.killed();
    let bea = kept.begin(BEA);
    kept.end(bea, None);
    kept.begin(ANA);
    let kept = kept.killed();
    assert_eq!(kept.watch.verdict(ANA), Verdict::Quarantined(Strike::Killed));
    assert_eq!(kept.watch.verdict(BEA), Verdict::Clear);
}

#[test]
fn strikes_of_every_kind_count_together() {
    for first in [Strike::Panicked, Strike::Overran] {
        let mut kept = Kept::open(&[]);
        let slot = kept.begin(ANA);
        if first == Strike::Overran {
            let patch = kept.watch.overrun(slot, ANA).unwrap();
            kept.apply(&patch);
            assert_eq!(kept.watch.verdict(ANA), Verdict::Clear);
        }
        kept.end(slot, Some(first));
        let mut kept = kept.killed();
        assert_eq!(kept.watch.verdict(ANA), Verdict::Clear, "{first:?}: one strike");
        kept.begin(ANA);
        let kept = kept.killed();
        assert_eq!(kept.watch.verdict(ANA), Verdict::Quarantined(Strike::Killed), "{first:?}");
    }
}

#[test]
fn one_that_overran_keeps_its_strike_and_its_slot_until_it_ends() {
    let mut watch = Watch::read(&[]);
    let (first, _) = watch.begin(ANA).unwrap();
    assert!(watch.overrun(first, BEA).is_none(), "another's slot");
    watch.overrun(first, ANA).unwrap();
    let (second, _) = watch.begin(ANA).unwrap();
    assert_ne!(first, second);
    watch.end(first, None);
    watch.overrun(second, ANA).unwrap();
    assert_eq!(watch.verdict(ANA), Verdict::Quarantined(Strike::Overran));
    watch.end(second, None);
    assert!(watch.overrun(second, ANA).is_none(), "it has ended");
    assert_eq!(watch.begin(BEA).map(|(slot, _)| slot), Some(first));
}

#[test]
fn slots_and_suspects_are_bounded() {
    let mut watch = Watch::read(&[]);
    for command in 0..SLOTS as u128 {
        assert!(watch.begin(CommandId(command)).is_some());
    }
    assert!(watch.begin(ANA).is_none());
    let mut watch = Watch::read(&[]);
    for command in 0..3 * SUSPECTS as u128 {
        let (slot, _) = watch.begin(CommandId(command)).unwrap();
        watch.end(slot, Some(Strike::Panicked));
    }
    assert_eq!(watch.suspects.iter().flatten().count(), SUSPECTS);
    assert_eq!(watch.content().len(), MAGIC.len() + (SLOTS + SUSPECTS) * ENTRY);
}

#[test]
fn a_file_that_cannot_be_read_is_none() {
    let mut kept = Kept::open(&[]);
    kept.begin(ANA);
    let at = MAGIC.len() + SUM;
    for (what, file) in [
        ("empty", Vec::new()),
        ("foreign", vec![1; 99]),
        ("cut", kept.file[..at + 3].to_vec()),
        ("torn", {
            let mut file = kept.file.clone();
            file[at] ^= 1;
            file
        }),
        ("longer", [kept.file.clone(), vec![7; 99]].concat()),
    ] {
        let struck = Watch::read(&file).verdict(ANA) == Verdict::Alone;
        assert_eq!(struck, what == "longer", "{what}");
    }
    // An entry that stands elsewhere is not one.
    let mut moved = kept.file.clone();
    moved.copy_within(MAGIC.len()..MAGIC.len() + ENTRY, MAGIC.len() + SLOTS * ENTRY);
    moved[MAGIC.len()..MAGIC.len() + ENTRY].fill(0);
    assert_eq!(Watch::read(&moved), Watch::read(&[]));
}

#[test]
fn the_bytes_are_for_ever() {
    let entry = Suspect { command: ANA, strikes: 2, last: Strike::Panicked };
    let bytes = write(3, Some(entry));
    assert_eq!(read(3, &bytes), Some(entry));
    assert_eq!(bytes[8..10], [7, 0]);
    assert_eq!(bytes[24..], [2, 2, 0, 0, 0, 0, 0, 0]);
    for (strike, code) in Strike::ALL {
        assert_eq!((strike.code(), Strike::from_code(code)), (code, Some(strike)));
    }
}
