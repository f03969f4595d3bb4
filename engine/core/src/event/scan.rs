//! One pass over a record that is written as producers write: it validates the JSON and takes the fields on the way.
//!
//! It declines (none) whatever is rare: escapes in strings, exponents, long numbers, and everything that is not valid JSON. The
//! full parser then reads the record again. Where it does not decline it reads the same: `tests` compare the two.

use super::raw::Raw;
use super::subject::{Subject, known_field};
use super::top::{Top, present};

/// Longer numbers may be beyond what a double expresses.
const MAX_NUMBER: usize = 32;

/// Fills `top` with the object's fields; the whole object without white space around it. `max_depth` is the deepest nesting, the object
/// itself being 1. Where it declines, `top` is spoiled.
pub fn scan<'a>(text: &'a str, max_depth: u32, top: &mut Top<'a>) -> Option<Raw<'a>> {
    let bytes = text.as_bytes();
    let mut scan = Scan { text, bytes, depth_left: max_depth, block: Block::of(bytes, 0)? };
    let start = scan.blank(0);
    let end = scan.object(start, |scan, at, name| scan.field(at, name, top))?;
    let whole = scan.raw(start, end)?;
    (scan.blank(end) == text.len()).then_some(whole)
}

/// The text. Every method takes a position and returns the one behind what it has passed over, or none where it declines. (Positions
/// go from hand to hand, not through this struct: so they stay in registers, which halves the time.)
struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    depth_left: u32,
    /// Where the quotation marks are, of the block in which the last string ended.
    block: Block,
}

impl<'a> Scan<'a> {
    /// One field of the record.
    #[inline]
    fn field(&mut self, at: usize, name: &[u8], top: &mut Top<'a>) -> Option<usize> {
        let Some(subject) = Subject::parse(name) else {
            let end = self.value(at)?;
            if let Some(place) = top.place(name) {
                *place = present(self.raw(at, end)?);
            }
            return Some(end);
        };
        // Of repeated subjects the last counts, with nothing of those before it.
        top.known[subject.known()].fill(None);
        let end = if !subject.known().is_empty() && self.byte(at) == b'{' {
            self.object(at, |scan, at, name| {
                let end = scan.value(at)?;
                if let Some(place) = known_field(subject, name) {
                    top.known[place] = present(scan.raw(at, end)?);
                }
                Some(end)
            })?
        } else {
            self.value(at)?
        };
        top.subjects[subject as usize] = present(self.raw(at, end)?);
        Some(end)
    }

