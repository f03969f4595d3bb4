//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the store with one sorted read.

use crate::checkpoint::{Documents, Store, StoreError, Stored};
use crate::shard::Shard;
use cartwheel_core::customer::{Customer, Mark};
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
        let found = ids.iter().filter_map(|id| Some(self.table.get(self.table.find(*id)?)));
        let customers: Vec<&Customer> = found.collect();
        let saved = customers.iter().filter(|customer| customer.saved);
        let saved: Vec<CustomerId> = saved.map(|customer| customer.id).collect();
        let mut older = self.older_documents(&saved)?.into_iter();
        let mut known = Known { ids: Vec::new(), stored: Vec::new() };
        for customer in customers {
            let older = if customer.saved { older.next() } else { None };
            let mut stored = older.unwrap_or_default();
            stored.follow(self.effects.journal.entries(customer.cold));
            known.ids.push(customer.id);
            known.stored.push(stored);
        }
        Ok(known)
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
