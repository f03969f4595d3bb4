//! A piece of a layout: some bytes that must be there, and the value behind them.
//!
//! What goes from hand to hand is the rest of the record: so there is one pair of numbers to keep in registers.

use crate::event::block::{PART, equal, string_end, string_end_slowly};
use crate::event::number::{number_end, number_end_slowly};
use crate::time::{Days, EXACT, Millis};

/// Longest literal of a piece; a longer one is divided. Most have one part, and what is behind a type has three.
pub const LITERAL: usize = PARTS * PART;
const PARTS: usize = 3;
/// Longer integers may be beyond 64 bits.
const MAX_INTEGER: usize = 18;

/// Some bytes and the value behind them.
#[derive(Clone, Debug)]
pub struct Piece {
    literal: [[u8; PART]; PARTS],
    /// Of each part a bit for every byte that is not the literal's.
    beyond: [u32; PARTS],
    len: u8,
    pub value: Value,
    /// What follows this piece.
    pub next: Option<Box<Piece>>,
    /// What else may stand here.
    pub other: Option<Box<Piece>>,
}

/// What follows a literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// More of the literal.
    None,
    /// The inside of a string.
    Text,
    /// The inside of a string that should be the time.
    Time,
    Number,
    Integer,
    /// The inside of a string that is a number.
    NumberText,
    /// The end of the record, with the number of the leaf.
    End(u16),
}

impl Piece {
    /// Of at most [`LITERAL`] bytes.
    pub fn new(literal: &[u8], value: Value) -> Self {
        let mut parts = [[0; PART]; PARTS];
        for (part, bytes) in parts.iter_mut().zip(literal.chunks(PART)) {
            part[..bytes.len()].copy_from_slice(bytes);
        }
        let beyond = std::array::from_fn(|part| {
            let bytes = literal.len().saturating_sub(part * PART).min(PART);
            ALL & ALL << bytes
        });
        Self { literal: parts, beyond, len: literal.len() as u8, value, next: None, other: None }
    }

    /// Bytes of the literal.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether the other says the same of a record.
    pub fn same(&self, other: &Self) -> bool {
        let ends = matches!((self.value, other.value), (Value::End(_), Value::End(_)));
        (self.literal, self.len) == (other.literal, other.len)
            && (ends || self.value == other.value)
    }

    /// What stands behind the literal, if that stands at the beginning of the rest of the record.
    #[inline]
    pub fn behind_literal<'r>(&self, record: &[u8], rest: &'r [u8]) -> Option<&'r [u8]> {
        let stands = self.part_stands(0, record, rest)
            && (self.len() <= PART || self.other_parts_stand(record, rest));
        if stands { rest.get(self.len()..) } else { None }
    }

    #[inline]
    fn other_parts_stand(&self, record: &[u8], rest: &[u8]) -> bool {
        (1..PARTS)
            .take_while(|part| self.len() > part * PART)
            .all(|part| self.part_stands(part, record, rest.get(part * PART..).unwrap_or_default()))
    }

    #[inline]
    fn part_stands(&self, part: usize, record: &[u8], rest: &[u8]) -> bool {
        match rest.first_chunk() {
            Some(here) => self.is_part(part, here),
            None => self.last_part_stands(part, record, rest),
        }
    }

    #[inline]
    fn is_part(&self, part: usize, here: &[u8; PART]) -> bool {
        equal(here, &self.literal[part]) | self.beyond[part] == ALL
    }

    /// The same where less than a part is left. What is missing counts as zeros, which no literal has.
    #[inline(never)]
    fn last_part_stands(&self, part: usize, record: &[u8], rest: &[u8]) -> bool {
        let missing = PART.saturating_sub(rest.len());
        let here = match record.last_chunk::<PART>() {
            Some(last) if missing < PART => u128::from_le_bytes(*last) >> (8 * missing),
            _ => rest.iter().rev().fold(0, |all, byte| all << 8 | u128::from(*byte)),
        };
        self.is_part(part, &here.to_le_bytes())
    }
}

/// The bits of a whole part.
const ALL: u32 = (1 << PART) - 1;

impl Value {
    /// What stands behind the value; none where there is none or where it takes longer to say. Of texts and numbers that is
    /// for [`Value::behind_slowly`] to say.
    #[inline]
    pub fn behind(self, rest: &[u8]) -> Option<&[u8]> {
        match self {
            Value::Text => string_end(rest),
            // The quotation mark behind that of a string is the beginning of what follows.
            Value::Number | Value::NumberText => number_end(rest),
            Value::None => Some(rest),
            Value::End(_) => rest.is_empty().then_some(rest),
            Value::Time | Value::Integer => None,
        }
    }

    /// The same, however long it takes. `ascii` becomes false if something else is in it.
    #[inline(never)]
    pub fn behind_slowly<'r>(self, rest: &'r [u8], ascii: &mut bool) -> Option<&'r [u8]> {
        match self {
            Value::Text | Value::Time => string_end_slowly(rest, ascii),
            Value::Number | Value::NumberText => number_end_slowly(rest),
            Value::Integer => {
                let behind = number_end_slowly(rest)?;
                let integer = &rest[..rest.len() - behind.len()];
                (integer.len() <= MAX_INTEGER && !integer.contains(&b'.')).then_some(behind)
            }
            Value::None | Value::End(_) => None,
        }
    }
}

/// What stands behind a time in the form that producers write, and the time.
#[inline]
pub fn time<'r>(rest: &'r [u8], days: &mut Days, time: &mut Option<Millis>) -> Option<&'r [u8]> {
    let (text, behind) = rest.split_first_chunk::<EXACT>()?;
    *time = days.read(text).filter(|_| behind.first() == Some(&b'"'));
    time.map(|_| behind)
}
