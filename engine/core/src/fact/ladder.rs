//! What a level is made of: lines, the best first, of which the first whose condition holds is where somebody stands.

use crate::value::ValueRef;
use compact_str::CompactString;

/// Most lines of a level.
pub const MAX_LINES: usize = 16;

/// What a level is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// The best first. The last is everybody's.
    pub lines: Vec<Line>,
    /// The fact by which it is measured how far the next line is.
    pub distance: Option<Distance>,
    /// It is a segment of which somebody wants to hear: in, or out.
    pub is_segment: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What somebody is called who stands there.
    pub name: CompactString,
    /// The condition, as it is written.
    pub when: CompactString,
    /// How much of the fact of the distance it asks for.
    pub least: Option<f64>,
}

/// The fact of a distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Distance {
    /// Its name.
    pub name: CompactString,
    /// Its number.
    pub number: u16,
}

impl Ladder {
    /// The line of a rank. Ranks are counted from the last line, which is 0.
    pub fn line(&self, rank: u8) -> Option<&Line> {
        self.lines.iter().rev().nth(usize::from(rank))
    }

    /// The rank of the line at this place.
    pub fn rank(&self, place: usize) -> u8 {
        u8::try_from(self.lines.len().saturating_sub(place + 1)).unwrap_or(u8::MAX)
    }

    /// What somebody is called who stands there: of a segment whether he is in.
    pub fn name(&self, rank: u8) -> ValueRef<'_> {
        match self.is_segment {
            true => ValueRef::Bool(rank > 0),
            false => self.line(rank).map_or(ValueRef::Null, |line| ValueRef::Text(&line.name)),
        }
    }
}
