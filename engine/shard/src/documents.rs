//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the store with one sorted read.

use crate::checkpoint::{Documents, Sealed, Store, StoreError};
use cartwheel_core::customer::{Journal, Mark};
use cartwheel_core::id::CustomerId;

/// Reads documents for the effects of one turn.
pub struct Lookup<'a, S> {
    /// Where committed documents are.
    pub store: &'a S,
    /// A checkpoint on its way, and its sequence.
    pub sealed: Option<(&'a Sealed, u64)>,
    /// The newest documents.
    pub journal: &'a Journal,
}

impl<S: Store> Lookup<'_, S> {
    /// The documents for each (customer, head of its chain, mark), in that order, with one read of the store.
    pub fn read(&self, wanted: &[(CustomerId, u32, Mark)]) -> Result<Vec<Documents>, StoreError> {
        let mut ids: Vec<CustomerId> = wanted.iter().map(|(id, _, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut base = vec![Documents::default(); ids.len()];
        let stored = self.store.documents(&ids, &mut |index, packed| base[index] = Documents::new(packed.to_vec()))?;
        // While it is being committed the store may have it already.
        if let Some((sealed, _)) = self.sealed.filter(|(_, seq)| stored.is_none_or(|stored| stored < *seq)) {
            for (id, documents) in ids.iter().zip(&mut base) {
                documents.add(sealed.documents_of(*id));
            }
        }
        let read = |&(id, head, mark): &(CustomerId, u32, Mark)| {
            let mut documents = ids.binary_search(&id).map_or_else(|_| Documents::default(), |index| base[index].clone());
            documents.add(self.journal.entries(head, mark));
            documents
        };
        Ok(wanted.iter().map(read).collect())
    }
}
