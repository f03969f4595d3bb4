//! Sixteen bytes of a literal, compared at once: each lies between two. Of most these two are one.

use crate::event::block::{Bounds, PART};

/// What must stand at a place of a literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Byte {
    /// This one.
    Itself(u8),
    /// One of a text that has neither blanks nor escapes: the bytes from [`TEXT`] on.
    OfText,
    /// A digit.
    Digit,
}

/// What stands plainly inside a string and lies above the quotation mark, and all of ASCII behind it. A backslash, which lies there as well, is
/// between no bounds.
pub const TEXT: u8 = b'#';

/// The bounds of at most [`PART`] bytes.
pub fn part(literal: &[Byte]) -> Bounds {
    // What stands behind the literal is not compared.
    let (mut low, mut high) = ([i8::MIN; PART], [i8::MAX; PART]);
    for ((low, high), byte) in low.iter_mut().zip(&mut high).zip(literal) {
        (*low, *high) = match byte {
            Byte::Itself(byte) => (*byte as i8, *byte as i8),
            Byte::OfText => (TEXT as i8, i8::MAX),
            Byte::Digit => (b'0' as i8, b'9' as i8),
        };
    }
    Bounds { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::block::between;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, rng_seed: RngSeed::Fixed(31), ..ProptestConfig::default() })]

        #[test]
        fn a_part_stands_where_each_of_its_bytes_does(
            literal in prop::collection::vec(prop_oneof![(0x20u8..0x5c).prop_map(Byte::Itself), Just(Byte::OfText), Just(Byte::Digit)], 0..=PART),
            changes in prop::collection::vec((0..PART, prop_oneof![any::<u8>(), 0x20u8..0x40, Just(b'\\')]), 0..3),
        ) {
            let mut here = [b'7'; PART];
            for (to, byte) in here.iter_mut().zip(&literal) {
                if let Byte::Itself(byte) = byte {
                    *to = *byte;
                }
            }
            for (place, byte) in changes {
                here[place] = byte;
            }
            let each = here.iter().zip(&literal).all(|(here, byte)| match byte {
                Byte::Itself(byte) => here == byte,
                Byte::OfText => matches!(here, b'#'..=0x7f),
                Byte::Digit => here.is_ascii_digit(),
            });
            prop_assert_eq!(between(&here, &part(&literal)), each && !here.contains(&b'\\'));
        }
    }
}
