//! A piece of a layout: some bytes that must be there, and the value behind them. Among the bytes are values that always have the same length.
//!
//! What goes from hand to hand is the rest of the record: so there is one pair of numbers to keep in registers.

use super::part::{Byte, part};
use crate::event::block::{Bounds, PART, Tail, between, string_end, string_end_slowly};
use crate::event::number::{plain_number, short_number};
use crate::time::{EXACT, Millis, Minutes};

/// Longest literal of a piece; a longer one is divided. Most have up to three parts.
pub const LITERAL: usize = PARTS * PART;
const PARTS: usize = 4; // as `goes_on` says them one by one
/// Longer integers may be beyond 64 bits.
const MAX_INTEGER: usize = 18;

/// Some bytes and the value behind them.
#[derive(Clone, Debug)]
pub struct Piece {
    literal: [Bounds; PARTS],
    len: u8,
    /// How many pieces of a record are before it.
    pub number: u8,
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
    pub fn new(number: usize, literal: &[Byte], value: Value) -> Self {
        let mut parts = literal.chunks(PART);
        let parts = std::array::from_fn(|_| part(parts.next().unwrap_or_default()));
        let (len, number) = (literal.len() as u8, number as u8);
        Self { literal: parts, len, number, value, next: None, other: None }
    }

    /// Whether the other says the same of a record.
    pub fn same(&self, other: &Self) -> bool {
        let ends = matches!((self.value, other.value), (Value::End(_), Value::End(_)));
        (self.literal, self.len) == (other.literal, other.len)
            && (ends || self.value == other.value)
    }

    /// Itself if its literal stands at the beginning of the rest of the record, else the first of the others of which that holds.
    #[inline(always)]
    pub fn that_stands(&self, rest: &[u8], tail: &Tail) -> Option<&Self> {
        let stands = self.begins(tail.part(rest)) && self.goes_on(rest, tail);
        if stands { Some(self) } else { self.other_that_stands(rest, tail) }
    }

    // Not in line: the way of the usual piece stays straight and keeps its registers.
    #[inline(never)]
    fn other_that_stands(&self, rest: &[u8], tail: &Tail) -> Option<&Self> {
        let (mut piece, here) = (self, tail.part(rest));
        loop {
            piece = piece.other.as_deref()?;
            if piece.begins(here) && piece.goes_on(rest, tail) {
                return Some(piece);
            }
        }
    }

    /// What stands behind the value, of a piece whose literal stands at the beginning of the rest; none where its value does not stand behind that.
    /// `ascii` becomes false if something else is in it.
    #[inline(always)]
    pub fn behind<'r>(
        &self,
        rest: &'r [u8],
        tail: &Tail,
        times: &mut Times,
        ascii: &mut bool,
    ) -> Option<&'r [u8]> {
        let value = rest.get(usize::from(self.len)..)?;
        let behind = self.value.behind(value, tail, times);
        behind.or_else(|| self.value.behind_slowly(value, ascii))
    }

    /// Where its value does not stand: the first of the others that stands there with its value, and what stands behind it.
    #[cold]
    pub fn behind_other<'r>(
        &self,
        rest: &'r [u8],
        tail: &Tail,
        times: &mut Times,
        ascii: &mut bool,
    ) -> Option<(&Self, &'r [u8])> {
        let mut piece = self;
        loop {
            piece = piece.other_that_stands(rest, tail)?;
            if let Some(behind) = piece.behind(rest, tail, times, ascii) {
                return Some((piece, behind));
            }
        }
    }

    /// Whether the literal's first part is there. It tells most pieces from those that may stand in their place.
    #[inline(always)]
    fn begins(&self, here: &[u8; PART]) -> bool {
        between(here, &self.literal[0])
    }

    /// Whether its other parts are.
    #[inline(always)]
    fn goes_on(&self, rest: &[u8], tail: &Tail) -> bool {
        let len = usize::from(self.len);
        let part = |part: usize| {
            let here = rest.get(part * PART..);
            here.is_some_and(|here| between(tail.part(here), &self.literal[part]))
        };
        len <= PART || part(1) && (len <= 2 * PART || part(2) && (len <= 3 * PART || part(3)))
    }
}

impl Value {
    /// What stands behind the value; none where there is none or where it takes longer to say, which is for [`Value::behind_slowly`].
    #[inline(always)]
    fn behind<'r>(self, rest: &'r [u8], tail: &Tail, times: &mut Times) -> Option<&'r [u8]> {
        match self {
            Value::Text => string_end(rest, tail),
            // The quotation mark behind that of a string is the beginning of what follows.
            Value::Number | Value::NumberText => rest.get(short_number(tail.part(rest))?..),
            Value::None => Some(rest),
            Value::Time => times.read(rest),
            Value::End(_) => rest.is_empty().then_some(rest),
            Value::Integer => None,
        }
    }

    /// The same, however long it takes. `ascii` becomes false if something else is in it.
    #[inline(never)]
    fn behind_slowly<'r>(self, rest: &'r [u8], ascii: &mut bool) -> Option<&'r [u8]> {
        match self {
            Value::Text | Value::Time => string_end_slowly(rest, ascii),
            Value::Number | Value::NumberText => rest.get(plain_number(rest, 0)?..),
            Value::Integer => {
                let end = plain_number(rest, 0)?;
                let integer = &rest[..end];
                let fits = end <= MAX_INTEGER && !integer.contains(&b'.');
                if fits { rest.get(end..) } else { None }
            }
            Value::None | Value::End(_) => None,
        }
    }
}

/// What reads times in the form that producers write, and the record's.
#[derive(Clone, Debug, Default)]
pub struct Times {
    minutes: Minutes,
    /// None where the record has none that was read.
    pub time: Option<Millis>,
}

impl Times {
    /// What stands behind the time.
    #[inline]
    fn read<'r>(&mut self, rest: &'r [u8]) -> Option<&'r [u8]> {
        let (text, behind) = rest.split_first_chunk::<EXACT>()?;
        self.time = self.minutes.read(text).filter(|_| behind.first() == Some(&b'"'));
        self.time.map(|_| behind)
    }
}
