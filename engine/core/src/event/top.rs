//! The top-level fields of a record as they stand, and those fields of its subjects that the product itself reads.

use super::raw::{Raw, object_entries};
use super::subject::{KNOWN, Subject, known_field};

/// Of repeated names the last counts; null counts as absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Top<'a> {
    pub id: Option<Raw<'a>>,
    pub kind: Option<Raw<'a>>,
    pub customer: Option<Raw<'a>>,
    pub time: Option<Raw<'a>>,
    pub channel: Option<Raw<'a>>,
    /// By [`Subject`].
    pub subjects: [Option<Raw<'a>>; Subject::ALL.len()],
    /// By [`known_field`].
    pub known: [Option<Raw<'a>>; KNOWN.len()],
}

impl<'a> Top<'a> {
    /// Of an object that is valid JSON.
    pub fn read(whole: Raw<'a>) -> Self {
        let mut top = Self::default();
        for (name, value) in object_entries(whole) {
            let place = match Subject::parse(name.as_bytes()) {
                Some(subject) => Some(&mut top.subjects[subject as usize]),
                None => top.place(name.as_bytes()),
            };
            if let Some(place) = place {
                *place = present(value);
            }
        }
        for subject in Subject::ALL.into_iter().filter(|subject| !subject.known().is_empty()) {
            for (name, value) in top.subjects[subject as usize].filter(|raw| raw.is_object()).into_iter().flat_map(object_entries) {
                if let Some(place) = known_field(subject, name.as_bytes()) {
                    top.known[place] = present(value);
                }
            }
        }
        top
    }

    /// Where a field belongs that is not a subject; none for one that the product does not read.
    pub fn place(&mut self, name: &[u8]) -> Option<&mut Option<Raw<'a>>> {
        Some(match name {
            b"id" => &mut self.id,
            b"type" => &mut self.kind,
            b"customer" => &mut self.customer,
            b"time" => &mut self.time,
            b"channel" => &mut self.channel,
            _ => return None,
        })
    }
}

/// Null counts as absent.
pub fn present(value: Raw<'_>) -> Option<Raw<'_>> {
    (!value.is_null()).then_some(value)
}
