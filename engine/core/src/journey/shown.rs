//! What messages can show: of the documents that events bring, those that some template reads are kept, and a command carries those that
//! its own template reads. Carts are kept in any case, since a cart that is gone ends what would be sent about it.

use crate::customer::{Document, DocumentKey};
use crate::event::Subject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Some of [`Subject::KEPT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subjects(u8);

impl Subjects {
    /// All of them.
    pub const ALL: Subjects = Subjects(!0);
    /// Those that decide whether a message is sent.
    pub const DECIDING: Subjects = Subjects(1 << Subject::Cart as u8);

    /// These.
    pub fn of(subjects: impl IntoIterator<Item = Subject>) -> Self {
        subjects.into_iter().fold(Self(0), |all, subject| all.and(Self(1 << subject as u8)))
    }

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is one of them.
    pub const fn has(self, subject: Subject) -> bool {
        self.0 & 1 << subject as u8 != 0
    }

    /// Whether the document is one of theirs.
    pub fn has_document(self, key: DocumentKey) -> bool {
        let Some(kind) = key.kind() else { return false };
        let of_kind = |subject: &Subject| Document::of(*subject) == Some(kind);
        Subject::KEPT.into_iter().find(of_kind).is_some_and(|subject| self.has(subject))
    }
}

/// For each template the names of the subjects that it reads ([`Subject::KEPT`]). Of a template that is not named nothing is known: it may read all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shown(BTreeMap<String, Vec<String>>);

impl Shown {
    /// Says what a template reads.
    pub fn insert(&mut self, template: &str, subjects: impl IntoIterator<Item = Subject>) {
        let read = Subjects::of(subjects);
        let names = Subject::KEPT.into_iter().filter(|subject| read.has(*subject));
        let names = names.map(|subject| subject.name().to_owned());
        self.0.insert(template.to_owned(), names.collect());
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
        let kept = |name: &String| Subject::KEPT.into_iter().find(|kept| kept.name() == name);
        let subjects: Option<Vec<Subject>> = names.iter().map(kept).collect();
        subjects.map_or(Subjects::ALL, Subjects::of)
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
        shown.insert("hello", []);
        shown.insert("cart", [Subject::Cart, Subject::Profile]);
        assert_eq!(shown.subjects("other"), Subjects::ALL);
        let all = |template| Subject::KEPT.map(|subject| shown.subjects(template).has(subject));
        assert_eq!((all("hello"), all("cart")), ([false; 4], [true, false, false, false]));
        assert_eq!(serde_json::to_string(&shown).unwrap(), r#"{"cart":["cart"],"hello":[]}"#);
        let later: Shown = serde_json::from_str(r#"{"hello":["moon"]}"#).unwrap();
        assert_eq!(later.subjects("hello"), Subjects::ALL);
        assert!(shown.of(["other"].into_iter()).is_empty());
    }
}
