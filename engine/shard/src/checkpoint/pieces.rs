//! Pieces of the logs, packed by LZ4: what is written once and hardly ever read is worth a nanosecond a byte, and both logs are about half as long.

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

/// Packs pieces, one after the other, with memory that is taken once.
#[derive(Default)]
pub struct Packer {
    table: CompressTable,
    room: Vec<u8>,
}

impl Packer {
    /// Appends a piece, packed, or as it is where that is shorter. Returns the bytes that it takes: as many as the piece has where it stands as it is.
    pub fn pack(&mut self, piece: &[u8], out: &mut Vec<u8>) -> usize {
        self.room.resize(get_maximum_output_size(piece.len()).max(self.room.len()), 0);
        let packed = compress_into_with_table(piece, &mut self.room, &mut self.table)
            .ok()
            .and_then(|length| self.room.get(..length))
            .filter(|packed| packed.len() < piece.len())
            .unwrap_or(piece);
        out.extend_from_slice(packed);
        packed.len()
    }
}

/// Appends the piece of so many bytes that was packed as `stored`; none where it is not what was packed.
pub fn unpack(stored: &[u8], length: usize, out: &mut Vec<u8>) -> Option<()> {
    if stored.len() == length {
        out.extend_from_slice(stored);
        return Some(());
    }
    let begin = out.len();
    out.resize(begin + length, 0);
    let whole = decompress_into(stored, &mut out[begin..]).is_ok_and(|read| read == length);
    if !whole {
        out.truncate(begin);
    }
    whole.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_as_they_were_packed_and_damage_is_noticed() {
        let mut packer = Packer::default();
        let noise: Vec<u8> =
            (0..5_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
        let long = b"cart".repeat(30_000);
        for piece in [&b""[..], b"a", &noise, &long, &b"cart".repeat(200)] {
            let mut stored = b"before".to_vec();
            let length = packer.pack(piece, &mut stored);
            assert_eq!(stored.len(), 6 + length);
            assert!(length <= piece.len() && (piece.len() < 100 || piece == noise || length < 800));
            let mut read = b"before".to_vec();
            assert_eq!(unpack(&stored[6..], piece.len(), &mut read), Some(()));
            assert_eq!(&read[6..], piece);
            if length < piece.len() {
                assert_eq!(unpack(&stored[6..6 + length - 1], piece.len(), &mut read), None);
                assert_eq!(unpack(&stored[6..], piece.len() - 1, &mut read), None);
                assert_eq!(read.len(), 6 + piece.len(), "nothing of it is left");
            }
        }
    }
}
