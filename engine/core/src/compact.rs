//! Numbers and values in few bytes: what packed decisions and stored customers have in common.
//!
//! A number takes 1 to 9 bytes: the zeros at the low end of its first byte count the bytes that follow, above the lowest one stand the
//! number's bits. Seven bits a byte, as in LEB128, but without a loop: one word is written and one is read. A signed number is
//! folded (0, -1, 1, -2, ...) first.
//!
//! A value is a number, its head, and its content. [`TEXT`] and above are the texts by their length. Everything reads back bit for bit.

use crate::value::{Value, ValueRef};
use compact_str::CompactString;

const NULL: u64 = 0;
const FALSE: u64 = 1;
const TRUE: u64 = 2;
/// A signed number follows.
const WHOLE: u64 = 3;
/// A signed number of hundredths follows: most prices.
const HUNDREDTHS: u64 = 4;
/// An f64 follows.
const FLOAT: u64 = 5;
/// The first of two heads that whoever keeps values may give a meaning of its own.
pub const OWN: u64 = 6;
/// The head of the empty text.
pub const TEXT: u64 = 8;

/// Whole numbers and hundredths from here on would take as long as an f64.
const MAX_SCALED: u64 = 1 << 48;

/// By the place of a number's highest bit: the bytes that it takes.
const LENGTHS: [u8; 64] = {
    let mut lengths = [9; 64];
    let mut highest = 0;
    while highest < 56 {
        lengths[highest] = highest as u8 / 7 + 1;
        highest += 1;
    }
    lengths
};

/// What is written between two calls of [`Writer::room`] at most.
const ITEM: usize = 64;
/// Longer texts go straight into the vector.
const SHORT: usize = 48;
/// The widest write.
const WIDEST: usize = 64;
/// Places are below 128, so that no write has to check whether it fits.
const PLACES: usize = 128;

