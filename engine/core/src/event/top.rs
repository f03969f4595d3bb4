//! Where the fields of a record stand that the product itself reads: those at the top, and some of its subjects.

use super::raw::{Raw, object_entries};
use super::vocabulary::{Envelope, Known, Subject, Type};

/// A value's bytes in the record; `end` is 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    pub start: u32,
    pub end: u32,
}

impl Extent {
    /// From positions below 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// Of a part of `text`.
    pub fn of(part: Raw<'_>, text: &str) -> Self {
        let start = part.0.as_ptr() as usize - text.as_ptr() as usize;
        Self::new(start, start + part.0.len())
    }

    /// What is between the first and the last byte of the value, such as quotation marks.
    #[inline]
    pub fn inside(self, text: &str) -> Option<&str> {
        if self.end == 0 {
            return None;
        }
        text.get(self.start as usize + 1..self.end as usize - 1)
    }

    /// The value in `text`.
    #[inline]
    pub fn raw(self, text: &str) -> Option<Raw<'_>> {
        if self.end == 0 {
            return None;
        }
        text.get(self.start as usize..self.end as usize).map(Raw)
    }
}

/// A field of [`Top`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u8);

impl Place {
    pub const ID: Place = Place::envelope(Envelope::Id);
    pub const TYPE: Place = Place::envelope(Envelope::Type);
    pub const CUSTOMER: Place = Place::envelope(Envelope::Customer);
    pub const TIME: Place = Place::envelope(Envelope::Time);
    pub const CHANNEL: Place = Place::envelope(Envelope::Channel);
    const SUBJECTS: u8 = Envelope::ALL.len() as u8;
    const KNOWN: u8 = Self::SUBJECTS + Subject::ALL.len() as u8;
    const COUNT: usize = Self::KNOWN as usize + Known::ALL.len();

    /// The place of what the event says of itself.
    pub const fn envelope(field: Envelope) -> Place {
        Place(field as u8)
    }

    /// The place of a subject.
    pub const fn subject(subject: Subject) -> Place {
        Place(Self::SUBJECTS + subject as u8)
    }

    /// The place of a field of a subject.
    pub const fn known(field: Known) -> Place {
        Place(Self::KNOWN + field as u8)
    }

    /// What a field of a subject must be; none for other places.
    pub fn needed(self) -> Option<Type> {
        let field = self.0.checked_sub(Self::KNOWN)?;
        Known::ALL.get(usize::from(field)).map(|known| known.kind())
    }

    /// The place of a field that is not a subject; none for one that the product does not read.
    pub fn named(name: &[u8]) -> Option<Place> {
        Envelope::parse(name).map(Self::envelope)
    }
}

/// Of repeated names the last counts; null counts as absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Top {
    extents: [Extent; Place::COUNT],
    /// Elements of `cart.items`, where that is an array.
    pub items: u32,
}

impl Top {
    /// Of `whole`, an object in `text` that is valid JSON.
    pub fn read(text: &str, whole: Raw<'_>) -> Self {
        let mut top = Self::default();
        for (name, value) in object_entries(whole) {
            let subject = Subject::parse(name.as_bytes());
            if let Some(place) =
                subject.map(Place::subject).or_else(|| Place::named(name.as_bytes()))
            {
                top.put(place, present(value, text));
            }
        }
        for subject in Subject::ALL.into_iter().filter(|subject| !subject.known().is_empty()) {
            let object = top.get(Place::subject(subject)).raw(text).filter(|raw| raw.is_object());
            for (name, value) in object.into_iter().flat_map(object_entries) {
                if let Some(field) = Known::of(subject, name.as_bytes()) {
                    top.put(Place::known(field), present(value, text));
                }
            }
        }
        top.items = top
            .get(Place::known(Known::CartItems))
            .raw(text)
            .filter(|raw| raw.is_array())
            .map_or(0, |raw| raw.size() as u32);
        top
    }

    /// Where the field stands.
    #[inline]
    pub fn get(&self, place: Place) -> Extent {
        self.extents[usize::from(place.0)]
    }

    /// The same, to change it.
    #[inline]
    pub fn place(&mut self, place: Place) -> &mut Extent {
        &mut self.extents[usize::from(place.0)]
    }

    /// The field stands there.
    #[inline]
    pub fn put(&mut self, place: Place, extent: Extent) {
        *self.place(place) = extent;
    }

    /// Nothing of this subject's fields.
    pub fn forget_known(&mut self, subject: Subject) {
        for field in subject.known() {
            self.put(Place::known(*field), Extent::default());
        }
        if subject == Subject::Cart {
            self.items = 0;
        }
    }
}

/// Null counts as absent.
fn present(value: Raw<'_>, text: &str) -> Extent {
    if value.is_null() { Extent::default() } else { Extent::of(value, text) }
}
