//! What is known of customers, read from the chains of their documents: from the journal, from a sealed checkpoint that is not committed yet, and from the
//! files of the log.

use crate::checkpoint::{Piece, Store, StoreError, Stored};
use crate::shard::Shard;
use cartwheel_core::customer::{Chain, Document, DocumentEntry};

/// Memory in which customers are read, one after the other.
#[derive(Default)]
pub(crate) struct Reading {
    /// What has been read.
    pub stored: Stored,
    /// What was last read of the files.
    piece: Piece,
}

impl<S: Store> Shard<S> {
    /// All that a chain has.
    pub(crate) fn stored(&self, chain: Chain) -> Result<Stored, StoreError> {
        let mut reading = Reading::default();
        self.read(chain, |_, _| true, &mut reading)?;
        Ok(reading.stored)
    }

    /// Reads those entries of a chain that are wanted, in place of what was read before.
    pub(crate) fn read(
        &self,
        chain: Chain,
        wanted: impl Fn(Document, &[u8]) -> bool,
        reading: &mut Reading,
    ) -> Result<(), StoreError> {
        let Reading { stored, piece } = reading;
        stored.clear();
        // What has been read before may have been written since.
        piece.forget();
        let mut next = chain.newest(self.effects.journal.end());
        while let Some(place) = next {
            let entry = self.entry(place, piece)?;
            stored.push_older(entry.document, entry.content, &wanted);
            next = entry.older(place);
        }
        Ok(())
    }

    fn entry<'a>(
        &'a self,
        place: u64,
        piece: &'a mut Piece,
    ) -> Result<DocumentEntry<'a>, StoreError> {
        if let Some(entry) = self.effects.journal.entry(place) {
            return Ok(entry);
        }
        let sealed = self.sealed.as_ref().map(|pending| &pending.sealed);
        if let Some(entry) = sealed.and_then(|sealed| sealed.document(place)) {
            return Ok(entry);
        }
        // An older entry often stands shortly before a newer one.
        if !piece.has(place) {
            self.store.document(place, piece)?;
        }
        piece.entry(place).ok_or_else(|| {
            StoreError::Damaged(format!("the log of documents has no sound entry at {place:#x}"))
        })
    }
}
