//! The fields of an object, their values as the text that events brought.

use crate::json;
use cartwheel_core::customer::Version;
use cartwheel_core::event::{Raw, object_entries};
use cartwheel_core::time::Millis;
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

/// Fields of a document, more than most have: room made at once is cheaper than room that grows.
const USUAL: usize = 12;

/// One field, and when it came.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// Its name, without escapes.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: Raw<'a>,
    /// The event time of the version that brought it.
    pub at: Millis,
    /// The first bytes of its name: few names need more than these to be put in order.
    first: u64,
}

impl<'a> Field<'a> {
    fn new(name: Cow<'a, str>, value: Raw<'a>, at: Millis) -> Self {
        let mut first = [0; 8];
        let taken = name.len().min(first.len());
        first[..taken].copy_from_slice(&name.as_bytes()[..taken]);
        Self { name, value, at, first: u64::from_be_bytes(first) }
    }

    /// As the names' bytes are in order.
    #[inline]
    fn by_name(&self, other: &Self) -> Ordering {
        self.first.cmp(&other.first).then_with(|| self.name.cmp(&other.name))
    }
}

/// Fields in order of their names, each name once.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a>(Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Of several versions the last of each name.
    pub fn last_of(versions: &[(Version, &'a [u8])]) -> Self {
        let mut all = Vec::with_capacity(USUAL);
        for (Version { at, .. }, content) in versions {
            for (name, value) in read(content) {
                all.push(Field::new(name, value, *at));
            }
        }
        Self::of(all)
    }

    /// The last of each name.
    fn of(mut all: Vec<Field<'a>>) -> Self {
        all.sort_by(Field::by_name); // stable: of one name the last stays the last
        all.dedup_by(|later, kept| {
            let same = later.by_name(kept).is_eq();
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self(all)
    }

    /// These fields, and of other names those of `others`.
    #[must_use]
    pub fn over(self, others: Self) -> Self {
        Self::of(others.0.into_iter().chain(self.0).collect())
    }

    /// So many at most: those of the newest versions, of one time the first by name.
    #[must_use]
    pub fn newest(mut self, limit: usize) -> Self {
        if self.0.len() > limit {
            self.0.sort_by_key(|field| Reverse(field.at)); // stable: they stand in order of their names
            self.0.truncate(limit);
            self.0.sort_by(Field::by_name);
        }
        self
    }

    /// Those of each version by themselves, in order of its time.
    pub fn by_time(mut self) -> Vec<Self> {
        self.0.sort_by_key(|field| field.at); // stable
        let versions = self.0.chunk_by(|one, other| one.at == other.at);
        versions.map(|fields| Self(fields.to_vec())).collect()
    }

    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&Field<'a>> {
        let place = self.0.binary_search_by(|field| field.name.as_ref().cmp(name)).ok()?;
        self.0.get(place)
    }

    /// Keeps those that are wanted.
    pub fn retain(&mut self, wanted: impl Fn(&Field<'a>) -> bool) {
        self.0.retain(wanted);
    }

    /// In order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Field<'a>> {
        self.0.iter()
    }

    /// Writes them as a JSON object.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut object = json::Object::begin(out);
        for Field { name, value, .. } in &self.0 {
            let out = match name {
                // As it stood in JSON, without an escape: it needs none.
                Cow::Borrowed(name) => object.name(name),
                Cow::Owned(name) => object.any_name(name),
            };
            out.extend_from_slice(value.0.as_bytes());
        }
        object.end();
    }
}

/// The fields of an object as they stand there; of anything else there are none.
fn read(content: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Raw<'_>)> {
    let text = std::str::from_utf8(content).ok().filter(|text| text.starts_with('{'));
    object_entries(Raw(text.unwrap_or("{}")))
}
