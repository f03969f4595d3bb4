//! A piece of a layout: some bytes that must be there, and the value behind them.
//!
//! What goes from hand to hand is the rest of the record: so there is one pair of numbers to keep in registers.

use crate::event::block::{PART, Tail, equal, string_end, string_end_slowly};
use crate::event::number::{plain_number, short_number};
use crate::time::{Days, EXACT, Millis};

/// Longest literal of a piece; a longer one is divided. Most have one part, and what is behind a type has three.
pub const LITERAL: usize = PARTS * PART;
const PARTS: usize = 3; // as `behind_literal` says them one by one
/// Longer integers may be beyond 64 bits.
const MAX_INTEGER: usize = 18;

/// Some bytes and the value behind them.
#[derive(Clone, Debug)]
pub struct Piece {
    literal: [[u8; PART]; PARTS],
    /// Of each part a bit for every byte that is not the literal's.
    beyond: [u32; PARTS],
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
    pub fn new(number: usize, literal: &[u8], value: Value) -> Self {
        let mut parts = [[0; PART]; PARTS];
        for (part, bytes) in parts.iter_mut().zip(literal.chunks(PART)) {
            part[..bytes.len()].copy_from_slice(bytes);
        }
        let beyond = std::array::from_fn(|part| {
            let bytes = literal.len().saturating_sub(part * PART).min(PART);
            ALL & ALL << bytes
        });
        let (len, number) = (literal.len() as u8, number as u8);
        Self { literal: parts, beyond, len, number, value, next: None, other: None }
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

    /// What stands behind the piece, if that stands at the beginning of the rest of the record. `ascii` becomes false if something else is
    /// in its value.
    #[inline]
    pub fn behind<'r>(
        &self,
        rest: &'r [u8],
        tail: &Tail,
        times: &mut Times,
        ascii: &mut bool,
    ) -> Option<&'r [u8]> {
        let value = self.behind_literal(rest, tail)?;
        let behind = self.value.behind(value, tail, times);
        behind.or_else(|| self.value.behind_slowly(value, ascii))
    }

    /// The first of the others that stands there, and what stands behind it. Not in line, and with it no second copy of what reads values: the
    /// way of the usual piece stays straight and keeps its registers.
    #[inline(never)]
    pub fn behind_other<'r>(
        &self,
        rest: &'r [u8],
        tail: &Tail,
        times: &mut Times,
        ascii: &mut bool,
    ) -> Option<(&Self, &'r [u8])> {
        let mut piece = self;
        loop {
            piece = piece.other.as_deref()?;
            if let Some(value) = piece.behind_literal(rest, tail)
                && let Some(behind) = piece.value.behind_any(value, tail, times, ascii)
            {
                return Some((piece, behind));
            }
        }
    }

    /// What stands behind the literal, if that stands there.
    #[inline]
    fn behind_literal<'r>(&self, rest: &'r [u8], tail: &Tail) -> Option<&'r [u8]> {
        let other_part = |part: usize| {
            let here = rest.get(part * PART..);
            here.is_some_and(|here| self.is_part(part, tail.part(here)))
        };
        let stands = self.is_part(0, tail.part(rest))
            && (self.len() <= PART || other_part(1) && (self.len() <= 2 * PART || other_part(2)));
        if stands { rest.get(self.len()..) } else { None }
    }

    #[inline]
    fn is_part(&self, part: usize, here: &[u8; PART]) -> bool {
        equal(here, &self.literal[part]) | self.beyond[part] == ALL
    }
}

/// The bits of a whole part.
const ALL: u32 = (1 << PART) - 1;

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

    #[inline(never)]
    fn behind_any<'r>(
        self,
        rest: &'r [u8],
        tail: &Tail,
        times: &mut Times,
        ascii: &mut bool,
    ) -> Option<&'r [u8]> {
        self.behind(rest, tail, times).or_else(|| self.behind_slowly(rest, ascii))
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
    days: Days,
    /// None where the record has none that was read.
    pub time: Option<Millis>,
}

impl Times {
    /// What stands behind the time.
    #[inline]
    fn read<'r>(&mut self, rest: &'r [u8]) -> Option<&'r [u8]> {
        let (text, behind) = rest.split_first_chunk::<EXACT>()?;
        self.time = self.days.read(text).filter(|_| behind.first() == Some(&b'"'));
        self.time.map(|_| behind)
    }
}
