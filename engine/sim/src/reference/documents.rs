//! What messages may show: every version of every document, put together when it is asked for.

use super::event::Event;
use cartwheel_core::event::Subject;
use cartwheel_core::journey::shown::Subjects;
use cartwheel_core::time::Millis;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The subjects that are kept for messages.
pub const KINDS: [&str; 4] = ["cart", "order", "checkout", "product"];

/// Fields that are shown beside those of the whole version: the newest.
const MAX_ADDED_FIELDS: usize = 256;

/// Kind and id; the id is empty where there is none.
pub type DocumentName = (&'static str, String);

/// What an event did to a document.
enum Change {
    Replace(Value),
    Add(Map<String, Value>),
    Remove,
}

/// One document: what happened to it, in the order in which it came.
struct Document {
    name: DocumentName,
    changes: Vec<(Millis, Change)>,
}

impl Document {
    /// Event time of what replaced or removed it last.
    fn base(&self) -> Option<Millis> {
        let whole = self.changes.iter().filter(|(_, change)| !matches!(change, Change::Add(_)));
        whole.map(|(at, _)| *at).max()
    }

    /// What happened to it, by event time; of one time in the order in which it came.
    fn in_order(&self) -> Vec<&(Millis, Change)> {
        let mut order: Vec<&(Millis, Change)> = self.changes.iter().collect();
        order.sort_by_key(|(at, _)| *at);
        order
    }

    /// How new it is: as the last whole version; where there is none, or it was removed, as what was added since.
    fn newness(&self) -> Option<Millis> {
        let mut newness = None;
        let mut whole = false;
        for (at, change) in self.in_order() {
            match change {
                Change::Replace(_) => (whole, newness) = (true, Some(*at)),
                Change::Remove => (whole, newness) = (false, Some(*at)),
                Change::Add(_) if whole => {}
                Change::Add(_) => newness = Some(*at),
            }
        }
        newness
    }

    /// Its fields by event time; none where it was removed.
    fn content(&self) -> Option<Value> {
        let mut base = None;
        let mut added: BTreeMap<&String, (Millis, &Value)> = BTreeMap::new();
        let mut is_there = false;
        for (at, change) in self.in_order() {
            is_there = !matches!(change, Change::Remove);
            match change {
                Change::Replace(value) => (base, added) = (Some(value), BTreeMap::new()),
                Change::Remove => (base, added) = (None, BTreeMap::new()),
                Change::Add(fields) => {
                    added.extend(fields.iter().map(|(name, value)| (name, (*at, value))));
                }
            }
        }
        let mut added: Vec<_> = added.into_iter().collect();
        added.sort_by_key(|(name, (at, _))| (Reverse(*at), *name));
        let whole = base.and_then(Value::as_object).into_iter().flatten();
        let newest = added.into_iter().take(MAX_ADDED_FIELDS);
        let fields = whole.chain(newest.map(|(name, (_, value))| (name, value)));
        let content: Map<String, Value> =
            fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        is_there.then_some(Value::Object(content))
    }

    /// What a message cannot show: what was removed, and a cart of which the newest word on its items since the whole version is that there are none.
    fn is_gone(&self) -> bool {
        let mut items = None;
        for (_, change) in self.in_order() {
            let said = |fields: &Map<String, Value>| fields.get("items")?.as_array().map(Vec::len);
            items = match change {
                Change::Replace(_) => None,
                Change::Add(fields) => said(fields).or(items),
                Change::Remove => None,
            };
        }
        self.content().is_none() || self.name.0 == "cart" && items == Some(0)
    }
}

/// All documents of a customer, in the order in which they came.
#[derive(Default)]
pub struct Documents {
    all: Vec<Document>,
    /// Since when all carts are empty.
    emptied: Option<Millis>,
}

impl Documents {
    /// What the event brings of the kinds that are kept.
    pub fn learn(&mut self, event: &Event, at: Millis, kept: Subjects) {
        for name in carried(event, kept) {
            // As the event brought it, odd fields included.
            let Some(Value::Object(subject)) = event.document(name.0) else { continue };
            let change = match (event.kind.as_str(), name.0) {
                ("cart_emptied", "cart") if name.1.is_empty() => continue,
                ("cart_emptied", "cart") => Change::Remove,
                ("cart_updated", "cart")
                | ("order_placed", "order")
                | ("checkout_started", "checkout")
                | ("product_viewed", "product") => Change::Replace(subject.clone().into()),
                _ => Change::Add(subject.clone()),
            };
            self.change(name, at, change);
        }
        let cart = event.subject("cart").map(id).unwrap_or_default();
        if event.kind == "cart_emptied" && cart.is_empty() {
            let carts = self.all.iter().map(|document| document.name.clone());
            for name in carts.filter(|name| name.0 == "cart").collect::<Vec<_>>() {
                self.change(name, at, Change::Remove);
            }
            self.emptied = self.emptied.max(Some(at));
        }
    }

    /// Older than what replaced it last, it counts for nothing.
    fn change(&mut self, name: DocumentName, at: Millis, change: Change) {
        if name.0 == "cart" && self.emptied.is_some_and(|emptied| at < emptied) {
            return;
        }
        let place =
            self.all.iter().position(|document| document.name == name).unwrap_or_else(|| {
                self.all.push(Document { name, changes: Vec::new() });
                self.all.len() - 1
            });
        let document = &mut self.all[place];
        if document.base().is_none_or(|base| at >= base) {
            document.changes.push((at, change));
        }
    }

    /// How many there are, those that were removed included, and that all carts were.
    pub fn len(&self) -> usize {
        self.all.len() + usize::from(self.emptied.is_some())
    }

    /// Of each kind the newest are kept, and those that a live run is about.
    pub fn forget_surplus(&mut self, pinned: &[DocumentName]) {
        for (kind, kept) in [("cart", 4), ("order", 8), ("checkout", 2), ("product", 8)] {
            loop {
                let free = self.all.iter().enumerate().filter(|(_, document)| {
                    document.name.0 == kind && !pinned.contains(&document.name)
                });
                let free: Vec<_> =
                    free.map(|(place, document)| (document.newness(), place)).collect();
                if free.len() <= kept {
                    break;
                }
                let oldest = free.into_iter().min().expect("there are some");
                self.all.remove(oldest.1);
            }
        }
    }

    /// What no message shows any more is forgotten.
    pub fn forget_unshown(&mut self, kept: Subjects) {
        self.all.retain(|document| has(kept, document.name.0));
    }

    /// Whether a message can show it.
    pub fn is_there(&self, name: &DocumentName) -> bool {
        self.all.iter().any(|document| document.name == *name && !document.is_gone())
    }

    /// The products that were looked at, the newest first; of one time the one that came last.
    pub fn browsed(&self) -> Vec<Value> {
        let whole = |document: &Document| {
            let of =
                document.changes.iter().filter(|(_, change)| matches!(change, Change::Replace(_)));
            of.map(|(at, _)| *at).max()
        };
        let products = self.all.iter().rev().filter(|document| document.name.0 == "product");
        let mut looked_at: Vec<_> =
            products.filter_map(|document| Some((whole(document)?, document.content()?))).collect();
        looked_at.sort_by_key(|(at, _)| Reverse(*at));
        looked_at.into_iter().take(8).map(|(_, content)| content).collect()
    }

    /// Of a kind what the run is about, else the newest that is there.
    pub fn shown(&self, kind: &str, about: &[DocumentName]) -> Option<Value> {
        let of_run = about.iter().find(|name| name.0 == kind);
        let document = match of_run {
            Some(name) => self.all.iter().find(|document| document.name == *name),
            None => {
                let there = |document: &&Document| document.name.0 == kind && !document.is_gone();
                self.all.iter().filter(there).max_by_key(|document| document.newness())
            }
        };
        document?.content()
    }
}

/// Whether this kind is one of them.
pub fn has(subjects: Subjects, kind: &str) -> bool {
    Subject::parse(kind.as_bytes()).is_some_and(|subject| subjects.has(subject))
}

/// The documents that the event carries, of the kinds that are kept.
pub fn carried(event: &Event, kept: Subjects) -> Vec<DocumentName> {
    let kinds = KINDS.into_iter().filter(|kind| has(kept, kind));
    let there = kinds.filter_map(|kind| Some((kind, event.subject(kind)?)));
    there.map(|(kind, subject)| (kind, id(subject))).collect()
}

/// The text of the id, a string or an integer of 64 bits.
fn id(subject: &Map<String, Value>) -> String {
    match subject.get("id") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if number.is_i64() => number.to_string(),
        _ => String::new(),
    }
}
