//! What a block of a record has: found in all its bytes at once.

/// Bytes that are looked at together.
pub const BLOCK: usize = 64;

/// What a block has.
pub struct Seen {
    /// A bit for each quotation mark.
    pub quotes: u64,
    /// A backslash or a control character.
    pub odd: bool,
    /// Nothing but ASCII.
    pub ascii: bool,
}

/// The block from `start` on, or what is left of it; none behind the end.
pub fn look(bytes: &[u8], start: usize) -> Option<Seen> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    Some(match (rest.first_chunk::<BLOCK>(), bytes.last_chunk::<BLOCK>()) {
        (Some(block), _) => look_at(block),
        (None, Some(last)) => {
            let seen = look_at(last);
            Seen { quotes: seen.quotes >> (BLOCK - rest.len()), ..seen }
        }
        (None, None) => {
            let mut only = [b' '; BLOCK];
            only[..rest.len()].copy_from_slice(rest);
            look_at(&only)
        }
    })
}

fn look_at(block: &[u8; BLOCK]) -> Seen {
    let (parts, _) = block.as_chunks::<PART>();
    let (mut quotes, mut odd, mut other) = (0, 0, 0);
    for (place, part) in parts.iter().enumerate() {
        let bits = Bits::of(part);
        quotes |= u64::from(bits.quotes) << (place * PART);
        odd |= bits.odd;
        other |= bits.other;
    }
    Seen { quotes, odd: odd != 0, ascii: other == 0 }
}

/// The last part of a record with zeros behind it: so there is a part wherever the rest of the record begins.
pub struct Tail([u8; 2 * PART]);

impl Tail {
    /// None of a record that is shorter than a part.
    #[inline]
    pub fn of(record: &[u8]) -> Option<Self> {
        let mut tail = [0; 2 * PART];
        *tail.first_chunk_mut()? = *record.last_chunk::<PART>()?;
        Some(Self(tail))
    }

    /// The part at the beginning of the rest of the record. Zeros, of which records have none, are behind the end.
    #[inline]
    pub fn part<'r>(&'r self, rest: &'r [u8]) -> &'r [u8; PART] {
        rest.first_chunk().unwrap_or_else(|| self.last(rest.len()))
    }

    #[cold]
    #[inline(never)]
    fn last(&self, left: usize) -> &[u8; PART] {
        const NOTHING: [u8; PART] = [0; PART];
        let part = self.0.get(PART.wrapping_sub(left)..).and_then(<[u8]>::first_chunk);
        part.unwrap_or(&NOTHING)
    }
}

/// The rest from the quotation mark on that ends the plain string whose inside begins here. None where that takes longer to say: of a
/// string that is not ASCII.
#[inline]
pub fn string_end<'r>(inside: &'r [u8], tail: &Tail) -> Option<&'r [u8]> {
    let mut rest = inside;
    loop {
        let part = tail.part(rest);
        let stops = ends_of_string(part);
        if stops != 0 {
            let end = rest.get(stops.trailing_zeros() as usize..)?;
            return if end.first() == Some(&b'"') { Some(end) } else { None };
        }
        rest = rest.get(PART..)?;
    }
}

/// How far a string goes whose inside begins here, before it ends or has something that must be looked at.
#[inline]
pub fn plain_len(inside: &[u8]) -> usize {
    let mut len = 0;
    while let Some(part) = inside.get(len..).and_then(<[u8]>::first_chunk::<PART>) {
        match ends_of_string(part) {
            0 => len += PART,
            stops => return len + stops.trailing_zeros() as usize,
        }
    }
    let rest = inside.get(len..).unwrap_or_default();
    len + rest
        .iter()
        .take_while(|byte| matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\'))
        .count()
}

/// The same of every plain string, byte by byte; none if a backslash or a control character comes first. `ascii` becomes false if something
/// else is in it.
pub fn string_end_slowly<'r>(inside: &'r [u8], ascii: &mut bool) -> Option<&'r [u8]> {
    for (place, byte) in inside.iter().enumerate() {
        match byte {
            b'"' => return inside.get(place..),
            b'\\' | 0..=0x1f => return None,
            _ => *ascii &= byte.is_ascii(),
        }
    }
    None
}

/// Bytes that one instruction looks at.
pub const PART: usize = 16;

/// A bit for each byte of a part; bit 0 is the first.
struct Bits {
    /// Quotation marks.
    quotes: u32,
    /// Backslashes and control characters.
    odd: u32,
    /// What is not ASCII.
    other: u32,
}

impl Bits {
    #[cfg(target_arch = "x86_64")]
    #[inline]
    fn of(part: &[u8; PART]) -> Self {
        // SAFETY: every x86-64 processor has SSE2.
        unsafe { sse2::bits(part) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of(part: &[u8; PART]) -> Self {
        Self {
            quotes: bits(part, |byte| byte == b'"'),
            odd: bits(part, |byte| matches!(byte, b'\\' | 0..=0x1f)),
            other: bits(part, |byte| !byte.is_ascii()),
        }
    }
}

/// A bit for each byte that is not plainly inside a string: it ends it, or must be looked at.
#[inline]
fn ends_of_string(part: &[u8; PART]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::ends_of_string(part) };
    #[cfg(not(target_arch = "x86_64"))]
    bits(part, |byte| matches!(byte, b'"' | b'\\' | 0..=0x1f | 0x80..))
}

/// Between which two each byte of a part must lie, both included. Signed, as one instruction compares them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(16))]
pub struct Bounds {
    pub low: [i8; PART],
    pub high: [i8; PART],
}

/// Whether each byte of the part lies between its bounds. A backslash lies between none.
#[inline(always)]
pub fn between(part: &[u8; PART], bounds: &Bounds) -> bool {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::between(part, bounds) };
    #[cfg(not(target_arch = "x86_64"))]
    {
        let mut bytes = part.iter().zip(bounds.low.iter().zip(&bounds.high));
        bytes.all(|(byte, (low, high))| *byte != b'\\' && (*low..=*high).contains(&(*byte as i8)))
    }
}

