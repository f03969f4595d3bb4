//! Levels compiled: the conditions of their lines, and what has them judged again.

use super::condition::{Condition, Reader};
use crate::fact::Standing;
use crate::time::NEVER;
use compact_str::CompactString;

/// Most levels, the segments of which somebody wants to hear among them: a set of them is a word of bits.
pub const MAX_LEVELS: usize = 64;

/// Some levels: a bit for the place of each in [`Levels::all`].
pub type LevelSet = u64;

/// All levels of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Each behind those that it reads: the order in which they are judged.
    pub all: Vec<Level>,
    /// Those that read the profile, consent or the customer's clock.
    pub of_profile: LevelSet,
}

/// A level.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its number among the facts.
    pub number: u16,
    /// The type of the event that tells of a change.
    pub event: CompactString,
    /// Whether some journey wants that.
    pub heard: bool,
    /// The conditions of its lines but the last, the best first.
    pub conditions: Vec<Condition>,
    /// The levels that read it.
    pub readers: LevelSet,
}

impl Levels {
    /// Every level.
    pub fn every(&self) -> LevelSet {
        (0..self.all.len()).fold(0, |set, place| set | bit(place))
    }

    /// The levels of these, in the order in which they are judged. What one of them adds to `set` comes behind it.
    pub fn next(&self, set: &mut LevelSet) -> Option<(usize, &Level)> {
        let place = set.trailing_zeros() as usize;
        let level = self.all.get(place)?;
        *set &= !bit(place);
        Some((place, level))
    }

    /// The place of the level with this number.
    pub fn place(&self, number: u16) -> Option<usize> {
        self.all.iter().position(|level| level.number == number)
    }
}

/// The level at this place alone.
pub fn bit(place: usize) -> LevelSet {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

impl Level {
    /// Where the customer stands by its conditions, and until when at least that stays so if nothing happens.
    pub fn judge(&self, reader: &Reader<'_>) -> Standing {
        let mut until = NEVER;
        for (place, condition) in self.conditions.iter().enumerate() {
            let (holds, turns) = reader.foresee(condition);
            until = until.min(turns);
            if holds {
                return Standing { rank: self.rank(place), until };
            }
        }
        Standing { rank: 0, until }
    }

    fn rank(&self, place: usize) -> u8 {
        u8::try_from(self.conditions.len() - place).unwrap_or(u8::MAX)
    }
}
