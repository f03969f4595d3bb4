//! Which documents a customer has. Their content is cold; what decides stands here: of which cart, order, checkout or product, how new
//! it is, and whether it is gone.

use super::document::{Document, DocumentKey};
use crate::time::Millis;
use thin_vec::ThinVec;

/// Bit of the kind's byte that says that the document was removed.
const GONE: u64 = 0x80;
/// Bit of the kind's byte that makes the key of a cart that of what is known of its items.
const ITEMS: u64 = 0x20;
/// Bit of the kind's byte of such an entry: there are none.
const NONE: u64 = 0x40;
/// What happened at this time never happened.
const NEVER_WAS: Millis = Millis::MIN;
/// Stands for every cart: that all were emptied counts for those, too, of which older news come later.
const EVERY_CART: DocumentKey = DocumentKey(!0xff | Document::Cart as u64);

/// Most products that the customer looked at, as a message shows them.
pub const MAX_BROWSED: usize = 8;

/// Documents of each kind that are kept beside those of live runs.
fn kept_at_most(kind: Document) -> usize {
    match kind {
        Document::Cart => 4,
        Document::Order | Document::Product => 8,
        Document::Checkout => 2,
        Document::Name
        | Document::Profile
        | Document::Decision
        | Document::Degraded
        | Document::Folded => 0,
    }
}

/// So few are never too many, whatever their kinds.
const FEW: usize = 2;

/// A document that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    key: u64,
    /// Event time of what replaced or removed it last.
    whole: Millis,
    /// Event time of what was added since, the newest.
    added: Millis,
}

/// What is stored of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The key's number and whether it is gone.
    pub key: u64,
    /// When it was replaced or removed last, if ever.
    pub whole: Option<Millis>,
    /// When something was added since, if anything was.
    pub added: Option<Millis>,
}

impl Kept {
    /// As it was stored.
    pub fn from_stored(stored: Stored) -> Self {
        let or_never = |at: Option<Millis>| at.unwrap_or(NEVER_WAS);
        Self { key: stored.key, whole: or_never(stored.whole), added: or_never(stored.added) }
    }

    /// What is stored.
    pub fn to_stored(self) -> Stored {
        let known = |at: Millis| Some(at).filter(|at| *at != NEVER_WAS);
        Stored { key: self.key, whole: known(self.whole), added: known(self.added) }
    }

    /// Of which.
    pub fn key(self) -> DocumentKey {
        DocumentKey(self.key & !(GONE | NONE))
    }

    /// Whether there is something to show: what was added after it was removed is.
    fn is_there(self) -> bool {
        self.key & GONE == 0 || self.added != NEVER_WAS
    }

    /// How new it is: as the last whole version; where there is none, as what was added.
    fn newness(self) -> Millis {
        match (self.key & GONE != 0 || self.whole == NEVER_WAS, self.added) {
            (true, added) if added != NEVER_WAS => added,
            (true | false, _) => self.whole,
        }
    }
}

/// What is kept of a customer, in the order in which it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptDocuments(ThinVec<Kept>);

impl KeptDocuments {
    /// A new version at `at`, or (`gone`) the news that there is none any more. False: there is a newer one, and this one counts for nothing.
    pub fn replace(&mut self, key: DocumentKey, at: Millis, gone: bool) -> bool {
        if self.emptied_after(key, at) {
            return false;
        }
        let flags = if gone { GONE } else { 0 };
        match self.0.iter_mut().find(|kept| kept.key() == key) {
            Some(kept) if at >= kept.whole => {
                (kept.key, kept.whole) = (key.0 | flags, at);
                if kept.added <= at {
                    kept.added = NEVER_WAS;
                }
                self.forget_items(key, at);
            }
            Some(_) => return false,
            None => self.push(Kept { key: key.0 | flags, whole: at, added: NEVER_WAS }),
        }
        true
    }

    /// Fields that are added at `at`. False: the document was replaced or removed later.
    pub fn add_to(&mut self, key: DocumentKey, at: Millis) -> bool {
        if self.emptied_after(key, at) {
            return false;
        }
        match self.0.iter_mut().find(|kept| kept.key() == key) {
            Some(kept) if at >= kept.whole => kept.added = kept.added.max(at),
            Some(_) => return false,
            None => self.push(Kept { key: key.0, whole: NEVER_WAS, added: at }),
        }
        true
    }

    /// A version of a cart at `at`, which counts, says that the cart has no items (`none`), or some. It has an entry of its own beside the
    /// cart's, where a version may come later that is older and says something else, or there are none.
    pub fn note_items(&mut self, cart: DocumentKey, at: Millis, none: bool) {
        let key = items_of(cart);
        let flags = if none { NONE } else { 0 };
        if let Some(items) = self.0.iter_mut().find(|kept| kept.key() == key) {
            if at >= items.whole {
                (items.key, items.whole) = (key.0 | flags, at);
            }
            return;
        }
        // What is older than the whole version counts for nothing anyway.
        let by_whole = |kept: &Kept| kept.key() == cart && kept.whole == at;
        if none || !self.0.iter().any(by_whole) {
            self.push(Kept { key: key.0 | flags, whole: at, added: NEVER_WAS });
        }
    }

