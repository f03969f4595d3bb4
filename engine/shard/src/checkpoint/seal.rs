//! The dirty set, copied at the checkpoint's turn and kept until its turn record has been read back.

use super::frame;
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

/// A document to write.
pub struct DocumentWrite<'a> {
    /// Whose.
    pub id: CustomerId,
    /// Which.
    pub document: Document,
    /// Replace what is stored, or fold into it ([`super::fold`]).
    pub replace: bool,
    /// The new content.
    pub content: &'a [u8],
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

    /// Every document to write, in order of ids and kinds.
    pub fn for_each_document<E>(&self, mut write: impl FnMut(DocumentWrite<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut frames: Vec<u8> = Vec::new();
        let mut newest: Vec<(Document, &[u8])> = Vec::new();
        for copied in &self.customers {
            newest.clear();
            newest.extend(self.journal.entries(copied.head, Mark::END));
            for document in Document::ALL {
                let mut entries = newest.iter().filter(|(kind, _)| *kind == document).map(|(_, content)| *content);
                if document.replaces() {
                    if let Some(content) = entries.next() {
                        write(DocumentWrite { id: copied.id, document, replace: true, content })?;
                    }
                    continue;
                }
                frames.clear();
                entries.rev().for_each(|content| frame(&mut frames, content));
                if !frames.is_empty() {
                    write(DocumentWrite { id: copied.id, document, replace: false, content: &frames })?;
                }
            }
        }
        Ok(())
    }
}
