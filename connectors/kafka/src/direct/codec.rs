//! The compressions of record batches (<https://kafka.apache.org/documentation/#recordbatch>, attributes).

use super::Trouble;
use std::io::Read;

/// A batch that is longer than this when it is unpacked is not believed.
const MAX_PLAIN: usize = 64 << 20;
/// What Java's Snappy writes before its blocks: a name, and two versions of four bytes.
const SNAPPY_NAME: &[u8] = b"\x82SNAPPY\0";
const SNAPPY_VERSIONS: usize = 8;

/// What was compressed with the codec of this number.
pub(super) fn unpack(codec: i16, packed: &[u8]) -> Result<Vec<u8>, Trouble> {
    match codec {
        1 => read(flate2::read::MultiGzDecoder::new(packed)),
        2 => snappy(packed),
        3 => read(lz4_flex::frame::FrameDecoder::new(packed)),
        4 => zstd::Decoder::with_buffer(packed).map_or(None, read),
        _ => None,
    }
    .ok_or(Trouble::Unreadable)
}

fn read(reader: impl Read) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    reader.take(MAX_PLAIN as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= MAX_PLAIN).then_some(plain)
}

/// One block, or blocks with their lengths behind a name.
fn snappy(packed: &[u8]) -> Option<Vec<u8>> {
    let Some(rest) = packed.strip_prefix(SNAPPY_NAME) else { return block(packed) };
    let (mut plain, mut rest) = (Vec::new(), rest.get(SNAPPY_VERSIONS..)?);
    while let Some((length, behind)) = rest.split_first_chunk() {
        let (packed, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        plain.extend(block(packed)?);
        rest = behind;
        if plain.len() > MAX_PLAIN {
            return None;
        }
    }
    rest.is_empty().then_some(plain)
}

fn block(packed: &[u8]) -> Option<Vec<u8>> {
    let length = snap::raw::decompress_len(packed).ok().filter(|length| *length <= MAX_PLAIN)?;
    let mut plain = vec![0; length];
    let written = snap::raw::Decoder::new().decompress(packed, &mut plain).ok()?;
    plain.truncate(written);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snappy_comes_in_one_block_or_in_several() {
        let text = b"view view view cart cart order".repeat(50);
        let packed = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        assert_eq!(unpack(2, &packed), Ok(text.clone()));
        let mut framed = SNAPPY_NAME.to_vec();
        framed.extend([0, 0, 0, 1, 0, 0, 0, 1]);
        for _ in 0..3 {
            framed.extend((packed.len() as u32).to_be_bytes());
            framed.extend(&packed);
        }
        assert_eq!(unpack(2, &framed), Ok(text.repeat(3)));
        assert_eq!(unpack(2, &framed[..framed.len() - 1]), Err(Trouble::Unreadable));
    }

    #[test]
    fn what_does_not_end_is_not_believed() {
        let mut packed = lz4_flex::frame::FrameEncoder::new(Vec::new());
        std::io::copy(&mut std::io::repeat(b'x').take(MAX_PLAIN as u64 + 1), &mut packed).unwrap();
        assert_eq!(unpack(3, &packed.finish().unwrap()), Err(Trouble::Unreadable));
    }

    #[test]
    fn rubbish_is_unreadable() {
        for codec in 1..=7 {
            assert_eq!(unpack(codec, b"what is this"), Err(Trouble::Unreadable), "{codec}");
        }
    }
}
