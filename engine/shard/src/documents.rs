//! What is known of customers, read from the chains of their documents: from the journal, from a sealed checkpoint that is not committed yet, and from the
//! files of the log.

use crate::checkpoint::{Piece, Store, StoreError, Stored};
use crate::shard::Shard;
use cartwheel_core::customer::{Chain, Document, DocumentEntry};
use std::hint::black_box;

/// Memory in which customers are read, one after the other.
#[derive(Default)]
pub(crate) struct Reading {
    /// What has been read.
    pub stored: Stored,
    /// What was last read of the files.
    piece: Piece,
    /// Places of entries that are touched together.
    ahead: Vec<u64>,
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
        let Reading { stored, piece, .. } = reading;
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

    /// Touches what chains have in memory, an entry of each, then the next: reads that do not wait for each other, where the entries of one chain do.
    pub(crate) fn look_ahead(&self, chains: impl Iterator<Item = Chain>, reading: &mut Reading) {
        let end = self.effects.journal.end();
        reading.ahead.clear();
        reading.ahead.extend(chains.filter_map(|chain| chain.newest(end)));
        while !reading.ahead.is_empty() {
            reading.ahead.retain_mut(|place| {
                let entry = self.in_memory(*place);
                black_box(entry.map(|entry| entry.content.last().copied()));
                let older = entry.and_then(|entry| entry.older(*place));
                older.is_some_and(|older| {
                    *place = older;
                    true
                })
            });
        }
    }

    fn in_memory(&self, place: u64) -> Option<DocumentEntry<'_>> {
        let sealed = || self.sealed.as_ref()?.sealed.document(place);
        self.effects.journal.entry(place).or_else(sealed)
    }

    fn entry<'a>(
        &'a self,
        place: u64,
        piece: &'a mut Piece,
    ) -> Result<DocumentEntry<'a>, StoreError> {
        if let Some(entry) = self.in_memory(place) {
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
