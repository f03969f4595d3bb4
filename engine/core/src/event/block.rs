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

#[cfg(target_arch = "x86_64")]
fn look_at(block: &[u8; BLOCK]) -> Seen {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { look_sse2(block) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "sse2")]
fn look_sse2(block: &[u8; BLOCK]) -> Seen {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128,
    };
    let (parts, _) = block.as_chunks::<16>();
    let (mut quotes, mut odd, mut all) = (0, _mm_setzero_si128(), _mm_setzero_si128());
    for (place, part) in parts.iter().enumerate() {
        // SAFETY: it reads the 16 bytes of `part`, at whatever address.
        let part = unsafe { _mm_loadu_si128(part.as_ptr().cast::<__m128i>()) };
        let equals = |byte: u8| _mm_cmpeq_epi8(part, _mm_set1_epi8(byte as i8));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(part, _mm_set1_epi8(0x1f)), part);
        odd = _mm_or_si128(odd, _mm_or_si128(control, equals(b'\\')));
        all = _mm_or_si128(all, part);
        quotes |= u64::from(_mm_movemask_epi8(equals(b'"')) as u32) << (place * 16);
    }
    Seen { quotes, odd: _mm_movemask_epi8(odd) != 0, ascii: _mm_movemask_epi8(all) == 0 }
}

#[cfg(not(target_arch = "x86_64"))]
fn look_at(block: &[u8; BLOCK]) -> Seen {
    let odd = block.iter().any(|byte| matches!(byte, b'\\' | 0..=0x1f));
    let quotes = block.iter().rev().fold(0, |quotes, byte| quotes << 1 | u64::from(*byte == b'"'));
    Seen { quotes, odd, ascii: block.is_ascii() }
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
    }
}
