//! Which messages break their own rendering, remembered across restarts.
//!
//! A rendering is bounded and ends by itself. If one does not all the same (it panics, overruns its time, or takes the process with it), its message must not
//! do that for ever: whoever restarts would meet it again, and so would every message behind it. So before a rendering begins, the command's id is written into a
//! slot of a small file, and taken out when it ended. An id that a new process finds there has ended the last one. At the second strike the message is
//! quarantined: it becomes a dead letter and is rendered no more.
//!
//! The file is written without waiting for the disk: what the process wrote outlives the process. After a loss of power it may be old or torn; an id that stands
//! there wrongly costs its message a rendering on its own, and nothing else.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | [`MAGIC`] |
//! | 32 each | [`SLOTS`] slots, then [`SUSPECTS`] suspects |
//!
//! An entry, little-endian: 8 xxh3 of the rest, seeded with the entry's place in the file; 16 command id; 1 strikes (0: the entry is empty); 1 what the last of
//! them was; 6 zeros.

use cartwheel_core::id::CommandId;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What the file begins with.
pub const MAGIC: [u8; 8] = *b"CWREND01";
/// Renderings at one time, with those that have overrun and go on.
pub const SLOTS: usize = 16;
/// Messages with a strike that are remembered; the oldest make room.
pub const SUSPECTS: usize = 256;
/// Strikes after which a message is rendered no more.
pub const STRIKES: u8 = 2;

const ENTRY: usize = 32;
const SUM: usize = 8;

/// What a rendering did instead of ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// It was under way when the process ended.
    Killed,
    /// It panicked.
    Panicked,
    /// It took longer than it may.
    Overran,
}

impl Strike {
    const ALL: [(Strike, u8); 3] =
        [(Strike::Killed, 1), (Strike::Panicked, 2), (Strike::Overran, 3)];

    /// What the dead letter says.
    pub const fn words(self) -> &'static str {
        match self {
            Strike::Killed => "the process ended while it was rendered",
            Strike::Panicked => "rendering it panicked",
            Strike::Overran => "rendering it took too long",
        }
    }

    fn code(self) -> u8 {
        Self::ALL.iter().find(|(strike, _)| *strike == self).map_or(0, |(_, code)| *code)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(strike, _)| *strike)
    }
}

/// Whether a message may be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Clear,
    /// Yes, but with no other beside it: it may have ended a process, and the next time it must be known which message did.
    Alone,
    /// No; this was the last strike.
    Quarantined(Strike),
}

/// A rendering that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnderWay {
    command: CommandId,
    overran: bool,
}

/// A message with a strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Suspect {
    command: CommandId,
    strikes: u8,
    last: Strike,
}

/// Bytes to be written at a place of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// From the beginning of the file.
    pub offset: u64,
    /// What is to stand there.
    pub bytes: [u8; ENTRY],
}

/// The slots and the suspects. Its caller writes the patches that it is given, in their order, the one of [`Watch::begin`] before the rendering begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    slots: [Option<UnderWay>; SLOTS],
    suspects: [Option<Suspect>; SUSPECTS],
    /// The suspect that makes room next.
    next: usize,
}

impl Watch {
    /// What the last process left; what was under way then has a strike more. Anything that cannot be read is nothing: a protection that is lost
    /// must not keep messages from being sent. Write [`Watch::content`] in its place before the first rendering.
    pub fn read(content: &[u8]) -> Self {
        let mut watch = Self { slots: [None; SLOTS], suspects: [None; SUSPECTS], next: 0 };
        let Some(entries) = content.strip_prefix(&MAGIC) else { return watch };
        let entries: Vec<_> =
            entries.chunks(ENTRY).enumerate().map(|(place, bytes)| read(place, bytes)).collect();
        let (slots, suspects) = entries.split_at(SLOTS.min(entries.len()));
        for (place, found) in suspects.iter().enumerate().take(SUSPECTS) {
            watch.suspects[place] = *found;
        }
        for killed in slots.iter().flatten() {
            watch.strike(killed.command, Strike::Killed);
        }
        watch
    }

    /// The whole file.
    pub fn content(&self) -> Vec<u8> {
        let mut content = MAGIC.to_vec();
        for place in 0..SLOTS + SUSPECTS {
            content.extend_from_slice(&self.patch(place).bytes);
        }
        content
    }

