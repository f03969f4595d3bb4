//! One pass over a record that is written as producers write: it validates the JSON and takes the fields on the way.
//!
//! It declines (none) whatever is rare: escapes in strings, exponents, long numbers, and everything that is not valid JSON. The
//! full parser then reads the record again. Where it does not decline it reads the same: `tests` compare the two.

use super::block::{BLOCK, look};
use super::number::plain_number;
use super::odd::OddFields;
use super::top::{Extent, Place, Top};
use super::vocabulary::{Known, Meaning, Subject, Type};
use crate::time::Millis;

/// What was read quickly, beside the fields. It has no escapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quick<'a> {
    /// The record.
    pub text: &'a str,
    /// Where in it the object stands.
    pub whole: Extent,
    /// Its time, where that was read already.
    pub time: Option<Millis>,
    /// What its type means, where that is known already.
    pub meaning: Option<Meaning>,
    /// The odd fields of its profile, where these are known already.
    pub odd: Option<OddFields>,
}

/// Fills `top` with the object's fields. `max_depth` is the deepest nesting, the object
/// itself being 1. Where it does not decline, fields have their types, but for `time` and what is below `profile`. Where it
/// declines, `top` is spoiled.
pub fn scan<'a>(bytes: &'a [u8], max_depth: u32, top: &mut Top) -> Option<Quick<'a>> {
    // Positions are kept in 32 bits.
    if bytes.len() > i32::MAX as usize {
        return None;
    }
    let mut scan = Scan { bytes, depth_left: max_depth, block: 0, quotes: 0, ascii: true };
    scan.look_at(0)?;
    let start = scan.blank(0);
    let end = scan.object(start, |scan, at, name| scan.field(at, name, top))?;
    if scan.blank(end) != bytes.len() {
        return None;
    }
    let text = if scan.ascii {
        // SAFETY: ASCII is UTF-8. Outside of strings nothing else was passed over, and every block with a part of a string was looked at.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    } else {
        std::str::from_utf8(bytes).ok()?
    };
    Some(Quick { text, whole: Extent::new(start, end), time: None, meaning: None, odd: None })
}

/// The record. Every method takes a position and returns the one behind what it has passed over, or none where it declines. (Positions
/// go from hand to hand, not through this struct: so they stay in registers, which halves the time.)
struct Scan<'a> {
    bytes: &'a [u8],
    depth_left: u32,
    /// Where the block begins that was looked at last.
    block: usize,
    /// A bit for each quotation mark of that block that was not yet passed over; bit 0 is the block's first byte.
    quotes: u64,
    /// Nothing else was seen.
    ascii: bool,
}

impl<'a> Scan<'a> {
    /// One field of the record.
    #[inline]
    fn field(&mut self, at: usize, name: &[u8], top: &mut Top) -> Option<usize> {
        if let Some(subject) = Subject::parse(name) {
            return self.subject(subject, at, top);
        }
        let end = self.value(at)?;
        if let Some(place) = Place::named(name) {
            let fits = place == Place::TIME || self.fits(at, end, Type::Text);
            top.put(place, self.present(at, end, fits)?);
        }
        Some(end)
    }

    #[inline]
    fn subject(&mut self, subject: Subject, at: usize, top: &mut Top) -> Option<usize> {
        // Of repeated subjects the last counts, with nothing of those before it.
        top.forget_known(subject);
        let end = if !subject.known().is_empty() && self.byte(at) == b'{' {
            self.object(at, |scan, at, name| scan.part(subject, at, name, top))?
        } else {
            self.value(at)?
        };
        top.put(Place::subject(subject), self.present(at, end, self.byte(at) == b'{')?);
        Some(end)
    }

    /// One field of a subject.
    #[inline]
    fn part(&mut self, subject: Subject, at: usize, name: &[u8], top: &mut Top) -> Option<usize> {
        let Some(field) = Known::of(subject, name) else { return self.value(at) };
        let end = if field == Known::CartItems {
            // Set in any case: of repeated names the last counts.
            let (end, items) =
                if self.byte(at) == b'[' { self.array(at)? } else { (self.value(at)?, 0) };
            top.items = items;
            end
        } else {
            self.value(at)?
        };
        let fits = self.fits(at, end, field.kind());
        top.put(Place::known(field), self.present(at, end, fits)?);
        Some(end)
    }

    #[inline]
    fn fits(&self, at: usize, end: usize, needed: Type) -> bool {
        self.bytes.get(at..end).is_some_and(|value| needed.fits(value))
            || needed == Type::Number && self.number_in_string(at, end)
    }

    /// One that is written like the plain ones without a string.
    fn number_in_string(&self, at: usize, end: usize) -> bool {
        self.byte(at) == b'"' && plain_number(self.bytes, at + 1) == Some(end - 1)
    }

    /// Null counts as absent; anything else must fit.
    #[inline]
    fn present(&self, at: usize, end: usize, fits: bool) -> Option<Extent> {
        match self.byte(at) {
            b'n' => Some(Extent::default()),
            _ => fits.then(|| Extent::new(at, end)),
        }
    }

