//! What messages can show: of the documents that events bring, those that some template reads are kept, and a command carries those that
//! its own template reads. Carts are kept in any case, since a cart that is gone ends what would be sent about it.

use crate::customer::{Document, DocumentKey};
use crate::event::Subject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// As what a message has the products that the customer looked at, where its template reads them: a list, the newest first.
pub const BROWSED: &str = "browsed_products";

/// Some of [`Subject::KEPT`], and whether the products that the customer looked at are among what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subjects {
    /// A bit each.
    documents: u8,
    /// A list, the newest first.
    browsed: bool,
}

impl Subjects {
    /// All of them; a list is read by who says so alone.
    pub const ALL: Subjects = Subjects { documents: !0, browsed: false };
    /// Those that decide whether a message is sent.
    pub const DECIDING: Subjects = Subjects { documents: 1 << Subject::Cart as u8, browsed: false };

    /// These.
    pub fn of(subjects: impl IntoIterator<Item = Subject>) -> Self {
        let one = |subject| Self { documents: 1 << subject as u8, browsed: false };
        let none = Self { documents: 0, browsed: false };
        subjects.into_iter().map(one).fold(none, Self::and)
    }

    /// These, and the products that the customer looked at.
    #[must_use]
    pub const fn with_browsed(self) -> Self {
        Self { browsed: true, ..self }
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { documents: self.documents | other.documents, browsed: self.browsed || other.browsed }
    }

    /// Whether it is one of them.
    pub const fn has(self, subject: Subject) -> bool {
        self.documents & 1 << subject as u8 != 0
    }

    /// Whether the products that the customer looked at are read.
    pub const fn has_browsed(self) -> bool {
        self.browsed
    }

    /// Of what documents have to be kept, so that these can be shown.
    #[must_use]
    pub fn kept(self) -> Self {
        match self.browsed {
            true => self.and(Self::of([Subject::Product])),
            false => self,
        }
    }

    /// Whether the document is one of theirs.
    pub fn has_document(self, key: DocumentKey) -> bool {
        let Some(kind) = key.kind() else { return false };
        let of_kind = |subject: &Subject| Document::of(*subject) == Some(kind);
        Subject::KEPT.into_iter().find(of_kind).is_some_and(|subject| self.has(subject))
    }
}

/// For each template the names of the subjects that it reads ([`Subject::KEPT`]), and [`BROWSED`] if it reads those. Of a template that is not named nothing is known: it may read all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shown(BTreeMap<String, Vec<String>>);

impl Shown {
    /// Says what a template reads.
    pub fn insert(&mut self, template: &str, read: Subjects) {
        let names = Subject::KEPT.into_iter().filter(|subject| read.has(*subject));
        let names = names.map(Subject::name).chain(read.browsed.then_some(BROWSED));
        self.0.insert(template.to_owned(), names.map(str::to_owned).collect());
    }

    /// Those of these templates.
    #[must_use]
    pub fn of<'t>(&self, templates: impl Iterator<Item = &'t str>) -> Self {
        let known = templates.filter_map(|name| self.0.get_key_value(name));
        Self(known.map(|(name, subjects)| (name.clone(), subjects.clone())).collect())
    }

    /// What the template may read. A name that is no subject's may stand for any.
    pub fn subjects(&self, template: &str) -> Subjects {
        let Some(names) = self.0.get(template) else { return Subjects::ALL };
        let mut read = Subjects::of([]);
        for name in names {
            let kept = Subject::KEPT.into_iter().find(|kept| kept.name() == name);
            read = match (kept, name.as_str()) {
                (Some(kept), _) => read.and(Subjects::of([kept])),
                (None, BROWSED) => read.with_browsed(),
                (None, _) => return Subjects::ALL,
            };
        }
        read
    }

    /// Whether nothing is known of any template.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and subjects, in order of names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, subjects)| (name.as_str(), subjects.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_of_a_template_may_be_anything() {
        let mut shown = Shown::default();
        shown.insert("hello", Subjects::of([]));
        shown.insert("cart", Subjects::of([Subject::Cart, Subject::Profile]));
        assert_eq!(shown.subjects("other"), Subjects::ALL);
        let all = |template| Subject::KEPT.map(|subject| shown.subjects(template).has(subject));
        assert_eq!((all("hello"), all("cart")), ([false; 4], [true, false, false, false]));
        assert_eq!(serde_json::to_string(&shown).unwrap(), r#"{"cart":["cart"],"hello":[]}"#);
        let later: Shown = serde_json::from_str(r#"{"hello":["moon"]}"#).unwrap();
        assert_eq!(later.subjects("hello"), Subjects::ALL);
        assert!(shown.of(["other"].into_iter()).is_empty());
    }

    #[test]
    fn what_the_customer_looked_at_is_a_list_of_its_own() {
        let mut shown = Shown::default();
        shown.insert("looked", Subjects::of([]).with_browsed());
        assert_eq!(serde_json::to_string(&shown).unwrap(), r#"{"looked":["browsed_products"]}"#);
        let read = shown.subjects("looked");
        assert!(read.has_browsed() && !read.has(Subject::Product), "no document of the run's");
        assert!(read.kept().has(Subject::Product), "of these the list is made");
        let unknown = shown.subjects("other");
        assert!(!unknown.has_browsed() && !unknown.kept().has_browsed());
    }
}
