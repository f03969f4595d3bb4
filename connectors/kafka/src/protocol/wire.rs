//! How the protocol writes numbers, texts and lists (<https://kafka.apache.org/protocol#protocol_types>). Numbers are big-endian. The flexible versions of requests write lengths as
//! varints, one more than they are, zero for null, and have tagged fields behind each structure, of which we write and read none.

/// Names are far shorter than 32 KiB: brokers allow 249 bytes for a topic.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as i16).to_be_bytes());
    out.extend(text.as_bytes());
}

/// Bytes with their length before them.
pub(super) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as i32).to_be_bytes());
    out.extend(bytes);
}

/// A text of a flexible version.
pub(super) fn compact_text(out: &mut Vec<u8>, text: &str) {
    compact_length(out, text.len());
    out.extend(text.as_bytes());
}

/// The length of a text or list of a flexible version.
pub(super) fn compact_length(out: &mut Vec<u8>, length: usize) {
    let mut bits = length as u64 + 1;
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

/// Behind a structure of a flexible version: no tagged field.
pub(super) fn no_tags(out: &mut Vec<u8>) {
    out.push(0);
}

/// Reads numbers one behind the other. None behind the end.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let start = self.at;
        self.skip(count)?;
        self.bytes.get(start..self.at)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let array = self.bytes.get(self.at..)?.first_chunk::<N>()?;
        self.at += N;
        Some(*array)
    }

    /// A text with its length before it; the inner none is null. None if it is not there as a whole, or no UTF-8.
    pub(crate) fn text(&mut self) -> Option<Option<&'a str>> {
        let Ok(length) = usize::try_from(self.i16()?) else { return Some(None) };
        std::str::from_utf8(self.take(length)?).ok().map(Some)
    }

    /// Bytes with their length before them; null is empty.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.i32()?.max(0)).ok()?;
        self.take(length)
    }

    /// The length of a text or list of a flexible version; the inner none is null.
    pub(super) fn compact_length(&mut self) -> Option<Option<usize>> {
        usize::try_from(self.unsigned()?).ok().map(|length| length.checked_sub(1))
    }

    /// The number of a list's items in a flexible version; null has none.
    pub(super) fn count(&mut self) -> Option<usize> {
        self.compact_length().map(Option::unwrap_or_default)
    }

    /// A text of a flexible version; the inner none is null.
    pub(super) fn compact_text(&mut self) -> Option<Option<&'a str>> {
        let Some(length) = self.compact_length()? else { return Some(None) };
        std::str::from_utf8(self.take(length)?).ok().map(Some)
    }

    /// Passes over the tagged fields behind a structure of a flexible version.
    pub(super) fn tags(&mut self) -> Option<()> {
        for _ in 0..self.unsigned()? {
            let _tag = self.unsigned()?;
            let length = usize::try_from(self.unsigned()?).ok()?;
            self.skip(length)?;
        }
        Some(())
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// A number in as few bytes as it needs, seven bits a byte, the sign in the lowest bit.
    #[inline]
    pub(super) fn varint(&mut self) -> Option<i64> {
        let bits = self.unsigned()?;
        Some((bits >> 1) as i64 ^ -((bits & 1) as i64))
    }

    /// The same of a number that has no sign.
    #[inline]
    fn unsigned(&mut self) -> Option<u64> {
        let mut bits = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            bits |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(bits);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_zigzag() {
        for (bytes, number) in [
            (&[0][..], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0x80, 1], 64),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], i64::MIN),
        ] {
            assert_eq!(Reader { bytes, at: 0 }.varint(), Some(number), "{bytes:?}");
        }
        assert_eq!(Reader { bytes: &[0x80; 11], at: 0 }.varint(), None);
        assert_eq!(Reader { bytes: &[0x80], at: 0 }.varint(), None);
    }

    #[test]
    fn compact_texts_come_back_and_null_is_told_from_nothing() {
        for given in ["", "events", &"x".repeat(300)] {
            let mut out = Vec::new();
            compact_text(&mut out, given);
            let mut reader = Reader { bytes: &out, at: 0 };
            assert_eq!(reader.compact_text(), Some(Some(given)));
            assert_eq!(reader.at, out.len());
            for cut in 0..out.len() {
                assert_eq!(Reader { bytes: &out[..cut], at: 0 }.compact_text(), None, "{cut}");
            }
        }
        assert_eq!(Reader { bytes: &[0], at: 0 }.compact_text(), Some(None));
    }

    #[test]
    fn tagged_fields_are_passed_over() {
        let mut reader = Reader { bytes: &[2, 0, 3, 9, 9, 9, 7, 0, 42], at: 0 };
        assert_eq!((reader.tags(), reader.u8()), (Some(()), Some(42)));
        assert_eq!(Reader { bytes: &[1, 0, 3, 9, 9], at: 0 }.tags(), None);
    }
}
