//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the store with one sorted read.

use crate::checkpoint::{Documents, Store, StoreError, Stored};
use crate::shard::Shard;
use cartwheel_core::customer::Mark;
use cartwheel_core::id::CustomerId;

/// What is known of some customers. However many messages one of them gets, it is there once.
pub(crate) struct Known<'j> {
    /// Sorted.
    ids: Vec<CustomerId>,
    stored: Vec<Stored<'j>>,
}

impl Known<'_> {
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
    /// What is known of these customers, with at most one read of the store.
    pub(crate) fn known(
        &self,
        customers: impl Iterator<Item = CustomerId>,
    ) -> Result<Known<'_>, StoreError> {
        let mut ids: Vec<CustomerId> = customers.collect();
        ids.sort_unstable();
        ids.dedup();
        let known = |id: &CustomerId| self.table.find(*id).map(|slot| self.table.get(slot));
        ids.retain(|id| known(id).is_some());
        let saved = |id: &&CustomerId| known(id).is_some_and(|customer| customer.saved);
        let older: Vec<CustomerId> = ids.iter().filter(saved).copied().collect();
        let mut older = older.iter().copied().zip(self.older_documents(&older)?).peekable();
        let mut stored = Vec::with_capacity(ids.len());
        for id in &ids {
            let mut of_one =
                older.next_if(|(of, _)| of == id).map_or_else(Stored::default, |it| it.1);
            if let Some(customer) = known(id) {
                of_one.follow(self.effects.journal.entries(customer.cold));
            }
            stored.push(of_one);
        }
        Ok(Known { ids, stored })
    }

    /// What checkpoints have of these customers, who are sorted by id.
    fn older_documents<'j>(&self, ids: &[CustomerId]) -> Result<Vec<Stored<'j>>, StoreError> {
        let mut older: Vec<Stored<'j>> = ids.iter().map(|_| Stored::default()).collect();
        if ids.is_empty() {
            return Ok(older);
        }
        let stored = self
            .store
            .documents(ids, &mut |place, packed| older[place] = Stored::new(packed.to_vec()))?;
        // While it is being committed the store may have it already.
        if let Some(pending) = self
            .sealed
            .as_ref()
            .filter(|pending| stored.is_none_or(|stored| stored < pending.meta.seq))
        {
            for (id, documents) in ids.iter().zip(&mut older) {
                documents.add(pending.sealed.documents_of(*id));
            }
        }
        Ok(older)
    }
}