/// A bit for each digit.
#[inline]
pub fn digits(part: &[u8; PART]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    return unsafe { sse2::digits(part) };
    #[cfg(not(target_arch = "x86_64"))]
    bits(part, |byte| byte.is_ascii_digit())
}

#[cfg(not(target_arch = "x86_64"))]
fn bits(part: &[u8; PART], is: fn(u8) -> bool) -> u32 {
    part.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(is(*byte)))
}

/// The sixteen bytes of a part by one instruction each.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use super::{Bits, Bounds, PART};
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmpgt_epi8, _mm_cmplt_epi8, _mm_load_si128, _mm_loadu_si128,
        _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_sub_epi8,
    };

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn bits(part: &[u8; PART]) -> Bits {
        let part = load(part);
        Bits {
            quotes: mask(equals(part, b'"')),
            odd: mask(_mm_or_si128(at_most(part, 0x1f), equals(part, b'\\'))),
            other: mask(part),
        }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn ends_of_string(part: &[u8; PART]) -> u32 {
        let part = load(part);
        let marks = _mm_or_si128(equals(part, b'"'), equals(part, b'\\'));
        // Below blanks is, with its sign, also what is not ASCII.
        mask(_mm_or_si128(marks, _mm_cmplt_epi8(part, _mm_set1_epi8(b' ' as i8))))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn between(part: &[u8; PART], bounds: &Bounds) -> bool {
        let part = load(part);
        // SAFETY: they read the 16 bytes of each, which begin where `Bounds` may, at a multiple of 16, and 16 behind.
        let (low, high) = unsafe {
            let [low, high] =
                [&bounds.low, &bounds.high].map(|bytes| bytes.as_ptr().cast::<__m128i>());
            (_mm_load_si128(low), _mm_load_si128(high))
        };
        let beside = _mm_or_si128(_mm_cmpgt_epi8(low, part), _mm_cmpgt_epi8(part, high));
        mask(_mm_or_si128(beside, equals(part, b'\\'))) == 0
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn digits(part: &[u8; PART]) -> u32 {
        mask(at_most(_mm_sub_epi8(load(part), _mm_set1_epi8(b'0' as i8)), 9))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(part: &[u8; PART]) -> __m128i {
        // SAFETY: it reads the 16 bytes of `part`, at whatever address.
        unsafe { _mm_loadu_si128(part.as_ptr().cast::<__m128i>()) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn equals(part: __m128i, byte: u8) -> __m128i {
        _mm_cmpeq_epi8(part, _mm_set1_epi8(byte as i8))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn at_most(part: __m128i, byte: u8) -> __m128i {
        _mm_cmpeq_epi8(_mm_min_epu8(part, _mm_set1_epi8(byte as i8)), part)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask(part: __m128i) -> u32 {
        _mm_movemask_epi8(part) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(12), ..ProptestConfig::default() })]

        #[test]
        fn everything_is_found_in_every_place(bytes in prop::collection::vec(prop_oneof![Just(b'"'), 0x80u8.., 0x20u8..0x5c], 1..150)) {
            let slow: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'"').collect();
            let blocks = || (0..bytes.len()).step_by(BLOCK).map(|start| (start, look(&bytes, start).unwrap()));
            let found: Vec<usize> =
                blocks().flat_map(|(start, seen)| (0..BLOCK).filter(move |bit| seen.quotes >> bit & 1 == 1).map(move |bit| start + bit)).collect();
            prop_assert_eq!(found, slow);
            prop_assert!(blocks().all(|(_, seen)| !seen.odd));
            prop_assert_eq!(blocks().all(|(_, seen)| seen.ascii), bytes.is_ascii());
            for odd in [b'\\', b'\n', 0, 0x1f] {
                let mut bytes = bytes.clone();
                bytes.insert(0, odd);
                prop_assert!(look(&bytes, 0).unwrap().odd);
            }
            prop_assert!(look(&bytes, bytes.len()).is_none());
        }

        #[test]
        fn a_plain_string_ends_where_a_slow_search_says(text in "[a-zé\\\\\n\"]{0,40}", more in 0..20usize) {
            let bytes = format!("{text}\"{}", " ".repeat(more)).into_bytes();
            let mut ascii = true;
            let slow = string_end_slowly(&bytes, &mut ascii);
            let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
            let expected = end.filter(|end| bytes[*end] == b'"').map(|end| &bytes[end..]);
            prop_assert_eq!(slow, expected);
            if let Some(end) = expected {
                prop_assert_eq!(ascii, bytes[..bytes.len() - end.len()].is_ascii());
            }
            if let Some(tail) = Tail::of(&bytes) {
                prop_assert_eq!(string_end(&bytes, &tail), slow.filter(|_| ascii));
            }
        }

        #[test]
        fn digits_are_found_in_every_place(one in "[ -~]{16}", other in "[0-9a-z]{16}") {
            let part = |text: &str| -> [u8; PART] { text.as_bytes().try_into().unwrap() };
            let (one, other) = (part(&one), part(&other));
            let bits = |is: &dyn Fn(usize) -> bool| (0..PART).filter(|place| is(*place)).fold(0, |bits, place| bits | 1 << place);
            prop_assert_eq!(digits(&one), bits(&|place| one[place].is_ascii_digit()));
            prop_assert_eq!(digits(&other), bits(&|place| other[place].is_ascii_digit()));
        }
    }
}