    /// Whether a message may be rendered.
    pub fn verdict(&self, command: CommandId) -> Verdict {
        match self.suspects.iter().flatten().find(|suspect| suspect.command == command) {
            Some(suspect) if suspect.strikes >= STRIKES => Verdict::Quarantined(suspect.last),
            Some(Suspect { last: Strike::Killed, .. }) => Verdict::Alone,
            // One that overran may still be under way: to wait for its end could be to wait for ever.
            Some(Suspect { last: Strike::Panicked | Strike::Overran, .. }) | None => Verdict::Clear,
        }
    }

    /// A rendering begins. None: every slot is taken by one that has overrun and goes on.
    pub fn begin(&mut self, command: CommandId) -> Option<(usize, Patch)> {
        let slot = self.slots.iter().position(Option::is_none)?;
        self.slots[slot] = Some(UnderWay { command, overran: false });
        Some((slot, self.patch(slot)))
    }

    /// The rendering of this slot is over, well or with a strike. A message that was rendered well is no suspect any more.
    pub fn end(&mut self, slot: usize, strike: Option<Strike>) -> Vec<Patch> {
        let ended = self.slots.get_mut(slot).and_then(Option::take);
        let changed = match (ended, strike) {
            // It has its strike already.
            (None | Some(UnderWay { overran: true, .. }), _) => None,
            (Some(ended), Some(strike)) => Some(self.strike(ended.command, strike)),
            (Some(ended), None) => self.acquit(ended.command),
        };
        changed.into_iter().chain([slot]).map(|place| self.patch(place)).collect()
    }

    /// The rendering of this slot takes too long; it goes on, and nobody waits for it. None: it has ended meanwhile.
    pub fn overrun(&mut self, slot: usize, command: CommandId) -> Option<Patch> {
        let under_way = self.slots.get_mut(slot)?.as_mut().filter(|now| now.command == command)?;
        under_way.overran = true;
        let place = self.strike(command, Strike::Overran);
        Some(self.patch(place))
    }

    /// Notes a strike and gives the place of its entry.
    fn strike(&mut self, command: CommandId, last: Strike) -> usize {
        let known = self
            .suspects
            .iter()
            .position(|suspect| suspect.is_some_and(|suspect| suspect.command == command));
        let free = || self.suspects.iter().position(Option::is_none);
        let place = known.or_else(free).unwrap_or_else(|| {
            self.next = (self.next + 1) % SUSPECTS;
            self.next
        });
        let before = known.and(self.suspects[place]).map_or(0, |suspect| suspect.strikes);
        self.suspects[place] = Some(Suspect { command, strikes: before.saturating_add(1), last });
        SLOTS + place
    }

    fn acquit(&mut self, command: CommandId) -> Option<usize> {
        let place = self
            .suspects
            .iter()
            .position(|suspect| suspect.is_some_and(|suspect| suspect.command == command))?;
        self.suspects[place] = None;
        Some(SLOTS + place)
    }

    /// What stands at a place: the slots first, then the suspects.
    fn patch(&self, place: usize) -> Patch {
        let entry = match place.checked_sub(SLOTS) {
            None => self.slots[place].map(|under_way| Suspect {
                command: under_way.command,
                strikes: 1,
                last: Strike::Killed,
            }),
            Some(suspect) => self.suspects[suspect],
        };
        Patch { offset: (MAGIC.len() + place * ENTRY) as u64, bytes: write(place, entry) }
    }
}

fn write(place: usize, entry: Option<Suspect>) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    if let Some(entry) = entry {
        bytes[8..24].copy_from_slice(&entry.command.0.to_le_bytes());
        (bytes[24], bytes[25]) = (entry.strikes, entry.last.code());
    }
    let sum = xxh3_64_with_seed(&bytes[SUM..], place as u64);
    bytes[..SUM].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// None: the entry is empty or damaged.
fn read(place: usize, bytes: &[u8]) -> Option<Suspect> {
    let bytes: &[u8; ENTRY] = bytes.try_into().ok()?;
    if xxh3_64_with_seed(&bytes[SUM..], place as u64).to_le_bytes() != bytes[..SUM] {
        return None;
    }
    let command = CommandId(u128::from_le_bytes(bytes[8..24].try_into().ok()?));
    let strikes = Some(bytes[24]).filter(|strikes| *strikes > 0)?;
    Some(Suspect { command, strikes, last: Strike::from_code(bytes[25])? })
}

#[cfg(test)]
mod tests;
