//! Where a plain number ends: one that is written `-? (0 | [1-9][0-9]*) (. [0-9]+)?` and is not long.

use super::block::{PART, digits};

/// Longer numbers may be beyond what a double expresses.
const MAX_NUMBER: usize = 32;

/// Where the number ends that begins at `start`.
#[inline]
pub fn plain_number(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let behind = number_end(rest).or_else(|| number_end_slowly(rest))?;
    Some(bytes.len() - behind.len())
}

/// What stands behind the number. None where that takes longer to say: near the end of the record, and of a number that is long or has a sign.
#[inline]
pub fn number_end(rest: &[u8]) -> Option<&[u8]> {
    let part = rest.first_chunk::<PART>()?;
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
    if plain && !matches!(behind, b'e' | b'E') { rest.get(len..) } else { None }
}

/// The same of every plain number, byte by byte.
pub fn number_end_slowly(rest: &[u8]) -> Option<&[u8]> {
    let byte = |at: usize| rest.get(at).copied().unwrap_or(0);
    let digits = |start: usize| {
        let mut at = start;
        while byte(at).is_ascii_digit() {
            at += 1;
        }
        (at > start).then_some(at)
    };
    let first = usize::from(byte(0) == b'-');
    let mut at = digits(first)?;
    if byte(first) == b'0' && at > first + 1 {
        return None;
    }
    if byte(at) == b'.' {
        at = digits(at + 1)?;
    }
    let plain = at <= MAX_NUMBER && !matches!(byte(at), b'e' | b'E');
    if plain { rest.get(at..) } else { None }
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
            let bytes = format!("{number}{behind}").into_bytes();
            let (quick, slow) = (number_end(&bytes), number_end_slowly(&bytes));
            prop_assert!(quick == slow || quick.is_none(), "{:?} {:?}", quick, slow);
        }
    }
}
