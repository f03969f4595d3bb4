//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the files of the log.

use crate::checkpoint::{Documents, Store, StoreError, Stored};
use crate::shard::Shard;
use cartwheel_core::customer::{Chain, DocumentEntry, Mark};
use cartwheel_core::id::CustomerId;

/// What is known of some customers. However many messages one of them gets, it is there once.
pub(crate) struct Known {
    /// Sorted.
    ids: Vec<CustomerId>,
    stored: Vec<Stored>,
}

impl Known {
    /// How many customers.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.stored.len()
    }

    /// A customer's documents as of the mark; none of somebody else.
    pub(crate) fn as_of(&self, id: CustomerId, mark: Mark) -> Documents<'_> {
        let place = self.ids.binary_search(&id).ok();
        place.map_or_else(Documents::default, |place| self.stored[place].as_of(mark))
    }
}

impl<S: Store> Shard<S> {
    /// What is known of these customers.
    pub(crate) fn known(
        &self,
        customers: impl Iterator<Item = CustomerId>,
    ) -> Result<Known, StoreError> {
        let mut ids: Vec<CustomerId> = customers.collect();
        ids.sort_unstable();
        ids.dedup();
        let mut known = Known { ids: Vec::new(), stored: Vec::new() };
        for id in ids {
            let Some(slot) = self.table.find(id) else { continue };
            known.stored.push(self.stored(self.table.get(slot).cold)?);
            known.ids.push(id);
        }
        Ok(known)
    }

    /// All entries of a chain.
    pub(crate) fn stored(&self, chain: Chain) -> Result<Stored, StoreError> {
        let (mut stored, mut room) = (Stored::default(), Vec::new());
        let mut next = chain.newest(self.effects.journal.end());
        while let Some(place) = next {
            let entry = self.entry(place, &mut room)?;
            stored.push_older(place, entry.document, entry.content);
            next = entry.older(place);
        }
        Ok(stored.complete())
    }

    fn entry<'a>(
        &'a self,
        place: u64,
        room: &'a mut Vec<u8>,
    ) -> Result<DocumentEntry<'a>, StoreError> {
        if let Some(entry) = self.effects.journal.entry(place) {
            return Ok(entry);
        }
        let sealed = self.sealed.as_ref().map(|pending| &pending.sealed);
        if let Some(entry) = sealed.and_then(|sealed| sealed.document(place)) {
            return Ok(entry);
        }
        self.store.document(place, room)?;
        DocumentEntry::read(room).ok_or_else(|| {
            StoreError::Damaged(format!("the log of documents has no sound entry at {place:#x}"))
        })
    }
}
