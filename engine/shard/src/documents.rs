//! The documents of the customers that a turn sends to, as of the moment of each decision: from the journal, from a sealed
//! checkpoint that is not committed yet, and from the store with one sorted read.

use crate::checkpoint::{Sealed, Store, StoreError, frame, profile_of};
use cartwheel_core::customer::{Document, Journal, Mark};
use cartwheel_core::id::CustomerId;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a send shows.
const SENT: [Document; 6] = [Document::Name, Document::Profile, Document::Cart, Document::Order, Document::Checkout, Document::Product];

/// Documents of one customer as of one moment.
#[derive(Clone, Default)]
pub struct Documents {
    name: Vec<u8>,
    /// Frames, oldest first.
    profile: Vec<u8>,
    replaced: BTreeMap<Document, Vec<u8>>,
}

impl Documents {
    /// The customer string; empty if it is not known.
    pub fn name(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// The merged profile.
    pub fn profile(&self) -> Map<String, Value> {
        profile_of(&self.profile)
    }

    /// The newest document of a kind as JSON; none if there is none or it was removed.
    pub fn json(&self, document: Document) -> Option<Value> {
        let bytes = self.replaced.get(&document).filter(|bytes| !bytes.is_empty())?;
        serde_json::from_slice(bytes).ok()
    }

    /// A stored document lies under everything newer.
    fn put_stored(&mut self, document: Document, bytes: &[u8]) {
        match document {
            Document::Name => self.name = bytes.to_vec(),
            Document::Profile => self.profile = bytes.to_vec(),
            Document::Decision => {}
            _ => {
                self.replaced.insert(document, bytes.to_vec());
            }
        }
    }

    /// Newer entries, given newest first.
    fn put_entries<'a>(&mut self, newest_first: impl Iterator<Item = (Document, &'a [u8])>) {
        let entries: Vec<_> = newest_first.filter(|(document, _)| *document != Document::Decision).collect();
        for (document, bytes) in entries.into_iter().rev() {
            match document {
                Document::Profile => frame(&mut self.profile, bytes),
                other => self.put_stored(other, bytes),
            }
        }
    }
}

/// Reads documents for the effects of one turn.
pub struct Lookup<'a, S> {
    /// Where committed documents are.
    pub store: &'a S,
    /// A checkpoint on its way.
    pub sealed: Option<&'a Sealed>,
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
        self.store.documents(&ids, &SENT, &mut |index, document, bytes| base[index].put_stored(document, bytes))?;
        if let Some(sealed) = self.sealed {
            for (id, documents) in ids.iter().zip(&mut base) {
                documents.put_entries(sealed.documents_of(*id));
            }
        }
        let read = |&(id, head, mark): &(CustomerId, u32, Mark)| {
            let mut documents = ids.binary_search(&id).map_or_else(|_| Documents::default(), |index| base[index].clone());
            documents.put_entries(self.journal.entries(head, mark));
            documents
        };
        Ok(wanted.iter().map(read).collect())
    }
}