    /// What was said of the items not after `at` is forgotten.
    fn forget_items(&mut self, key: DocumentKey, at: Millis) {
        if key.is_of(Document::Cart) {
            let key = items_of(key);
            let of_key = |kept: &Kept| kept.key() == key && kept.whole <= at;
            let place = self.0.iter().position(of_key);
            place.map(|place| self.0.remove(place));
        }
    }

    fn is_empty_cart(&self, key: DocumentKey) -> bool {
        key.is_of(Document::Cart) && {
            let empty = items_of(key).0 | NONE;
            self.0.iter().any(|kept| kept.key == empty)
        }
    }

    /// All carts are empty since `at`. Those that are known and not newer, which are gone now.
    pub fn empty_carts(&mut self, at: Millis) -> Vec<DocumentKey> {
        let older = |kept: &Kept| kept.key().is_of(Document::Cart) && kept.whole <= at;
        let mut emptied: Vec<DocumentKey> =
            self.0.iter().copied().filter(older).map(Kept::key).collect();
        emptied.retain(|key| *key != EVERY_CART);
        emptied.iter().for_each(|key| _ = self.replace(*key, at, true));
        self.replace(EVERY_CART, at, true);
        emptied
    }

    fn emptied_after(&self, key: DocumentKey, at: Millis) -> bool {
        let all = self.0.iter().find(|kept| kept.key() == EVERY_CART);
        key.is_of(Document::Cart) && all.is_some_and(|all| all.whole > at)
    }

    /// Whether a message can show it: a cart without items it cannot.
    pub fn is_there(&self, key: DocumentKey) -> bool {
        self.0.iter().any(|kept| kept.key() == key && self.shows(kept))
    }

    fn shows(&self, kept: &Kept) -> bool {
        kept.is_there() && !self.is_empty_cart(kept.key())
    }

    /// The newest of a kind that is there.
    pub fn newest(&self, kind: Document) -> Option<DocumentKey> {
        let there = |kept: &&Kept| kept.key().is_of(kind) && self.shows(kept);
        self.0.iter().filter(there).max_by_key(|kept| kept.newness()).map(|kept| kept.key())
    }

    /// The products that the customer looked at: those of which there is a whole version, the newest first; of one time the one that came last.
    pub fn browsed(&self) -> Vec<DocumentKey> {
        let looked_at = |kept: &&Kept| {
            kept.key().is_of(Document::Product) && kept.whole != NEVER_WAS && kept.is_there()
        };
        let mut browsed: Vec<&Kept> = self.0.iter().rev().filter(looked_at).collect();
        browsed.sort_by_key(|kept| std::cmp::Reverse(kept.whole));
        browsed.into_iter().take(MAX_BROWSED).map(|kept| kept.key()).collect()
    }

    /// Takes one out that is more than is kept: of a kind of which there are too many the oldest that is not `pinned`.
    pub fn take_surplus(&mut self, pinned: impl Fn(DocumentKey) -> bool) -> Option<DocumentKey> {
        // Hardly ever is there one too many: counted before anybody asks what is pinned.
        let kinds = [Document::Cart, Document::Order, Document::Checkout, Document::Product];
        let of = |kind| self.0.iter().filter(|kept| kept.key().is_of(kind)).count();
        if self.0.len() <= FEW || kinds.into_iter().all(|kind| of(kind) <= kept_at_most(kind)) {
            return None;
        }
        let free = |kept: &Kept| !pinned(kept.key()) && kept.key() != EVERY_CART;
        let place = kinds.into_iter().find_map(|kind| {
            let of_kind = || {
                let all = self.0.iter().enumerate();
                all.filter(move |(_, kept)| kept.key().is_of(kind) && free(kept))
            };
            let too_many = of_kind().nth(kept_at_most(kind)).is_some();
            let oldest = of_kind().min_by_key(|(_, kept)| kept.newness()).map(|(place, _)| place);
            oldest.filter(|_| too_many)
        })?;
        let key = self.0.remove(place).key();
        self.forget_items(key, Millis::MAX);
        Some(key)
    }

    /// Takes out all of a kind.
    pub fn take_all(&mut self, kind: Document) -> Vec<DocumentKey> {
        let of_kind = |kept: &Kept| kept.key().is_of(kind);
        let taken = self.0.iter().filter(|kept| of_kind(kept)).map(|kept| kept.key()).collect();
        self.0.retain(|kept| !of_kind(kept));
        taken
    }

    /// Puts one that was stored behind the others.
    pub fn push(&mut self, kept: Kept) {
        super::tight::push_tightly(&mut self.0, kept);
    }
}

/// The key of the entry for what is known of a cart's items; of no kind, so that nobody takes it for a cart.
fn items_of(cart: DocumentKey) -> DocumentKey {
    DocumentKey(cart.0 | ITEMS)
}

impl std::ops::Deref for KeptDocuments {
    type Target = [Kept];
    fn deref(&self) -> &[Kept] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
