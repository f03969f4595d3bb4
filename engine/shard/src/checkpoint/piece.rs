//! A piece of the log of documents, as it was read.

use cartwheel_core::customer::DocumentEntry;

/// See the module. Its memory is used again.
#[derive(Debug, Default)]
pub struct Piece {
    /// Where it stands in the log.
    begin: u64,
    bytes: Vec<u8>,
}

impl Piece {
    /// Forgets it; the memory stays.
    pub fn forget(&mut self) {
        self.begin = u64::MAX;
    }

    /// Another piece, which begins there: the bytes that it is to have in place of those that there are.
    pub fn begin(&mut self, place: u64) -> &mut Vec<u8> {
        self.begin = place;
        &mut self.bytes
    }

    /// What it has from this place on.
    pub fn from(&self, place: u64) -> Option<&[u8]> {
        let at = usize::try_from(place.checked_sub(self.begin)?).ok()?;
        self.bytes.get(at..)
    }

    /// Whether it has the entry at this place as a whole.
    pub fn has(&self, place: u64) -> bool {
        let bytes = self.from(place).unwrap_or_default();
        DocumentEntry::length(bytes).is_some_and(|length| length <= bytes.len())
    }

    /// The entry at this place; none where it is not here as a whole, or not what was written.
    pub fn entry(&self, place: u64) -> Option<DocumentEntry<'_>> {
        DocumentEntry::read(self.from(place)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwheel_core::customer::{Chain, Document, Journal};

    #[test]
    fn what_stands_around_an_entry_is_there_as_far_as_it_was_read() {
        let (mut journal, mut chain) = (Journal::default(), Chain::default());
        let places = [&b"ana"[..], b"{}", b"a longer one"].map(|content| {
            journal.append(&mut chain, Document::Cart, content);
            chain.newest(journal.end()).unwrap()
        });
        let (begin, log) = journal.pieces().next().unwrap();
        let mut piece = Piece::default();
        assert!(places.iter().all(|place| !piece.has(*place) && piece.entry(*place).is_none()));
        // All but the first, and of the last its first bytes.
        let from = (places[1] - begin) as usize;
        *piece.begin(places[1]) = log[from..(places[2] - begin) as usize + 20].to_vec();
        assert_eq!(places.map(|place| piece.has(place)), [false, true, false]);
        assert_eq!(piece.entry(places[1]).unwrap().content, b"{}");
        piece.forget();
        assert!(!piece.has(places[1]));
    }
}
