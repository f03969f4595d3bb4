//! Numbers and values in few bytes: what packed decisions and stored customers have in common.
//!
//! A number takes 1 to 9 bytes: the zeros at the low end of its first byte count the bytes that follow, above the lowest one stand the
//! number's bits. Seven bits a byte, as in LEB128, but without a loop: one word is written and one is read. A signed number is
//! folded (0, -1, 1, -2, ...) first.
//!
//! A value is a number, its head, and its content. [`TEXT`] and above are the texts by their length. Everything reads back bit for bit.

use crate::value::Value;
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
        if text.len() > SHORT {
            self.flush();
            return self.out.extend_from_slice(text.as_bytes());
        }
        let at = self.len % PLACES;
        self.buffer[at..at + text.len()].copy_from_slice(text.as_bytes());
        self.len += text.len();
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

impl Bytes<'_> {
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<T>(out: &[u8], read: impl Fn(&mut Bytes<'_>) -> Option<T>) -> T {
        let mut bytes = Bytes(out);
        let value = read(&mut bytes).unwrap();
        assert!(bytes.0.is_empty());
        for end in 0..out.len() {
            assert!(read(&mut Bytes(&out[..end])).is_none());
        }
        value
    }

    fn written(write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        write(&mut writer);
        writer.flush();
        out
    }

    fn float(value: f64) -> usize {
        let out = written(|writer| writer.float(value));
        assert_eq!(read(&out, |bytes| bytes.float()).to_bits(), value.to_bits(), "{value}");
        out.len()
    }

    proptest! {
        #[test]
        fn numbers_read_back(number: u64, bits in 0..64_u32) {
            for number in [number >> bits, u64::MAX >> bits, (u64::MAX >> bits) + (bits > 0) as u64] {
                prop_assert_eq!(read(&written(|writer| writer.number(number)), |bytes| bytes.number()), number);
                let signed = number as i64;
                prop_assert_eq!(read(&written(|writer| writer.signed(signed)), |bytes| bytes.signed()), signed);
            }
        }

        #[test]
        fn floats_read_back_bit_for_bit(bits: u64, scaled: i64, shift in 0..64_u32, places in 0..5) {
            float(f64::from_bits(bits));
            let scaled = (scaled >> shift) as f64;
            float(scaled / 10_f64.powi(places));
            float(scaled * 10_f64.powi(places));
            float(scaled / 100.0 * f64::from_bits(1.0_f64.to_bits() + 1));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let mut rest = Bytes(&bytes);
            while rest.value().is_some() {}
        }
    }

    #[test]
    fn lengths_are_as_promised() {
        for (number, len) in
            [(0, 1), (127, 1), (128, 2), ((1 << 56) - 1, 8), (1 << 56, 9), (u64::MAX, 9)]
        {
            let out = written(|writer| writer.number(number));
            assert_eq!((out.len(), read(&out, |bytes| bytes.number())), (len, number));
        }
        for (value, len) in
            [(0.0, 2), (-63.0, 2), (79.9, 3), (-0.01, 2), (1e9, 6), (0.1 + 0.2, 9), (1e300, 9)]
        {
            assert_eq!(float(value), len, "{value}");
        }
        for value in [
            -0.0,
            f64::NAN,
            -f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            f64::MAX,
            i64::MIN as f64,
        ] {
            assert_eq!(float(value), 9, "{value}");
        }
    }

    /// Many of them, so that the buffer is emptied in between.
    #[test]
    fn values_read_back() {
        let text = |len: usize| Value::Text("ë".repeat(len).into());
        let mut values = vec![
            Value::Null,
            Value::Bool(false),
            Value::Bool(true),
            Value::Number(9.5),
            Value::Number(0.1 + 0.2),
        ];
        values.extend((0..200).map(text));
        let out = written(|writer| values.iter().for_each(|value| writer.value(value)));
        let mut bytes = Bytes(&out);
        values.iter().for_each(|value| assert_eq!(bytes.value().as_ref(), Some(value)));
        assert!(bytes.0.is_empty());
        assert_eq!(written(|writer| writer.value(&text(1_000))).len(), 2_002);
    }

    #[test]
    fn integers_of_a_fixed_width_read_back() {
        for number in [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN)] {
            for len in 4..=8 {
                let out = written(|writer| writer.first(len, number.to_le_bytes()));
                assert_eq!((out.len(), read(&out, |bytes| bytes.integer(len))), (len, number));
            }
        }
    }
}
