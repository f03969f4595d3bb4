//! The compressions of record batches (<https://kafka.apache.org/documentation/#recordbatch>, attributes).

use super::Trouble;
use std::io::{self, Cursor, Read, Write};

/// A Snappy block says how long it is; one that says more is not believed (Java writes blocks of 32 KiB, others a batch as one).
const MAX_BLOCK: usize = 16 << 20;
/// Zstandard frames with a larger window (2^25 bytes: 32 MiB) are left to librdkafka. Java's producers need more from level 20 on.
const MAX_WINDOW_LOG: u32 = 25;
/// What Java's Snappy writes before its blocks: a name, and two versions of four bytes.
const SNAPPY_NAME: &[u8] = b"\x82SNAPPY\0";
const SNAPPY_VERSIONS: usize = 8;

/// How batches of ours are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pack {
    None,
    Lz4,
    Zstd,
}

impl Pack {
    /// The codec's number in a batch's attributes.
    pub(super) const fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }
}

/// Appends `plain` to `out`, compressed. LZ4 in frames of independent blocks: Java reads no others.
pub(super) fn pack(pack: Pack, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    match pack {
        Pack::None => out.extend(plain),
        Pack::Lz4 => {
            let frame = lz4_flex::frame::FrameInfo::new()
                .block_size(lz4_flex::frame::BlockSize::Max64KB)
                .block_mode(lz4_flex::frame::BlockMode::Independent);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(frame, out);
            encoder.write_all(plain)?;
            encoder.finish()?;
        }
        Pack::Zstd => zstd::stream::copy_encode(plain, out, 0)?,
    }
    Ok(())
}

/// Reads what was compressed with the codec of this number, piece by piece.
pub(super) fn open(codec: i16, packed: &[u8]) -> Result<Box<dyn Read + '_>, Trouble> {
    let reader: Option<Box<dyn Read + '_>> = match codec {
        1 => Some(Box::new(flate2::read::MultiGzDecoder::new(packed))),
        2 => snappy(packed),
        3 => Some(Box::new(lz4_flex::frame::FrameDecoder::new(packed))),
        4 => zstandard(packed),
        _ => None,
    };
    reader.ok_or(Trouble::Unreadable)
}

fn zstandard(packed: &[u8]) -> Option<Box<dyn Read + '_>> {
    let mut decoder = zstd::Decoder::with_buffer(packed).ok()?;
    decoder.window_log_max(MAX_WINDOW_LOG).ok()?;
    Some(Box::new(decoder))
}

/// One block, or blocks with their lengths behind a name.
fn snappy(packed: &[u8]) -> Option<Box<dyn Read + '_>> {
    let Some(rest) = packed.strip_prefix(SNAPPY_NAME) else {
        return Some(Box::new(Cursor::new(block(packed)?)));
    };
    Some(Box::new(Blocks { rest: rest.get(SNAPPY_VERSIONS..)?, block: Cursor::default() }))
}

fn block(packed: &[u8]) -> Option<Vec<u8>> {
    let length = snap::raw::decompress_len(packed).ok().filter(|length| *length <= MAX_BLOCK)?;
    let mut plain = vec![0; length];
    let written = snap::raw::Decoder::new().decompress(packed, &mut plain).ok()?;
    plain.truncate(written);
    Some(plain)
}

/// Snappy blocks with their lengths, unpacked one at a time.
struct Blocks<'a> {
    rest: &'a [u8],
    block: Cursor<Vec<u8>>,
}

impl Read for Blocks<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.block.read(out)?;
            if count > 0 || self.rest.is_empty() || out.is_empty() {
                return Ok(count);
            }
            let next = self.rest.split_first_chunk().and_then(|(length, behind)| {
                behind.split_at_checked(u32::from_be_bytes(*length) as usize)
            });
            let plain = next.and_then(|(packed, rest)| Some((block(packed)?, rest)));
            let (plain, rest) = plain.ok_or(io::ErrorKind::InvalidData)?;
            (self.block, self.rest) = (Cursor::new(plain), rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(codec: i16, packed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        open(codec, packed).ok()?.read_to_end(&mut plain).ok()?;
        Some(plain)
    }

    #[test]
    fn snappy_comes_in_one_block_or_in_several() {
        let text = b"view view view cart cart order".repeat(50);
        let packed = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        assert_eq!(unpack(2, &packed), Some(text.clone()));
        let mut framed = SNAPPY_NAME.to_vec();
        framed.extend([0, 0, 0, 1, 0, 0, 0, 1]);
        for _ in 0..3 {
            framed.extend((packed.len() as u32).to_be_bytes());
            framed.extend(&packed);
        }
        assert_eq!(unpack(2, &framed), Some(text.repeat(3)));
        assert_eq!(unpack(2, &framed[..framed.len() - 1]), None);
        // Its own word on its length, 4 GiB, costs nothing.
        assert_eq!(unpack(2, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0]), None);
    }

    #[test]
    fn rubbish_is_unreadable() {
        for codec in 1..=7 {
            assert_eq!(unpack(codec, b"what is this"), None, "{codec}");
        }
    }
}