    fn raw(&self, start: usize, end: usize) -> Option<Raw<'a>> {
        Some(Raw(self.text.get(start..end)?))
    }

    /// The byte there; 0, which no text has, behind the end.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn expect(&self, at: usize, byte: u8) -> Option<usize> {
        (self.byte(at) == byte).then_some(at + 1)
    }

    /// Spaces; line breaks and tabs are declined with their block.
    #[inline]
    fn blank(&self, at: usize) -> usize {
        if self.byte(at) > b' ' { at } else { self.spaces(at) }
    }

    /// Producers seldom write any.
    #[cold]
    fn spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The usual values here; the others elsewhere.
    #[inline]
    fn value(&mut self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'"' => self.string(at),
            b'-' | b'0'..=b'9' => self.number(at),
            _ => self.other(at),
        }
    }

    #[inline(never)]
    fn other(&mut self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'{' => self.object(at, |scan, at, _| scan.value(at)),
            b'[' => self.array(at),
            b't' => self.literal(at, b"true"),
            b'f' => self.literal(at, b"false"),
            b'n' => self.literal(at, b"null"),
            _ => None,
        }
    }

    /// An object; `member` is given the start of each value and its name.
    #[inline]
    fn object(&mut self, at: usize, mut member: impl FnMut(&mut Self, usize, &'a [u8]) -> Option<usize>) -> Option<usize> {
        let mut at = self.enter(at, b'{')?;
        if self.byte(at) == b'}' {
            return self.leave(at);
        }
        loop {
            let end = self.string(at)?;
            let name = self.bytes.get(at + 1..end - 1)?;
            at = self.blank(self.expect(self.blank(end), b':')?);
            let end = member(self, at, name)?;
            at = self.blank(end);
            match self.byte(at) {
                b',' => at = self.blank(at + 1),
                b'}' => return self.leave(at),
                _ => return None,
            }
        }
    }

    fn array(&mut self, at: usize) -> Option<usize> {
        let mut at = self.enter(at, b'[')?;
        if self.byte(at) == b']' {
            return self.leave(at);
        }
        loop {
            let end = self.value(at)?;
            at = self.blank(end);
            match self.byte(at) {
                b',' => at = self.blank(at + 1),
                b']' => return self.leave(at),
                _ => return None,
            }
        }
    }

    /// An opening bracket and the spaces behind it.
    fn enter(&mut self, at: usize, bracket: u8) -> Option<usize> {
        self.depth_left = self.depth_left.checked_sub(1)?;
        Some(self.blank(self.expect(at, bracket)?))
    }

    /// A closing bracket.
    fn leave(&mut self, at: usize) -> Option<usize> {
        self.depth_left += 1;
        Some(at + 1)
    }

    #[inline]
    fn string(&mut self, at: usize) -> Option<usize> {
        let mut at = self.expect(at, b'"')?;
        loop {
            let end_of_block = self.block.start + BLOCK;
            if at < end_of_block {
                if let Some(end) = self.block.next(at) {
                    return Some(end + 1);
                }
                at = end_of_block;
            }
            self.block = Block::of(self.bytes, at / BLOCK * BLOCK)?;
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)?`
    #[inline]
    fn number(&self, start: usize) -> Option<usize> {
        let first = start + usize::from(self.byte(start) == b'-');
        let mut at = self.digits(first)?;
        if self.byte(first) == b'0' && at > first + 1 {
            return None;
        }
        if self.byte(at) == b'.' {
            at = self.digits(at + 1)?;
        }
        let plain = !matches!(self.byte(at), b'e' | b'E');
        (plain && at - start <= MAX_NUMBER).then_some(at)
    }

    /// At least one digit.
    #[inline]
    fn digits(&self, start: usize) -> Option<usize> {
        let mut at = start;
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        (at > start).then_some(at)
    }

    fn literal(&self, at: usize, word: &[u8]) -> Option<usize> {
        let end = at + word.len();
        (self.bytes.get(at..end)? == word).then_some(end)
    }
}

/// Bytes whose quotation marks are found at once.
const BLOCK: usize = 64;

/// The quotation marks of one block.
struct Block {
    start: usize,
    /// A bit for each; bit 0 is the first byte.
    quotes: u64,
}

impl Block {
    /// The block from `start` on. Declines a backslash and every control character: in a string they are an escape or an error.
    #[inline(never)]
    fn of(bytes: &[u8], start: usize) -> Option<Self> {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let quotes = match (rest.first_chunk::<BLOCK>(), bytes.last_chunk::<BLOCK>()) {
            (Some(block), _) => quotes(block)?,
            (None, Some(last)) => quotes(last)? >> (BLOCK - rest.len()),
            (None, None) => {
                let mut only = [b' '; BLOCK];
                only[..rest.len()].copy_from_slice(rest);
                quotes(&only)?
            }
        };
        Some(Self { start, quotes })
    }

    /// The first quotation mark at or behind `at`, which lies in the block.
    #[inline]
    fn next(&self, at: usize) -> Option<usize> {
        let quotes = self.quotes & (u64::MAX << (at - self.start));
        (quotes != 0).then(|| self.start + quotes.trailing_zeros() as usize)
    }
}

/// A bit for each quotation mark; none if there is a backslash or a control character.
#[cfg(target_arch = "x86_64")]
fn quotes(block: &[u8; BLOCK]) -> Option<u64> {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { quotes_sse2(block) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn quotes_sse2(block: &[u8; BLOCK]) -> Option<u64> {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8};
    let mut quotes = 0;
    let mut odd = _mm_set1_epi8(0);
    let (parts, _) = block.as_chunks::<16>();
    for (place, part) in parts.iter().enumerate() {
        let (low, high) = part.split_at(8);
        let word = |half: &[u8]| half.first_chunk().map_or(0, |half| i64::from_le_bytes(*half));
        let part = _mm_set_epi64x(word(high), word(low));
        let equals = |byte: u8| _mm_cmpeq_epi8(part, _mm_set1_epi8(byte as i8));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(part, _mm_set1_epi8(0x1f)), part);
        odd = _mm_or_si128(odd, _mm_or_si128(control, equals(b'\\')));
        quotes |= u64::from(_mm_movemask_epi8(equals(b'"')) as u32) << (place * 16);
    }
    (_mm_movemask_epi8(odd) == 0).then_some(quotes)
}

/// A bit for each quotation mark; none if there is a backslash or a control character.
#[cfg(not(target_arch = "x86_64"))]
fn quotes(block: &[u8; BLOCK]) -> Option<u64> {
    let odd = block.iter().any(|byte| matches!(byte, b'\\' | 0..=0x1f));
    let quotes = block.iter().rev().fold(0, |quotes, byte| quotes << 1 | u64::from(*byte == b'"'));
    (!odd).then_some(quotes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// What the two readers make of a text must be the same, where the quick one does not decline and the full parser takes it.
    fn same(text: &str) -> bool {
        let mut top = Top::default();
        let Some(whole) = scan(text, 64, &mut top) else { return false };
        let parsed: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(parsed.is_object(), "{text}");
        assert_eq!(whole.0, text.trim_matches([' ', '\t', '\r', '\n']));
        assert_eq!(top, Top::read(whole), "{text}");
        true
    }

    #[test]
    fn what_producers_write_is_read_in_one_pass() {
        for text in [
            r#"{"id":"9f","type":"cart_updated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[{"a":-0.5}]}}"#,
            r#" { "type" : "x" , "customer" : "Zoë" , "n" : [ ] , "o" : { } , "b" : [ true , false , null , 0 ] } "#,
            r#"{"cart":{"id":1,"total":2},"cart":{"items":[]},"order":7,"message":null,"id":null,"id":"last"}"#,
            r#"{"cart":{"id":1},"cart":null}"#,
            r#"{"cart":{"id":1},"cart":[1]}"#,
            "{}",
        ] {
            assert!(same(text), "{text}");
        }
    }

    #[test]
    fn what_is_rare_or_wrong_is_declined() {
        for text in [
            "",
            "{",
            "[]",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":-}"#,
            r#"{"a":.5}"#,
            r#"{"a":1e5}"#,
            r#"{"a":tru}"#,
            r#"{"a":nulls}"#,
            r#"{"a":"\n"}"#,
            "{\"a\":\"\n\"}",
            r#"{"a":"x}"#,
            r#"{a:1}"#,
            r#"{"a":111111111111111111111111111111111111111}"#,
        ] {
            assert!(scan(text, 64, &mut Top::default()).is_none(), "{text}");
        }
        let nested = |depth: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        let reads = |text: &str| scan(text, 64, &mut Top::default()).is_some();
        assert!(reads(&nested(64)) && !reads(&nested(65)));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::{Value, json};
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|number| json!(number)),
            "[ -~é☃]{0,20}".prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let name = prop_oneof!["cart|order|message|profile|id|total|items|channel|command_id|type|customer|time", "[a-z\"\\\\é]{0,9}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: RngSeed::Fixed(11), ..ProptestConfig::default() })]

        #[test]
        fn any_json_is_declined_or_read_as_by_the_full_parser(value in json(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            same(&text);
        }

        /// A valid record with a byte changed, taken out or put in.
        #[test]
        fn a_damaged_record_is_never_taken_for_valid(value in json(), place in any::<prop::sample::Index>(), byte in 0x20u8..0x7f, how in 0..3) {
            let mut bytes = serde_json::json!({ "cart": value, "type": "t" }).to_string().into_bytes();
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, byte),
            }
            if let Ok(text) = std::str::from_utf8(&bytes) {
                same(text);
            }
        }

        #[test]
        fn quotation_marks_are_found_in_every_place(bytes in prop::collection::vec(prop_oneof![Just(b'"'), 0x80u8.., 0x20u8..0x5c], 1..150)) {
            let slow: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'"').collect();
            let blocks = (0..bytes.len()).step_by(BLOCK).map(|start| Block::of(&bytes, start).unwrap());
            let found: Vec<usize> = blocks
                .flat_map(|block| (0..BLOCK).filter(move |bit| block.quotes >> bit & 1 == 1).map(move |bit| block.start + bit))
                .collect();
            prop_assert_eq!(found, slow);
            for odd in [b'\\', b'\n', 0, 0x1f] {
                let mut bytes = bytes.clone();
                bytes.insert(0, odd);
                prop_assert!(Block::of(&bytes, 0).is_none());
            }
        }
    }
}