    /// The byte there; 0, which no record has, behind the end.
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
            b'-' | b'0'..=b'9' => plain_number(self.bytes, at),
            _ => self.other(at),
        }
    }

    #[inline(never)]
    fn other(&mut self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b'{' => self.object(at, |scan, at, _| scan.value(at)),
            b'[' => self.array(at).map(|(end, _)| end),
            b't' => self.literal(at, b"true"),
            b'f' => self.literal(at, b"false"),
            b'n' => self.literal(at, b"null"),
            _ => None,
        }
    }

    /// An object; `member` is given the start of each value and its name.
    #[inline]
    fn object(
        &mut self,
        at: usize,
        mut member: impl FnMut(&mut Self, usize, &'a [u8]) -> Option<usize>,
    ) -> Option<usize> {
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

    /// An array, and how many elements it has.
    fn array(&mut self, at: usize) -> Option<(usize, u32)> {
        let mut at = self.enter(at, b'[')?;
        if self.byte(at) == b']' {
            return Some((self.leave(at)?, 0));
        }
        for elements in 1.. {
            let end = self.value(at)?;
            at = self.blank(end);
            match self.byte(at) {
                b',' => at = self.blank(at + 1),
                b']' => return Some((self.leave(at)?, elements)),
                _ => return None,
            }
        }
        None
    }

    /// An opening bracket and the spaces behind it.
    #[inline]
    fn enter(&mut self, at: usize, bracket: u8) -> Option<usize> {
        self.depth_left = self.depth_left.checked_sub(1)?;
        Some(self.blank(self.expect(at, bracket)?))
    }

    /// A closing bracket.
    #[inline]
    fn leave(&mut self, at: usize) -> Option<usize> {
        self.depth_left += 1;
        Some(at + 1)
    }

    /// The next two quotation marks, the first of which must stand here.
    #[inline]
    fn string(&mut self, at: usize) -> Option<usize> {
        if self.quote()? != at {
            return None;
        }
        Some(self.quote()? + 1)
    }

    #[inline]
    fn quote(&mut self) -> Option<usize> {
        while self.quotes == 0 {
            self.look_at(self.block + BLOCK)?;
        }
        let at = self.block + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        Some(at)
    }

    /// Finds the quotation marks of the block that begins there. Declines a backslash and every control character: in a string they are
    /// an escape or an error.
    #[inline(never)]
    fn look_at(&mut self, start: usize) -> Option<()> {
        let seen = look(self.bytes, start)?;
        (self.block, self.quotes) = (start, seen.quotes);
        self.ascii &= seen.ascii;
        (!seen.odd).then_some(())
    }

    fn literal(&self, at: usize, word: &[u8]) -> Option<usize> {
        let end = at + word.len();
        (self.bytes.get(at..end)? == word).then_some(end)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    /// What the two readers make of a text must be the same, where the quick one does not decline and the full parser takes it.
    fn same(text: &str) -> bool {
        let mut top = Top::default();
        let Some(Quick { text: same, whole, .. }) = scan(text.as_bytes(), 64, &mut top) else {
            return false;
        };
        assert_eq!(same, text);
        let parsed: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(parsed.is_object(), "{text}");
        let whole = whole.raw(text).unwrap();
        assert_eq!(whole.0, text.trim_matches([' ', '\t', '\r', '\n']));
        assert_eq!(top, Top::read(text, whole), "{text}");
        true
    }

    #[test]
    fn what_producers_write_is_read_in_one_pass() {
        for text in [
            r#"{"id":"9f","type":"cart_updated","customer":"c1","time":"2026-01-01T10:00:00.123Z","cart":{"id":"k","total":1.5,"items":[{"a":-0.5}]}}"#,
            r#" { "type" : "x" , "customer" : "Zoë" , "n" : [ ] , "o" : { } , "b" : [ true , false , null , 0 ] } "#,
            r#"{"cart":{"id":1,"total":2},"cart":{"items":[]},"order":{"id":7},"message":null,"id":null,"id":"last"}"#,
            r#"{"cart":{"id":1},"cart":null}"#,
            r#"{"cart":{"items":[1,2],"items":null}}"#,
            r#"{"cart":{"items":[1,2],"items":[3]}}"#,
            r#"{"cart":{"items":[1,2]},"cart":{"id":1}}"#,
            r#"{"time":1767261600123,"time":true}"#,
            r#"{"cart":{"total":"123.45"},"order":{"total":"-1"},"product":{"price":"0"}}"#,
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
            r#"{"id":7}"#,
            r#"{"channel":{}}"#,
            r#"{"order":7}"#,
            r#"{"cart":{"id":1},"cart":[1]}"#,
            r#"{"cart":{"id":1.5}}"#,
            r#"{"cart":{"id":9223372036854775808}}"#,
            r#"{"cart":{"total":"eighty"}}"#,
            r#"{"cart":{"total":""}}"#,
            r#"{"cart":{"total":" 80"}}"#,
            r#"{"cart":{"total":"080"}}"#,
            r#"{"cart":{"total":"80€"}}"#,
            r#"{"cart":{"items":{}}}"#,
            r#"{"message":{"channel":["email"]}}"#,
        ] {
            assert!(scan(text.as_bytes(), 64, &mut Top::default()).is_none(), "{text}");
        }
        let nested =
            |depth: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
        let reads = |text: &str| scan(text.as_bytes(), 64, &mut Top::default()).is_some();
        assert!(reads(&nested(64)) && !reads(&nested(65)));
    }

    pub fn json() -> impl Strategy<Value = serde_json::Value> {
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
            let name = prop_oneof![
                "cart|order|message|profile|id|total|items|channel|command_id|type|customer|time",
                "[a-z\"\\\\é]{0,9}"
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
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

        /// Names that stand twice, at the top and below.
        #[test]
        fn of_repeated_names_the_last_counts(
            cart in prop::collection::vec(("id|total|items|note", json()), 0..5),
            more in prop::collection::vec(("cart|order|id|type|time|message|channel", json()), 0..5),
            place in 0..5usize,
        ) {
            let object = |members: &[(String, String)]| {
                let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            };
            let written = |members: Vec<(String, serde_json::Value)>| -> Vec<(String, String)> {
                members.into_iter().map(|(name, value)| (name, value.to_string())).collect()
            };
            let mut record = written(more);
            record.insert(place.min(record.len()), ("cart".to_owned(), object(&written(cart))));
            same(&object(&record));
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
    }
}
