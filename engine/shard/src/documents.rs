//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the store with one sorted read.

use crate::checkpoint::{Documents, Store, StoreError};
use crate::shard::Shard;
use cartwheel_core::customer::{Customer, Mark};
use cartwheel_core::id::CustomerId;

impl<S: Store> Shard<S> {
    /// The documents of each customer as of the mark, in that order, with at most one read of the store.
    pub(crate) fn documents(
        &self,
        wanted: &[(CustomerId, Mark)],
    ) -> Result<Vec<Documents>, StoreError> {
        let find =
            |(id, _): &(CustomerId, Mark)| self.table.find(*id).map(|slot| self.table.get(slot));
        let customers: Vec<Option<&Customer>> = wanted.iter().map(find).collect();
        let mut ids: Vec<CustomerId> = customers
            .iter()
            .flatten()
            .filter(|customer| customer.saved)
            .map(|customer| customer.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let older = self.older_documents(&ids)?;
        let read = |(customer, (_, mark)): (Option<&Customer>, &(CustomerId, Mark))| {
            let Some(customer) = customer else { return Documents::default() };
            let mut documents = ids
                .binary_search(&customer.id)
                .map_or_else(|_| Documents::default(), |place| older[place].clone());
            documents.add(self.effects.journal.entries(customer.cold, *mark));
            documents
        };
        Ok(customers.into_iter().zip(wanted).map(read).collect())
    }

    /// What checkpoints have of these customers, who are sorted by id.
    fn older_documents(&self, ids: &[CustomerId]) -> Result<Vec<Documents>, StoreError> {
        let mut older = vec![Documents::default(); ids.len()];
        if ids.is_empty() {
            return Ok(older);
        }
        let stored = self
            .store
            .documents(ids, &mut |place, packed| older[place] = Documents::new(packed.to_vec()))?;
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