/// Writes into a small buffer on the stack, which is then appended to a vector: a store a field instead of a call for room.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    buffer: [u8; PLACES + WIDEST],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Will append to `out`.
    #[inline]
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, buffer: [0; PLACES + WIDEST], len: 0 }
    }

    /// Makes room for 64 bytes.
    #[inline]
    pub fn room(&mut self) {
        if self.len >= PLACES - ITEM {
            self.flush();
        }
    }

    /// Appends everything to the vector.
    #[inline]
    pub fn flush(&mut self) {
        self.out.extend_from_slice(&self.buffer[..self.len % PLACES]);
        self.len = 0;
    }

    /// Bytes.
    #[inline]
    pub fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.first(N, bytes);
    }

    /// Bytes, or nothing. Without a branch.
    #[inline]
    pub fn bytes_if<const N: usize>(&mut self, there: bool, bytes: [u8; N]) {
        self.first(N * usize::from(there), bytes);
    }

    /// The first `len` of the bytes. All are stored: a fixed width is cheaper than one that only the content knows.
    #[inline]
    pub fn first<const N: usize>(&mut self, len: usize, bytes: [u8; N]) {
        const { assert!(N <= WIDEST) };
        let at = self.len % PLACES;
        self.buffer[at..at + N].copy_from_slice(&bytes);
        self.len += len;
        debug_assert!(self.len < PLACES);
    }

    /// A number.
    #[inline]
    pub fn number(&mut self, number: u64) {
        if number < 1 << 7 {
            return self.bytes([(number << 1 | 1) as u8]);
        }
        let len = LENGTHS[number.ilog2() as usize];
        if len > 8 {
            self.bytes([0]);
            return self.bytes(number.to_le_bytes());
        }
        let word = number << len | 1 << (len - 1);
        self.first(usize::from(len), word.to_le_bytes());
    }

    /// A signed number.
    #[inline]
    pub fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63) as u64);
    }

    /// A value.
    #[inline]
    pub fn value(&mut self, value: &Value) {
        self.room();
        match value {
            Value::Null => self.number(NULL),
            Value::Bool(false) => self.number(FALSE),
            Value::Bool(true) => self.number(TRUE),
            Value::Number(value) => self.float(*value),
            Value::Text(value) => self.text(TEXT, value),
        }
    }

    /// A text whose length is added to `head`. Whoever goes on makes room.
    #[inline(always)]
    pub fn text(&mut self, head: u64, text: &str) {
        self.room();
        self.number(head + text.len() as u64);
        self.slice(text.as_bytes());
    }

    /// Bytes, however many they are. Whoever goes on makes room.
    #[inline(always)]
    pub fn slice(&mut self, bytes: &[u8]) {
        if bytes.len() > SHORT {
            self.flush();
            return self.out.extend_from_slice(bytes);
        }
        let at = self.len % PLACES;
        self.buffer[at..at + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// A number as a value.
    #[inline]
    pub fn float(&mut self, value: f64) {
        let short = |scaled: i64, read: f64| {
            read.to_bits() == value.to_bits() && scaled.unsigned_abs() < MAX_SCALED
        };
        let whole = value as i64;
        let hundredths = (value * 100.0 + f64::copysign(0.5, value)) as i64;
        if short(whole, whole as f64) {
            self.number(WHOLE);
            self.signed(whole);
        } else if short(hundredths, from_hundredths(hundredths)) {
            self.number(HUNDREDTHS);
            self.signed(hundredths);
        } else {
            self.number(FLOAT);
            self.bytes(value.to_le_bytes());
        }
    }
}

fn from_hundredths(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

/// Bytes to read from; none where they do not suffice or are not what was asked for.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// A value where it stands; none for the own heads of others.
    pub fn value_ref(&mut self) -> Option<ValueRef<'a>> {
        let head = self.number()?;
        self.value_ref_of(head)
    }

    /// The value with this head, where it stands.
    pub fn value_ref_of(&mut self, head: u64) -> Option<ValueRef<'a>> {
        if head < TEXT {
            return Some(match self.value_of(head)? {
                Value::Bool(value) => ValueRef::Bool(value),
                Value::Number(value) => ValueRef::Number(value),
                Value::Null | Value::Text(_) => ValueRef::Null,
            });
        }
        let (text, rest) = self.0.split_at_checked(usize::try_from(head - TEXT).ok()?)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(ValueRef::Text)
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// So many bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        let more = self.0.first()?.trailing_zeros() as usize;
        if more == 8 {
            self.byte()?;
            return Some(u64::from_le_bytes(self.array()?));
        }
        let (own, rest) = self.0.split_at_checked(more + 1)?;
        self.0 = rest;
        let mut word = [0; 8];
        word[..=more].copy_from_slice(own);
        Some(u64::from_le_bytes(word) >> (more + 1))
    }

    /// A signed number.
    pub fn signed(&mut self) -> Option<i64> {
        let folded = self.number()?;
        Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    /// A signed integer of 1 to 8 bytes in two's complement.
    pub fn integer(&mut self, len: usize) -> Option<i64> {
        let (own, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        let mut word = [0; 8];
        word.get_mut(8 - len..)?.copy_from_slice(own);
        Some(i64::from_le_bytes(word) >> (64 - 8 * len))
    }

    /// A number that fits into a smaller type.
    pub fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// How many items follow, each of at least `size` bytes; so nobody makes room for more than there can be.
    pub fn count(&mut self, size: usize) -> Option<usize> {
        self.small().filter(|count| *count <= self.0.len() / size)
    }

    /// A text of so many bytes.
    pub fn text(&mut self, len: u64) -> Option<CompactString> {
        let (text, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        CompactString::from_utf8(text).ok()
    }

    /// A value; none for the own heads of others.
    pub fn value(&mut self) -> Option<Value> {
        let head = self.number()?;
        self.value_of(head)
    }

    /// The value with this head.
    pub fn value_of(&mut self, head: u64) -> Option<Value> {
        Some(match head {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            WHOLE => Value::Number(self.signed()? as f64),
            HUNDREDTHS => Value::Number(from_hundredths(self.signed()?)),
            FLOAT => Value::Number(f64::from_le_bytes(self.array()?)),
            OWN..TEXT => return None,
            _ => Value::Text(self.text(head - TEXT)?),
        })
    }

    /// What [`Writer::float`] wrote.
    #[cfg(test)]
    fn float(&mut self) -> Option<f64> {
        match self.value()? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
