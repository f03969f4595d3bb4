//! Divides a record into the pieces of its layout.

use super::piece::{LITERAL, Piece, Value};
use super::{MAX_RECORD, Mark};
use crate::event::raw::{Raw, array_elements, object_entries};
use crate::event::top::{Extent, Place};
use crate::event::vocabulary::{Known, Meaning, Subject, Type};

/// A piece, and where in the record it begins.
pub struct Part {
    pub piece: Piece,
    pub marks: Vec<Mark>,
    from: usize,
}

/// What is divided so far.
pub struct Parts<'a> {
    text: &'a str,
    /// Where the next literal begins.
    from: usize,
    /// Of the next literal: the position in the record.
    marks: Vec<(Place, bool, usize)>,
    items: u32,
    meaning: Meaning,
    parts: Vec<Part>,
    /// False: something cannot be learned.
    fits: bool,
}

/// What an object is.
#[derive(Clone, Copy)]
enum Inside {
    Top,
    Subject(Subject),
    Other,
}

impl<'a> Parts<'a> {
    /// The pieces of a record that the one pass has read; none where it has too many, or what no layout expresses.
    pub fn of(text: &'a str) -> Option<Vec<Part>> {
        let mut parts = Self {
            text,
            from: 0,
            marks: Vec::new(),
            items: 0,
            meaning: Meaning::None,
            parts: Vec::new(),
            fits: true,
        };
        parts.walk(Raw(text), None, Inside::Top);
        let end = Value::End { items: parts.items, meaning: parts.meaning };
        parts.piece(text.len(), end, None);
        (parts.fits && parts.parts.len() <= MAX_RECORD).then_some(parts.parts)
    }

    fn walk(&mut self, raw: Raw<'_>, place: Option<Place>, inside: Inside) {
        self.fits &= self.parts.len() <= MAX_RECORD;
        if !self.fits {
            return;
        }
        let Extent { start, end } = Extent::of(raw, self.text);
        let (start, end) = (start as usize, end as usize);
        let needed = place.and_then(Place::needed);
        match raw.0.as_bytes().first() {
            // The type says what else is there.
            Some(b'"') if place == Some(Place::TYPE) => {
                self.meaning = raw.plain_string().map_or(Meaning::None, Meaning::of);
                self.mark(place, start, end);
            }
            Some(b'"') => {
                let value = match needed {
                    Some(Type::Number) => Value::NumberText,
                    _ if place == Some(Place::TIME) => Value::Time,
                    _ => Value::Text,
                };
                self.piece(start + 1, value, place);
                self.from = end - 1;
            }
            Some(b'-' | b'0'..=b'9') => {
                let integer = needed == Some(Type::Id);
                self.piece(start, if integer { Value::Integer } else { Value::Number }, place);
                self.from = end;
            }
            Some(b'{') => {
                self.object(raw, inside);
                self.mark(place, start, end);
            }
            Some(b'[') => {
                let elements = array_elements(raw)
                    .map(|element| self.walk(element, None, Inside::Other))
                    .count();
                if place == Some(Place::known(Known::CartItems)) {
                    self.items = elements as u32;
                }
                self.mark(place, start, end);
            }
            // Null counts as absent.
            Some(b't' | b'f') => self.mark(place, start, end),
            _ => {}
        }
    }

    fn object(&mut self, raw: Raw<'_>, inside: Inside) {
        let mut names = Vec::new();
        for (name, value) in object_entries(raw) {
            // Of repeated names the last counts: that is not a matter of the layout alone.
            self.fits &= names.len() < MAX_RECORD && !names.contains(&name);
            if !self.fits {
                return;
            }
            let subject = Subject::parse(name.as_bytes());
            let (place, within) = match inside {
                Inside::Top => {
                    let place =
                        subject.map(Place::subject).or_else(|| Place::named(name.as_bytes()));
                    (place, subject.map_or(Inside::Other, Inside::Subject))
                }
                Inside::Subject(subject) => {
                    (Known::of(subject, name.as_bytes()).map(Place::known), Inside::Other)
                }
                Inside::Other => (None, Inside::Other),
            };
            names.push(name);
            self.walk(value, place, within);
        }
    }

    fn mark(&mut self, place: Option<Place>, start: usize, end: usize) {
        let Some(place) = place else { return };
        // The beginning may lie in a piece that is done.
        let done = self
            .parts
            .iter_mut()
            .find(|part| (part.from..part.from + part.piece.len()).contains(&start));
        match done {
            Some(part) => {
                let offset = (start - part.from) as u8;
                part.marks.push(Mark { place, end: false, offset });
            }
            None => self.marks.push((place, false, start)),
        }
        self.marks.push((place, true, end));
    }

    /// The literal up to `start`, in pieces, the last of which has the value.
    fn piece(&mut self, start: usize, value: Value, place: Option<Place>) {
        let literal = &self.text.as_bytes()[self.from..start];
        // The last part is shorter than the others: so no piece with a value is the beginning of a longer literal.
        let last = literal.len() / LITERAL;
        for number in 0..=last {
            let begin = number * LITERAL;
            let bytes = &literal[begin..literal.len().min(begin + LITERAL)];
            let (from, last) = (self.from + begin, number == last);
            self.fits &= bytes.is_ascii();
            // A mark stands in the piece that has the byte before it, where it is an end.
            let marks = self.marks.iter().filter(|(_, end, at)| {
                let byte = at - usize::from(*end);
                from <= byte && byte < from + bytes.len()
            });
            let marks = marks
                .map(|(place, end, at)| Mark {
                    place: *place,
                    end: *end,
                    offset: (at - from) as u8,
                })
                .collect();
            let value = if last { value } else { Value::None };
            let piece = Piece::new(bytes, value, place.filter(|_| last));
            self.parts.push(Part { piece, marks, from });
        }
        self.marks.clear();
        self.from = start;
    }
}
