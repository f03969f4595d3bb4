//! Where a plain number ends: one that is written `-? (0 | [1-9][0-9]*) (. [0-9]+)?` and is not long.

use super::block::{PART, digits};

/// Longer numbers may be beyond what a double expresses.
const MAX_NUMBER: usize = 32;

/// Where the number ends that begins at `start`.
#[inline]
pub fn plain_number(bytes: &[u8], start: usize) -> Option<usize> {
    let short = bytes.get(start..)?.first_chunk::<PART>().and_then(short_number);
    short.map_or_else(|| plain_number_slowly(bytes, start), |len| Some(start + len))
}

/// The length of the number at the beginning of the part. None where that takes longer to say: of a number that is long or has a sign.
#[inline]
pub fn short_number(part: &[u8; PART]) -> Option<usize> {
    // Behind the part there is none.
    let others = !digits(part);
    let whole = others.trailing_zeros() as usize;
    let mut behind = *part.get(whole)?;
    let mut len = whole;
    if behind == b'.' {
        let fraction = (others >> (whole + 1)).trailing_zeros() as usize;
        len += 1 + fraction;
        behind = *part.get(len).filter(|_| fraction > 0)?;
    }
    let plain = whole == 1 || whole > 1 && part[0] != b'0';
    (plain && !matches!(behind, b'e' | b'E')).then_some(len)
}

/// Of every plain number, byte by byte.
fn plain_number_slowly(bytes: &[u8], start: usize) -> Option<usize> {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let digits = |start: usize| {
        let mut at = start;
        while byte(at).is_ascii_digit() {
            at += 1;
        }
        (at > start).then_some(at)
    };
    let first = start + usize::from(byte(start) == b'-');
    let mut at = digits(first)?;
    if byte(first) == b'0' && at > first + 1 {
        return None;
    }
    if byte(at) == b'.' {
        at = digits(at + 1)?;
    }
    let plain = !matches!(byte(at), b'e' | b'E');
    (plain && at - start <= MAX_NUMBER).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, rng_seed: RngSeed::Fixed(15), ..ProptestConfig::default() })]

        #[test]
        fn a_short_number_ends_where_a_slow_search_says(number in "-?[0-9]{0,9}[.]?[0-9]{0,9}[.eE-]?[0-9]{0,3}", behind in "[,}\\]\" ]{0,20}") {
            let bytes = format!("x{number}{behind}").into_bytes();
            prop_assert_eq!(plain_number(&bytes, 1), plain_number_slowly(&bytes, 1));
        }
    }
}
