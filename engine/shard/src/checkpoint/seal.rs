//! The dirty set, copied at the checkpoint's turn and kept until its turn record has been read back.

use cartwheel_core::customer::{Chain, Customer, DocumentEntry, Journal, encode_customer};
use cartwheel_core::effect::NewDecisions;
use cartwheel_core::id::CustomerId;
use std::borrow::Cow;
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
}

/// Bytes of a customer's hot state, a little more than most have: room made at once is cheaper than room that grows.
const HOT: usize = 104;

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

    /// Copies a customer, and behind it where its documents are.
    pub fn add(&mut self, customer: &mut Customer) {
        let start = self.hot.len();
        encode_customer(customer, &mut self.hot);
        self.hot.extend_from_slice(&customer.cold.to_bytes());
        customer.dirty = false;
        self.customers.push(Copied { id: customer.id, hot: start..self.hot.len() });
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

    /// The customers' stored hot states, each with its chain of documents (`Chain::BYTES`) behind it, in order of ids.
    pub fn hot(&self) -> impl Iterator<Item = (CustomerId, &[u8])> {
        self.customers.iter().map(|copied| (copied.id, &self.hot[copied.hot.clone()]))
    }

    /// The entry of the log of documents at this place; none where it is not of this checkpoint.
    pub fn document(&self, place: u64) -> Option<DocumentEntry<'_>> {
        self.journal.entry(place)
    }

    /// What it adds to the log of documents, piece by piece, each with its place. Of versions of documents that nobody can ask for any more there is but the place in their
    /// chain: a checkpoint is a moment between two turns, so whatever was decided before it has its documents, and whatever is decided from now on is shown
    /// them as of a later moment.
    pub fn documents(&self) -> impl Iterator<Item = (u64, Cow<'_, [u8]>)> {
        let superseded = self.superseded();
        let mut next = 0;
        self.journal.pieces().map(move |(place, piece)| {
            let rest = superseded.get(next..).unwrap_or_default();
            let gone = &rest[..rest.partition_point(|gone| *gone < place + piece.len() as u64)];
            next += gone.len();
            if gone.is_empty() {
                return (place, Cow::Borrowed(piece));
            }
            let mut piece = piece.to_vec();
            gone.iter()
                .for_each(|gone| DocumentEntry::blank(&mut piece[(gone - place) as usize..]));
            (place, Cow::Owned(piece))
        })
    }

    /// The places of those, in order.
    fn superseded(&self) -> Vec<u64> {
        let mut places = self.journal.passed().to_vec();
        for copied in &self.customers {
            if let Some(chain) = self.hot[copied.hot.clone()].last_chunk() {
                self.journal.superseded(Chain::from_bytes(*chain), &mut places);
            }
        }
        places.sort_unstable();
        places
    }
}
