//! The dirty set, copied at the checkpoint's turn and kept until its turn record has been read back.

use super::append;
use cartwheel_core::customer::{Customer, Document, How, Journal, Version, encode_customer};
use cartwheel_core::effect::NewDecisions;
use cartwheel_core::id::CustomerId;
use cartwheel_core::time::Millis;
use std::hint::black_box;
use std::ops::Range;

/// A copy of what changed since the previous checkpoint.
#[derive(Default)]
pub struct Sealed {
    customers: Vec<Copied>,
    hot: Vec<u8>,
    journal: Journal,
    decisions: NewDecisions,
    /// By the hashes of their ids; none where one is gone.
    products: Vec<(u64, Option<Range<usize>>)>,
    /// Batches of codes, by their keys.
    codes: Vec<(u64, Range<usize>)>,
    packed: Vec<u8>,
}

struct Copied {
    id: CustomerId,
    hot: Range<usize>,
    head: u32,
}

/// Bytes of a customer's hot state, a little more than most have: room made at once is cheaper than room that grows.
const HOT: usize = 104;

/// Customers whose chains are walked side by side, so that one waits for memory while the others do.
const SIDE_BY_SIDE: usize = 32;

impl Sealed {
    /// Takes over the journal and the decisions, leaving none; then so many customers are added in order of their ids. This seal must be empty.
    pub fn take_over(
        &mut self,
        journal: &mut Journal,
        decisions: &mut NewDecisions,
        customers: usize,
    ) {
        (self.journal, self.decisions) = (journal.take(), decisions.take());
        self.customers.reserve(customers);
        self.hot.reserve(customers * HOT);
    }

    /// Copies a customer and cuts its chain of documents off.
    pub fn add(&mut self, customer: &mut Customer) {
        let start = self.hot.len();
        encode_customer(customer, &mut self.hot);
        let head = std::mem::take(&mut customer.cold);
        (customer.dirty, customer.saved) = (false, true);
        self.customers.push(Copied { id: customer.id, hot: start..self.hot.len(), head });
    }

    /// Copies a product, or that it is gone. They come in order of their keys.
    pub fn add_product(&mut self, key: u64, packed: Option<&[u8]>) {
        let range = packed.map(|packed| self.pack(packed));
        self.products.push((key, range));
    }

    /// Copies a batch of codes. They come in order of their keys.
    pub fn add_codes(&mut self, key: u64, packed: &[u8]) {
        let range = self.pack(packed);
        self.codes.push((key, range));
    }

    fn pack(&mut self, packed: &[u8]) -> Range<usize> {
        let start = self.packed.len();
        self.packed.extend_from_slice(packed);
        start..self.packed.len()
    }

    /// The batches of codes that have come, in order of their keys.
    pub fn codes(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.codes.iter().map(|(key, range)| (*key, &self.packed[range.clone()]))
    }

    /// The products that have changed, in order of their keys; none where one is gone.
    pub fn products(&self) -> impl Iterator<Item = (u64, Option<&[u8]>)> {
        let packed = |range: &Option<Range<usize>>| Some(&self.packed[range.clone()?]);
        self.products.iter().map(move |(key, range)| (*key, packed(range)))
    }

    /// Forgets everything; keeps the memory for the next checkpoint, but gives that of journal and decisions to those in use.
    pub fn clear(&mut self, journal: &mut Journal, decisions: &mut NewDecisions) {
        self.customers.clear();
        self.hot.clear();
        // A whole catalogue comes once.
        (self.products, self.codes, self.packed) = (Vec::new(), Vec::new(), Vec::new());
        journal.reuse(std::mem::take(&mut self.journal));
        decisions.reuse(std::mem::take(&mut self.decisions));
    }

    /// The decisions since the previous checkpoint.
    pub fn decisions(&self) -> &NewDecisions {
        &self.decisions
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
        let head = self
            .customers
            .binary_search_by_key(&id, |copied| copied.id)
            .map_or(0, |place| self.customers[place].head);
        self.journal.entries(head).map(|(_, document, content)| (document, content))
    }

    /// The new documents of every customer that has some, packed ([`append`]), in order of ids.
    pub fn for_each_documents<E>(
        &self,
        mut write: impl FnMut(CustomerId, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut packed = Vec::new();
        let mut chains: [Vec<(Document, &[u8])>; SIDE_BY_SIDE] = Default::default();
        for group in self.customers.chunks(SIDE_BY_SIDE) {
            self.walk(group, &mut chains);
            for (copied, newest_first) in
                group.iter().zip(&mut chains).filter(|(_, chain)| !chain.is_empty())
            {
                packed.clear();
                drop_superseded(newest_first);
                newest_first
                    .iter()
                    .rev()
                    .for_each(|(document, content)| append(&mut packed, *document, content));
                write(copied.id, &packed)?;
            }
        }
        Ok(())
    }

    /// The entries of these customers, newest first.
    fn walk<'a>(
        &'a self,
        group: &[Copied],
        chains: &mut [Vec<(Document, &'a [u8])>; SIDE_BY_SIDE],
    ) {
        let mut heads = [0; SIDE_BY_SIDE];
        for ((head, chain), copied) in heads.iter_mut().zip(chains.iter_mut()).zip(group) {
            *head = copied.head;
            chain.clear();
        }
        let mut more = true;
        while more {
            more = false;
            // Reads that do not wait for each other, before those that do.
            heads.iter().for_each(|head| _ = black_box(self.journal.look(*head)));
            for (head, chain) in
                heads.iter_mut().zip(chains.iter_mut()).filter(|(head, _)| **head != 0)
            {
                let Some(entry) = self.journal.entry(*head) else {
                    *head = 0;
                    continue;
                };
                chain.push((entry.document, entry.content));
                *head = entry.older;
                more |= entry.older != 0;
            }
        }
    }
}

/// Of a document that came as a whole again only the last is written.
fn drop_superseded(newest_first: &mut Vec<(Document, &[u8])>) {
    let mut whole: Vec<Version> = Vec::new();
    newest_first.retain(|(document, content)| {
        let version = Version::split(content).filter(|_| document.is_versioned());
        let Some((version, _)) = version else { return true };
        let counts = |newer: &Version| newer.key != version.key || newer.at < version.at;
        let counts = whole.iter().all(counts);
        match version.how {
            How::Replace | How::Remove if counts => whole.push(version),
            // Also below something newer: the store may have more of it.
            How::Forget => {
                whole.push(Version { at: Millis::MAX, ..version });
                return true;
            }
            How::Replace | How::Remove | How::Add => {}
        }
        counts
    });
}
