//! A store in memory, for tests, traces and the simulator. Clones share the content, as a disk outlives its process.

use super::{EachCustomer, Logged, Meta, Piece, Sealed, Store, StoreError};
use cartwheel_core::customer::DocumentEntry;
use cartwheel_core::effect::decisions_in;
use cartwheel_core::id::CustomerId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// See the module.
#[derive(Clone, Default)]
pub struct MemoryStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Clone, Default)]
struct Content {
    meta: Option<Meta>,
    hot: BTreeMap<CustomerId, Vec<u8>>,
    /// Pieces of the log by their places.
    documents: BTreeMap<u64, Vec<u8>>,
    /// Pieces as they came: seldom does somebody ask, and then it may take its time.
    decisions: Vec<Vec<u8>>,
    /// How many of them the checkpoint names; the others were spilled since.
    named: usize,
    /// Sequence of the record up to which they are there.
    seq: Option<u64>,
    products: BTreeMap<u64, Vec<u8>>,
    codes: BTreeMap<u64, Vec<u8>>,
}

impl MemoryStore {
    /// Another disk with the same content, of which this one's future is no matter.
    pub fn copy(&self) -> Self {
        Self { content: Arc::new(Mutex::new(self.content().clone())) }
    }

    /// The pieces of the log of documents, each with its place.
    #[cfg(test)]
    pub(crate) fn logged(&self) -> Vec<(u64, Vec<u8>)> {
        let content = self.content();
        content.documents.iter().map(|(place, piece)| (*place, piece.clone())).collect()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// Adds the documents and decisions of a seal. Returns their bytes.
    fn add(&mut self, seq: u64, sealed: &Sealed) -> u64 {
        let mut bytes = 0;
        for (place, piece) in sealed.documents() {
            bytes += piece.len() as u64;
            self.documents.insert(place, piece.into_owned());
        }
        for piece in sealed.decisions().pieces() {
            bytes += piece.len() as u64;
            self.decisions.push(piece.to_vec());
        }
        self.seq = Some(seq);
        bytes
    }
}

impl Store for MemoryStore {
    /// Whoever asks this begins at the checkpoint, as one who opens a store on a disk: decisions that it does not name are gone. (Documents are found by the places that it
    /// knows.)
    fn meta(&self) -> Result<Option<Meta>, StoreError> {
        let mut content = self.content();
        let named = content.named;
        content.decisions.truncate(named);
        content.seq = content.meta.as_ref().map(|meta| meta.seq);
        Ok(content.meta.clone())
    }

    fn load(&self, each: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        self.content().hot.iter().try_for_each(|(id, bytes)| each(*id, bytes))
    }

    fn products(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.content().products.iter().for_each(|(key, packed)| each(*key, packed));
        Ok(())
    }

    fn codes(&self, each: &mut dyn FnMut(u64, &[u8])) -> Result<(), StoreError> {
        self.content().codes.iter().for_each(|(key, packed)| each(*key, packed));
        Ok(())
    }

    fn document(&self, place: u64, piece: &mut Piece) -> Result<(), StoreError> {
        let content = self.content();
        let logged = content.documents.range(..=place).next_back();
        let bytes = logged.and_then(|(begin, logged)| logged.get((place - begin) as usize..));
        let bytes = bytes.unwrap_or_default();
        let length = DocumentEntry::length(bytes).unwrap_or_default().min(bytes.len());
        let read = piece.begin(place);
        read.clear();
        read.extend_from_slice(&bytes[..length]);
        Ok(())
    }

    fn old_documents(&self, _: &mut EachCustomer<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn decisions(&self, customer: CustomerId, limit: usize) -> Result<Logged, StoreError> {
        let content = self.content();
        let all = content.decisions.iter().flat_map(|piece| decisions_in(piece));
        let own = all.filter(|found| found.customer == customer).map(|found| found.packed);
        let own: Vec<&[u8]> = own.collect();
        let newest = &own[own.len().saturating_sub(limit)..];
        let newest = newest.iter().map(|packed| packed.to_vec()).collect();
        Ok((content.seq, newest))
    }

    fn commit(&self, meta: &Meta, sealed: &Sealed) -> Result<u64, StoreError> {
        let mut content = self.content();
        let mut bytes = 0;
        for (id, hot) in sealed.hot() {
            bytes += hot.len() as u64;
            content.hot.insert(id, hot.to_vec());
        }
        content.documents.retain(|place, _| *place >= meta.documents_begin);
        bytes += content.add(meta.seq, sealed);
        content.named = content.decisions.len();
        for (key, product) in sealed.products() {
            match product {
                Some(packed) => {
                    bytes += packed.len() as u64;
                    drop(content.products.insert(key, packed.to_vec()));
                }
                None => drop(content.products.remove(&key)),
            }
        }
        for (key, packed) in sealed.codes() {
            bytes += packed.len() as u64;
            content.codes.insert(key, packed.to_vec());
        }
        content.meta = Some(meta.clone());
        Ok(bytes)
    }

    fn spill(&self, seq: u64, sealed: &Sealed) -> Result<u64, StoreError> {
        Ok(self.content().add(seq, sealed))
    }
}
