//! The dirty set, copied at the checkpoint's turn and kept until its turn record has been read back.

use super::append;
use cartwheel_core::customer::{Customer, Document, Journal, Mark, StateError, encode_customer};
use cartwheel_core::id::CustomerId;
use std::ops::Range;

/// A copy of what changed since the previous checkpoint.
#[derive(Default)]
pub struct Sealed {
    customers: Vec<Copied>,
    hot: Vec<u8>,
    journal: Journal,
}

struct Copied {
    id: CustomerId,
    hot: Range<usize>,
    head: u32,
}

impl Sealed {
    /// An empty seal that takes over the journal; customers are added in order of their ids.
    pub fn new(journal: Journal) -> Self {
        Self { customers: Vec::new(), hot: Vec::new(), journal }
    }

    /// Copies a customer and cuts its chain of documents off.
    pub fn add(&mut self, customer: &mut Customer) -> Result<(), StateError> {
        let start = self.hot.len();
        encode_customer(customer, &mut self.hot)?;
        let head = std::mem::take(&mut customer.cold);
        self.customers.push(Copied { id: customer.id, hot: start..self.hot.len(), head });
        Ok(())
    }

    /// The journal, emptied, for its memory.
    pub fn into_journal(mut self) -> Journal {
        self.journal.clear();
        self.journal
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// The customers' stored hot states, in order of ids.
    pub fn hot(&self) -> impl Iterator<Item = (CustomerId, &[u8])> {
        self.customers.iter().map(|copied| (copied.id, &self.hot[copied.hot.clone()]))
    }

    /// The documents of one customer, newest first.
    pub fn documents_of(&self, id: CustomerId) -> impl Iterator<Item = (Document, &[u8])> {
        let head = self.customers.binary_search_by_key(&id, |copied| copied.id).map_or(0, |place| self.customers[place].head);
        self.journal.entries(head, Mark::END)
    }

    /// The new documents of every customer that has some, packed ([`append`]), in order of ids.
    pub fn for_each_documents<E>(&self, mut write: impl FnMut(CustomerId, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let (mut packed, mut kept) = (Vec::new(), Vec::new());
        for copied in self.customers.iter().filter(|copied| copied.head != 0) {
            packed.clear();
            kept.clear();
            // Of what replaces only the newest is written.
            let mut replaced = [false; Document::ALL.len()];
            for (document, content) in self.journal.entries(copied.head, Mark::END) {
                if !(document.replaces() && std::mem::replace(&mut replaced[document as usize], true)) {
                    kept.push((document, content));
                }
            }
            kept.iter().rev().for_each(|(document, content)| append(&mut packed, *document, content));
            write(copied.id, &packed)?;
        }
        Ok(())
    }
}
