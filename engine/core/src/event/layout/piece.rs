//! A piece of a layout: some bytes that must be there, and the value behind them.

use crate::event::block::{PART, plain_string};
use crate::event::number::plain_number;
use crate::event::top::Place;
use crate::event::vocabulary::Meaning;
use crate::time::{self, EXACT, Millis};

/// Longest literal of a piece; a longer one is divided. It is compared by its halves, of which most have but the first.
pub const LITERAL: usize = 2 * PART;
/// Longer integers may be beyond 64 bits.
const MAX_INTEGER: usize = 18;
/// Behind the last piece of a list.
pub const NONE: u32 = u32::MAX;

/// Some bytes and the value behind them.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The bytes by their halves, and masks of them.
    literal: [Words; 2],
    mask: [Words; 2],
    len: u8,
    pub value: Value,
    /// Where the value belongs, if the product reads it.
    pub place: Option<Place>,
    /// Its marks: the first, and how many.
    pub marks: (u32, u8),
    /// What follows this piece.
    pub next: u32,
    /// What else may stand here.
    pub other: u32,
}

/// A part of a record, in two words.
type Words = [u64; 2];

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
    /// The end of the record, with so many elements in `cart.items` and a type that means this.
    End { items: u32, meaning: Meaning },
}

impl Piece {
    /// Of at most [`LITERAL`] bytes.
    pub fn new(literal: &[u8], value: Value, place: Option<Place>) -> Self {
        let halves = |bytes: &[u8]| {
            let (first, second) = bytes.split_at(bytes.len().min(PART));
            [padded(first), padded(second)]
        };
        Self {
            literal: halves(literal),
            mask: halves(&[0xff; LITERAL][..literal.len()]),
            len: literal.len() as u8,
            value,
            place,
            marks: (0, 0),
            next: NONE,
            other: NONE,
        }
    }

    /// Bytes of the literal.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether the other says the same of a record.
    pub fn same(&self, other: &Self) -> bool {
        (self.literal, self.len, self.value, self.place)
            == (other.literal, other.len, other.value, other.place)
    }

    /// Where the literal ends, if it stands there.
    #[inline]
    pub fn behind_literal(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let long = self.len() > PART;
        let stands = self.half_stands(0, bytes, at) && (!long || self.half_stands(1, bytes, at + PART));
        stands.then_some(at + self.len())
    }

    #[inline]
    fn half_stands(&self, half: usize, bytes: &[u8], at: usize) -> bool {
        let (here, literal, mask) = (words_at(bytes, at), self.literal[half], self.mask[half]);
        (here[0] ^ literal[0]) & mask[0] | (here[1] ^ literal[1]) & mask[1] == 0
    }
}

impl Value {
    /// Where such a value ends that begins at `start`, if one stands there. `ascii` becomes false if something else is in it; `time` is
    /// the time if this is one, in the form that producers write.
    #[inline]
    pub fn end(
        self,
        bytes: &[u8],
        start: usize,
        ascii: &mut bool,
        time: &mut Option<Millis>,
    ) -> Option<usize> {
        match self {
            Value::None => Some(start),
            Value::Text => plain_string(bytes, start, ascii),
            Value::Time => {
                *time = exact_time(bytes, start);
                if time.is_some() { Some(start + EXACT) } else { plain_string(bytes, start, ascii) }
            }
            // The quotation mark behind that of a string is the beginning of what follows.
            Value::Number | Value::NumberText => plain_number(bytes, start),
            Value::Integer => {
                plain_number(bytes, start).filter(|end| is_integer(bytes, start, *end))
            }
            Value::End { .. } => (start == bytes.len()).then_some(start),
        }
    }

    /// The quotation marks on each side of it.
    #[inline]
    pub fn quote(self) -> usize {
        usize::from(matches!(self, Value::Text | Value::Time | Value::NumberText))
    }
}

/// The time whose string begins there, without its quotation mark.
#[inline]
fn exact_time(bytes: &[u8], start: usize) -> Option<Millis> {
    let (text, behind) = bytes.get(start..)?.split_first_chunk::<EXACT>()?;
    time::exact_time(text).filter(|_| behind.first() == Some(&b'"'))
}

fn is_integer(bytes: &[u8], start: usize, end: usize) -> bool {
    end - start <= MAX_INTEGER && !bytes[start..end].contains(&b'.')
}

/// The part that begins there. Zeros, which no literal has, are behind the end.
#[inline]
fn words_at(bytes: &[u8], at: usize) -> Words {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.first_chunk::<PART>().map_or_else(|| words_at_end(bytes, rest), words)
}

/// What is left, less than a part.
fn words_at_end(bytes: &[u8], rest: &[u8]) -> Words {
    match bytes.last_chunk::<PART>() {
        Some(last) if !rest.is_empty() => {
            let shifted = u128::from_le_bytes(*last) >> (8 * (PART - rest.len()));
            [shifted as u64, (shifted >> 64) as u64]
        }
        _ => padded(rest),
    }
}

#[inline]
fn words(part: &[u8; PART]) -> Words {
    let all = u128::from_le_bytes(*part);
    [all as u64, (all >> 64) as u64]
}

/// At most a part.
#[cold]
fn padded(bytes: &[u8]) -> Words {
    let mut part = [0; PART];
    part[..bytes.len()].copy_from_slice(bytes);
    words(&part)
}
